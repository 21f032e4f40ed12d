#include "node/api/fleet_text.hpp"

#include <array>
#include <utility>

#include "node/api/view_writer.hpp"

namespace chord::api {
namespace {

using net::admission::Certificate;
using net::admission::Role;

std::string_view word(FleetFault::Kind kind) {
    switch (kind) {
        case FleetFault::Kind::bad_input: return "BADINPUT";
        case FleetFault::Kind::refused: return "REFUSED";
        case FleetFault::Kind::not_delegated: return "NOPERM";
        case FleetFault::Kind::not_admitted: return "NOTADMITTED";
        case FleetFault::Kind::timeout: return "TIMEOUT";
        case FleetFault::Kind::try_again: return "TRYAGAIN";
        case FleetFault::Kind::no_room: return "FULL";
        case FleetFault::Kind::failed: return "ERR";
    }
    return "ERR";
}

constexpr std::array<std::pair<Role, std::string_view>, 2> kRoles{{{Role::inviter, "inviter"}, {Role::admin, "admin"}}};

void write_roles(RespWriter& out, std::uint8_t roles) {
    std::size_t count = 0;
    for (const auto& [role, name] : kRoles) count += has_role(roles, role) ? 1U : 0U;
    out.bulk("roles");
    out.array(count);
    for (const auto& [role, name] : kRoles) {
        if (has_role(roles, role)) out.bulk(name);
    }
}

}  // namespace

std::string_view phase_text(FleetPhase phase) {
    switch (phase) {
        case FleetPhase::unadmitted: return "unadmitted";
        case FleetPhase::enrolling: return "enrolling";
        case FleetPhase::member: return "ready";
        case FleetPhase::shut_out: return "shut_out";
    }
    return "unadmitted";
}

std::string fault_text(const FleetFault& fault) {
    return std::string(word(fault.kind)) + ' ' + fault.sentence;
}

std::string not_admitted_sentence(FleetPhase phase, std::string_view standing) {
    switch (phase) {
        case FleetPhase::enrolling:
            return "this device has an invite and waits for a node of the fleet that redeems it";
        case FleetPhase::shut_out:
            return "the fleet shuts this device out (its certificate is " + std::string(standing) +
                   "); it needs a new one: chordctl renew at the operator's, then chordctl join here";
        case FleetPhase::unadmitted:
        case FleetPhase::member: break;
    }
    return "this device is in no fleet; admit it with: chordctl join INVITE, or chordctl request and "
           "chordctl admit";
}

void write_certificate_pairs(RespWriter& out, const net::admission::SignedCertificate& certificate) {
    const Certificate& content = certificate.content;
    write_pair(out, "name", content.name);
    write_pair(out, "tag", content.tag);
    write_roles(out, content.roles);
    write_pair(out, "not_before", content.not_before);
    write_pair(out, "not_after", content.not_after());
    write_pair(out, "renew_from", content.renew_from());
    write_pair(out, "issuer", hex(content.issuer));
    write_pair(out, "invite", content.invite);
    write_pair(out, "use", content.use);
    const std::vector<std::uint8_t> bytes = encode(certificate);
    out.bulk("certificate");
    out.bulk(BytesView(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string hex(net::admission::View bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const std::uint8_t byte : bytes) {
        text.push_back(kDigits[byte >> 4]);
        text.push_back(kDigits[byte & 15]);
    }
    return text;
}

}  // namespace chord::api
