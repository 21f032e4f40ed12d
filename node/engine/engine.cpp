#include "node/engine/engine.hpp"

#include <algorithm>
#include <utility>

namespace chord {

class Engine::Parts final : public net::RpcEvents {
public:
    Parts(const EngineOptions& options, net::LocalIdentity identity, Store& store, std::uint64_t seed)
        : rpc(options.rpc, std::move(identity), *this), node(options.node, store, rpc, seed) {}

    void on_request(Inbound request) override { node.on_request(std::move(request)); }
    void on_answer(CallId id, Result<Answer> answer) override { node.on_answer(id, std::move(answer)); }

    void on_coming(CallId id) override { node.on_coming(id); }

    net::Rpc rpc;
    Node node;
};

Engine::Engine(const EngineOptions& options, net::LocalIdentity identity, Store& store, std::uint64_t seed)
    : parts_(std::make_unique<Parts>(options, std::move(identity), store, seed)) {}

Engine::~Engine() = default;

void Engine::begin_turn(Time now, WallMs wall) {
    parts_->rpc.begin_turn(now);
    parts_->node.begin_turn(now, wall);
}

void Engine::start(Time now, WallMs wall, std::vector<Endpoint> seeds) {
    begin_turn(now, wall);
    parts_->node.start(std::move(seeds));
}

void Engine::receive(Time now, WallMs wall, const Endpoint& from, std::span<std::uint8_t> datagram,
                     const Endpoint& at) {
    begin_turn(now, wall);
    parts_->rpc.receive(from, datagram, at);
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
}

void Engine::tick(Time now, WallMs wall) {
    begin_turn(now, wall);
    parts_->rpc.tick();
    parts_->node.tick();
}

Time Engine::next_deadline() const {
    return std::min(parts_->rpc.next_deadline(), parts_->node.next_deadline());
}

std::vector<net::Datagram> Engine::take_datagrams() {
    return parts_->rpc.take_datagrams();
}

Client& Engine::client() {
    return parts_->node;
}

const net::RpcCounters& Engine::traffic() const {
    return parts_->rpc.counters();
}

const Node& Engine::node() const {
    return parts_->node;
}

}  // namespace chord
