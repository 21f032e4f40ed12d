#include "tests/sim/message_world.hpp"

#include <algorithm>

#include "tests/sim/ring_placement.hpp"

namespace chord::sim {

namespace {

constexpr std::size_t kSeedsMax = 3;
constexpr Duration kGoodbye = std::chrono::milliseconds(200);
constexpr std::uint64_t kWallStart = 1'767'225'600'000;  // 2026-01-01

}  // namespace

// A host's way to the others. Reply tokens are the names of calls.
class MessageWorld::Port final : public Network {
public:
    Port(MessageWorld& world, std::size_t host) : world_(world), host_(host) {}

    void call(CallId id, const Callee& to, Request request, Priority priority) override;
    void reply(ReplyToken token, Response response) override {
        const auto name = static_cast<std::uint64_t>(token);
        SimulatedCall* const call = world_.waiting(name);
        if (call && !call->response) {
            call->response = std::move(response);
            world_.respond(name);
        }
    }
    void set_member(bool member) override { member_ = member; }
    std::optional<Duration> rtt(const Endpoint&) const override { return std::nullopt; }

private:
    MessageWorld& world_;
    std::size_t host_;
    bool member_ = false;
};

struct MessageWorld::Host {
    Peer self;
    Disk disk{storage::MemoryStore::CommitMode::at_once};
    std::optional<Port> port;
    std::unique_ptr<Node> node;
    std::optional<Disk> backup;
    std::vector<Endpoint> seeds;
    std::uint32_t incarnation = 0;
    Time wake_at = kNever;
    std::size_t slot = 0;  // in live_
    RingView view;         // as last checked, in small worlds
    bool was_member = false;
};

void MessageWorld::Port::call(CallId id, const Callee& to, Request request, Priority /*priority*/) {
    SimulatedCall call;
    call.caller = static_cast<std::uint32_t>(host_);
    call.to = static_cast<std::uint32_t>(index_of(to.address));
    call.caller_incarnation = world_.hosts_[host_]->incarnation;
    call.id = id;
    call.from_member = member_;
    call.request = std::move(request);
    Happening attempt{Kind::attempt, call.caller, call.caller_incarnation, 0};
    attempt.call = world_.calls_.open(std::move(call));
    world_.queue_.push(world_.now_, attempt);
}

MessageWorld::MessageWorld(const MessageWorldOptions& options, const std::vector<Id>& ids)
    : options_(options), rng_(options.seed), network_(options.network, rng_.next()) {
    for (const Id& id : ids) {
        hosts_.push_back(std::make_unique<Host>());
        hosts_.back()->self = Peer{id, address_of(hosts_.size() - 1)};
    }
}

MessageWorld::~MessageWorld() = default;

SimulatedCall* MessageWorld::waiting(std::uint64_t name) {
    SimulatedCall* const call = calls_.find(name);
    const bool there = call && alive(call->caller) && hosts_[call->caller]->incarnation == call->caller_incarnation;
    return there ? call : nullptr;
}

void MessageWorld::create(std::size_t number) {
    Host& host = *hosts_[number];
    ++host.incarnation;
    trace_.add(std::uint64_t{number} << 8 | 1);
    NodeOptions options = options_.node;
    options.self = host.self;
    host.port.emplace(*this, number);
    host.node = std::make_unique<Node>(options, host.disk, *host.port, rng_.next());
    host.wake_at = kNever;
    host.slot = live_.size();
    live_.push_back(number);
    open_turn(number);
}

void MessageWorld::start(std::size_t number, const std::vector<std::size_t>& seeds) {
    CHORD_CHECK(!alive(number));
    Host& host = *hosts_[number];
    host.seeds.clear();
    for (const std::size_t seed : seeds) {
        if (seed != number) {
            host.seeds.push_back(address_of(seed));
        }
    }
    restart(number);
}

void MessageWorld::restart(std::size_t number, const Return& how) {
    CHORD_CHECK(!alive(number) && !how.moved);
    Host& host = *hosts_[number];
    if (how.disk == Return::DiskFate::lost) {
        host.disk = Disk(storage::MemoryStore::CommitMode::at_once);
        host.backup.reset();
    } else if (how.disk == Return::DiskFate::stale && host.backup) {
        host.disk = *host.backup;
        host.disk.crash();
    }
    create(number);
    hosts_[number]->node->start(hosts_[number]->seeds);
    follow(number);
}

void MessageWorld::back_up(std::size_t number) {
    hosts_[number]->backup = hosts_[number]->disk;
}

std::size_t MessageWorld::add() {
    const std::size_t number = hosts_.size();
    hosts_.push_back(std::make_unique<Host>());
    Host& host = *hosts_.back();
    host.self = Peer{Id{{rng_.next(), rng_.next(), rng_.next(), rng_.next()}}, address_of(number)};
    while (host.seeds.size() < std::min(kSeedsMax, live_.size())) {
        const Endpoint seed = address_of(live_[rng_.below(live_.size())]);
        if (std::find(host.seeds.begin(), host.seeds.end(), seed) == host.seeds.end()) {
            host.seeds.push_back(seed);
        }
    }
    restart(number);
    return number;
}

void MessageWorld::place_ring(std::size_t count) {
    CHORD_CHECK(hosts_.empty() && count >= 1);
    std::vector<Id> ids;
    for (std::size_t i = 0; i < count; ++i) {
        ids.push_back(Id{{rng_.next(), rng_.next(), rng_.next(), rng_.next()}});
    }
    std::sort(ids.begin(), ids.end());
    for (std::size_t i = 0; i < count; ++i) {
        hosts_.push_back(std::make_unique<Host>());
        hosts_.back()->self = Peer{ids[i], address_of(i)};
    }
    const RingPlacement ring(ids);
    for (std::size_t i = 0; i < count; ++i) {
        create(i);
        hosts_[i]->node->start_placed(ring.place_of(i, options_.node.successors));
        follow(i);
    }
}

void MessageWorld::kill(std::size_t number) {
    CHORD_CHECK(alive(number));
    trace_.add(std::uint64_t{number} << 8 | 2);
    stop(number);
}

void MessageWorld::leave(std::size_t number) {
    const Happening goodbye{Kind::stop, static_cast<std::uint32_t>(number), hosts_[number]->incarnation, 0};
    open_turn(number);
    hosts_[number]->node->leave([this, goodbye](const Status&) { queue_.push(now_ + kGoodbye, goodbye); });
    follow(number);
}

void MessageWorld::stop(std::size_t number) {
    Host& host = *hosts_[number];
    host.node.reset();
    host.port.reset();
    host.disk.crash();
    hosts_[live_.back()]->slot = host.slot;
    live_[host.slot] = live_.back();
    live_.pop_back();
    if (std::exchange(host.was_member, false)) {
        note_member(host.self.id, number, false);
    }
    host.view = RingView{};
    check();
}

void MessageWorld::run_until(Time until) {
    while (!queue_.empty() && queue_.next() <= until && !violation_) {
        const auto entry = queue_.pop();
        now_ = entry.at;
        handle(entry.payload);
    }
    now_ = std::max(now_, until);
}

void MessageWorld::with_client(std::size_t number, const std::function<void(Client&)>& use) {
    open_turn(number);
    use(*hosts_[number]->node);
    follow(number);
}

bool MessageWorld::alive(std::size_t host) const {
    return hosts_[host]->node != nullptr;
}

const Node& MessageWorld::node(std::size_t host) const {
    return *hosts_[host]->node;
}

std::optional<Record> MessageWorld::held(std::size_t host, const Id& key) const {
    Result<std::optional<Record>> found = hosts_[host]->disk.get(key);
    return found ? std::move(*found) : std::nullopt;
}

bool MessageWorld::may_vanish(std::size_t gone) const {
    std::size_t left = 0;
    std::size_t starved = 0;
    for (const std::size_t i : live_) {
        if (i == gone || !member(i)) {
            continue;
        }
        ++left;
        const auto& list = hosts_[i]->node->ring().successors();
        const bool starves = std::none_of(list.begin(), list.end(), [&](const Peer& peer) {
            const std::size_t entry = index_of(peer.address);
            return entry != gone && member(entry);
        });
        starved += starves ? 1U : 0U;
    }
    return left > 0 && (starved == 0 || left == 1);
}

std::vector<RingView> MessageWorld::views() const {
    std::vector<RingView> views(live_.size());
    for (std::size_t slot = 0; slot < live_.size(); ++slot) {
        views[slot].update(node(live_[slot]).ring(), member(live_[slot]));
    }
    return views;
}

bool MessageWorld::ideal() const {
    return !live_.empty() && is_ideal(views(), options_.node.successors);
}

void MessageWorld::open_turn(std::size_t host) {
    const auto ms = static_cast<std::uint64_t>((now_ - Time{}).count() / 1000);
    hosts_[host]->node->begin_turn(now_, WallMs{kWallStart + ms});
}

void MessageWorld::handle(const Happening& happening) {
    Host& host = *hosts_[happening.host];
    const bool gone = !host.node || (happening.kind != Kind::request && host.incarnation != happening.incarnation);
    if (gone) {
        if (happening.kind == Kind::attempt) {
            calls_.close(happening.call);  // its caller went off
        }
        return;
    }
    ++events_;
    trace_.add(static_cast<std::uint64_t>((now_ - Time{}).count()));
    trace_.add(static_cast<std::uint64_t>(happening.kind) << 56 | happening.host);
    switch (happening.kind) {
        case Kind::attempt: attempt(happening.call); break;
        case Kind::request: arrive(happening.call); break;
        case Kind::response: answer(happening.call); break;
        case Kind::wake:
            if (now_ == host.wake_at) {
                host.wake_at = kNever;
                open_turn(happening.host);
                host.node->tick();
            }
            break;
        case Kind::stop: stop(happening.host); return;
    }
    follow(happening.host);
}

// Sends the request once more, or gives up.
void MessageWorld::attempt(std::uint64_t name) {
    SimulatedCall* const call = waiting(name);
    if (!call) {
        return;  // answered meanwhile
    }
    const std::size_t caller = call->caller;
    if (call->attempts == options_.tries) {
        const CallId id = call->id;
        calls_.close(name);
        open_turn(caller);
        hosts_[caller]->node->on_answer(id, Error::timeout);
        return;
    }
    deliver(Kind::request, caller, call->to, name);
    const Duration timeout = options_.first_timeout * (1 << call->attempts++);
    queue_.push(now_ + timeout, Happening{Kind::attempt, call->caller, call->caller_incarnation, name});
}

void MessageWorld::arrive(std::uint64_t name) {
    SimulatedCall* const call = waiting(name);
    if (!call) {
        return;  // the call has ended, so nobody waits for an answer; at message level that is as good as lost
    }
    const std::size_t at = call->to;
    if (call->served_incarnation == hosts_[at]->incarnation) {
        if (call->response) {
            respond(name);
        }
        return;
    }
    call->served_incarnation = hosts_[at]->incarnation;
    call->response.reset();
    Inbound inbound{hosts_[call->caller]->self, call->from_member, call->request, static_cast<ReplyToken>(name)};
    open_turn(at);
    hosts_[at]->node->on_request(std::move(inbound));
}

void MessageWorld::respond(std::uint64_t name) {
    const SimulatedCall& call = *waiting(name);
    deliver(Kind::response, call.to, call.caller, name);
}

void MessageWorld::answer(std::uint64_t name) {
    SimulatedCall* const call = waiting(name);
    if (!call || !call->response) {
        return;
    }
    const std::size_t caller = call->caller;
    const CallId id = call->id;
    Answer answer{hosts_[call->to]->self, std::move(*call->response)};
    calls_.close(name);
    open_turn(caller);
    hosts_[caller]->node->on_answer(id, std::move(answer));
}

void MessageWorld::deliver(Kind kind, std::size_t from, std::size_t host, std::uint64_t call) {
    ++messages_;
    const NetworkModel::Copies copies = network_.send(from, host, 0, now_);
    if (host >= hosts_.size()) {
        return;
    }
    for (std::size_t i = 0; i < copies.count; ++i) {
        queue_.push(now_ + copies.delays[i],
                    Happening{kind, static_cast<std::uint32_t>(host), hosts_[host]->incarnation, call});
    }
}

void MessageWorld::follow(std::size_t number) {
    Host& host = *hosts_[number];
    for (std::vector<Commit> commits = host.disk.take_commits(); !commits.empty(); commits = host.disk.take_commits()) {
        for (const Commit& commit : commits) {
            host.node->on_commit(commit);
        }
    }
    const Time deadline = host.node->next_deadline();
    if (deadline != kNever && std::max(now_, deadline) < host.wake_at) {
        host.wake_at = std::max(now_, deadline);
        queue_.push(host.wake_at, Happening{Kind::wake, static_cast<std::uint32_t>(number), host.incarnation, 0});
    }
    look_at(number);
}

void MessageWorld::look_at(std::size_t number) {
    Host& host = *hosts_[number];
    const bool is_now = is_member(*host.node);
    if (is_now != host.was_member) {
        host.was_member = is_now;
        note_member(host.self.id, number, is_now);
    }
    if (hosts_.size() <= kCheckedMax && host.view.update(host.node->ring(), is_now)) {
        check();
    }
}

void MessageWorld::check() {
    if (hosts_.size() > kCheckedMax) {
        return;
    }
    for (const Violation& violation : check_ring(views()).violations) {
        if (violation.rule <= Rule::ordered_successor_lists) {
            violation_ = violation_ ? violation_ : violation;
        } else {
            transient_[static_cast<std::size_t>(violation.rule)] = true;
        }
    }
}

std::string MessageWorld::dump() const {
    const auto label = [](const Peer& peer) { return "n" + std::to_string(index_of(peer.address)); };
    std::string lines;
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
        if (!alive(i)) {
            continue;
        }
        const RingState& ring = hosts_[i]->node->ring();
        lines += "  " + label(ring.self()) + (member(i) ? "" : " (not a member)") + " predecessor " +
                 (ring.predecessor() ? label(*ring.predecessor()) : "-") + ", successors";
        for (const Peer& successor : ring.successors()) {
            lines += " " + label(successor) + (member(index_of(successor.address)) ? "" : "(dead)");
        }
        lines += "\n";
    }
    return lines;
}

}  // namespace chord::sim
