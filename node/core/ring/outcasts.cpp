#include "node/core/ring/outcasts.hpp"

namespace chord {

void Outcasts::add(const Id& peer) {
    if (!ids_.insert(peer).second) {
        return;
    }
    order_.push_back(peer);
    if (order_.size() > kIdsMax) {
        ids_.erase(order_.front());
        order_.pop_front();
    }
}

void Outcasts::remove(const Id& peer) {
    if (ids_.erase(peer) > 0) {
        std::erase(order_, peer);
    }
}

void Outcasts::strike(std::vector<Peer>& peers) const {
    std::erase_if(peers, [this](const Peer& peer) { return contains(peer.id); });
}

void Outcasts::strike(std::optional<Peer>& peer) const {
    if (peer && contains(peer->id)) {
        peer.reset();
    }
}

void Outcasts::strike_from(Request& request) const {
    if (ids_.empty()) {
        return;
    }
    if (auto* notice = std::get_if<LeaveNotice>(&request)) {
        strike(notice->predecessor);
        strike(notice->successors);
    }
}

void Outcasts::strike_from(Response& response) const {
    if (ids_.empty()) {
        return;
    }
    if (auto* state = std::get_if<StateReply>(&response)) {
        strike(state->predecessor);
        strike(state->successors);
        strike(state->known);
    } else if (auto* step = std::get_if<StepReply>(&response)) {
        strike(step->successors);
        std::erase_if(step->candidates, [this](const Candidate& candidate) { return contains(candidate.peer.id); });
    } else if (auto* owner = std::get_if<OwnerReply>(&response)) {
        strike(owner->predecessor);
    } else if (auto* fingers = std::get_if<FingersReply>(&response)) {
        strike(fingers->fingers);
    } else if (auto* refusal = std::get_if<Refusal>(&response)) {
        strike(refusal->known);
    }
}

bool Outcasts::concerned_by(const Request& request) const {
    if (const auto* hint = std::get_if<Hint>(&request)) {
        return contains(hint->candidate.id);
    }
    if (const auto* witness = std::get_if<Witness>(&request)) {
        return contains(witness->peer.id);
    }
    if (const auto* vouch = std::get_if<Vouch>(&request)) {
        return contains(vouch->notifier.id);
    }
    return false;
}

}  // namespace chord
