// Backlog: what waits for a handshake to be sent.
//
// Invariants
//  1. Of the transmissions of one request the last one only; at most kPerAddressMax requests an address and kBytesMax
//     bytes in all. What does not fit is not kept: its sender will send it again.
//  2. Nothing is handed out that has waited for longer than kKeptFor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "node/core/base/peer.hpp"
#include "node/core/base/time.hpp"

namespace chord::net {

class Backlog {
public:
    static constexpr std::size_t kPerAddressMax = 16;
    static constexpr std::size_t kBytesMax = 256 * 1024;
    static constexpr Duration kKeptFor = std::chrono::seconds(5);

    /// `request`: names what is sent, so that a repetition takes its place.
    void add(const Callee& to, std::uint64_t request, std::span<const std::uint8_t> plaintext, Time now);

    /// What waits for this peer, and, if `or_anybody`, for whoever is at its address, in the order of add().
    std::vector<std::vector<std::uint8_t>> take(const Peer& peer, bool or_anybody, Time now);

    std::size_t bytes() const { return bytes_; }

private:
    struct Waiting {
        std::uint64_t request;
        std::optional<Id> expected;
        std::vector<std::uint8_t> plaintext;
        Time since;
    };

    void drop_old(std::vector<Waiting>& queue, Time now);
    void forget_old(Time now);

    std::map<Endpoint, std::vector<Waiting>> waiting_;
    std::size_t bytes_ = 0;
};

}  // namespace chord::net
