#include "node/core/ring/finger_table.hpp"

#include <algorithm>

namespace chord {

std::vector<int> FingerTable::wanted(const Id& first_successor) const {
    std::vector<int> exponents;
    for (int exponent = Id::kBits - 1; exponent >= 0; --exponent) {
        if (in_open_closed(self_.plus_power_of_two(exponent), self_, first_successor)) {
            break;  // this target and all nearer ones belong to the first successor
        }
        exponents.push_back(exponent);
    }
    return exponents;
}

std::optional<Peer> FingerTable::find(int exponent) const {
    const auto found = std::find_if(fingers_.begin(), fingers_.end(),
                                    [exponent](const Finger& finger) { return finger.exponent == exponent; });
    return found == fingers_.end() ? std::nullopt : std::optional(found->peer);
}

void FingerTable::set(int exponent, const Peer& peer) {
    const auto place = std::lower_bound(fingers_.begin(), fingers_.end(), exponent,
                                        [](const Finger& finger, int wanted) { return finger.exponent > wanted; });
    if (place != fingers_.end() && place->exponent == exponent) {
        place->peer = peer;
    } else {
        fingers_.insert(place, Finger{exponent, peer});
    }
}

std::vector<Peer> FingerTable::nodes(std::size_t most) const {
    std::vector<Peer> distinct;
    for (const Finger& finger : fingers_) {
        if (distinct.size() < most && (distinct.empty() || distinct.back() != finger.peer)) {
            distinct.push_back(finger.peer);  // equal ones stand side by side
        }
    }
    return distinct;
}

void FingerTable::forget(const Id& peer) {
    std::erase_if(fingers_, [&](const Finger& finger) { return finger.peer.id == peer; });
}

void FingerTable::readdress(const Peer& peer) {
    for (Finger& finger : fingers_) {
        if (finger.peer.id == peer.id) {
            finger.peer = peer;
        }
    }
}

void FingerTable::keep_only(const std::vector<int>& wanted) {
    std::erase_if(fingers_, [&](const Finger& finger) {
        return std::find(wanted.begin(), wanted.end(), finger.exponent) == wanted.end();
    });
}

}  // namespace chord
