#include "tests/sim/successor_audit.hpp"

namespace chord::sim {

void SuccessorAudit::look() {
    if (world_.member_count() < 2) {
        return;
    }
    for (const std::size_t device : world_.live()) {
        const Node& node = world_.node(device);
        if (!is_member(node)) {
            continue;
        }
        ++statistics_.seen;
        const RingState& ring = node.ring();
        if (ring.alone()) {
            ++statistics_.wrong;
            continue;
        }
        const Id& first = ring.successors().front().id;
        statistics_.wrong += first == world_.true_owner(ring.self().id.plus_power_of_two(0)) ? 0U : 1U;
        statistics_.dead += first == world_.true_owner(first) ? 0U : 1U;
    }
}

}  // namespace chord::sim
