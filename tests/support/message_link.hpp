// Nodes that send each other messages over simulated links, in virtual time: for unit tests and benches of net/message.
// Everything is a function of the seed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "net/message/messages.hpp"
#include "node/core/base/check.hpp"
#include "node/core/base/rng.hpp"
#include "tests/support/link.hpp"

namespace chord::testing {

inline Peer message_peer(std::size_t node) {
    Peer peer;
    peer.id.words[3] = node + 1;
    peer.address.ip[10] = peer.address.ip[11] = 0xff;
    peer.address.ip[15] = static_cast<std::uint8_t>(node + 1);
    peer.address.port = 7400;
    return peer;
}

/// Any bytes of this length that differ from seed to seed.
inline std::vector<std::uint8_t> message_bytes(std::size_t size, std::uint64_t seed = 1) {
    Rng rng(seed);
    std::vector<std::uint8_t> bytes(size);
    for (std::uint8_t& each : bytes) each = static_cast<std::uint8_t>(rng.next());
    return bytes;
}

/// The last node is the right end, all others are the left one: they share the link to the right and the one back.
class MessageWorld {
public:
    static constexpr Time kStart{std::chrono::hours(1)};

    struct Arrival {
        Time at;
        std::size_t node = 0;
        net::MessageDelivered message;
    };
    struct Ending {
        Time at;
        std::size_t node = 0;
        net::MessageEnded ended;
    };

    MessageWorld(std::size_t nodes, const net::MessageOptions& options, const LinkOptions& right,
                 const LinkOptions& left, std::uint64_t seed)
        : to_right(right, seed * 2 + 1), to_left(left, seed * 2 + 2), overhead_(options.datagram_overhead) {
        for (std::size_t i = 0; i < nodes; ++i) nodes_.push_back(std::make_unique<net::Messages>(options));
    }

    net::Messages& node(std::size_t index) { return *nodes_[index]; }
    std::size_t right() const { return nodes_.size() - 1; }
    Time now() const { return now_; }

    net::SendHandle send(std::size_t from, std::size_t to, std::vector<std::uint8_t> bytes, net::Priority priority) {
        const auto handle = nodes_[from]->send(message_peer(to), std::move(bytes), priority, now_);
        CHORD_CHECK(handle.has_value());
        pump(from);
        return *handle;
    }

    /// Goes on until `is_over()` or this much time has passed. False when time ran out.
    bool run(Duration patience, const std::function<bool()>& is_over) {
        const Time end = now_ + patience;
        while (!is_over()) {
            Time next = datagrams_.empty() ? kNever : datagrams_.begin()->first.first;
            for (const auto& each : nodes_) next = std::min(next, each->next_deadline());
            if (next > end) {
                now_ = end;
                return false;
            }
            // A node that asks to be called at once again and again would never let time pass.
            turns_at_once_ = next > now_ ? 0 : turns_at_once_ + 1;
            CHORD_CHECK(turns_at_once_ < 10'000);
            now_ = std::max(now_, next);
            turn();
        }
        return true;
    }

    void run(Duration time) {
        (void)run(time, [] { return false; });
    }

    std::vector<Arrival> arrivals;
    std::vector<Ending> endings;
    Link to_right;
    Link to_left;

private:
    struct Datagram {
        std::size_t from;
        std::size_t to;
        std::vector<std::uint8_t> plaintext;
    };

    void turn() {
        while (!datagrams_.empty() && datagrams_.begin()->first.first <= now_) {
            const Datagram datagram = std::move(datagrams_.begin()->second);
            datagrams_.erase(datagrams_.begin());
            CHORD_CHECK(nodes_[datagram.to]->receive(message_peer(datagram.from), datagram.plaintext, now_));
            pump(datagram.to);
        }
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            if (nodes_[i]->next_deadline() > now_) continue;
            nodes_[i]->tick(now_);
            pump(i);
        }
    }

    void pump(std::size_t from) {
        for (net::OutgoingFrame& frame : nodes_[from]->take_frames()) {
            const std::size_t to = std::size_t{frame.to.address.ip[15]} - 1;
            Link& link = from == right() ? to_left : to_right;
            for (const Time at : link.carry(frame.plaintext.size() + overhead_, now_)) {
                datagrams_.emplace(std::pair(at, ++sequence_), Datagram{from, to, frame.plaintext});
            }
        }
        for (net::MessageEvent& event : nodes_[from]->take_events()) {
            if (auto* const delivered = std::get_if<net::MessageDelivered>(&event)) {
                arrivals.push_back({now_, from, std::move(*delivered)});
            } else {
                endings.push_back({now_, from, std::get<net::MessageEnded>(event)});
            }
        }
    }

    std::vector<std::unique_ptr<net::Messages>> nodes_;
    std::map<std::pair<Time, std::uint64_t>, Datagram> datagrams_;  // by arrival
    std::uint64_t sequence_ = 0;
    std::size_t overhead_;
    Time now_ = kStart;
    int turns_at_once_ = 0;
};

}  // namespace chord::testing
