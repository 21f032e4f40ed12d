#include "net/admission/fields.hpp"

namespace chord::net::admission {
namespace {

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

}  // namespace

bool is_label(std::string_view text, std::size_t bytes_max) {
    if (text.empty() || text.size() > bytes_max || !is_letter_or_digit(text.front())) return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; });
}

std::string read_label(Reader& reader, std::size_t bytes_max) {
    const View bytes = reader.bytes(reader.u8());
    std::string text(bytes.begin(), bytes.end());
    if (text.empty() || is_label(text, bytes_max)) return text;
    reader.fail(Error::bad_message);
    return {};
}

void write_label(Writer& writer, std::string_view text) {
    CHORD_CHECK(text.size() <= 0xff);
    writer.u8(static_cast<std::uint8_t>(text.size()));
    writer.bytes({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

Seconds read_seconds(Reader& reader) {
    const Seconds high = reader.u8();
    return high << 32 | reader.u32();
}

void write_seconds(Writer& writer, Seconds seconds) {
    CHORD_CHECK(seconds <= kSecondsMax);
    writer.u8(static_cast<std::uint8_t>(seconds >> 32));
    writer.u32(static_cast<std::uint32_t>(seconds));
}

std::vector<std::uint8_t> with_signature(std::vector<std::uint8_t> body, const Signature& signature) {
    body.insert(body.end(), signature.begin(), signature.end());
    return body;
}

Result<SignedParts> signed_parts(View bytes) {
    if (bytes.size() < kSignatureBytes) return Error::bad_message;
    SignedParts parts;
    parts.body = bytes.first(bytes.size() - kSignatureBytes);
    const View tail = bytes.last(kSignatureBytes);
    std::copy(tail.begin(), tail.end(), parts.signature.begin());
    return parts;
}

}  // namespace chord::net::admission
