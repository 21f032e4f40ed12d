#include "node/core/node.hpp"

#include <algorithm>

#include "node/core/context.hpp"
#include "node/core/data/arc_keeper.hpp"
#include "node/core/data/reader.hpp"
#include "node/core/data/reconciler.hpp"
#include "node/core/data/records.hpp"
#include "node/core/data/strays.hpp"
#include "node/core/data/writer.hpp"
#include "node/core/operations.hpp"
#include "node/core/ring/lookup.hpp"
#include "node/core/ring/maintenance.hpp"
#include "node/core/ring/own_addresses.hpp"
#include "node/core/self_view.hpp"
#include "node/core/watch/subscriptions.hpp"
#include "node/core/watch/watch_table.hpp"

namespace chord {

struct Node::Parts {
    Parts(const NodeOptions& options, Store& store, Network& network, std::uint64_t seed)
        : context(options, store, network, seed),
          lookup(context),
          records(context),
          reconciler(context, records),
          keeper(context, reconciler, [this] { maintenance.hurry(); }),
          strays(context, reconciler, lookup),
          reader(context, records, keeper),
          writer(context, records, keeper, reader, [this] { maintenance.hurry(); }),
          maintenance(
              context, lookup,
              {[this] { on_ring_changed(); }, [this] { return keeper.holds_its_arc(); }, [this] { keeper.doubt(); }}),
          own_addresses(context),
          operations(context, lookup, records, reader, writer, [this] { maintenance.hurry(); }),
          watch_table(
              context, [this](const Id& key) { return records.find(key); },
              [this](const Id& key) { return context.ring.owns(key) && keeper.complete(key); },
              [this](const Peer& owner, const Changed& changed) { return subscriptions.on_changed(owner, changed); }),
          subscriptions(context, lookup, [this](const Peer& watcher, const Watch& watch) {
              return watch_table.on_watch(watcher, watch);
          }) {
        records.on_news = [this](const Id& key, const Record& record, Ticket ticket) {
            watch_table.on_stored(key, record, ticket);
        };
    }
    ~Parts() { context.scheduler.end_all(); }
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    Task<void> leave(Callback<Success> done);
    void on_notify(const Inbound& inbound, const Notify& notify) {
        if (inbound.from_member) {
            maintenance.on_notify(inbound.from);
        }
        const std::optional<Peer>& predecessor = context.ring.predecessor();
        if (predecessor && predecessor->id == inbound.from.id) {
            strays.on_notify(notify.holds_its_arc);
            if (notify.holds_its_arc) {
                keeper.on_predecessor_complete(inbound.from.id);
            }
        }
    }
    void on_ring_changed() {
        keeper.on_ring_changed();
        strays.on_ring_changed();
        own_addresses.tell_neighbors();
    }

