#include "node/cli/fleet/register.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "node/cli/fleet/files.hpp"
#include "node/cli/fleet/show_fleet.hpp"
#include "node/cli/text.hpp"
#include "node/host/secret_file.hpp"

namespace chord::cli {
namespace {

using net::admission::Seconds;
using net::admission::SignedCertificate;

constexpr std::size_t kRegisterBytesMax = 16 * 1024 * 1024;  // some 30,000 devices
constexpr std::string_view kHead = "# What was admitted and invited with this fleet key. Written by chordctl.\n";

std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> fields;
    while (!line.empty()) {
        const std::size_t space = std::min(line.find(' '), line.size());
        if (space > 0) fields.push_back(line.substr(0, space));
        line.remove_prefix(std::min(space + 1, line.size()));
    }
    return fields;
}

std::optional<SignedCertificate> certificate_of(std::string_view encoded) {
    std::array<std::uint8_t, net::admission::kCertificateBytesMax> bytes{};
    std::size_t size = 0;
    if (sodium_base642bin(bytes.data(), bytes.size(), encoded.data(), encoded.size(), nullptr, &size, nullptr,
                          sodium_base64_VARIANT_ORIGINAL) != 0) {
        return std::nullopt;
    }
    Result<SignedCertificate> certificate = net::admission::parse_certificate(std::span(bytes).first(size));
    if (!certificate) return std::nullopt;
    return std::move(*certificate);
}

std::string or_dash(const std::string& tag) {
    return tag.empty() ? "-" : tag;
}

}  // namespace

Outcome<Register> Register::read(const std::string& path) {
    Register made(path);
    auto file = read_secret_file("register", path, kRegisterBytesMax);
    if (!file) return failure_from_fault(file.fault());
    if (!file->has_value()) return made;
    made.text_ = std::move(**file);
    std::string_view rest = made.text_;
    for (std::size_t number = 1; !rest.empty(); ++number) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty() || line.front() == '#' || made.take(line)) continue;
        return Failure{ExitCode::bad_config, "line " + std::to_string(number) + " of the register " + printable(path) +
                                                 " is damaged; correct it or take it out"};
    }
    return made;
}

bool Register::take(std::string_view line) {
    const std::vector<std::string_view> fields = fields_of(line);
    if (fields.size() != 6) return false;
    if (fields[0] == "device") {
        std::optional<SignedCertificate> certificate = certificate_of(fields[5]);
        if (certificate) remember(std::move(*certificate));
        return certificate.has_value();
    }
    const auto number = parse_invite_number(fields[2]);
    unsigned uses = 0;
    const auto [stop, error] = std::from_chars(fields[4].data(), fields[4].data() + fields[4].size(), uses);
    if (fields[0] != "invite" || !number || error != std::errc{} || stop != fields[4].data() + fields[4].size()) {
        return false;
    }
    invites_.push_back({*number, std::string(fields[3]), uses});
    return true;
}

void Register::remember(SignedCertificate certificate) {
    const auto known = std::find_if(devices_.begin(), devices_.end(), [&](const SignedCertificate& one) {
        return one.content.sign_key == certificate.content.sign_key;
    });
    if (known == devices_.end()) {
        devices_.push_back(std::move(certificate));
    } else {
        *known = std::move(certificate);
    }
}

const SignedCertificate* Register::device(const net::admission::VerifyKey& key) const {
    const auto known = std::find_if(devices_.begin(), devices_.end(),
                                    [&](const SignedCertificate& one) { return one.content.sign_key == key; });
    return known == devices_.end() ? nullptr : &*known;
}

std::optional<Failure> Register::add(const SignedCertificate& certificate, Seconds at) {
    const auto& content = certificate.content;
    const std::string line = "device " + date_text(at) + ' ' + content.name + ' ' + or_dash(content.tag) + ' ' +
                             content.position(0).hex() + ' ' + base64(as_text(encode(certificate))) + '\n';
    if (auto failure = append(line)) return failure;
    remember(certificate);
    return std::nullopt;
}

std::optional<Failure> Register::add(const net::admission::InviteTerms& terms, Seconds at) {
    const std::string line = "invite " + date_text(at) + ' ' + invite_number_text(terms.number) + ' ' +
                             date_text(terms.not_after) + ' ' + std::to_string(terms.uses) + ' ' + or_dash(terms.tag) +
                             '\n';
    if (auto failure = append(line)) return failure;
    invites_.push_back({terms.number, date_text(terms.not_after), terms.uses});
    return std::nullopt;
}

std::optional<Failure> Register::append(const std::string& line) {
    std::string whole = text_.empty() ? std::string(kHead) : text_;
    if (whole.back() != '\n') whole.push_back('\n');  // somebody's editor left it out
    whole += line;
    if (whole.size() > kRegisterBytesMax) {
        return Failure{ExitCode::no_room, "the register " + printable(path_) + " is full (16 MiB); move it away"};
    }
    if (auto failure = write_own_file("register", path_, whole)) return failure;
    text_ = std::move(whole);
    return std::nullopt;
}

}  // namespace chord::cli
