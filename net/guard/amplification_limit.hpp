// AmplificationLimit: to an address that has not shown that it receives what is sent there, at most three times the
// bytes that came from it (RFC 9000 section 8.1). So nobody can use this node to flood a third party with more than
// three times his own bytes. Bytes are UDP payload.
//
// Invariants
//  1. For every address, the bytes granted are at most three times the bytes received from it, over all time.
//  2. Memory is fixed: 16 bytes an entry. What is pushed out by others is a claim to send, never a debt: under a flood
//     of spoofed addresses the bound holds, and an honest one may have to send again. What answers a datagram in the
//     turn in which it came is always granted if it is at most three times as long.
#pragma once

#include <cstddef>
#include <cstdint>

#include "net/guard/keyed_table.hpp"
#include "net/guard/source.hpp"

namespace chord::net {

class AmplificationLimit {
public:
    static constexpr std::uint32_t kFactor = 3;
    /// No address saves up more: some full datagrams' worth.
    static constexpr std::uint32_t kCreditMax = 1U << 20;

    AmplificationLimit(std::size_t addresses_max, const TableSecret& secret) : credits_(addresses_max, secret) {}

    /// A datagram of `size` bytes came from `from`, which is not validated. Call it for those only that would be
    /// answered at all (right mac1): others are worth no memory.
    void received(const Endpoint& from, std::size_t size);

    /// Whether `size` bytes may go to `to`; if so they are charged, else nothing is.
    bool spend(const Endpoint& to, std::size_t size);

    /// The address is validated (a session with it is confirmed): the caller asks no more, its entry is free.
    void forget(const Endpoint& validated) { credits_.erase(bytes_of(validated)); }

    std::size_t bytes() const { return credits_.bytes(); }

private:
    struct Credit {
        std::uint32_t bytes = 0;
    };

    KeyedTable<Credit> credits_;
};

}  // namespace chord::net
