// chord_sim scale: how many bare cores one machine carries: a ring that stands already, churn, lookups.
#include <chrono>
#include <fstream>

#include "tests/sim/churn.hpp"
#include "tests/sim/command_line.hpp"
#include "tests/sim/commands.hpp"
#include "tests/sim/lookup_audit.hpp"
#include "tests/sim/message_world.hpp"
#include "tests/sim/report.hpp"

namespace chord::sim {

namespace {

constexpr Duration kLookupSpacing = std::chrono::microseconds(100);
constexpr Duration kLookupPatience = std::chrono::seconds(30);
constexpr Duration kSlice = std::chrono::seconds(1);

// Wall time, for the report alone: nothing in the simulation depends on it.
class Stopwatch {
public:
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count(); }

private:
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

// VmRSS in bytes; 0 where the kernel does not tell.
std::uint64_t resident_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (word == "VmRSS:") {
            std::uint64_t kib = 0;
            status >> kib;
            return kib * 1024;
        }
    }
    return 0;
}

struct ScaleOptions {
    MessageWorldOptions world;
    std::uint64_t nodes = 10'000, lookups = 10'000;
    std::optional<Duration> session_mean, busy;
};

void add_lookups(Report& report, const LookupAudit::Statistics& lookups) {
    report.add("lookups", lookups.asked);
    report.add("lookups_right", lookups.right);
    report.add("lookups_wrong", lookups.wrong);
    report.add("lookups_failed", lookups.failed);
    report.add("lookup_timeouts", lookups.timeouts);
    report.add_decimal("hops_mean",
                       lookups.right == 0 ? 0 : static_cast<double>(lookups.hops) / static_cast<double>(lookups.right));
}

void scale(const ScaleOptions& options, Report& report) {
    const std::uint64_t before = resident_bytes();
    const Stopwatch building;
    MessageWorld world(options.world);
    world.place_ring(options.nodes);
    report.add_decimal("build_wall_s", building.seconds());
    const std::uint64_t built = resident_bytes() - before;
    report.add("resident_bytes_a_node_built", built / options.nodes);

    Rng dice(options.world.seed ^ 0x7363616c65);
    if (options.busy) {
        const Stopwatch busy;
        const Time end = world.now() + *options.busy;
        std::optional<Churn> churn;
        if (options.session_mean) {
            ChurnOptions nemesis;
            nemesis.session_mean = *options.session_mean;
            nemesis.leaves = kAlways / 2;
            nemesis.returns = 0;
            churn.emplace(world, nemesis, dice.next());
        }
        while (world.now() < end) {
            world.run_until(std::min({end, world.now() + kSlice, churn ? churn->next() : kNever}));
            if (churn) {
                churn->act();
            }
        }
        report.add("busy_virtual_s", std::optional(*options.busy));
        report.add_decimal("busy_wall_s", busy.seconds());
        if (churn) {
            report.add("crashes", churn->statistics().crashes);
            report.add("leaves", churn->statistics().leaves);
            report.add("replacements", churn->statistics().replacements);
        }
        report.add("events", world.events());
        report.add_decimal("events_a_wall_s", static_cast<double>(world.events()) / std::max(1e-9, busy.seconds()));
        report.add_decimal("messages_a_node_a_s", static_cast<double>(world.messages()) /
                                                      static_cast<double>(options.nodes) /
                                                      std::chrono::duration<double>(*options.busy).count());
    }
    const Stopwatch asking;
    LookupAudit audit(world, dice.next());
    for (std::uint64_t i = 0; i < options.lookups; ++i) {
        audit.ask();
        world.run_for(kLookupSpacing);
    }
    world.run_until([&] { return audit.outstanding() == 0; }, kLookupPatience);
    report.add_decimal("lookups_wall_s", asking.seconds());
    add_lookups(report, audit.statistics());
    if (audit.outstanding() > 0) {
        report.complain(std::to_string(audit.outstanding()) + " lookups never ended");
    }
    if (!options.session_mean && audit.statistics().right != audit.statistics().asked) {
        report.complain("in a ring where nobody came or went, a lookup was not answered rightly");
    }
    report.add("resident_bytes_a_node", (resident_bytes() - before) / options.nodes);
    report.add("members", world.member_count());
    report.add_text("trace_hash", hex(world.trace_hash()));
}

}  // namespace

int scale_command(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err) {
    ScaleOptions scaled;
    scaled.world.first_timeout = std::chrono::milliseconds(100);
    bool json = false, help_wanted = false;
    const std::vector<Option> options{
        {"--nodes", "N", "cores in the ring (10000)", number(scaled.nodes, 1, 4'000'000)},
        {"--lookups", "K", "asked at last, 10,000 a second (10000)", number(scaled.lookups, 0, 100'000'000)},
        {"--for", "T", "how long the ring runs before that", duration(scaled.busy)},
        {"--session-mean", "T", "nodes stay for so long meanwhile; half crash, half leave, new ones join",
         duration(scaled.session_mean)},
        {"--seed", "S", "decides everything that is random (1)", number(scaled.world.seed, 0, UINT64_MAX)},
        {"--plain-chord", "", "route by fingers and first successor alone, as the 2001 paper does",
         flag(scaled.world.node.plain_chord)},
        {"--json", "", "one object on stdout", flag(json)},
        {"--help", "", "this text", flag(help_wanted)},
    };
    if (const std::optional<std::string> sentence = parse(options, arguments)) {
        return bad_usage("scale: " + *sentence, err);
    }
    if (help_wanted) {
        std::fprintf(out,
                     "usage: chord_sim scale [option...]\n\nBare cores in a ring that stands already: memory, speed, "
                     "hops.\n\n%s",
                     help(options).c_str());
        return 0;
    }
    if (scaled.session_mean && !scaled.busy) {
        return bad_usage("scale: --session-mean needs --for", err);
    }
    const std::string line = command_line("scale", arguments, scaled.world.seed);
    announce(line, json, out, err);
    Report report(line);
    report.add("nodes", scaled.nodes);
    scale(scaled, report);
    return report.print(json, out);
}

}  // namespace chord::sim
