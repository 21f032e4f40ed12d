#include "node/api/notes.hpp"

#include <algorithm>

#include "node/api/fleet_text.hpp"

namespace chord::api {

std::vector<std::string> notes(const ApiContext& context, const NodeView& view) {
    std::vector<std::string> notes;
    if (context.fleet != nullptr && context.fleet->phase() != FleetPhase::member) {
        const FleetView fleet = context.fleet->view();
        notes.push_back(not_admitted_sentence(fleet.phase, text(fleet.standing)));
        if (!fleet.enrolment.empty()) notes.push_back(fleet.enrolment);
        return notes;
    }
    if (view.phase == Phase::gone) notes.emplace_back(kLeftText);
    if (const std::uint64_t missing = missing_nodes(view); missing > 0) {
        notes.push_back("alone; at least " + std::to_string(missing) +
                        (missing == 1 ? " other node is" : " other nodes are") +
                        " missing, writes are refused until one returns");
    } else if (view.phase == Phase::solo && context.peers_configured > 0 && counter(view, "answers") == 0) {
        notes.push_back("alone: none of " + std::to_string(context.peers_configured) +
                        " --peer answers; check the address, that chordd runs there, and that both have the same "
                        "network key; what is written here is on this device only");
    }
    if (context.store_full) notes.emplace_back("full: writes are refused; see --map-size and the disk's free space");
    return notes;
}

std::uint64_t missing_nodes(const NodeView& view) {
    return view.phase == Phase::solo && view.ring_size_confirmed > 1 ? view.ring_size_confirmed - 1 : 0;
}

std::uint64_t counter(const NodeView& view, std::string_view name) {
    const auto place =
        std::find_if(view.counters.begin(), view.counters.end(), [&](const auto& one) { return one.first == name; });
    return place == view.counters.end() ? 0 : place->second;
}

}  // namespace chord::api
