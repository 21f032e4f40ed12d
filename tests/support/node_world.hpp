// NodeWorld: a few core Nodes whose messages are delivered as values after a fixed delay in virtual time. For unit
// tests of what nodes do with each other, and with one that lies; loss, chance and checkers are tests/sim's business.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "node/core/node.hpp"
#include "storage/memory_store.hpp"

namespace chord {

class NodeWorld {
public:
    using MemoryStore = storage::MemoryStore;
    static constexpr Duration kDelay = std::chrono::milliseconds(1);
    /// Longer than NodeOptions::busy_bound, as net/rpc's tries together are.
    static constexpr Duration kTimeout = std::chrono::milliseconds(750);

    NodeOptions options;  // of nodes added from now on

    /// A node at the given point of the ring; it starts when start() is called.
    std::size_t add(const Id& id) {
        const std::size_t index = members_.size();
        auto member = std::make_unique<Member>(*this, index);
        member->peer.id = id;
        member->peer.address.port = static_cast<std::uint16_t>(index + 1);
        member->options = options;
        member->options.self = member->peer;
        member->node = std::make_unique<Node>(member->options, *member->store, *member, index + 1);
        members_.push_back(std::move(member));
        return index;
    }
    void start(std::size_t index, const std::vector<std::size_t>& seeds = {}) {
        std::vector<Endpoint> addresses;
        for (const std::size_t seed : seeds) addresses.push_back(members_[seed]->peer.address);
        turn(index, [&](Node& node) { node.start(addresses); });
    }
    void kill(std::size_t index) {
        members_[index]->node.reset();
        members_[index]->store->crash();
    }

    /// A device that is suspended: it hears, says and does nothing, and goes on later as if no time had passed.
    void freeze(std::size_t index, bool frozen) { members_[index]->frozen = frozen; }

    /// The two do not hear each other any more, though everybody else hears both.
    void cut(std::size_t a, std::size_t b) { cuts_.insert(std::minmax(a, b)); }
    /// Everybody hears everybody again.
    void mend() { cuts_.clear(); }

    /// What a node says to a request in place of what it thinks, which then never learns of the request; nullopt: the
    /// truth. It sees every request that reaches the node, so it may as well only look on, or make something happen at
    /// that moment: after a kill, a freeze or a cut there, nothing is said.
    using Lie = std::function<std::optional<Response>(const Peer& asker, const Request& request)>;
    /// An empty one: the node is honest again.
    void lie(std::size_t index, Lie lie) { members_[index]->lie = std::move(lie); }

    /// The node gets a request out of the blue; nobody waits for its answer.
    void tell(std::size_t index, const Peer& from, Request request) {
        turn(index, [&](Node& node) { node.on_request(Inbound{from, true, std::move(request), ReplyToken{}}); });
    }

    Node& node(std::size_t index) { return *members_[index]->node; }
    MemoryStore& store(std::size_t index) { return *members_[index]->store; }
    const Peer& peer(std::size_t index) const { return members_[index]->peer; }
    bool alive(std::size_t index) const { return members_[index]->node != nullptr; }
    /// One of NodeView::counters.
    std::uint64_t counter(std::size_t index, std::string_view name) const {
        const auto counters = members_[index]->node->view().counters;
        const auto found =
            std::find_if(counters.begin(), counters.end(), [&](const auto& c) { return c.first == name; });
        CHORD_CHECK(found != counters.end());
        return found->second;
    }
    Time now() const { return now_; }
    WallMs wall{1'700'000'000'000};
    /// Messages delivered so far, of all kinds.
    std::uint64_t delivered() const { return delivered_; }

    /// Runs `use` as one input of the node.
    void turn(std::size_t index, const std::function<void(Node&)>& use) {
        Node& node = *members_[index]->node;
        node.begin_turn(now_, wall);
        use(node);
        for (const Commit& commit : members_[index]->store->take_commits()) node.on_commit(commit);
    }

    /// Until the condition holds, looked at after each event; false if it does not within `limit`.
    bool run_until(const std::function<bool()>& condition, Duration limit = std::chrono::minutes(10)) {
        const Time end = now_ + limit;
        while (!condition()) {
            if (!step(end)) return false;
        }
        return true;
    }
    void run_for(Duration duration) {
        const Time end = now_ + duration;
        while (step(end)) {
        }
        now_ = end;
    }

    /// Whether every live node is a member whose arc is complete and replicated.
    bool settled() const {
        return std::all_of(members_.begin(), members_.end(),
                           [](const auto& member) { return !member->node || member->node->settled(); });
    }

