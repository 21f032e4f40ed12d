#include "tests/sim/slow_line.hpp"

#include <algorithm>
#include <utility>

#include "node/core/base/hash.hpp"

namespace chord::sim {

namespace {

constexpr Duration kStep = std::chrono::milliseconds(10);
constexpr Duration kIdealWithin = std::chrono::minutes(10);
constexpr std::size_t kBesideValue = 8 * 1024;  // as in the daemon

WorldOptions world_options(const SlowLineOptions& options) {
    WorldOptions made;
    made.seed = options.seed;
    made.network.latency = std::chrono::milliseconds(1);
    made.network.jitter = {};
    made.node.value_bytes_max = options.value_bytes;
    net::ReassemblyOptions& reassembly = made.rpc.messages.reassembly;
    reassembly.message_bytes_max = options.value_bytes + kBesideValue;
    reassembly.peer_bytes_max = 2 * reassembly.message_bytes_max;
    reassembly.node_bytes_max = std::max(reassembly.node_bytes_max, 4 * reassembly.message_bytes_max);
    return made;
}

double seconds_of(Duration duration) {
    return static_cast<double>(duration.count()) / 1e6;
}

}  // namespace

SlowLine::SlowLine(const SlowLineOptions& options)
    : options_(options), world_(std::make_unique<World>(world_options(options))) {
    std::vector<std::uint8_t> sides(options.near + options.far, 1);
    std::fill_n(sides.begin(), options.near, std::uint8_t{0});
    world_->network().narrow(sides, options.line);
    for (std::size_t i = 0; i < sides.size(); ++i) {
        world_->add();
        world_->run_for(std::chrono::seconds(1));
    }
}

std::unique_ptr<SlowLine> SlowLine::start(const SlowLineOptions& options) {
    std::unique_ptr<SlowLine> made(new SlowLine(options));
    const bool ideal = made->world_->run_until([&] { return made->world_->settled(); }, kIdealWithin).has_value();
    return ideal ? std::move(made) : nullptr;
}

SlowLine::Keys SlowLine::keys_of(std::size_t device, std::size_t count) const {
    Keys keys;
    for (std::size_t i = 0; keys.size() < count; ++i) {
        std::string key = "key " + std::to_string(i);
        if (world_->true_owner(key_id(key)) == world_->id(device)) {
            keys.push_back(std::move(key));
        }
    }
    return keys;
}

std::size_t SlowLine::successor_of(std::size_t device) const {
    return index_of(world_->node(device).ring().successors().front().address);
}

Bytes SlowLine::value_of(const std::string& key) const {
    Rng dice(options_.seed ^ key_id(key).words[0]);
    Bytes value(options_.value_bytes, '\0');
    for (char& each : value) {
        each = static_cast<char>(dice.next());
    }
    return value;
}

std::uint64_t SlowLine::carried(std::uint8_t from) const {
    const testing::Link* const line = world_->network().line(from, from == 0 ? 1 : 0);
    return line == nullptr ? 0 : line->carried();
}

// Polls between steps of the world: a client that begins its next call inside of an engine's turn would be a nested
// one.
SlowLine::Rate SlowLine::measure(const Keys& keys, std::size_t at_once,
                                 const std::function<void(const std::string&, Done)>& begin) {
    struct Ledger {
        std::vector<Duration> took;
        std::size_t under_way = 0, failed = 0;
    };
    const auto ledger = std::make_shared<Ledger>();
    const Time began = world_->now();
    const std::uint64_t before[] = {carried(0), carried(1)};
    std::size_t begun = 0;
    Time last = began;
    while (begun < keys.size() || ledger->under_way > 0) {
        while (begun < keys.size() && ledger->under_way < at_once) {
            ++ledger->under_way;
            last = world_->now();
            begin(keys[begun++], [ledger, from = world_->now(), world = world_.get()](bool right) {
                --ledger->under_way;
                ledger->failed += right ? 0U : 1U;
                ledger->took.push_back(world->now() - from);
            });
        }
        if (world_->now() - last > kPatience * static_cast<int>(at_once)) {
            ledger->failed += ledger->under_way;
            break;
        }
        world_->run_for(kStep);
    }
    Rate rate;
    rate.failed = ledger->failed;
    const double bytes_a_second = static_cast<double>(options_.line.bits_per_second) / 8;
    const auto value = static_cast<double>(options_.value_bytes);
    for (const Duration took : ledger->took) {
        rate.each.push_back(value / seconds_of(took) / bytes_a_second);
    }
    const double all = seconds_of(world_->now() - began) * bytes_a_second;
    rate.values = value * static_cast<double>(keys.size() - rate.failed) / all;
    rate.wire = static_cast<double>(std::max(carried(0) - before[0], carried(1) - before[1])) / all;
    return rate;
}

SlowLine::Rate SlowLine::write(std::size_t device, const Keys& keys, std::size_t at_once) {
    return measure(keys, at_once, [&](const std::string& key, Done done) {
        world_->with_client(device, [&](Client& client) {
            Write write;
            write.key = key;
            write.value = value_of(key);
            client.write(std::move(write), [done](const Result<WriteReply>& reply) { done(reply.has_value()); });
        });
    });
}

SlowLine::Rate SlowLine::read(std::size_t device, const Keys& keys, std::size_t at_once) {
    return measure(keys, at_once, [&](const std::string& key, Done done) {
        world_->with_client(device, [&](Client& client) {
            client.get(key, [done, value = value_of(key)](const Result<std::optional<Record>>& read) {
                done(read && *read && (*read)->value == value);
            });
        });
    });
}

std::uint64_t SlowLine::counter(std::size_t device, std::string_view name) const {
    for (const auto& [each, count] : world_->node(device).view().counters) {
        if (each == name) {
            return count;
        }
    }
    return 0;
}

std::uint64_t SlowLine::counters(std::string_view name) const {
    std::uint64_t all = 0;
    for (const std::size_t device : world_->live()) {
        all += counter(device, name);
    }
    return all;
}

}  // namespace chord::sim
