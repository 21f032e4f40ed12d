// Outbox: puts envelope and seal around bodies and collects the datagrams until the driver takes them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "net/envelope.hpp"
#include "net/rpc.hpp"
#include "net/seal.hpp"

namespace chord::net {

class Outbox {
public:
    /// `seal` and `counters` must outlive the outbox.
    Outbox(const Id& self, Seal& seal, RpcCounters& counters) : self_(self), seal_(seal), counters_(counters) {}

    void set_member(bool member) { member_ = member; }

    /// `from` as in Datagram. REQUIRES: body.size() <= kBodyBytesMax.
    void post(const Endpoint& to, Kind kind, std::uint64_t request_id, std::uint8_t attempt,
              std::span<const std::uint8_t> body, const Endpoint& from = {});

    std::vector<Datagram> take();

private:
    Id self_;
    Seal& seal_;
    RpcCounters& counters_;
    bool member_ = false;
    std::vector<Datagram> datagrams_;
};

}  // namespace chord::net
