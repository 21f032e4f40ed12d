#include "node/cli/fleet/devices.hpp"

#include <algorithm>
#include <vector>

#include "net/admission/admission_file.hpp"
#include "net/admission/armor.hpp"
#include "net/admission/standing.hpp"
#include "node/cli/fleet/show_fleet.hpp"
#include "node/cli/reply_fields.hpp"
#include "node/cli/text.hpp"

namespace chord::cli {
namespace {

using api::Reply;
using net::admission::Certificate;
using net::admission::FleetList;
using net::admission::SignedCertificate;

constexpr std::size_t kPrefixDigitsMin = 8;
constexpr std::size_t kNamedMax = 8;

bool is_id(std::string_view word) {
    return word.size() >= kPrefixDigitsMin && word.size() <= 2 * Id::kBytes &&
           word.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool fits(const Certificate& device, std::string_view word) {
    if (device.name == word) return true;
    if (!is_id(word)) return false;
    for (std::uint8_t position = 0; position < device.positions; ++position) {
        if (device.position(position).hex().substr(0, word.size()) == word) return true;
    }
    return false;
}

/// One a device, the one that ends last.
void add(std::vector<SignedCertificate>& found, const SignedCertificate& certificate) {
    const auto known = std::find_if(found.begin(), found.end(), [&](const SignedCertificate& one) {
        return one.content.sign_key == certificate.content.sign_key;
    });
    if (known == found.end()) {
        found.push_back(certificate);
    } else if (known->content.not_after() < certificate.content.not_after()) {
        *known = certificate;
    }
}

bool is_of_fleet(const SignedCertificate& certificate, const KeyFile& key, const FleetList& list) {
    if (certificate.content.network != key.fleet.network()) return false;
    const auto* issuer = net::admission::issuer_key(certificate.content.issuer, key.fleet.key.public_key(), list);
    return issuer != nullptr && net::admission::is_issued_by(certificate, *issuer);
}

std::optional<Failure> add_from_ring(std::vector<SignedCertificate>& found, Call& call, const KeyFile& key,
                                     const FleetList& list, RingSide& ring, const std::string& word) {
    const Outcome<bool> there = ring.is_there(key.fleet.key.public_key());
    if (const auto* failure = std::get_if<Failure>(&there)) return *failure;
    if (!std::get<bool>(there)) return std::nullopt;
    Outcome<std::optional<Reply>> answer = ring.ask({"CHORD.CERTS", "ALL"});
    if (const auto* failure = std::get_if<Failure>(&answer)) return *failure;
    const auto& certs = std::get<std::optional<Reply>>(answer);
    if (!certs) {
        call.console.notes.append("chordctl: the ring's devices are not known here (" + ring.why() + ")\n");
        return std::nullopt;
    }
    for (const Reply& device : certs->items) {
        const Reply* const bytes = at(device, {"certificate"});
        if (bytes == nullptr) continue;
        const Result<SignedCertificate> certificate = net::admission::parse_certificate(as_bytes(bytes->text));
        if (certificate && fits(certificate->content, word) && is_of_fleet(*certificate, key, list)) {
            add(found, *certificate);
        }
    }
    return std::nullopt;
}

Outcome<SignedCertificate> from_file(Call& call, const KeyFile& key, const std::string& word) {
    Outcome<std::string> text = read_word(call, "device, and no file", word);
    if (const auto* failure = std::get_if<Failure>(&text)) return *failure;
    Outcome<std::vector<std::uint8_t>> bytes =
        from_armor(net::admission::kCertificateArmor, std::get<std::string>(text), source_name(word));
    if (const auto* failure = std::get_if<Failure>(&bytes)) return *failure;
    Result<net::admission::AdmissionFile> file =
        net::admission::read_admission_file(std::get<std::vector<std::uint8_t>>(bytes));
    if (!file) return Failure{ExitCode::usage, source_name(word) + " is damaged"};
    if (file->fleet_key != key.fleet.key.public_key()) {
        return Failure{ExitCode::usage, source_name(word) + " is of another fleet"};
    }
    return std::move(file->certificate);
}

}  // namespace

Outcome<SignedCertificate> find_device(Call& call, const KeyFile& key, const Register& known, const FleetList& list,
                                       RingSide& ring, const std::string& word) {
    if (word == "-" || word.find('/') != std::string::npos) return from_file(call, key, word);
    std::vector<SignedCertificate> found;
    for (const SignedCertificate& certificate : known.devices()) {
        if (fits(certificate.content, word)) add(found, certificate);
    }
    if (auto failure = add_from_ring(found, call, key, list, ring, word)) return *failure;
    if (found.size() == 1) return found.front();
    if (found.empty()) return from_file(call, key, word);
    std::string named;
    for (std::size_t i = 0; i < std::min(found.size(), kNamedMax); ++i) {
        const Certificate& one = found[i].content;
        named += (i == 0 ? "" : ", ") + one.name + " " + one.position(0).hex().substr(0, 16) + " tag " +
                 (one.tag.empty() ? "-" : one.tag) + " admitted " + date_text(one.not_before);
    }
    if (found.size() > kNamedMax) named += ", ...";
    return Failure{ExitCode::usage, "'" + printable(word) + "' fits " + std::to_string(found.size()) +
                                        " devices: " + named + "; say which one by its id"};
}

}  // namespace chord::cli
