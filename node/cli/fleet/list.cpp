// `revoke`, `fleet delegate`, `fleet undelegate`, `fleet list`: what the fleet's list says.
#include <algorithm>
#include <array>
#include <utility>

#include "net/admission/armor.hpp"
#include "node/cli/fleet/devices.hpp"
#include "node/cli/fleet/flags.hpp"
#include "node/cli/fleet/lists.hpp"
#include "node/cli/fleet/show_fleet.hpp"
#include "node/cli/fleet/verbs_fleet.hpp"
#include "node/cli/text.hpp"

namespace chord::cli::fleet_verb {
namespace {

using api::Reply;
using net::admission::Certificate;
using net::admission::Delegation;
using net::admission::FleetList;
using net::admission::Reason;
using net::admission::Revocation;
using net::admission::Seconds;
using net::admission::SignedCertificate;

constexpr Seconds kInviterCertificates = 90 * kDaySeconds;
constexpr Seconds kInviterUntil = 366 * kDaySeconds;

/// Everything that a change of the list needs, opened in the order in which it can fail.
struct Change {
    KeyFile key;
    Register known;
    RingSide ring;
    ListBase base;
    Seconds now = 0;
};

Outcome<Change> begin_change(Call& call) {
    Outcome<KeyFile> key = KeyFile::open(call);
    if (const auto* failure = std::get_if<Failure>(&key)) return *failure;
    const Outcome<Seconds> now = signing_time(call, std::get<KeyFile>(key).fleet);
    if (const auto* failure = std::get_if<Failure>(&now)) return *failure;
    Outcome<Register> known = Register::read(std::get<KeyFile>(key).register_path());
    if (const auto* failure = std::get_if<Failure>(&known)) return *failure;
    RingSide ring(call.session);
    Outcome<ListBase> base = reach_list(call, std::get<KeyFile>(key), ring, true);
    if (const auto* failure = std::get_if<Failure>(&base)) return *failure;
    if (auto failure = ring.clock_problem(call)) return *failure;
    return Change{std::move(std::get<KeyFile>(key)), std::move(std::get<Register>(known)), ring,
                  std::move(std::get<ListBase>(base)), std::get<Seconds>(now)};
}

Outcome<SignedCertificate> device_of(Call& call, Change& change, const std::string& word) {
    return find_device(call, change.key, change.known, change.base.list, change.ring, word);
}

/// Signs, and prints `done` ("revoked pump-1 (d0a1…)") and what became of the list.
Outcome<ExitCode> end_change(Call& call, Change change, const std::string& done, ReplyMap map) {
    const Outcome<SignedList> made = sign_list(call, change.key, change.ring, std::move(change.base), change.now);
    if (const auto* failure = std::get_if<Failure>(&made)) return *failure;
    const auto& list = std::get<SignedList>(made);
    map.number("list_number", list.number).flag("given", list.given);
    call.console.out = call.line.json ? map.text("file", list.file).json() : done + "\n" + signed_text(list);
    return ExitCode::ok;
}

Outcome<Reason> reason_flag(const Call& call) {
    const std::string* const given = call.line.flag("--reason");
    if (given == nullptr) return Reason::unsaid;
    for (const Reason reason : {Reason::lost, Reason::stolen, Reason::left}) {
        if (*given == reason_text(reason)) return reason;
    }
    return Failure{ExitCode::usage, "option --reason needs lost, stolen or left, not '" + printable(*given) + "'"};
}

bool is_narrower(const Delegation& now, const Delegation& before) {
    return now.lifetime_max < before.lifetime_max || (before.roles & ~now.roles) != 0 ||
           (!now.tag.empty() && now.tag != before.tag);
}

Failure full() {
    return {ExitCode::no_room, "the fleet's list is full (1,024 revocations, 16 delegations)"};
}

Outcome<ExitCode> revoke_invite(Call& call, Change change, const std::string& word, Reason reason) {
    const auto number = parse_invite_number(word);
    if (!number) {
        return Failure{ExitCode::usage,
                       "option --invite needs the 8 hex digits that invite printed, not '" + printable(word) + "'"};
    }
    if (!change.base.list.revoke(Revocation::of_invite(*number, reason, change.now))) return full();
    return end_change(call, std::move(change), "revoked invite " + word + " and whoever came in by it",
                      std::move(ReplyMap().text("invite", word)));
}

}  // namespace

Outcome<ExitCode> revoke(Call& call) {
    const std::string* const invite = call.line.flag("--invite");
    if (call.line.words.empty() == (invite == nullptr)) {
        return Failure{ExitCode::usage, "usage: chordctl revoke DEVICE, or chordctl revoke --invite NUMBER"};
    }
    const Outcome<Reason> reason = reason_flag(call);
    if (const auto* failure = std::get_if<Failure>(&reason)) return *failure;
    Outcome<Change> begun = begin_change(call);
    if (const auto* failure = std::get_if<Failure>(&begun)) return *failure;
    auto& change = std::get<Change>(begun);
    if (invite != nullptr) return revoke_invite(call, std::move(change), *invite, std::get<Reason>(reason));

    const Outcome<SignedCertificate> found = device_of(call, change, call.line.words[0]);
    if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
    const Certificate& device = std::get<SignedCertificate>(found).content;
    FleetList& list = change.base.list;
    if (list.revocation_of_key(device.sign_key) != nullptr) {
        call.console.notes += "chordctl: it was revoked already; the list is signed anew\n";
    }
    const bool inviter = std::any_of(list.delegations.begin(), list.delegations.end(),
                                     [&](const Delegation& one) { return one.inviter == device.sign_key; });
    if (inviter) {
        call.console.notes +=
            "chordctl: it was an inviter: every device that it admitted or renewed is shut out with it, and needs "
            "chordctl renew or a new invite\n";
    }
    if (!list.revoke(Revocation::of_key(device.sign_key, std::get<Reason>(reason), change.now))) return full();
    call.console.notes +=
        "chordctl: it still has the network key, with which it can learn that nodes are there, until it has been "
        "changed twice: chordctl fleet rotate-key, once the list has spread\n";
    ReplyMap map = device_map(device);
    map.text("reason", std::string(reason_text(std::get<Reason>(reason))));
    return end_change(call, std::move(change), "revoked " + device_text(device), std::move(map));
}

Outcome<ExitCode> delegate(Call& call) {
    const Outcome<std::uint8_t> roles = roles_flag(call);
    if (const auto* failure = std::get_if<Failure>(&roles)) return *failure;
    const Outcome<std::string> tag = tag_flag(call);
    if (const auto* failure = std::get_if<Failure>(&tag)) return *failure;
    const Outcome<Seconds> lifetime = seconds_flag(call, "--lifetime", kInviterCertificates);
    if (const auto* failure = std::get_if<Failure>(&lifetime)) return *failure;
    Outcome<Change> begun = begin_change(call);
    if (const auto* failure = std::get_if<Failure>(&begun)) return *failure;
    auto& change = std::get<Change>(begun);
    const Outcome<Seconds> until = until_flag(call, "--until", change.now, change.now + kInviterUntil);
    if (const auto* failure = std::get_if<Failure>(&until)) return *failure;
    const Outcome<SignedCertificate> found = device_of(call, change, call.line.words[0]);
    if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
    const Certificate& device = std::get<SignedCertificate>(found).content;
    if (change.base.list.revocation_of(device) != nullptr) {
        return Failure{ExitCode::negative, device_text(device) + " is revoked; it cannot admit others"};
    }
    Delegation granted;
    granted.inviter = device.sign_key;
    granted.roles = std::get<std::uint8_t>(roles);
    granted.lifetime_max = static_cast<std::uint32_t>(std::get<Seconds>(lifetime));
    granted.from = change.now;
    granted.until = std::get<Seconds>(until);
    granted.tag = std::get<std::string>(tag);
    // What it issued under an earlier delegation goes on counting.
    for (const Delegation& former : change.base.list.delegations) {
        if (former.inviter != granted.inviter) continue;
        granted.from = std::min(former.from, granted.from);
        if (is_narrower(granted, former)) {
            call.console.notes +=
                "chordctl: it might do more before: certificates that it issued beyond this count no more\n";
        }
    }
    if (!change.base.list.delegate(granted)) return full();
    ReplyMap map = device_map(device);
    map.number("until", granted.until).number("lifetime_max", granted.lifetime_max).text("grants_tag", granted.tag);
    const std::string done = device_text(device) + " may admit devices until " + date_text(granted.until) +
                             ", with certificates of up to " + span_text(granted.lifetime_max) +
                             (granted.tag.empty() ? "" : ", tag " + granted.tag + " only");
    return end_change(call, std::move(change), done, std::move(map));
}

Outcome<ExitCode> undelegate(Call& call) {
    Outcome<Change> begun = begin_change(call);
    if (const auto* failure = std::get_if<Failure>(&begun)) return *failure;
    auto& change = std::get<Change>(begun);
    const Outcome<SignedCertificate> found = device_of(call, change, call.line.words[0]);
    if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
    const Certificate& device = std::get<SignedCertificate>(found).content;
    auto& delegations = change.base.list.delegations;
    const auto place = std::find_if(delegations.begin(), delegations.end(),
                                    [&](const Delegation& one) { return one.inviter == device.sign_key; });
    if (place == delegations.end() || place->until <= change.now) {
        return Failure{ExitCode::negative, device_text(device) + " is no inviter"};
    }
    place->until = change.now;
    return end_change(call, std::move(change),
                      device_text(device) + " admits and renews nobody any more; what it issued lives on",
                      device_map(device));
}

Outcome<ExitCode> list(Call& call) {
    const std::string& what = call.line.words[0];
    const bool set = what == "set";
    if ((!set && what != "get") || call.line.words.size() != (set ? 2U : 1U)) {
        return Failure{ExitCode::usage, "usage: chordctl fleet list get [--out FILE], or chordctl fleet list set FILE"};
    }
    if (set) {
        Outcome<std::string> text = read_word(call, "list", call.line.words[1]);
        if (const auto* failure = std::get_if<Failure>(&text)) return *failure;
        Outcome<std::vector<std::uint8_t>> bytes =
            from_armor(net::admission::kFleetListArmor, std::get<std::string>(text), source_name(call.line.words[1]));
        if (const auto* failure = std::get_if<Failure>(&bytes)) return *failure;
        const Outcome<Reply> answer =
            call.session.ask({"CHORD.FLEETLIST", "SET", as_text(std::get<std::vector<std::uint8_t>>(bytes))});
        if (const auto* failure = std::get_if<Failure>(&answer)) return *failure;
        const std::int64_t number = std::get<Reply>(answer).integer;
        call.console.out = call.line.json ? ReplyMap().number("list_number", static_cast<std::uint64_t>(number)).json()
                                          : "list " + std::to_string(number) + " is with the ring\n";
        return ExitCode::ok;
    }
    const Outcome<Reply> answer = call.session.ask({"CHORD.FLEETLIST", "GET"});
    if (const auto* failure = std::get_if<Failure>(&answer)) return *failure;
    const auto& reply = std::get<Reply>(answer);
    if (reply.is(Reply::Kind::null)) return Failure{ExitCode::negative, "the fleet has no list yet"};
    if (!reply.is_text() || reply.text.size() > net::admission::kFleetListBytesMax) {
        return Failure{ExitCode::protocol, "the daemon's answer to CHORD.FLEETLIST has another shape than expected"};
    }
    const std::string text = net::admission::armored(net::admission::kFleetListArmor, as_bytes(reply.text));
    if (const std::string* const out = call.line.flag("--out")) {
        if (auto failure = write_own_file("list", *out, text)) return *failure;
        if (!call.line.json && !call.line.quiet) call.console.out = "the list is in " + printable(*out) + "\n";
        if (call.line.json) call.console.out = ReplyMap().text("file", *out).json();
        return ExitCode::ok;
    }
    call.console.out = call.line.json ? ReplyMap().text("list", text).json() : text;
    return ExitCode::ok;
}

}  // namespace chord::cli::fleet_verb
