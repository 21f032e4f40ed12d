// CHORD.FLEET, CERTS, JOIN, REQUEST, INVITE, ADMIT, FLEETLIST, FLEETKEY, RENEW: a device's place in its fleet, asked
// through FleetPort. Invites and network keys are secrets: what is copied of them here is wiped.
#include <sodium.h>

#include <limits>
#include <optional>
#include <utility>

#include "net/admission/armor.hpp"
#include "net/admission/invite.hpp"
#include "net/admission/list_exchange.hpp"
#include "node/api/argument.hpp"
#include "node/api/call.hpp"
#include "node/api/fleet_port.hpp"
#include "node/api/fleet_text.hpp"
#include "node/api/view_writer.hpp"

namespace chord::api::commands {
namespace {

namespace admission = net::admission;

constexpr std::uint64_t kSecondsWishedMax = std::uint64_t{100} * 366 * 86400;

/// The port; without one, the reply is an error.
FleetPort* port(Call& call) {
    FleetPort* fleet = call.context().fleet;
    if (fleet == nullptr) {
        call.out.error(
            "NOFLEET this node is in a ring with a network key file (trial mode); a fleet needs a state directory "
            "without --network-key");
    }
    return fleet;
}

/// A whole number from 1 to `most`.
std::optional<std::uint64_t> count(BytesView text, std::uint64_t most) {
    const auto number = parse_integer(text);
    if (!number || *number < 1 || static_cast<std::uint64_t>(*number) > most) return std::nullopt;
    return static_cast<std::uint64_t>(*number);
}

void write_admission(RespWriter& out, const FleetAdmission& admitted, std::string_view result) {
    out.map(3 + kCertificatePairs);
    write_pair(out, "result", result);
    write_pair(out, "fleet", admitted.name);
    write_pair(out, "fingerprint", admission::fingerprint(admitted.fleet_key));
    write_certificate_pairs(out, admitted.certificate);
}

FleetPort::Callback<FleetAdmission> answer_admission(Call& call, std::string_view result) {
    return [deferred = call.defer(), result](OrFleetFault<FleetAdmission> admitted) {
        deferred.finish([&](RespWriter& out) {
            admitted ? write_admission(out, *admitted, result) : out.error(fault_text(admitted.fault()));
        });
    };
}

void write_own(RespWriter& out, const FleetView& view) {
    out.bulk("certificate");
    if (!view.certificate) return out.null();
    out.map(4 + kCertificatePairs);
    write_pair(out, "id", view.certificate->content.position(view.position).hex());
    write_pair(out, "position", view.position);
    write_pair(out, "standing", text(view.standing));
    out.bulk("renewal_due");
    out.boolean(view.renewal_due);
    write_certificate_pairs(out, *view.certificate);
}

void write_device(RespWriter& out, const FleetDevice& device) {
    out.map(device.certificate ? 3 + kCertificatePairs : 3);
    write_pair(out, "id", device.id.hex());
    out.bulk("self");
    out.boolean(device.self);
    out.bulk("standing");
    if (!device.certificate) return out.null();
    out.bulk(text(device.standing));
    write_certificate_pairs(out, *device.certificate);
}

/// The number that is in force now.
void number_or_error(RespWriter& out, OrFleetFault<std::uint32_t> number) {
    number ? out.unsigned_integer(*number) : out.error(fault_text(number.fault()));
}

}  // namespace

void chord_fleet(Call& call) {
    FleetPort* fleet = port(call);
    if (fleet == nullptr) return;
    const FleetView view = fleet->view();
    RespWriter& out = call.out;
    out.map(14);
    write_pair(out, "mode", phase_text(view.phase));
    write_pair(out, "name", view.name);
    for (const std::string_view name : {"fleet_key", "fingerprint", "network_id"}) {
        out.bulk(name);
        if (!view.fleet_key) {
            out.null();
        } else if (name == "fleet_key") {
            out.bulk(hex(*view.fleet_key));
        } else {
            out.bulk(name == "fingerprint" ? admission::fingerprint(*view.fleet_key)
                                           : hex(admission::network_id(*view.fleet_key)));
        }
    }
    write_pair(out, "list_number", view.list_number);
    write_pair(out, "list_issued", view.list_issued);
    write_pair(out, "revocations", view.revocations);
    write_pair(out, "delegations", view.delegations);
    out.bulk("network_keys");
    out.array(view.network_keys.size());
    for (const std::uint32_t number : view.network_keys) out.unsigned_integer(number);
    out.bulk("time");
    view.time_known ? out.unsigned_integer(view.time) : out.null();
    out.bulk("inviter");
    out.boolean(view.inviter);
    write_own(out, view);
    write_pair(out, "enrolment", view.enrolment);
}

void chord_certs(Call& call) {
    const bool all = call.args.size() == 2 && equals_ignoring_case(call.args[1], "all");
    if (call.args.size() > 2 || (call.args.size() == 2 && !all)) return call.syntax_error();
    FleetPort* fleet = port(call);
    if (fleet == nullptr) return;
    fleet->certificates(all, [deferred = call.defer()](OrFleetFault<std::vector<FleetDevice>> devices) {
        deferred.finish([&](RespWriter& out) {
            if (!devices) return out.error(fault_text(devices.fault()));
            out.array(devices->size());
            for (const FleetDevice& device : *devices) write_device(out, device);
        });
    });
}

void chord_join(Call& call) {
    if (FleetPort* fleet = port(call)) fleet->join(call.args[1], answer_admission(call, "admitted"));
}

void chord_renew(Call& call) {
    if (FleetPort* fleet = port(call)) fleet->renew(answer_admission(call, "renewed"));
}

void chord_request(Call& call) {
    std::string_view name, tag;
    if (call.args.size() % 2 == 0) return call.syntax_error();
    for (std::size_t i = 1; i < call.args.size(); i += 2) {
        const BytesView value = call.args[i + 1];
        if (equals_ignoring_case(call.args[i], "name") && admission::is_name(value)) {
            name = value;
        } else if (equals_ignoring_case(call.args[i], "tag") && admission::is_tag(value)) {
            tag = value;
        } else {
            return call.syntax_error();
        }
    }
    FleetPort* fleet = port(call);
    if (fleet == nullptr) return;
    OrFleetFault<std::string> request = fleet->request(name, tag);
    request ? call.out.bulk(*request) : call.out.error(fault_text(request.fault()));
}

void chord_invite(Call& call) {
    InviteWish wish;
    if (call.args.size() % 2 == 0) return call.syntax_error();
    for (std::size_t i = 1; i < call.args.size(); i += 2) {
        const BytesView option = call.args[i];
        const BytesView value = call.args[i + 1];
        if (equals_ignoring_case(option, "tag")) {
            if (!admission::is_tag(value)) return call.syntax_error();
            wish.tag = value;
            continue;
        }
        const bool uses = equals_ignoring_case(option, "uses");
        const bool lifetime = equals_ignoring_case(option, "lifetime");
        if (!uses && !lifetime && !equals_ignoring_case(option, "ex")) return call.syntax_error();
        const auto number = count(value, uses       ? admission::kInviteUsesMax
                                         : lifetime ? std::numeric_limits<std::uint32_t>::max()
                                                    : kSecondsWishedMax);
        if (!number) return call.not_an_integer();
        if (uses) {
            wish.uses = static_cast<std::uint16_t>(*number);
        } else if (lifetime) {
            wish.lifetime = static_cast<std::uint32_t>(*number);
        } else {
            wish.seconds = *number;
        }
    }
    FleetPort* fleet = port(call);
    if (fleet == nullptr) return;
    OrFleetFault<std::string> invite = fleet->invite(wish);
    if (!invite) return call.out.error(fault_text(invite.fault()));
    call.out.bulk(*invite);
    sodium_memzero(invite->data(), invite->size());
}

void chord_admit(Call& call) {
    AdmitWish wish;
    if (call.args.size() % 2 != 0) return call.syntax_error();
    for (std::size_t i = 2; i < call.args.size(); i += 2) {
        const BytesView option = call.args[i];
        const BytesView value = call.args[i + 1];
        if (equals_ignoring_case(option, "name") && admission::is_name(value)) {
            wish.name = value;
        } else if (equals_ignoring_case(option, "tag") && admission::is_tag(value)) {
            wish.tag = value;
        } else if (equals_ignoring_case(option, "lifetime")) {
            const auto seconds = count(value, std::numeric_limits<std::uint32_t>::max());
            if (!seconds) return call.not_an_integer();
            wish.lifetime = static_cast<std::uint32_t>(*seconds);
        } else {
            return call.syntax_error();
        }
    }
    FleetPort* fleet = port(call);
    if (fleet == nullptr) return;
    OrFleetFault<std::string> file = fleet->admit(call.args[1], wish);
    file ? call.out.bulk(*file) : call.out.error(fault_text(file.fault()));
}

void chord_fleetlist(Call& call) {
    const bool set = equals_ignoring_case(call.args[1], "set");
    if (!set && !equals_ignoring_case(call.args[1], "get")) return call.other_subcommand();
    if (call.args.size() != (set ? 3U : 2U)) return call.wrong_arity(set ? "set" : "get");
    FleetPort* fleet = port(call);
    if (fleet == nullptr) return;
    if (set) return number_or_error(call.out, fleet->set_list(call.args[2]));
    const Bytes list = fleet->list();
    list.empty() ? call.out.null() : call.out.bulk(list);
}

void chord_fleetkey(Call& call) {
    if (!equals_ignoring_case(call.args[1], "set")) return call.other_subcommand();
    if (call.args.size() != 3) return call.wrong_arity("set");
    if (FleetPort* fleet = port(call)) number_or_error(call.out, fleet->set_network_key(call.args[2]));
}

}  // namespace chord::api::commands
