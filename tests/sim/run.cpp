#include "tests/sim/run.hpp"

#include <algorithm>
#include <cmath>

namespace chord::sim {

namespace {

constexpr Duration kStartSpacing = std::chrono::milliseconds(50);
constexpr Duration kLookupPatience = std::chrono::seconds(15);
constexpr Duration kFingersPatience = std::chrono::minutes(3);  // every finger is looked up once by then
constexpr Duration kQuietLookupSpacing = std::chrono::milliseconds(10);

class Run {
public:
    explicit Run(const RunOptions& options)
        : options_(options), dice_(options.seed ^ 0x5eed), world_(world_options(options)) {}

    RunReport run() {
        Rng dice(dice_.next());
        for (std::size_t i = 0; i < options_.nodes; ++i) {
            world_.add();
            world_.run_for(exponential(dice, kStartSpacing));
        }
        report_.joined = world_.run_until([this] { return world_.ideal(); }, options_.quiet_limit);
        if (!report_.joined) {
            complain("the ring was not ideal " + std::to_string(options_.quiet_limit / std::chrono::minutes(1)) +
                     " minutes after the last node had started:\n" + world_.dump());
            return finish();
        }
        world_.run_for(kFingersPatience);
        KeyAudit keys(world_, dice_.next());
        keys.write(options_.keys);
        if (options_.partition && !split_and_heal()) {
            return finish();
        }
        busy();
        report_.quiet = world_.run_until([this] { return world_.settled(); }, options_.quiet_limit);
        if (!report_.quiet) {
            complain((world_.ideal() ? "an arc did not agree with its replicas " : "the ring was not ideal ") +
                     std::to_string(options_.quiet_limit / std::chrono::minutes(1)) +
                     " minutes after the last change:\n" + world_.dump());
        } else {
            world_.run_for(kFingersPatience);
            quiet_lookups();
        }
        if (options_.keys > 0) {
            read(keys);
        }
        return finish();
    }

private:
    static WorldOptions world_options(const RunOptions& options) {
        WorldOptions world;
        world.seed = options.seed;
        world.network = options.network;
        world.node = options.node;
        return world;
    }

    void complain(std::string what) { report_.violations.push_back(std::move(what)); }

    bool split_and_heal() {
        std::vector<std::uint8_t> sides;
        for (std::size_t i = 0; i < world_.devices(); ++i) {
            sides.push_back(static_cast<std::uint8_t>(dice_.below(2)));
        }
        world_.split(std::move(sides));
        world_.run_for(*options_.partition);
        world_.split({});
        report_.merged = world_.run_until([this] { return world_.ideal(); }, options_.quiet_limit);
        if (!report_.merged) {
            complain("the two halves did not become one ring again:\n" + world_.dump());
        }
        return report_.merged.has_value();
    }

    void busy() {
        const Time end = world_.now() + options_.duration;
        std::optional<Churn> churn;
        if (options_.session_mean) {
            ChurnOptions nemesis;
            nemesis.session_mean = *options_.session_mean;
            nemesis.absence_mean = std::min<Duration>(nemesis.absence_mean, *options_.session_mean / 4);
            nemesis.spacing = options_.spacing;
            churn.emplace(world_, nemesis, dice_.next());
        }
        LookupAudit audit(world_, dice_.next());
        const Duration between = std::max(
            Duration(1), options_.duration / std::max<std::int64_t>(1, static_cast<std::int64_t>(options_.lookups)));
        Time next_lookup = world_.now() + between;
        while (world_.now() < end) {
            world_.run_until(std::min({end, next_lookup, churn ? churn->next() : kNever}));
            if (churn) {
                churn->act();
            }
            if (world_.now() >= next_lookup && options_.lookups > 0) {
                audit.ask();
            }
            next_lookup = world_.now() >= next_lookup ? next_lookup + between : next_lookup;
        }
        world_.run_until([&] { return audit.outstanding() == 0; }, kLookupPatience);
        report_.busy_lookups = audit.statistics();
        if (audit.outstanding() > 0) {
            complain(std::to_string(audit.outstanding()) + " lookups never ended");
        }
        if (churn) {
            churn->stop();
            report_.churn = churn->statistics();
        } else if (report_.busy_lookups.wrong > 0 || (report_.busy_lookups.failed > 0 && options_.network.loss == 0)) {
            complain(std::to_string(report_.busy_lookups.wrong) + " lookups were answered wrongly and " +
                     std::to_string(report_.busy_lookups.failed) + " failed, though nobody came or went");
        }
    }

    void quiet_lookups() {
        LookupAudit audit(world_, dice_.next());
        for (std::size_t i = 0; i < options_.lookups; ++i) {
            audit.ask();
            world_.run_for(kQuietLookupSpacing);
        }
        world_.run_until([&] { return audit.outstanding() == 0; }, kLookupPatience);
        report_.quiet_lookups = audit.statistics();
        // A client's lookup is one attempt; where datagrams are lost, one in a hundred may fail, but none may be wrong.
        const std::uint64_t failures_allowed =
            options_.network.loss > 0 ? report_.quiet_lookups.asked / 100 + 1 : std::uint64_t{0};
        if (audit.outstanding() + report_.quiet_lookups.wrong > 0 || report_.quiet_lookups.failed > failures_allowed) {
            complain("in an ideal ring " + std::to_string(report_.quiet_lookups.wrong) + " of " +
                     std::to_string(report_.quiet_lookups.asked) + " lookups were answered wrongly, " +
                     std::to_string(report_.quiet_lookups.failed) + " failed and " +
                     std::to_string(audit.outstanding()) + " never ended");
        }
    }

    void read(KeyAudit& keys) {
        const KeyAudit::Findings findings = keys.read_all();
        if (!findings.lost.empty()) {
            complain(std::to_string(findings.lost.size()) + " acknowledged keys are lost, the first is '" +
                     findings.lost.front() + "'");
        }
        if (!findings.unreadable.empty()) {
            complain(std::to_string(findings.unreadable.size()) + " keys cannot be read, the first is " +
                     findings.unreadable.front());
        }
        report_.keys = findings;
    }

    RunReport finish() {
        for (const std::string& violation : world_.violations()) {
            complain(violation);
        }
        report_.world = world_.statistics();
        report_.virtual_time = world_.now() - Time{};
        report_.trace_hash = world_.trace_hash();
        report_.path_expected = std::log2(static_cast<double>(std::max<std::size_t>(1, world_.live_count()))) / 2 + 1;
        return report_;
    }

    RunOptions options_;
    Rng dice_;
    World world_;
    RunReport report_;
};

}  // namespace

double RunReport::path_mean() const {
    return quiet_lookups.right == 0
               ? 0
               : static_cast<double>(quiet_lookups.hops) / static_cast<double>(quiet_lookups.right);
}

RunReport simulate(const RunOptions& options) {
    return Run(options).run();
}

}  // namespace chord::sim
