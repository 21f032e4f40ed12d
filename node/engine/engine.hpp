// Engine: a whole node minus socket and clock. Datagrams, client calls, commits and time go in; datagrams, callbacks
// and the next deadline come out. The daemon and the simulator drive the same class.
//
// Invariants
//  1. Nothing here blocks, sleeps or asks for the time.
//  2. `now` never decreases from one input to the next.
//  3. In a fleet, requests of the core are refused to whoever has shown no certificate, and to everybody, this device's
//     programs included, while this node itself is expired or revoked; it asks none either. What the fleet says is out
//     is in no table after the input by which it became so.
//  4. After any input the driver sends what take_datagrams() yields, in order, and calls tick() at next_deadline().
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "net/admission/fleet_member.hpp"
#include "net/rpc.hpp"
#include "node/core/client.hpp"
#include "node/core/node.hpp"

namespace chord {

struct EngineOptions {
    NodeOptions node;
    net::RpcOptions rpc;
};

class Engine {
public:
    /// `store` must outlive the engine. `seed` feeds the node's dice (jitter, choice of peers), never keys.
    /// In a fleet, `fleet` is this node's membership, and `identity` and ids are those that it gives.
    Engine(const EngineOptions& options, net::LocalIdentity identity, Store& store, std::uint64_t seed,
           std::unique_ptr<net::admission::FleetMember> fleet = nullptr);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Begins to join through `seeds` and the peers remembered in the store; alone, the node becomes a ring of one.
    void start(Time now, WallMs wall, std::vector<Endpoint> seeds);

    /// The datagram's bytes are lost. `at`: the own address at which it came; with several, the answer's
    /// Datagram::from.
    void receive(Time now, WallMs wall, const Endpoint& from, std::span<std::uint8_t> datagram,
                 const Endpoint& at = {});
    void committed(Time now, WallMs wall, const Commit& commit);
    void tick(Time now, WallMs wall);

    /// As Node::set_addresses().
    void set_addresses(Time now, WallMs wall, std::vector<Endpoint> addresses);
    /// As Node::meet().
    void meet(Time now, WallMs wall, const Endpoint& address);

    /// Sets the time of a turn in which client() will be called.
    void begin_turn(Time now, WallMs wall);

    /// Whether the kernel says that the wall clock of the inputs from now on is synchronised. Not so until said.
    void set_clock_synchronised(bool synchronised);

    Time next_deadline() const;
    std::vector<net::Datagram> take_datagrams();

    Client& client();
    /// Null without a fleet. To be used inside a turn, except for what is const.
    net::admission::FleetMember* fleet();
    const net::admission::FleetMember* fleet() const;
    /// Whether there is any session with that peer. For tests.
    bool has_session(const Id& peer) const;
    const net::RpcCounters& traffic() const;
    /// For checkers and tests.
    const Node& node() const;

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace chord
