#include "node/api/resp_writer.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace chord::api {

void RespWriter::line(char type, std::string_view text) {
    *out_ += type;
    *out_ += text;
    *out_ += "\r\n";
}

void RespWriter::number(char type, std::int64_t value) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    line(type, {digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void RespWriter::simple(std::string_view text) {
    line('+', text);
}

void RespWriter::error(std::string_view text) {
    const std::size_t from = out_->size() + 1;
    line('-', text);
    for (std::size_t i = from; i + 2 < out_->size(); ++i) {
        if ((*out_)[i] == '\r' || (*out_)[i] == '\n') (*out_)[i] = ' ';
    }
}

void RespWriter::integer(std::int64_t value) {
    number(':', value);
}

void RespWriter::unsigned_integer(std::uint64_t value) {
    // RESP integers are signed; no counter of ours gets here.
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    integer(static_cast<std::int64_t>(value < kMax ? value : kMax));
}

void RespWriter::bulk(BytesView bytes) {
    size_line('$', bytes.size());
    *out_ += bytes;
    *out_ += "\r\n";
}

void RespWriter::verbatim(std::string_view text) {
    if (protocol_ == Protocol::resp2) return bulk(text);
    size_line('=', text.size() + 4);
    *out_ += "txt:";
    *out_ += text;
    *out_ += "\r\n";
}

void RespWriter::null() {
    *out_ += protocol_ == Protocol::resp2 ? "$-1\r\n" : "_\r\n";
}

void RespWriter::boolean(bool value) {
    if (protocol_ == Protocol::resp2) return integer(value ? 1 : 0);
    *out_ += value ? "#t\r\n" : "#f\r\n";
}

void RespWriter::real(double value) {
    std::array<char, 40> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
    if (protocol_ == Protocol::resp2) return bulk(text);
    line(',', text);
}

void RespWriter::array(std::size_t elements) {
    size_line('*', elements);
}

void RespWriter::set(std::size_t elements) {
    size_line(protocol_ == Protocol::resp2 ? '*' : '~', elements);
}

void RespWriter::push(std::size_t elements) {
    size_line(protocol_ == Protocol::resp2 ? '*' : '>', elements);
}

void RespWriter::map(std::size_t pairs) {
    if (protocol_ == Protocol::resp2) return size_line('*', pairs * 2);
    size_line('%', pairs);
}

}  // namespace chord::api
