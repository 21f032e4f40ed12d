#include "net/message/receiver.hpp"

#include <utility>

namespace chord::net {

namespace {

/// Serial number arithmetic (RFC 1982): sequences wrap.
bool is_newer(WireSequence a, WireSequence b) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) - static_cast<std::uint32_t>(b)) > 0;
}

}  // namespace

std::optional<std::vector<std::uint8_t>> Receiver::take(const Peer& from, const FragmentFrame& fragment, Time now) {
    ++counters_.rx_fragments;
    Reassembly::Taken taken = reassembly_.take(from, fragment, now);
    switch (taken.outcome) {
        case Reassembly::Outcome::contradiction: ++counters_.drops_contradictory; return std::nullopt;
        case Reassembly::Outcome::too_big:
            answer(from, RefusalFrame{fragment.message, Error::too_big});
            return std::nullopt;
        case Reassembly::Outcome::no_room:
            answer(from, RefusalFrame{fragment.message, Error::overloaded});
            return std::nullopt;
        case Reassembly::Outcome::duplicate: ++counters_.duplicates; break;
        case Reassembly::Outcome::progress:
        case Reassembly::Outcome::completed: break;
    }
    if (const auto due = acks_.find({from, fragment.message}); due != acks_.end()) {
        if (is_newer(fragment.sequence, due->second)) due->second = fragment.sequence;
    } else if (acks_.size() < kAnswersMax) {
        acks_.emplace(std::pair(from, fragment.message), fragment.sequence);
    } else {
        ++counters_.drops_overloaded;
    }
    if (taken.outcome != Reassembly::Outcome::completed) return std::nullopt;
    ++counters_.delivered;
    return std::move(taken.message);
}

void Receiver::answer(const Peer& to, const MessageFrame& frame) {
    if (answers_.size() >= kAnswersMax) {
        ++counters_.drops_overloaded;
        return;
    }
    answers_.push_back({.to = to, .plaintext = encode(frame), .answer = true});
}

void Receiver::drain(std::vector<OutgoingFrame>& frames) {
    for (const auto& [key, sequence] : std::exchange(acks_, {})) {
        auto ack = reassembly_.state_of(key.first, key.second);
        if (!ack) continue;  // cancelled in the same turn
        ack->sequence = sequence;
        frames.push_back({.to = key.first, .plaintext = encode(std::move(*ack)), .answer = true});
    }
    for (OutgoingFrame& frame : std::exchange(answers_, {})) frames.push_back(std::move(frame));
}

void Receiver::forget(const Id& node) {
    reassembly_.forget(node);
    std::erase_if(acks_, [&node](const auto& due) { return due.first.first.id == node; });
    std::erase_if(answers_, [&node](const OutgoingFrame& frame) { return frame.to.id == node; });
}

}  // namespace chord::net
