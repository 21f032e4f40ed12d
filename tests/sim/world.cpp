#include "tests/sim/world.hpp"

#include <algorithm>
#include <numeric>

#include "tests/support/test_identity.hpp"

namespace chord::sim {

namespace {

constexpr std::size_t kSeedsMax = 3;
constexpr std::size_t kViolationsMax = 8;
constexpr Duration kGoodbye = std::chrono::seconds(1);
constexpr std::uint64_t kWallStart = 1'767'225'600'000;  // 2026-01-01

}  // namespace

World::World(const WorldOptions& options)
    : options_(options), rng_(options.seed), network_(options.network, rng_.next()) {}

World::~World() = default;

std::size_t World::add() {
    const std::size_t number = devices_.size();
    devices_.push_back(std::make_unique<Device>());
    Device& device = *devices_.back();
    device.id = options_.identities ? options_.identities->id(number)
                                    : Id{{rng_.next(), rng_.next(), rng_.next(), rng_.next()}};
    device.off = now_ - Time{};
    take_place(number);
    // Who comes while everybody is off was told of the others all the same.
    std::vector<std::size_t> known = live_;
    if (known.empty()) {
        known.resize(number);
        std::iota(known.begin(), known.end(), std::size_t{0});
    }
    while (device.seeds.size() < std::min(kSeedsMax, known.size())) {
        const Endpoint seed = address_of(devices_[known[rng_.below(known.size())]]->place);
        if (std::find(device.seeds.begin(), device.seeds.end(), seed) == device.seeds.end()) {
            device.seeds.push_back(seed);
        }
    }
    start(number);
    return number;
}

void World::kill(std::size_t number) {
    CHORD_CHECK(alive(number));
    trace_.add(std::uint64_t{number} << 8 | 1);
    stop(number);
    devices_[number]->disk.crash();
}

void World::restart(std::size_t number, const Return& how) {
    CHORD_CHECK(!alive(number));
    Device& device = *devices_[number];
    if (how.disk == Return::DiskFate::lost) {
        device.disk = Disk(storage::MemoryStore::CommitMode::on_request);
        device.backup.reset();
        device.stopped_at = Time{};
    } else if (how.disk == Return::DiskFate::stale && device.backup) {
        device.disk = *device.backup;
        device.disk.crash();
        device.stopped_at = device.backed_up_at;
    }
    if (how.moved) {
        take_place(number);
    }
    device.off = now_ - device.stopped_at;
    start(number);
}

bool World::is_awaited(std::size_t number) const {
    const Endpoint here = address_of(devices_[number]->place);
    return std::any_of(live_.begin(), live_.end(), [&](std::size_t other) {
        const std::vector<Endpoint>& seeds = devices_[other]->seeds;
        return node(other).ring().alone() && std::find(seeds.begin(), seeds.end(), here) != seeds.end();
    });
}

bool World::has_live_seed(std::size_t number) const {
    const std::vector<Endpoint>& seeds = devices_[number]->seeds;
    return std::any_of(live_.begin(), live_.end(), [&](std::size_t other) {
        const Endpoint there = address_of(devices_[other]->place);
        return other != number && std::find(seeds.begin(), seeds.end(), there) != seeds.end();
    });
}

void World::back_up(std::size_t number) {
    Device& device = *devices_[number];
    device.backup = device.disk;
    device.backed_up_at = device.engine ? node_time(device) : device.stopped_at;
}

void World::take_place(std::size_t number) {
    devices_[number]->place = places_.size();
    places_.push_back(number);
}

void World::leave(std::size_t number) {
    const std::uint32_t incarnation = devices_[number]->incarnation;
    with_client(number, [&](Client& client) {
        client.leave([this, number, incarnation](const Status&) {
            queue_.push(now_ + kGoodbye, Happening{Kind::stop, static_cast<std::uint32_t>(number), incarnation, 0, {}});
        });
    });
}

void World::start(std::size_t number) {
    Device& device = *devices_[number];
    ++device.incarnation;
    trace_.add(std::uint64_t{number} << 8 | 2);
    EngineOptions options;
    options.node = options_.node;
    options.node.self = Peer{device.id, address_of(device.place)};
    options.rpc = options_.rpc;
    options.rpc.self = device.id;
    options.rpc.first_request_id = rng_.next() >> 16;
    if (options_.identities) {
        device.engine = options_.identities->engine(number, device.incarnation, options, device.disk, rng_.next(),
                                                    node_time(device));
    } else {
        device.engine =
            std::make_unique<Engine>(options, test_identity(device.id, device.incarnation), device.disk, rng_.next());
    }
    device.wake_at = kNever;
    device.commit_pending = false;
    device.slot = live_.size();
    live_.push_back(number);
    views_.emplace_back().update(device.engine->node().ring(), false);
    device.engine->start(node_time(device), wall(device), device.seeds);
    follow(number);
}

void World::stop(std::size_t number) {
    Device& device = *devices_[number];
    device.stopped_at = node_time(device);
    device.engine.reset();
    const std::size_t last = live_.size() - 1;
    devices_[live_[last]]->slot = device.slot;
    live_[device.slot] = live_[last];
    const bool was_member = views_[device.slot].member;
    std::swap(views_[device.slot], views_[last]);
    live_.pop_back();
    views_.pop_back();
    if (was_member) {
        note_member(device.id, number, false);
    }
    changed(nullptr);
}

void World::run_until(Time until) {
    while (!queue_.empty() && queue_.next() <= until) {
        auto entry = queue_.pop();
        if (entry.at > check_at_) {
            now_ = check_at_;
            check();
        }
        now_ = entry.at;
        handle(std::move(entry.payload));
    }
    now_ = std::max(now_, until);
}

void World::with_client(std::size_t number, const std::function<void(Client&)>& use) {
    Device& device = *devices_[number];
    device.engine->begin_turn(node_time(device), wall(device));
    use(device.engine->client());
    follow(number);
}

void World::with_engine(std::size_t number, const std::function<void(Engine&)>& use) {
    Device& device = *devices_[number];
    device.engine->begin_turn(node_time(device), wall(device));
    use(*device.engine);
    follow(number);
}

void World::handle(Happening happening) {
    Device& device = *devices_[happening.device];
    if (!device.engine || (happening.kind != Kind::datagram && device.incarnation != happening.incarnation)) {
        return;
    }
    const Time at = node_time(device);
    switch (happening.kind) {
        case Kind::datagram:
            trace_.add(static_cast<std::uint64_t>((now_ - Time{}).count()));
            trace_.add(std::uint64_t{happening.from} << 32 | happening.device);
            trace_.add(std::span<const std::uint8_t>(happening.bytes));
            device.engine->receive(at, wall(device), address_of(happening.from), happening.bytes);
            break;
        case Kind::wake:
            if (now_ != device.wake_at) {
                return;  // it was asked for earlier since
            }
            device.wake_at = kNever;
            device.engine->tick(at, wall(device));
            break;
        case Kind::commit:
            device.commit_pending = false;
            device.disk.commit();
            for (const Commit& commit : device.disk.take_commits()) {
                device.engine->committed(at, wall(device), commit);
            }
            break;
        case Kind::stop:
            device.disk.commit();
            stop(happening.device);
            device.disk.crash();  // with nothing left to lose
            return;
    }
    ++statistics_.inputs;
    follow(happening.device);
}

void World::follow(std::size_t number) {
    Device& device = *devices_[number];
    for (net::Datagram& datagram : device.engine->take_datagrams()) {
        send(number, std::move(datagram));
    }
    const auto device_number = static_cast<std::uint32_t>(number);
    if (device.disk.uncommitted() > 0 && !device.commit_pending) {
        device.commit_pending = true;
        queue_.push(now_ + options_.commit_time, Happening{Kind::commit, device_number, device.incarnation, 0, {}});
    }
    const Time deadline = device.engine->next_deadline();
    if (deadline != kNever) {
        const Time at = std::max(now_, deadline + device.off);
        if (at < device.wake_at) {
            device.wake_at = at;
            queue_.push(at, Happening{Kind::wake, device_number, device.incarnation, 0, {}});
        }
    }
    look_at(number);
}

void World::send(std::size_t from, net::Datagram datagram) {
    ++statistics_.datagrams;
    statistics_.datagram_bytes += datagram.bytes.size();
    traffic_.add(datagram.label, datagram.bytes.size());
    const std::size_t place = index_of(datagram.to);
    const bool reachable = place < places_.size() && devices_[places_[place]]->place == place;
    const std::size_t to = reachable ? places_[place] : devices_.size();
    const NetworkModel::Copies copies = network_.send(from, to, datagram.bytes.size(), now_);
    if (copies.count == 0 || !reachable) {
        ++statistics_.datagrams_lost;
        return;
    }
    for (std::size_t i = 0; i < copies.count; ++i) {
        const bool last = i + 1 == copies.count;
        queue_.push(now_ + copies.delays[i], Happening{Kind::datagram, static_cast<std::uint32_t>(to), 0,
                                                       static_cast<std::uint32_t>(devices_[from]->place),
                                                       last ? std::move(datagram.bytes) : datagram.bytes});
    }
}

void World::look_at(std::size_t number) {
    Device& device = *devices_[number];
    const Node& node = device.engine->node();
    RingView& view = views_[device.slot];
    const bool was_member = view.member;
    if (!view.update(node.ring(), is_member(node))) {
        return;
    }
    if (view.member != was_member) {
        note_member(device.id, number, view.member);
    }
    changed(&view);
}

// `view`: whose state has changed; null when a device went off.
void World::changed(const RingView* view) {
    if (live_.size() <= kCheckedWhole) {
        check();
        return;
    }
    if (view && view->member) {
        RingReport report;
        check_node(*view, report);
        note(report);
    }
    check_at_ = std::min(check_at_, now_ + kCheckPeriod);
}

void World::check() {
    check_at_ = kNever;
    const RingReport report = check_ring(views_);
    ++statistics_.ring_checks;
    note(report);
    std::array<bool, kRules> seen{};
    for (const Violation& violation : report.violations) {
        seen[static_cast<std::size_t>(violation.rule)] = true;
    }
    for (std::size_t rule = 0; rule < kRules; ++rule) {
        statistics_.broken[rule] += seen[rule] ? 1U : 0U;
    }
}

void World::note(const RingReport& report) {
    for (const Violation& violation : report.violations) {
        const bool local = violation.rule <= Rule::ordered_successor_lists;
        if (local && violations_.size() < kViolationsMax) {
            violations_.push_back(std::string(name(violation.rule)) + " at " + std::to_string((now_ - Time{}).count()) +
                                  " us: " + violation.text);
        }
    }
}

WallMs World::wall(const Device& device) const {
    const std::int64_t true_ms = static_cast<std::int64_t>(kWallStart) + (now_ - Time{}).count() / 1000;
    return WallMs{static_cast<std::uint64_t>(std::max<std::int64_t>(0, true_ms + device.wall_off.count()))};
}

World::Statistics World::statistics() const {
    Statistics all = statistics_;
    for (const std::size_t number : live_) {
        const net::RpcCounters& traffic = devices_[number]->engine->traffic();
        all.calls_answered += traffic.answers;
        all.calls_timed_out += traffic.timeouts;
    }
    return all;
}

std::string World::dump() const {
    std::vector<RingView> sorted = views_;
    std::sort(sorted.begin(), sorted.end(), [](const RingView& a, const RingView& b) { return a.self < b.self; });
    std::string lines;
    for (const RingView& view : sorted) {
        lines += view.self.short_hex() + (view.member ? "" : " (not a member)") + " predecessor ";
        lines += view.predecessor ? view.predecessor->short_hex() : "-";
        lines += ", successors";
        for (const Id& successor : view.successors) {
            lines += " " + successor.short_hex() + (is_listed(successor) ? "" : "(dead)");
        }
        lines += "\n";
    }
    return lines;
}

std::optional<Record> World::live_record(std::size_t device, const Id& key_id) const {
    Result<std::optional<Record>> record = devices_[device]->disk.get(key_id);
    const bool live = record && *record && (*record)->expires > node_time(*devices_[device]);
    return live ? std::move(*record) : std::nullopt;
}

}  // namespace chord::sim
