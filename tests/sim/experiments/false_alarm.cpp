// false-alarm: what it costs when a node takes its first successor for silent though it stands (PROTOCOL-NOTES 9: at
// most 10 messages). Datagrams of a quiet ring of whole stacks, beyond those of a twin with the same seed in which the
// path was never cut, from the cut until long after everything is as it was.
#include <map>

#include "tests/sim/experiments/whole_stacks.hpp"

namespace chord::sim {

namespace {

constexpr Duration kCalm = std::chrono::minutes(15), kLongCut = std::chrono::minutes(10);
constexpr Duration kSoundsWithin = std::chrono::minutes(1);
// Longer than anything is remembered that speeds the rounds up or leads them round a broken path.
constexpr Duration kQuietAgain = std::chrono::minutes(5);
constexpr Duration kSample = std::chrono::seconds(30);
constexpr double kGoal = 10;

// Who is wrong about whom, and who could tell it better.
struct Neighbors {
    std::size_t watcher = 0, victim = 0;
    std::vector<std::size_t> witnesses;
    std::uint64_t path_faults = 0;  // that the watcher had met before
};

std::uint64_t path_faults(const Node& node) {
    for (const auto& [name, count] : node.view().counters) {
        if (name == "path_faults") {
            return count;
        }
    }
    return 0;
}

void cut_both_ways(NetworkModel& network, std::size_t a, std::size_t b) {
    network.cut(a, b);
    network.cut(b, a);
}

bool is_path_fault(const World& world, const Neighbors& pair) {
    return path_faults(world.node(pair.watcher)) > pair.path_faults;
}

bool is_evicted(const World& world, const Neighbors& pair) {
    const RingState& ring = world.node(pair.watcher).ring();
    return ring.alone() || ring.successors().front().id != world.id(pair.victim);
}

struct Alarm {
    const char* name;
    void (*cut)(NetworkModel& network, const Neighbors& pair);
    bool (*sounded)(const World& world, const Neighbors& pair);  // then it is mended; null: after kLongCut
};

constexpr Alarm kAlarms[] = {
    {"pair cut until noticed",
     [](NetworkModel& n, const Neighbors& pair) { cut_both_ways(n, pair.watcher, pair.victim); }, is_path_fault},
    {"one way cut until noticed", [](NetworkModel& n, const Neighbors& pair) { n.cut(pair.victim, pair.watcher); },
     is_path_fault},
    {"cut from the witnesses too, until evicted",
     [](NetworkModel& n, const Neighbors& pair) {
         cut_both_ways(n, pair.watcher, pair.victim);
         for (const std::size_t witness : pair.witnesses) {
             cut_both_ways(n, witness, pair.victim);
         }
     },
     is_evicted},
    {"pair cut for 10 min", [](NetworkModel& n, const Neighbors& pair) { cut_both_ways(n, pair.watcher, pair.victim); },
     nullptr},
};

// As the failure detector chooses them: the node behind the victim, and the one before the watcher.
Neighbors choose(const World& world, Rng& dice) {
    Neighbors pair;
    pair.watcher = world.random_member(dice);
    const RingState& ring = world.node(pair.watcher).ring();
    pair.victim = index_of(ring.successors()[0].address);
    pair.witnesses = {index_of(ring.successors()[1].address), index_of(ring.predecessor()->address)};
    pair.path_faults = path_faults(world.node(pair.watcher));
    return pair;
}

// Two worlds of one seed; in one of them alarms sound.
class Twins {
public:
    static std::optional<Twins> grown(std::uint64_t nodes, std::uint64_t seed, Figure& figure) {
        Twins twins;
        twins.alarmed_ = grown_ring(nodes, kCalm, seed, figure);
        twins.idle_ = grown_ring(nodes, kCalm, seed, figure);
        return twins.alarmed_ && twins.idle_ ? std::optional(std::move(twins)) : std::nullopt;
    }

