#include "node/cli/fleet/lists.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "net/admission/armor.hpp"
#include "node/cli/fleet/show_fleet.hpp"
#include "node/cli/text.hpp"

namespace chord::cli {
namespace {

using api::Reply;
using net::admission::Delegation;
using net::admission::FleetList;
using net::admission::Revocation;
using net::admission::Seconds;

/// Nothing that is signed lives longer: --lifetime and --ttl are bounded by it, so that entries can be dropped.
constexpr Seconds kLifeMax = 5 * 366 * Seconds{86400};
constexpr Seconds kDay = 86400;

struct Candidate {
    FleetList list;
    std::string origin;
};

Outcome<FleetList> read_signed(net::admission::View bytes, const KeyFile& key, const std::string& source,
                               ExitCode code) {
    Result<FleetList> list = net::admission::read_list(bytes, key.fleet.key.public_key());
    if (list) return std::move(*list);
    return Failure{code, list.error() == Error::wrong_peer ? source + " is of another fleet"
                                                           : source + " is damaged, or not signed by this fleet key"};
}

Outcome<FleetList> list_of_text(const std::string& text, const KeyFile& key, const std::string& source, ExitCode code) {
    Outcome<std::vector<std::uint8_t>> bytes = from_armor(net::admission::kFleetListArmor, text, source);
    if (const auto* failure = std::get_if<Failure>(&bytes)) return Failure{code, failure->sentence};
    return read_signed(std::get<std::vector<std::uint8_t>>(bytes), key, source, code);
}

/// nullopt while the ring has none, or nobody answers.
Outcome<std::optional<FleetList>> ring_list(const KeyFile& key, RingSide& ring, bool& there) {
    const Outcome<bool> answers = ring.is_there(key.fleet.key.public_key());
    if (const auto* failure = std::get_if<Failure>(&answers)) return *failure;
    there = std::get<bool>(answers);
    if (!there) return std::optional<FleetList>();
    Outcome<std::optional<Reply>> answer = ring.ask({"CHORD.FLEETLIST", "GET"});
    if (const auto* failure = std::get_if<Failure>(&answer)) return *failure;
    const auto& reply = std::get<std::optional<Reply>>(answer);
    there = reply.has_value();
    if (!reply || reply->is(Reply::Kind::null)) return std::optional<FleetList>();
    Outcome<FleetList> list = read_signed(as_bytes(reply->text), key, "the node's list", ExitCode::protocol);
    if (const auto* failure = std::get_if<Failure>(&list)) return *failure;
    return std::optional<FleetList>(std::move(std::get<FleetList>(list)));
}

/// Takes over what only `other` says. False when there is no room for it.
bool join_lists(FleetList& list, const FleetList& other) {
    for (const Revocation& each : other.revocations) {
        const bool known = std::any_of(list.revocations.begin(), list.revocations.end(), [&](const Revocation& one) {
            return one.kind == each.kind && one.subject == each.subject;
        });
        if (!known && !list.revoke(each)) return false;
    }
    for (const Delegation& each : other.delegations) {
        const bool known = std::any_of(list.delegations.begin(), list.delegations.end(),
                                       [&](const Delegation& one) { return one.inviter == each.inviter; });
        if (!known && !list.delegate(each)) return false;
    }
    return true;
}

Failure no_room() {
    return {ExitCode::no_room, "the fleet's list is full (1,024 revocations and 16 delegations)"};
}

/// Drops what has no meaning any more (fleet_list.hpp, "Dropping entries").
void drop_outlived(FleetList& list, Seconds now) {
    if (now > kLifeMax + kDay) list.drop_revocations_before(now - kLifeMax - kDay);
    std::erase_if(list.delegations,
                  [&](const Delegation& each) { return each.until + each.lifetime_max + kDay < now; });
}

Outcome<std::vector<Candidate>> candidates(Call& call, const KeyFile& key, RingSide& ring, bool& there) {
    std::vector<Candidate> found;
    Outcome<std::optional<FleetList>> of_ring = ring_list(key, ring, there);
    if (const auto* failure = std::get_if<Failure>(&of_ring)) return *failure;
    if (auto& list = std::get<std::optional<FleetList>>(of_ring)) found.push_back({std::move(*list), "the ring's"});

    Outcome<FleetList> kept = kept_list(key);
    if (const auto* failure = std::get_if<Failure>(&kept)) return *failure;
    if (std::get<FleetList>(kept).number > 0) {
        found.push_back({std::move(std::get<FleetList>(kept)), "the kept"});
    }
    if (const std::string* const path = call.line.flag("--list")) {
        Outcome<std::string> text = read_word(call, "list", *path);
        if (const auto* failure = std::get_if<Failure>(&text)) return *failure;
        Outcome<FleetList> given = list_of_text(std::get<std::string>(text), key, source_name(*path), ExitCode::usage);
        if (const auto* failure = std::get_if<Failure>(&given)) return *failure;
        found.push_back({std::move(std::get<FleetList>(given)), "the given"});
    }
    // The newest first; of equals the ring's.
    std::stable_sort(found.begin(), found.end(),
                     [](const Candidate& a, const Candidate& b) { return a.list.number > b.list.number; });
    return found;
}

}  // namespace

Outcome<FleetList> kept_list(const KeyFile& key) {
    const std::string path = key.list_path();
    Outcome<std::optional<std::string>> file = read_file("list", path);
    if (const auto* failure = std::get_if<Failure>(&file)) return Failure{ExitCode::bad_config, failure->sentence};
    const auto& text = std::get<std::optional<std::string>>(file);
    if (!text) return FleetList{};
    return list_of_text(*text, key, printable(path), ExitCode::bad_config);
}

Outcome<ListBase> reach_list(Call& call, const KeyFile& key, RingSide& ring, bool to_sign) {
    ListBase base;
    Outcome<std::vector<Candidate>> reached = candidates(call, key, ring, base.ring);
    if (const auto* failure = std::get_if<Failure>(&reached)) return *failure;
    auto& lists = std::get<std::vector<Candidate>>(reached);
    base.list.network = key.fleet.network();
    base.origin = "no list";
    if (!lists.empty()) {
        base.list = lists.front().list;
        base.origin = lists.front().origin + " list " + std::to_string(base.list.number) + " (signed " +
                      date_text(base.list.issued) + ")";
        for (const Candidate& other : lists) {
            if (!join_lists(base.list, other.list)) return no_room();
            if (other.list.number == base.list.number && other.list != lists.front().list) {
                call.console.notes.append("chordctl: two different lists " + std::to_string(base.list.number) +
                                          " were signed, on two machines perhaps; the next one has what both say\n");
            }
        }
    }
    if (!base.ring) {
        call.console.notes.append("chordctl: no node of the fleet answers (" + ring.why() + "); going on from " +
                                  base.origin + ", of a later one nothing is known here\n");
    }
    if (to_sign && base.list.number < key.fleet.list_number && call.line.flag("--force") == nullptr) {
        return Failure{ExitCode::try_again,
                       "this key has signed list " + std::to_string(key.fleet.list_number) + ", but " + base.origin +
                           " is the newest within reach" + (base.ring ? "" : " (no node answers: " + ring.why() + ")") +
                           ", and the next one would undo what was said since: reach a node "
                           "(--socket), give that list with --list FILE, or accept the loss with --force"};
    }
    return base;
}

Outcome<SignedList> sign_list(Call& call, KeyFile& key, RingSide& ring, ListBase base, Seconds now) {
    drop_outlived(base.list, now);
    const std::vector<std::uint8_t> bytes = key.fleet.sign_next(base.list, now);
    const std::string text = net::admission::armored(net::admission::kFleetListArmor, bytes);
    SignedList made{base.list.number, false, key.list_path()};
    if (auto failure = write_own_file("list", made.file, text)) return *failure;
    if (auto failure = key.save()) return *failure;
    if (const std::string* const out = call.line.flag("--out")) {
        made.file = *out;
        if (auto failure = write_own_file("list", *out, text)) return *failure;
        return made;
    }
    if (!base.ring) return made;
    Outcome<std::optional<Reply>> answer = ring.ask({"CHORD.FLEETLIST", "SET", as_text(bytes)});
    const auto* failure = std::get_if<Failure>(&answer);
    if (failure != nullptr || !std::get<std::optional<Reply>>(answer)) {
        return Failure{failure != nullptr ? failure->code : ExitCode::try_again,
                       "list " + std::to_string(made.number) + " is signed, but the node did not take it (" +
                           (failure != nullptr ? failure->sentence : ring.why()) +
                           "); give it to any node of the fleet: chordctl fleet list set " + printable(made.file)};
    }
    made.given = true;
    return made;
}

std::string signed_text(const SignedList& made) {
    const std::string number = "list " + std::to_string(made.number);
    if (made.given) return number + " is with the ring, every node that is awake has it within a minute\n";
    return number + " is in " + printable(made.file) +
           "; nothing has changed in the ring until a node gets it: chordctl fleet list set FILE\n";
}

}  // namespace chord::cli
