#include "tests/sim/message_world.hpp"

#include <algorithm>

namespace chord::sim {

namespace {

constexpr std::size_t kServedMax = 4096;  // far more than can be under way
constexpr Duration kGoodbye = std::chrono::milliseconds(200);
constexpr std::uint64_t kWallStart = 1'767'225'600'000;  // 2026-01-01

}  // namespace

// A host's way to the others. Reply tokens are the numbers of calls.
class MessageWorld::Port final : public Network {
public:
    Port(MessageWorld& world, std::size_t host) : world_(world), host_(host) {}

    void call(CallId id, const Endpoint& to, Request request) override;
    void reply(ReplyToken token, Response response) override;
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
    std::unique_ptr<Port> port;
    std::unique_ptr<Node> node;
    std::uint32_t incarnation = 0;
    Time wake_at = kNever;
};

void MessageWorld::Port::call(CallId id, const Endpoint& to, Request request) {
    const std::uint64_t number = ++world_.calls_made_;
    world_.calls_.emplace(number, Call{host_, id, index_of(to), std::move(request), member_, 0});
    world_.queue_.push(world_.now_, Happening{Kind::attempt, static_cast<std::uint32_t>(host_),
                                              world_.hosts_[host_]->incarnation, number});
}

void MessageWorld::Port::reply(ReplyToken token, Response response) {
    const auto number = static_cast<std::uint64_t>(token);
    const auto served = world_.served_.find(number);
    if (served != world_.served_.end() && !served->second.response) {
        served->second.response = std::move(response);
        world_.respond(number);
    }
}

MessageWorld::MessageWorld(const MessageWorldOptions& options, const std::vector<Id>& ids)
    : options_(options), rng_(options.seed), network_(options.network, rng_.next()) {
    for (const Id& id : ids) {
        hosts_.push_back(std::make_unique<Host>());
        hosts_.back()->self = Peer{id, address_of(hosts_.size() - 1)};
    }
}

MessageWorld::~MessageWorld() = default;

void MessageWorld::start(std::size_t number, const std::vector<std::size_t>& seeds) {
    CHORD_CHECK(!on(number));
    Host& host = *hosts_[number];
    ++host.incarnation;
    trace_.add(std::uint64_t{number} << 8 | 1);
    NodeOptions options = options_.node;
    options.self = host.self;
    host.port = std::make_unique<Port>(*this, number);
    host.node = std::make_unique<Node>(options, host.disk, *host.port, rng_.next());
    host.wake_at = kNever;
    std::vector<Endpoint> addresses;
    for (const std::size_t seed : seeds) {
        if (seed != number) {
            addresses.push_back(address_of(seed));
        }
    }
    open_turn(number);
    host.node->start(std::move(addresses));
    follow(number);
}

void MessageWorld::kill(std::size_t number) {
    CHORD_CHECK(on(number));
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
    std::erase_if(calls_, [number](const auto& entry) { return entry.second.caller == number; });
    look();
}

void MessageWorld::run_until(Time until) {
    while (!queue_.empty() && queue_.next() <= until && !violation_) {
        const auto entry = queue_.pop();
        now_ = entry.at;
        handle(entry.payload);
    }
    now_ = std::max(now_, until);
}

bool MessageWorld::on(std::size_t host) const {
    return hosts_[host]->node != nullptr;
}

bool MessageWorld::member(std::size_t host) const {
    if (!on(host)) {
        return false;
    }
    const Phase phase = hosts_[host]->node->phase();
    return phase == Phase::solo || phase == Phase::member || phase == Phase::leaving;
}

bool MessageWorld::may_vanish(std::size_t gone) const {
    std::size_t left = 0;
    std::size_t starved = 0;
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
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

bool MessageWorld::ideal() const {
    return !views_.empty() && is_ideal(views_, options_.node.successors);
}

void MessageWorld::open_turn(std::size_t host) {
    const auto ms = static_cast<std::uint64_t>((now_ - Time{}).count() / 1000);
    hosts_[host]->node->begin_turn(now_, WallMs{kWallStart + ms});
}

void MessageWorld::handle(const Happening& happening) {
    Host& host = *hosts_[happening.host];
    const bool gone = !host.node || (happening.kind != Kind::request && host.incarnation != happening.incarnation);
    if (gone) {
        return;
    }
    trace_.add(static_cast<std::uint64_t>((now_ - Time{}).count()));
    trace_.add(static_cast<std::uint64_t>(happening.kind) << 56 | std::uint64_t{happening.host} << 48 | happening.call);
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
void MessageWorld::attempt(std::uint64_t number) {
    const auto found = calls_.find(number);
    if (found == calls_.end()) {
        return;  // answered meanwhile
    }
    Call& call = found->second;
    if (call.attempts == options_.tries) {
        const std::size_t caller = call.caller;
        const CallId id = call.id;
        calls_.erase(found);
        open_turn(caller);
        hosts_[caller]->node->on_answer(id, Error::timeout);
        return;
    }
    deliver(Kind::request, call.to, number);
    const Duration timeout = options_.first_timeout * (1 << call.attempts++);
    queue_.push(now_ + timeout, Happening{Kind::attempt, static_cast<std::uint32_t>(call.caller),
                                          hosts_[call.caller]->incarnation, number});
}

void MessageWorld::arrive(std::uint64_t number) {
    const auto call = calls_.find(number);
    if (call == calls_.end()) {
        return;  // the call has ended, so nobody waits for an answer; at message level that is as good as lost
    }
    const std::size_t at = call->second.to;
    const auto [served, first] = served_.emplace(number, Served{at, hosts_[at]->incarnation, std::nullopt});
    if (!first && served->second.incarnation == hosts_[at]->incarnation) {
        if (served->second.response) {
            respond(number);
        }
        return;
    }
    served->second = Served{at, hosts_[at]->incarnation, std::nullopt};
    if (served_.size() > kServedMax) {
        served_.erase(served_.begin());
    }
    Inbound inbound{hosts_[call->second.caller]->self, call->second.from_member, call->second.request,
                    static_cast<ReplyToken>(number)};
    open_turn(at);
    hosts_[at]->node->on_request(std::move(inbound));
}

void MessageWorld::respond(std::uint64_t number) {
    const auto call = calls_.find(number);
    if (call != calls_.end()) {
        deliver(Kind::response, call->second.caller, number);
    }
}

void MessageWorld::answer(std::uint64_t number) {
    const auto found = calls_.find(number);
    const auto served = served_.find(number);
    if (found == calls_.end() || served == served_.end() || !served->second.response) {
        return;
    }
    const Call call = std::move(found->second);
    calls_.erase(found);
    open_turn(call.caller);
    hosts_[call.caller]->node->on_answer(call.id, Answer{hosts_[call.to]->self, *served->second.response});
}

void MessageWorld::deliver(Kind kind, std::size_t host, std::uint64_t call) {
    ++messages_;
    const NetworkModel::Copies copies = network_.send();
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
    look();
}

void MessageWorld::look() {
    std::size_t live = 0;
    bool changed = false;
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
        if (on(i)) {
            if (live == views_.size()) {
                views_.emplace_back();
            }
            changed = views_[live++].update(hosts_[i]->node->ring(), member(i)) || changed;
        }
    }
    changed = changed || live != views_.size();
    views_.resize(live);
    if (!changed) {
        return;
    }
    for (const Violation& violation : check_ring(views_).violations) {
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
        if (!on(i)) {
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
