#include "node/core/ring/failure_detector.hpp"

#include <algorithm>

namespace chord {

bool means_failed(Error error) {
    return error == Error::timeout || error == Error::wrong_peer || error == Error::not_member ||
           error == Error::shutting_down || error == Error::not_admitted;
}

FailureDetector::PathFault* FailureDetector::fault_of(const Id& peer) {
    const auto found = std::find_if(path_faults_.begin(), path_faults_.end(),
                                    [&](const PathFault& fault) { return fault.peer == peer; });
    return found == path_faults_.end() ? nullptr : &*found;
}

std::optional<Peer> FailureDetector::witness_of(const Id& peer) {
    const PathFault* const fault = fault_of(peer);
    return fault && context_.now() < fault->until ? std::optional(fault->witness) : std::nullopt;
}

void FailureDetector::note_path_fault(const Peer& peer, const Peer& witness) {
    PathFault* fault = fault_of(peer.id);
    if (!fault) {
        if (path_faults_.size() == kPathFaultsMax) {
            path_faults_.erase(path_faults_.begin());
        }
        path_faults_.push_back(PathFault{peer.id, witness, context_.options.path_fault_for / kPathFaultParts, {}});
        fault = &path_faults_.back();
    } else {
        fault->witness = witness;
        fault->lasting = std::min(2 * fault->lasting, context_.options.path_fault_for);
    }
    fault->until = context_.now() + fault->lasting;
    ++context_.counters.path_faults;
}

// The nodes around a neighbour know it best: the predecessor has it in its list, the next successors behind it.
std::vector<Peer> FailureDetector::witnesses_for(const Id& peer) const {
    std::vector<Peer> witnesses;
    const auto offer = [&](const Peer& other) {
        const bool taken = std::find(witnesses.begin(), witnesses.end(), other) != witnesses.end();
        if (witnesses.size() < kWitnesses && other.id != peer && !taken &&
            !context_.peers.is_suspect(other.id, context_.now())) {
            witnesses.push_back(other);
        }
    };
    for (const Peer& successor : context_.ring.successors()) {
        if (witnesses.size() + 1 < kWitnesses) {
            offer(successor);
        }
    }
    if (context_.ring.predecessor()) {
        offer(*context_.ring.predecessor());
    }
    for (const Peer& successor : context_.ring.successors()) {
        offer(successor);
    }
    return witnesses;
}

// Sends `request` to the peer, and after a while to witnesses what they are to find out. A peer that answers a Ping is
// said to have an empty state.
Task<Result<StateReply>> FailureDetector::examine(Peer peer, Request request) {
    const StateQuery* const query = std::get_if<StateQuery>(&request);
    const Witness question{peer, query ? query->notify : std::nullopt};
    Gather asked(context_.calls, context_.durability);
    asked.start(peer, std::move(request));
    std::vector<Peer> witnesses;
    std::size_t consulted = 0;
    std::optional<StateReply> relayed;
    std::optional<Peer> relayed_by;
    Result<StateReply> verdict = Error::timeout;
    bool silent = false;  // the last retransmission went unanswered
    bool patient = true;  // with the witnesses
    Time patient_until = kNever;
    Time wake_at = context_.now() + context_.patience(peer);
    while (asked.outstanding() > 0 && !(silent && (relayed || !patient))) {
        std::optional<Gather::Outcome> outcome = co_await asked.next_until(wake_at);
        if (!outcome && patient_until == kNever) {
            ++context_.counters.suspicions;
            witnesses = witnesses_for(peer.id);
            patient_until = context_.now() + context_.options.witness_patience * health_.factor();
        }
        if (!outcome && consulted < witnesses.size()) {
            const Peer& witness = witnesses[consulted++];
            asked.start(witness, question);
            const Time silent_from = context_.now() + 2 * context_.patience(witness);  // it asks on
            wake_at = consulted < witnesses.size() ? std::min(silent_from, patient_until) : patient_until;
        } else if (!outcome) {
            patient = false;
            wake_at = kNever;
        } else if (outcome->index == 0) {
            if (outcome->answer || outcome->answer.error() != Error::timeout) {
                health_.confirmed();
                std::erase_if(path_faults_, [&](const PathFault& fault) { return fault.peer == peer.id; });
                if (outcome->answer && std::holds_alternative<Ack>(outcome->answer->response)) {
                    co_return StateReply{};
                }
                Result<StateReply> state = neighborhood_.state_from(peer, std::move(outcome->answer));
                co_return state;
            }
            silent = true;
        } else {
            const Peer witness = witnesses[outcome->index - 1];
            Result<StateReply> reply = expect<StateReply>(std::move(outcome->answer));
            if (reply) {
                relayed = std::move(*reply);
                relayed_by = witness;
                wake_at = kNever;
                continue;
            }
            if (reply.error() == Error::not_member || reply.error() == Error::shutting_down) {
                verdict = reply.error();
            }
            if (!relayed && consulted < witnesses.size()) {
                wake_at = context_.now();  // the next one
            }
        }
    }
    if (relayed) {
        health_.refuted();
        ++context_.counters.refutations;
        note_path_fault(peer, *relayed_by);
        co_return std::move(*relayed);
    }
    health_.confirmed();
    co_return verdict;
}

// A witness that has gone, or lost the peer too, is not asked again.
Task<Result<StateReply>> FailureDetector::through(Peer witness, Peer peer, std::optional<Notify> notify) {
    Result<StateReply> relayed = co_await context_.calls.ask<StateReply>(witness, Witness{peer, notify});
    PathFault* const fault = fault_of(peer.id);
    if (!relayed && fault) {
        fault->until = context_.now();
    }
    co_return relayed;
}

Task<Result<StateReply>> FailureDetector::state_of(Peer peer, std::optional<Notify> notify) {
    if (const std::optional<Peer> witness = witness_of(peer.id)) {
        Result<StateReply> relayed = co_await through(*witness, peer, notify);
        if (relayed) {
            co_return relayed;
        }
    }
    StateQuery query = neighborhood_.state_query(peer);
    query.notify = notify;
    Result<StateReply> state = co_await examine(peer, query);
    co_return state;
}

Task<Status> FailureDetector::check(Peer peer) {
    Result<StateReply> state = Error::timeout;
    if (witness_of(peer.id)) {
        state = co_await state_of(peer, std::nullopt);
    } else {
        state = co_await examine(peer, Ping{});
    }
    if (!state) {
        co_return state.error();
    }
    co_return Success{};
}

Task<void> FailureDetector::notify(Peer peer, Notify notify) {
    if (const std::optional<Peer> witness = witness_of(peer.id)) {
        Result<StateReply> passed_on = co_await through(*witness, peer, notify);
        if (passed_on) {
            co_return;
        }
    }
    co_await context_.calls.tell(peer, notify);
}

Task<void> FailureDetector::serve(Peer from, Witness witness, std::function<void(Response)> reply) {
    if (witness.peer.id == context_.self() || witness.peer.id == from.id) {
        reply(Refusal{Error::bad_message, {}});
        co_return;
    }
    if (serving_ == kServedMax) {
        reply(Refusal{Error::overloaded, {}});
        co_return;
    }
    ++serving_;
    Gather asked(context_.calls, context_.durability);
    asked.start(witness.peer, witness.notify ? Request(Vouch{from, *witness.notify}) : Request(StateQuery{}));
    // No longer than the asker waits, which would have to ask on and on meanwhile.
    const Time patient_until = context_.now() + context_.options.witness_patience;
    std::optional<Gather::Outcome> outcome =
        co_await asked.next_until(std::min(context_.now() + context_.patience(witness.peer), patient_until));
    if (!outcome) {
        on_silent_(witness.peer);
        outcome = co_await asked.next_until(patient_until);
    }
    if (outcome && outcome->answer) {
        reply(std::move(outcome->answer->response));
    } else {
        reply(Refusal{outcome ? outcome->answer.error() : Error::timeout, {}});
    }
    --serving_;
}

}  // namespace chord
