// slow-line: what clients get of a slow line, and what repair in the background leaves them (issue 4: 64 KiB over
// 100 kbit/s, 200 ms and 2 % loss reach 80 % of it; a background transfer leaves 90 % to a foreground one).
#include "tests/sim/slow_line.hpp"

#include "tests/sim/experiments/whole_stacks.hpp"

namespace chord::sim {

namespace {

constexpr double kGoal = 0.8, kYieldGoal = 0.9;
constexpr Duration kPatience = std::chrono::minutes(10);

struct Found {
    std::vector<double> each, together;  // values alone, by value; values of one seed together
    std::uint64_t failed = 0;
    void add(const SlowLine::Rate& rate) {
        each.insert(each.end(), rate.each.begin(), rate.each.end());
        together.push_back(rate.values);
        failed += rate.failed;
    }
};

void tell(const std::string& what, const Found& found, bool by_value, Figure& figure) {
    const std::vector<double>& figures = by_value ? found.each : found.together;
    Check median = reported(what + ", share of the line, median", percentile(figures, 0.5));
    median.low = kGoal;
    figure.checks.push_back(median);
    figure.checks.push_back(reported(what + ", p10", percentile(figures, 0.1)));
    if (found.failed > 0) {
        figure.complaints.push_back(what + ": " + std::to_string(found.failed) + " values failed");
    }
}

/// A ring of two; the second one comes back without its disk, and clients of it read from the first.
void repair(std::uint64_t seed, std::uint64_t values, std::vector<double>& shares, Figure& figure) {
    SlowLineOptions options;
    options.seed = seed;
    const std::unique_ptr<SlowLine> line = SlowLine::start(options);
    if (!line) {
        figure.complaints.push_back("seed " + std::to_string(seed) + ": not settled");
        return;
    }
    World& world = line->world();
    const SlowLine::Keys keys = line->keys_of(0, 3 * values);
    line->write(0, keys, 4);
    world.run_for(std::chrono::minutes(1));
    world.kill(1);
    world.run_for(std::chrono::seconds(30));
    world.restart(1, Return{.disk = Return::DiskFate::lost});
    const auto sent = [&](const char* priority) {
        return static_cast<double>(line->counters(std::string("message_") + priority + "_bytes"));
    };
    const std::uint64_t evictions = line->counters("evictions");
    const double none = sent("background");
    if (!world.run_until([&] { return world.ideal() && sent("background") > none; }, kPatience)) {
        figure.complaints.push_back("seed " + std::to_string(seed) + ": no repair");
        return;
    }
    const double foreground = sent("foreground"), background = sent("background");
    const SlowLine::Rate read = line->read(1, {keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(values)}, 1);
    const double ours = sent("foreground") - foreground, theirs = sent("background") - background;
    shares.push_back(ours / (ours + theirs));
    const bool repaired = world.run_until([&] { return world.settled(); }, kPatience).has_value();
    if (read.failed > 0 || !repaired || line->counters("evictions") > evictions) {
        figure.complaints.push_back("seed " + std::to_string(seed) + ": a read failed, or repair did not end");
    }
}

}  // namespace

Figure slow_line_experiment(const Settings& settings) {
    Figure figure;
    figure.title = "Values of 64 KiB through a slow line";
    figure.source =
        "issue 4; whole stacks, 100 kbit/s, 100 ms one way, 2 % loss each way, a queue of 16 KB; bytes of "
        "value alone; the owner and all holders are behind the line";
    const std::uint64_t seeds = settings.seeds.value_or(settings.quick ? 5 : 50);
    const std::uint64_t values = settings.pick(settings.keys, 20, 6);
    Found written, read, at_once;
    std::vector<double> shares;
    for (std::uint64_t seed = settings.seed; seed < settings.seed + seeds; ++seed) {
        SlowLineOptions options;
        options.seed = seed;
        options.far = 3;
        const std::unique_ptr<SlowLine> line = SlowLine::start(options);
        if (!line) {
            figure.complaints.push_back("seed " + std::to_string(seed) + ": not settled");
            continue;
        }
        const SlowLine::Keys keys = line->keys_of(line->successor_of(0), values);
        written.add(line->write(0, keys, 1));
        read.add(line->read(0, keys, 1));
        at_once.add(line->read(0, keys, 3));
        if (line->counters("evictions") > 0) {
            figure.complaints.push_back("seed " + std::to_string(seed) + ": somebody was given up");
        }
        repair(seed, std::min<std::uint64_t>(values, 8), shares, figure);
    }
    tell("SET, one at a time", written, true, figure);
    tell("GET, one at a time", read, true, figure);
    tell("GET, three at once, all together", at_once, false, figure);
    Check share = reported("share of clients beside repair, median", percentile(shares, 0.5));
    share.low = kYieldGoal;
    figure.checks.push_back(share);
    figure.checks.push_back(reported("share of clients beside repair, least", percentile(shares, 0)));
    return figure;
}

}  // namespace chord::sim
