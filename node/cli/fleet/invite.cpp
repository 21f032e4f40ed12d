// `invite`: made with the fleet key on this machine, or by the local node if it is an inviter.
#include <algorithm>
#include <charconv>
#include <utility>

#include "net/admission/invite.hpp"
#include "node/cli/fleet/devices.hpp"
#include "node/cli/fleet/flags.hpp"
#include "node/cli/fleet/lists.hpp"
#include "node/cli/fleet/show_fleet.hpp"
#include "node/cli/fleet/verbs_fleet.hpp"
#include "node/cli/qr.hpp"
#include "node/cli/text.hpp"

namespace chord::cli::fleet_verb {
namespace {

using net::admission::Bootstrap;
using net::admission::Delegation;
using net::admission::FleetList;
using net::admission::Invite;
using net::admission::InviteTerms;
using net::admission::Seconds;
using net::admission::SignedCertificate;

constexpr Seconds kInviteLife = 2 * kDaySeconds;

Outcome<std::uint16_t> uses_flag(const Call& call) {
    const std::string* const given = call.line.flag("--uses");
    if (given == nullptr) return std::uint16_t{1};
    std::uint16_t uses = 0;
    const char* const end = given->data() + given->size();
    const auto [stop, error] = std::from_chars(given->data(), end, uses);
    if (error == std::errc{} && stop == end && uses >= 1 && uses <= net::admission::kInviteUsesMax) return uses;
    return Failure{ExitCode::usage, "option --uses needs a number from 1 to 1000, not '" + printable(*given) + "'"};
}

/// The delegations that still admit devices.
std::vector<Delegation> open_delegations(const FleetList& list, Seconds now) {
    std::vector<Delegation> open;
    for (const Delegation& each : list.delegations) {
        if (each.until > now && list.revocation_of_key(each.inviter) == nullptr) open.push_back(each);
    }
    return open;
}

struct Counter {
    std::optional<Delegation> delegation;  // none: every inviter counts for itself
    std::string text;
};

Outcome<Counter> counter_of(Call& call, const KeyFile& key, const Register& known, const FleetList& list,
                            RingSide& ring, Seconds now) {
    const std::vector<Delegation> open = open_delegations(list, now);
    if (open.empty()) {
        return Failure{ExitCode::negative,
                       "no device may redeem an invite; choose one that always runs: chordctl fleet "
                       "delegate DEVICE"};
    }
    const auto named = [&](const Delegation& one) {
        const SignedCertificate* device = known.device(one.inviter);
        return Counter{one, device == nullptr ? "the only inviter" : device_text(device->content)};
    };
    const std::string* const given = call.line.flag("--counter");
    if (given == nullptr) {
        if (open.size() == 1) return named(open.front());
        return Failure{ExitCode::usage, "there are " + std::to_string(open.size()) +
                                            " inviters: say which one redeems and counts this invite with --counter "
                                            "DEVICE, or --counter any, which each of them counts for itself"};
    }
    if (*given == "any")
        return Counter{std::nullopt, "each of " + std::to_string(open.size()) + " inviters for itself"};
    const Outcome<SignedCertificate> device = find_device(call, key, known, list, ring, *given);
    if (const auto* failure = std::get_if<Failure>(&device)) return *failure;
    const auto& content = std::get<SignedCertificate>(device).content;
    const auto place =
        std::find_if(open.begin(), open.end(), [&](const Delegation& one) { return one.inviter == content.sign_key; });
    if (place != open.end()) return Counter{*place, device_text(content)};
    return Failure{ExitCode::negative, device_text(content) + " is no inviter (chordctl fleet delegate makes it one)"};
}

/// Prints the invite: alone on its line, after its QR code.
Outcome<ExitCode> print(Call& call, const WipedText& invite, ReplyMap map, const std::string& explained) {
    std::string qr;
    if (call.line.flag("--qr") != nullptr) {
        const std::optional<QrCode> code = make_qr(invite.text(), QrLevel::low);
        if (!code) return Failure{ExitCode::protocol, "the invite does not fit into a QR code"};
        qr = qr_text(*code, call.console.colour ? QrPaint::color : QrPaint::plain);
    }
    if (call.line.json) {
        if (!qr.empty()) map.text("qr", qr);
        call.console.out = map.text("invite", invite.text()).json();
    } else {
        call.console.out = qr + invite.text() + "\n";
    }
    call.console.notes += explained;
    return ExitCode::ok;
}

Outcome<ExitCode> invite_by_node(Call& call, std::uint16_t uses, Seconds ttl, const std::string& tag,
                                 Seconds lifetime) {
    if (call.line.flag("--counter") != nullptr || call.line.flag("--bootstrap") != nullptr) {
        return Failure{ExitCode::usage,
                       "a node counts its own invites and knows its addresses: --counter and "
                       "--bootstrap go with a fleet key"};
    }
    std::vector<std::string> command{"CHORD.INVITE", "EX", std::to_string(ttl), "USES", std::to_string(uses)};
    if (!tag.empty()) command.insert(command.end(), {"TAG", tag});
    if (lifetime != 0) command.insert(command.end(), {"LIFETIME", std::to_string(lifetime)});
    Outcome<api::Reply> answer = call.session.ask(command);
    if (const auto* failure = std::get_if<Failure>(&answer)) return *failure;
    const WipedText invite(std::move(std::get<api::Reply>(answer).text));
    ReplyMap map;
    map.number("uses", uses).number("ttl_s", ttl);
    return print(
        call, invite, std::move(map),
        "chordctl: uses " + std::to_string(uses) + "  expires in " + span_text(ttl) + "  counted by the local node\n");
}

}  // namespace

Outcome<ExitCode> invite(Call& call) {
    const Outcome<std::uint16_t> uses = uses_flag(call);
    if (const auto* failure = std::get_if<Failure>(&uses)) return *failure;
    const Outcome<Seconds> ttl = seconds_flag(call, "--ttl", kInviteLife);
    if (const auto* failure = std::get_if<Failure>(&ttl)) return *failure;
    const Outcome<std::string> tag = tag_flag(call);
    if (const auto* failure = std::get_if<Failure>(&tag)) return *failure;
    const Outcome<Seconds> lifetime = seconds_flag(call, "--lifetime", 0);
    if (const auto* failure = std::get_if<Failure>(&lifetime)) return *failure;
    if (call.line.flag("--node") != nullptr || !has_key_file(call)) {
        return invite_by_node(call, std::get<std::uint16_t>(uses), std::get<Seconds>(ttl), std::get<std::string>(tag),
                              std::get<Seconds>(lifetime));
    }
    const Outcome<Bootstrap> bootstrap = bootstrap_flag(call);
    if (const auto* failure = std::get_if<Failure>(&bootstrap)) return *failure;
    if (std::get<Bootstrap>(bootstrap).empty()) {
        return Failure{ExitCode::usage,
                       "say where the new device may knock: --bootstrap ADDRESS[,ADDRESS] of nodes that "
                       "it reaches, the counting one among them"};
    }
    Outcome<KeyFile> opened = KeyFile::open(call);
    if (const auto* failure = std::get_if<Failure>(&opened)) return *failure;
    auto& key = std::get<KeyFile>(opened);
    const Outcome<Seconds> now = signing_time(call, key.fleet);
    if (const auto* failure = std::get_if<Failure>(&now)) return *failure;
    Outcome<Register> read = Register::read(key.register_path());
    if (const auto* failure = std::get_if<Failure>(&read)) return *failure;
    auto& known = std::get<Register>(read);
    const Outcome<FleetList> kept = kept_list(key);
    if (const auto* failure = std::get_if<Failure>(&kept)) return *failure;
    RingSide ring(call.session);
    const Outcome<Counter> counted =
        counter_of(call, key, known, std::get<FleetList>(kept), ring, std::get<Seconds>(now));
    if (const auto* failure = std::get_if<Failure>(&counted)) return *failure;
    const auto& counter = std::get<Counter>(counted);
    if (auto failure = ring.clock_problem(call)) return *failure;

    InviteTerms terms;
    const auto number = rolled_bytes<4>(call.machine);
    terms.number = std::uint32_t{number[0]} << 24 | std::uint32_t{number[1]} << 16 | std::uint32_t{number[2]} << 8 |
                   std::uint32_t{number[3]};
    terms.number = std::max(terms.number, std::uint32_t{1});
    terms.not_after = key.fleet.issue_time(std::get<Seconds>(now)) + std::get<Seconds>(ttl);
    terms.uses = std::get<std::uint16_t>(uses);
    terms.tag = std::get<std::string>(tag);
    terms.lifetime = static_cast<std::uint32_t>(std::get<Seconds>(lifetime));
    if (counter.delegation) {
        terms.counter = net::admission::issuer_id(counter.delegation->inviter);
        if (terms.tag.empty()) terms.tag = counter.delegation->tag;
        if (!counter.delegation->tag.empty() && terms.tag != counter.delegation->tag) {
            return Failure{ExitCode::negative,
                           counter.text + " may admit devices with tag " + counter.delegation->tag + " only"};
        }
        if (terms.lifetime == 0) terms.lifetime = counter.delegation->lifetime_max;
    }
    if (terms.lifetime == 0) terms.lifetime = static_cast<std::uint32_t>(90 * kDaySeconds);

    Invite made;
    made.fleet_name = key.fleet.name;
    made.fleet_key = key.fleet.key.public_key();
    made.secret = rolled_secret<16>(call.machine);
    made.network_key = {key.fleet.network_keys.front().number, key.fleet.network_keys.front().key.clone()};
    made.token = net::admission::make_token(key.fleet.network(), made.secret, terms, key.fleet.key);
    made.bootstrap = std::get<Bootstrap>(bootstrap);
    const WipedText text(net::admission::invite_text(made));
    if (auto failure = key.save()) return *failure;
    if (auto failure = known.add(terms, std::get<Seconds>(now))) return *failure;
    ReplyMap map;
    map.text("number", invite_number_text(terms.number))
        .number("uses", terms.uses)
        .number("not_after", terms.not_after);
    map.text("tag", terms.tag).text("bootstrap", bootstrap_text(made.bootstrap)).text("counter", counter.text);
    return print(call, text, std::move(map),
                 "chordctl: invite " + invite_number_text(terms.number) + "  uses " + std::to_string(terms.uses) +
                     "  expires in " + span_text(std::get<Seconds>(ttl)) + "  bootstrap " +
                     bootstrap_text(made.bootstrap) + "  counted by " + counter.text + "\n");
}

}  // namespace chord::cli::fleet_verb
