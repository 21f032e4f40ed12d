#include "node/core/ring/own_addresses.hpp"

#include <algorithm>
#include <utility>

namespace chord {

void OwnAddresses::set(std::vector<Endpoint> addresses) {
    addresses.resize(std::min(addresses.size(), kAlsoAtMax));
    if (addresses == addresses_) {
        return;
    }
    addresses_ = std::move(addresses);
    worth_telling_ = worth_telling_ || addresses_.size() > 1;
    told_.clear();
    tell_neighbors();
}

void OwnAddresses::tell_neighbors() {
    std::erase_if(told_, [this](const Id& neighbor) { return !context_.ring.is_neighbor(neighbor); });
    if (!worth_telling_ || context_.phase != Phase::member) {
        return;
    }
    std::vector<Peer> neighbors = context_.ring.successors();
    if (context_.ring.predecessor()) {
        neighbors.push_back(*context_.ring.predecessor());
    }
    for (const Peer& neighbor : neighbors) {
        if (std::find(told_.begin(), told_.end(), neighbor.id) == told_.end()) {
            told_.push_back(neighbor.id);
            context_.scheduler.spawn(tell(neighbor));
        }
    }
}

Task<void> OwnAddresses::tell(Peer neighbor) {
    const std::vector<Endpoint> told = addresses_;
    // With a name of its own: g++ 12 destroys such a temporary of a co_await expression twice.
    Request request = AlsoAt{told};
    const Result<Ack> answer = co_await context_.calls.ask<Ack>(neighbor, std::move(request));
    if (!answer && told == addresses_) {
        std::erase(told_, neighbor.id);
    }
}

}  // namespace chord