    Context context;
    Lookup lookup;
    Records records;
    Reconciler reconciler;
    ArcKeeper keeper;
    Strays strays;
    Reader reader;
    Writer writer;
    Maintenance maintenance;
    OwnAddresses own_addresses;
    Operations operations;
    WatchTable watch_table;
    Subscriptions subscriptions;
    Time started{};
    KeyCount key_count;
};

namespace {

constexpr Duration kHandOverRetry = std::chrono::milliseconds(500);

// One overload a request that is answered on the spot.
template <typename... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

// What only a member can answer; the rest concerns the process or what it holds on disk.
bool needs_membership(const Request& request) {
    return std::holds_alternative<Step>(request) || std::holds_alternative<Read>(request) ||
           std::holds_alternative<Write>(request) || std::holds_alternative<Replicate>(request) ||
           std::holds_alternative<OwnerQuery>(request) || std::holds_alternative<FingersQuery>(request) ||
           std::holds_alternative<Watch>(request);
}

Response or_refusal(Result<Found> read) {
    if (!read) {
        return Refusal{read.error(), {}};
    }
    return ReadReply{std::move(read->record), false};
}

}  // namespace

Node::Node(const NodeOptions& options, Store& store, Network& network, std::uint64_t seed)
    : parts_(std::make_unique<Parts>(options, store, network, seed)) {
    CHORD_CHECK(options.replicas >= 1 && options.replicas <= options.successors + 1);
    CHORD_CHECK(options.write_quorum >= 1 && options.write_quorum <= options.replicas);
}

Node::~Node() = default;

void Node::begin_turn(Time now, WallMs wall) {
    parts_->context.scheduler.advance(now);
    parts_->context.wall = wall;
}

void Node::start(std::vector<Endpoint> seeds) {
    parts_->started = now();
    parts_->maintenance.start(std::move(seeds));
    parts_->context.scheduler.spawn(parts_->keeper.run());
    parts_->context.scheduler.spawn(parts_->strays.run());
    parts_->context.scheduler.spawn(parts_->records.sweep());
    parts_->context.scheduler.spawn(parts_->watch_table.run());
    parts_->context.scheduler.spawn(parts_->subscriptions.run());
    tick();
}

void Node::start_placed(const Placement& place) {
    Context& context = parts_->context;
    CHORD_CHECK(context.phase == Phase::joining);
    if (!place.successors.empty()) {
        CHORD_CHECK(context.ring.join_after(place.predecessor, place.successors));
    }
    for (const FingerTable::Finger& finger : place.fingers) {
        context.fingers.set(finger.exponent, finger.peer);
    }
    for (const Peer& peer : place.known) {
        context.peers.heard_of(peer);
    }
    context.phase = place.successors.empty() ? Phase::solo : Phase::member;
    context.network.set_member(true);
    parts_->keeper.assume_settled();
    start({});
}

void Node::set_addresses(std::vector<Endpoint> addresses) {
    parts_->own_addresses.set(std::move(addresses));
    tick();
}

void Node::meet(const Endpoint& address) {
    parts_->maintenance.meet(address);
    tick();
}

bool Node::knows(const Id& peer) const {
    constexpr Duration kFresh = std::chrono::minutes(1);
    const Context& context = parts_->context;
    return context.ring.is_neighbor(peer) || (context.is_member() && !context.passive.contains(peer) &&
                                              context.peers.heard_after(peer, std::max(now() - kFresh, Time{})));
}

void Node::on_request(Inbound inbound) {
    Context& context = parts_->context;
    context.outcasts.remove(inbound.from.id);
    if (inbound.from_member) {
        context.peers.heard_from(inbound.from, now());
        parts_->maintenance.on_return(inbound.from);
    }
    context.outcasts.strike_from(inbound.request);
    if (context.outcasts.concerned_by(inbound.request)) {
        ++context.counters.refusals;
        context.network.reply(inbound.token, Refusal{Error::wrong_peer, {}});
    } else if (needs_membership(inbound.request) && !context.is_member()) {
        ++context.counters.refusals;
        context.network.reply(inbound.token,
                              Refusal{Error::not_member, context.peers.peers_near(context.self(), kKnownMax)});
    } else {
        handle(std::move(inbound));
    }
    tick();
}

void Node::handle(Inbound inbound) {
    Parts& parts = *parts_;
    Context& context = parts.context;
    const Peer from = inbound.from;
    const ReplyToken token = inbound.token;
    const auto reply = [&context, token](Response response) { context.network.reply(token, std::move(response)); };
    std::visit(
        Overloaded{
            [&](const Ping&) { reply(Ack{}); },
            [&](const StateQuery& query) {
                if (query.notify && context.ring.predecessor() && context.ring.predecessor()->id == from.id) {
                    parts.on_notify(inbound, *query.notify);
                }
                parts.maintenance.on_state_query(token, query.seen);
            },
            [&](const Notify& notify) {
                parts.on_notify(inbound, notify);
                reply(Ack{});
            },
            [&](const Nudge&) {
                parts.maintenance.on_nudge();
                reply(Ack{});
            },
            [&](const Step& step) { reply(parts.lookup.step(step)); },
            [&](const LeaveNotice& notice) {
                if (context.ring.is_neighbor(from)) {
                    parts.strays.offer_again();
                }
                parts.maintenance.on_leave_notice(from, notice);
                reply(Ack{});
            },
            [&](const Hint& hint) {
                // A peer that names itself does not know its own address; the datagram does.
                parts.maintenance.on_hint(hint.candidate.id == from.id ? Hint{from, hint.hops_left} : hint);
                reply(Ack{});
            },
            [&](const Read& read) {
                ++context.counters.reads_served;
                Result<std::optional<Record>> own = parts.records.find(read.key);
                if (own && context.ring.owns(read.key) && parts.keeper.complete(read.key)) {
                    reply(ReadReply{std::move(*own), true});  // the common case, without a coroutine
                    return;
                }
                context.scheduler.spawn([](Parts& node, Id key, auto answer) -> Task<void> {
                    Result<Found> found = co_await node.reader.read_owned(key);
                    if (!found && found.error() == Error::not_owner) {
                        node.maintenance.hurry();  // the asker was led here: perhaps the predecessor is gone
                    }
                    answer(or_refusal(std::move(found)));
                }(parts, read.key, reply));
            },
            [&](Write& write) {
                ++context.counters.writes_served;
                context.scheduler.spawn(parts.writer.write(std::move(write), [&parts, reply](Result<WriteReply> done) {
                    if (!done && done.error() == Error::not_owner) {
                        parts.maintenance.hurry();
                    }
                    reply(done ? Response(*done) : Response(Refusal{done.error(), {}}));
                }));
            },
            [&](Replicate& replicate) {
                ++context.counters.replications_served;
                context.scheduler.spawn(parts.writer.replicate(std::move(replicate), reply));
            },
            [&](const Fetch& fetch) { reply(parts.reader.on_fetch(fetch)); },
            [&](const HeadQuery& query) { context.scheduler.spawn(parts.reader.on_head_query(query, reply)); },
            [&](const Watch& watch) { reply(parts.watch_table.on_watch(from, watch)); },
            [&](const Changed& changed) { reply(parts.subscriptions.on_changed(from, changed)); },
            [&](const SyncQuery& query) { reply(parts.keeper.on_sync_query(from.id, query)); },
            [&](const OwnerQuery& query) {
                const std::optional<Peer>& predecessor = context.ring.predecessor();
                const bool owner = context.ring.alone() || (predecessor && context.ring.owns(query.target));
                reply(OwnerReply{owner, predecessor});
            },
            [&](const FingersQuery&) { reply(FingersReply{context.fingers.nodes(kReplyPeersMax)}); },
            [&](const AlsoAt& also_at) {
                context.network.also_at(from.id, also_at.addresses);
                reply(Ack{});
            },
            [&](Witness& witness) {
                context.scheduler.spawn(parts.maintenance.on_witness(from, std::move(witness), reply));
            },
            [&](Vouch& vouch) {
                if (inbound.from_member) {
                    context.scheduler.spawn(parts.maintenance.on_vouch(from, vouch));
                }
                parts.maintenance.on_state_query(token, 0);
            },
        },
        inbound.request);
}

void Node::on_answer(CallId id, Result<Answer> answer) {
    if (answer) {
        parts_->context.outcasts.remove(answer->from.id);
        parts_->context.outcasts.strike_from(answer->response);
    }
    parts_->context.calls.on_answer(id, std::move(answer));
    tick();
}

void Node::on_coming(CallId id) {
    parts_->context.calls.on_coming(id);
}

void Node::on_commit(const Commit& commit) {
    parts_->context.durability.on_commit(commit);
    tick();
}

void Node::tick() {
    parts_->context.scheduler.run();
}

Time Node::next_deadline() const {
    return parts_->context.scheduler.next_deadline();
}

void Node::expel(const Id& peer) {
    parts_->maintenance.expel(peer);
    tick();
}

std::vector<Peer> Node::contacts() const {
    const RingState& ring = parts_->context.ring;
    std::vector<Peer> all = ring.successors();
    const auto add = [&all](const Peer& peer) {
        if (std::none_of(all.begin(), all.end(), [&](const Peer& other) { return other.id == peer.id; })) {
            all.push_back(peer);
        }
    };
    if (ring.predecessor()) {
        add(*ring.predecessor());
    }
    for (const FingerTable::Finger& finger : parts_->context.fingers.fingers()) {
        add(finger.peer);
    }
    return all;
}

std::vector<Peer> Node::known() const {
    return parts_->context.peers.peers();
}

void Node::read(BytesView key, const ReadOptions& options, Callback<Found> done) {
    parts_->operations.read(key, options, std::move(done));
    tick();
}

void Node::write(Write write, Callback<WriteReply> done) {
    parts_->operations.write(std::move(write), [this, done = std::move(done)](Result<WriteReply> reply) {
        if (!reply && reply.error() == Error::no_quorum) {
            ++parts_->context.counters.no_quorum;
        }
        done(std::move(reply));
    });
    tick();
}

void Node::await_copies(BytesView key, const Version& version, std::size_t wanted, Duration patience,
                        Callback<std::size_t> done) {
    parts_->operations.await_copies(key, version, wanted, patience, std::move(done));
    tick();
}

Result<WatchId> Node::watch(BytesView key, const std::optional<Version>& from, WatchListener listener) {
    if (key.size() > kKeyBytesMax) {
        return Error::too_big;
    }
    const Result<WatchId> id = parts_->subscriptions.add(key, from, std::move(listener));
    tick();
    return id;
}

void Node::unwatch(WatchId id) {
    parts_->subscriptions.remove(id);
}

void Node::lookup(const Id& target, Callback<LookupTrace> done) {
    parts_->operations.lookup(target, std::move(done));
    tick();
}

void Node::walk(std::size_t count, Callback<std::vector<WalkedNode>> done) {
    parts_->operations.walk(count, std::move(done));
    tick();
}

void Node::leave(Callback<Success> done) {
    parts_->context.scheduler.spawn(parts_->leave(std::move(done)));
    tick();
}

Task<void> Node::Parts::leave(Callback<Success> done) {
    if (context.phase == Phase::leaving || context.phase == Phase::gone) {
        done(Error::shutting_down);
        co_return;
    }
    const bool shares = context.is_member() && !context.ring.alone();
    context.phase = Phase::leaving;
    const Time deadline = context.now() + context.options.leave_timeout;
    // One holder more than usual: this node's own copy is about to go.
    bool handed_over = !shares;
    while (!handed_over && !context.ring.alone() && context.now() < deadline) {
        handed_over = co_await keeper.hand_over(context.options.replicas);
        if (!handed_over) {
            co_await context.scheduler.sleep_for(kHandOverRetry);
        }
    }
    if (!handed_over && !context.ring.alone()) {
        // Gone without a word, as after a crash: the others must not count on what they were not given.
        maintenance.vanish();
        done(Error::timeout);
        co_return;
    }
    co_await maintenance.leave();
    done(Success{});
}

NodeView Node::view() const {
    NodeView view = self_view(parts_->context, parts_->key_count);
    view.arc_synced = parts_->keeper.settled();
    view.uptime = now() - parts_->started;
    return view;
}

std::vector<Conflict> Node::conflicts() const {
    return parts_->records.conflicts().entries();
}

Time Node::now() const {
    return parts_->context.now();
}

const RingState& Node::ring() const {
    return parts_->context.ring;
}

Phase Node::phase() const {
    return parts_->context.phase;
}

const Counters& Node::counters() const {
    return parts_->context.counters;
}

bool Node::given_up(const Id& peer) const {
    return parts_->context.passive.contains(peer);
}

bool Node::settled() const {
    return parts_->keeper.settled() && parts_->strays.offered();
}

}  // namespace chord