    World& alarmed() { return *alarmed_; }
    // The idle one follows.
    void run_until(Time until) {
        alarmed_->run_until(until);
        idle_->run_until(until);
    }
    // Datagrams, ever, of the one beyond those of the other.
    std::map<std::string, double> beyond() const {
        std::map<std::string, double> kinds;
        for (const Traffic::Row& row : alarmed_->traffic().rows()) {
            kinds[row.kind] += static_cast<double>(row.count.datagrams);
        }
        for (const Traffic::Row& row : idle_->traffic().rows()) {
            kinds[row.kind] -= static_cast<double>(row.count.datagrams);
        }
        return kinds;
    }
    double all_beyond() const {
        return static_cast<double>(alarmed_->traffic().total().datagrams) -
               static_cast<double>(idle_->traffic().total().datagrams);
    }

private:
    std::unique_ptr<World> alarmed_, idle_;
};

struct Cost {
    double messages = 0, error = 0;       // mean, and its standard error
    double cut_for = 0, ideal_after = 0;  // means; seconds, from the cut to mending and from there on
    std::map<std::string, double> kinds;
    std::vector<Point> course;  // minutes since the cut, messages until then
};

// One alarm; adds to `cost` all but the messages, which it returns.
double sound(const Alarm& alarm, Twins& twins, Rng& dice, Cost& cost, Figure& figure) {
    World& world = twins.alarmed();
    const Neighbors pair = choose(world, dice);
    const Time began = world.now();
    const Duration length = (alarm.sounded ? kSoundsWithin : kLongCut) + kQuietAgain;
    const double before = twins.all_beyond();
    const std::map<std::string, double> kinds_before = twins.beyond();
    alarm.cut(world.network(), pair);
    std::optional<Time> mended, ideal;
    std::size_t samples = 0;
    for (Time at = began; at < began + length;) {
        at += std::chrono::milliseconds(500);
        twins.run_until(at);
        const bool over = alarm.sounded ? alarm.sounded(world, pair) : at >= began + kLongCut;
        if (!mended && over) {
            world.network().mend();
            mended = at;
        }
        if (mended && !ideal && world.ideal()) {
            ideal = at;
        }
        if ((at - began) % kSample == Duration{}) {
            cost.course.resize(std::max(cost.course.size(), samples + 1));
            cost.course[samples].x = in_seconds(at - began) / 60;
            cost.course[samples++].y += twins.all_beyond() - before;
        }
    }
    world.network().mend();
    if (!mended || !ideal || !world.settled()) {
        figure.complaints.push_back(
            std::string(alarm.name) + ": device " + std::to_string(pair.watcher) +
            (mended ? " and its successor were not as before five minutes after the cut" : " did not notice the cut"));
    } else {
        cost.cut_for += in_seconds(*mended - began);
        cost.ideal_after += in_seconds(*ideal - *mended);
    }
    for (const std::string& violation : world.violations()) {
        figure.complaints.push_back(std::string(alarm.name) + ": " + violation);
    }
    for (const auto& [kind, datagrams] : twins.beyond()) {
        cost.kinds[kind] += datagrams - (kinds_before.contains(kind) ? kinds_before.at(kind) : 0);
    }
    return twins.all_beyond() - before;
}

// Each alarm in a ring of its own: twins are alike only where no alarm has been heard yet.
Cost measure(const Alarm& alarm, std::uint64_t nodes, std::uint64_t alarms, std::uint64_t seed, Figure& figure) {
    Cost cost;
    const double count = static_cast<double>(alarms);
    double squares = 0;
    for (std::uint64_t i = 0; i < alarms; ++i) {
        std::optional<Twins> twins = Twins::grown(nodes, seed + i, figure);
        if (!twins) {
            return cost;
        }
        Rng dice((seed + i) ^ 0xfa15ea1a);
        const double messages = sound(alarm, *twins, dice, cost, figure);
        cost.messages += messages / count;
        squares += messages * messages / count;
    }
    cost.error = std::sqrt(std::max(0.0, squares - cost.messages * cost.messages) / count);
    for (auto& [kind, datagrams] : cost.kinds) {
        datagrams /= count;
    }
    for (Point& point : cost.course) {
        point.y /= count;
    }
    cost.cut_for /= count;
    cost.ideal_after /= count;
    return cost;
}

// "+3.2 witness, -1 ping": the kinds that differ, the greatest difference first.
std::string by_kind(const std::map<std::string, double>& kinds) {
    constexpr double kNoise = 0.05;
    std::vector<std::pair<std::string, double>> rows(kinds.begin(), kinds.end());
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return std::abs(a.second) > std::abs(b.second); });
    std::string text;
    for (const auto& [kind, datagrams] : rows) {
        if (std::abs(datagrams) >= kNoise) {
            text += (text.empty() ? "" : ", ") + std::string(datagrams > 0 ? "+" : "") + shown(datagrams) + " " + kind;
        }
    }
    return text;
}

}  // namespace

Figure false_alarm_experiment(const Settings& settings) {
    const std::uint64_t nodes = settings.pick(settings.nodes, 40, 20);
    const std::uint64_t alarms = settings.pick(settings.seeds, 100, 5);
    Figure figure;
    figure.title = "What a false alarm costs";
    figure.source = "datagrams of " + std::to_string(nodes) + " whole stacks beyond those of an idle twin; mean of " +
                    std::to_string(alarms) + " alarms";
    figure.notes = {"Who is cut from the witnesses stands beside them, so that some of those alarms are theirs."};
    Plot plot{"Datagrams since the cut", {"minutes", Scale::linear}, {"beyond an idle ring", Scale::linear}, {}};
    std::size_t hue = 0;
    for (const Alarm& alarm : kAlarms) {
        const Cost cost = measure(alarm, nodes, alarms, settings.seed, figure);
        const std::string name = alarm.name;
        plot.series.push_back({name, Source::measured, cost.course, hue++});
        figure.checks.push_back(alarm.sounded ? at_most("messages, " + name, cost.messages, kGoal)
                                              : reported("messages, " + name, cost.messages));
        figure.checks.push_back(reported("standard error of that, " + name, cost.error));
        figure.checks.push_back(reported("seconds until it was mended, " + name, cost.cut_for));
        figure.checks.push_back(reported("seconds from there to an ideal ring, " + name, cost.ideal_after));
        figure.notes.push_back(name + ": " + by_kind(cost.kinds));
    }
    if (!plot.series.back().points.empty()) {
        const double end = plot.series.back().points.back().x;
        plot.series.push_back({"goal", Source::formula, {{0, kGoal, {}, {}}, {end, kGoal, {}, {}}}, 5});
    }
    figure.plots.push_back(plot);
    return figure;
}

}  // namespace chord::sim
