#include "node/engine/engine.hpp"

#include <algorithm>
#include <utility>

#include "node/core/context.hpp"
#include "node/engine/gate.hpp"
#include "node/engine/outward.hpp"

namespace chord {

using net::admission::FleetMember;
using net::admission::kFleetCallBit;

class Engine::Parts final : public net::RpcEvents, public net::admission::FleetPeers {
public:
    Parts(const EngineOptions& options, net::LocalIdentity identity, Store& store, std::uint64_t seed,
          std::unique_ptr<FleetMember> its_fleet)
        : fleet(std::move(its_fleet)),
          rpc(options.rpc, std::move(identity), *this),
          outward(rpc, [this] { return is_in(); }),
          node(options.node, store, outward, seed),
          gate(node, [this] { return is_in(); }) {
        if (fleet) fleet->attach(*this);
    }

    void begin_turn(Time now, WallMs wall) {
        rpc.begin_turn(now);
        outward.begin_turn(now);
        node.begin_turn(now, wall);
        if (fleet) fleet->begin_turn(now, {static_cast<std::uint64_t>(wall) / 1000, clock_is_synchronised});
    }

    bool is_in() const { return !fleet || fleet->is_in(); }

    /// After each input: who has become a neighbour hears of this node's list.
    void follow() {
        if (fleet && std::exchange(neighbor_changes_, node.counters().neighbor_changes) != neighbor_changes_) {
            fleet->on_contacts_changed();
        }
    }

    // RpcEvents
    void on_request(Inbound request) override {
        if (!is_in() || (fleet && !fleet->is_member(request.from.id))) {
            rpc.reply(request.token, Refusal{Error::not_admitted, {}});
        } else {
            node.on_request(std::move(request));
        }
    }
    bool takes_long_from(const Id& peer) override { return is_in() && (!fleet || fleet->is_member(peer)); }
    void on_answer(CallId id, Result<Answer> answer) override {
        if (is_fleets(id)) {
            // An answer of the core's is none to the fleet's questions.
            fleet->on_failure(id, answer ? Error::bad_message : answer.error());
        } else {
            node.on_answer(id, std::move(answer));
        }
    }
    void on_coming(CallId id) override {
        if (!is_fleets(id)) node.on_coming(id);
    }
    std::optional<std::vector<std::uint8_t>> on_fleet_request(const Peer& from,
                                                              std::span<const std::uint8_t> body) override {
        return fleet ? std::optional(fleet->on_request(from, body)) : std::nullopt;
    }
    void on_fleet_answer(CallId id, const Peer& from, std::span<const std::uint8_t> body) override {
        if (is_fleets(id)) {
            fleet->on_answer(id, from, body);
        } else {
            node.on_answer(id, Error::bad_message);
        }
    }

    // FleetPeers
    void ask(CallId id, const Peer& to, net::admission::View message) override {
        rpc.call_fleet(id, Callee(to.address, to.id), message);
    }
    std::vector<Peer> contacts() const override { return node.contacts(); }
    std::vector<Peer> known() const override { return node.known(); }
    void close(const Id& peer) override { rpc.close(peer); }
    void expel(const Id& peer) override {
        rpc.close(peer);
        node.expel(peer);
    }
    void use_network_keys(std::span<const net::noise::SecretKey* const> keys, std::size_t begin_with) override {
        rpc.use_network_keys(keys, begin_with);
    }

    std::unique_ptr<FleetMember> fleet;  // first: the channels judge by its credentials to the end
    net::Rpc rpc;
    Outward outward;
    Node node;
    Gate gate;
    bool clock_is_synchronised = false;

private:
    bool is_fleets(CallId id) const { return fleet && (static_cast<std::uint64_t>(id) & kFleetCallBit) != 0; }

    std::uint64_t neighbor_changes_ = 0;
};

Engine::Engine(const EngineOptions& options, net::LocalIdentity identity, Store& store, std::uint64_t seed,
               std::unique_ptr<FleetMember> fleet)
    : parts_(std::make_unique<Parts>(options, std::move(identity), store, seed, std::move(fleet))) {}

Engine::~Engine() = default;

void Engine::begin_turn(Time now, WallMs wall) {
    parts_->begin_turn(now, wall);
}

void Engine::start(Time now, WallMs wall, std::vector<Endpoint> seeds) {
    begin_turn(now, wall);
    if (parts_->fleet) parts_->fleet->tick();
    parts_->node.start(std::move(seeds));
    parts_->follow();
}

void Engine::receive(Time now, WallMs wall, const Endpoint& from, std::span<std::uint8_t> datagram,
                     const Endpoint& at) {
    begin_turn(now, wall);
    parts_->rpc.receive(from, datagram, at);
    parts_->follow();
}

void Engine::set_addresses(Time now, WallMs wall, std::vector<Endpoint> addresses) {
    begin_turn(now, wall);
    parts_->node.set_addresses(std::move(addresses));
}

void Engine::meet(Time now, WallMs wall, const Endpoint& address) {
    begin_turn(now, wall);
    parts_->node.meet(address);
}

void Engine::committed(Time now, WallMs wall, const Commit& commit) {
    begin_turn(now, wall);
    parts_->node.on_commit(commit);
    parts_->follow();
}

void Engine::tick(Time now, WallMs wall) {
    begin_turn(now, wall);
    parts_->rpc.tick();
    if (parts_->fleet) parts_->fleet->tick();
    parts_->outward.tick(parts_->node);
    parts_->node.tick();
    parts_->follow();
}

void Engine::set_clock_synchronised(bool synchronised) {
    parts_->clock_is_synchronised = synchronised;
}

Time Engine::next_deadline() const {
    const Time own =
        std::min({parts_->rpc.next_deadline(), parts_->outward.next_deadline(), parts_->node.next_deadline()});
    return parts_->fleet ? std::min(own, parts_->fleet->next_deadline()) : own;
}

std::vector<net::Datagram> Engine::take_datagrams() {
    return parts_->rpc.take_datagrams();
}

Client& Engine::client() {
    return parts_->gate;
}

FleetMember* Engine::fleet() {
    return parts_->fleet.get();
}

const FleetMember* Engine::fleet() const {
    return parts_->fleet.get();
}

bool Engine::has_session(const Id& peer) const {
    return parts_->rpc.has_session(peer);
}

const net::RpcCounters& Engine::traffic() const {
    return parts_->rpc.counters();
}

const Node& Engine::node() const {
    return parts_->node;
}

}  // namespace chord