    // Client calls that run the world until they have ended.
    Result<WriteReply> write(std::size_t index, Write request) {
        std::optional<Result<WriteReply>> result;
        turn(index, [&](Node& node) { node.write(std::move(request), [&](auto reply) { result.emplace(reply); }); });
        CHORD_CHECK(run_until([&] { return result.has_value(); }));
        return *result;
    }
    Result<WriteReply> set(std::size_t index, BytesView key, BytesView value) {
        Write request;
        request.key = key;
        request.value = value;
        return write(index, std::move(request));
    }
    Result<std::optional<Record>> get(std::size_t index, BytesView key) {
        std::optional<Result<std::optional<Record>>> result;
        turn(index, [&](Node& node) { node.get(key, [&](auto found) { result.emplace(std::move(found)); }); });
        CHORD_CHECK(run_until([&] { return result.has_value(); }));
        return *result;
    }
    /// The value under `key` as seen from the node; "(none)" or the error's text otherwise.
    Bytes value(std::size_t index, BytesView key) {
        const Result<std::optional<Record>> found = get(index, key);
        if (!found) return Bytes(text(found.error()));
        return *found ? (*found)->value : "(none)";
    }
    /// How many live nodes hold a live record under the key.
    std::size_t copies(const Id& key) {
        std::size_t count = 0;
        for (const auto& member : members_) {
            if (!member->node) continue;
            const auto held = member->store->get(key);
            count += held && *held && !(*held)->tombstone ? 1U : 0U;
        }
        return count;
    }

private:
    struct Member final : Network {
        Member(NodeWorld& its_world, std::size_t its_index) : world(its_world), index(its_index) {}

        void call(CallId id, const Callee& to, Request request, Priority /*priority*/) override {
            const std::size_t target = to.address.port - 1U;
            world.at(kTimeout, [this, id] { answer(id, Error::timeout); });
            if (target >= world.members_.size()) return;
            if (to.id && *to.id != world.members_[target]->peer.id) return;  // nobody there can read it
            world.at(kDelay,
                     [this, id, target, request = std::move(request)] { world.arrive(index, target, id, request); });
        }
        void reply(ReplyToken token, Response response) override {
            const auto asked = open.extract(token);
            if (asked.empty()) return;
            const auto [asker, id] = asked.mapped();
            world.deliver(asker, id, Answer{peer, std::move(response)});
        }
        void set_member(bool member) override { is_member = member; }
        std::optional<Duration> rtt(const Endpoint&) const override { return 2 * kDelay; }

        void answer(CallId id, Result<Answer> result) {
            if (node && !frozen) world.turn(index, [&](Node& own) { own.on_answer(id, std::move(result)); });
        }

        NodeWorld& world;
        std::size_t index;
        Peer peer;
        NodeOptions options;
        std::unique_ptr<MemoryStore> store = std::make_unique<MemoryStore>();
        std::unique_ptr<Node> node;
        bool is_member = false;
        bool frozen = false;
        Lie lie;
        std::map<ReplyToken, std::pair<std::size_t, CallId>> open;
    };

    void arrive(std::size_t from, std::size_t to, CallId id, const Request& request) {
        Member& target = *members_[to];
        const Member& asker = *members_[from];
        const auto heard = [&] { return target.node && !target.frozen && !cuts_.contains(std::minmax(from, to)); };
        if (!heard()) return;
        ++delivered_;
        if (const Lie lie = target.lie) {  // a copy, since it may put another in its place
            std::optional<Response> said = lie(asker.peer, request);
            if (!heard()) return;
            if (said) {
                deliver(from, id, Answer{target.peer, std::move(*said)});
                return;
            }
        }
        const auto token = static_cast<ReplyToken>(++tokens_);
        target.open.emplace(token, std::pair{from, id});
        turn(to, [&](Node& node) { node.on_request(Inbound{asker.peer, asker.is_member, request, token}); });
    }
    void deliver(std::size_t asker, CallId id, Answer answer) {
        at(kDelay, [this, asker, id, answer = std::move(answer)] { members_[asker]->answer(id, answer); });
    }
    void at(Duration delay, std::function<void()> event) { events_.emplace(now_ + delay, std::move(event)); }

    // One event, or one timer of a node, before `end`.
    bool step(Time end) {
        Time next = events_.empty() ? kNever : events_.begin()->first;
        std::optional<std::size_t> due;
        for (const auto& member : members_) {
            if (member->node && !member->frozen && member->node->next_deadline() < next) {
                next = member->node->next_deadline();
                due = member->index;
            }
        }
        if (next > end) return false;
        now_ = std::max(now_, next);
        if (due) {
            turn(*due, [](Node& node) { node.tick(); });
        } else {
            const std::function<void()> event = std::move(events_.begin()->second);
            events_.erase(events_.begin());
            event();
        }
        return true;
    }

    Time now_{};
    std::uint64_t delivered_ = 0;
    std::uint64_t tokens_ = 0;
    std::set<std::pair<std::size_t, std::size_t>> cuts_;
    std::multimap<Time, std::function<void()>> events_;
    std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace chord
