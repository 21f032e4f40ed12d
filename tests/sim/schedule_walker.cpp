#include "tests/sim/schedule_walker.hpp"

#include <algorithm>

#include "node/core/base/rng.hpp"
#include "tests/sim/shrink.hpp"

namespace chord::sim {

namespace {

constexpr std::size_t kSpareIds = 4;

// How often each kind of event is drawn, in the order of EventKind. Half of what is drawn does not apply.
constexpr std::array<std::uint8_t, kEventKinds> kWeights{14, 22, 16, 16, 6, 6, 4, 4, 12, 6, 8, 12};

Event random_event(Rng& rng, std::size_t nodes) {
    std::uint64_t total = 0;
    for (const std::uint8_t weight : kWeights) {
        total += weight;
    }
    std::uint64_t roll = rng.below(total);
    std::size_t kind = 0;
    while (roll >= kWeights[kind]) {
        roll -= kWeights[kind++];
    }
    const auto node = static_cast<std::uint8_t>(rng.below(nodes));
    const auto other = static_cast<std::uint8_t>(rng.below(nodes));
    return {static_cast<EventKind>(kind), node, other};
}

// A schedule in the course of being run.
class Run {
public:
    Run(const WalkOptions& options, const Schedule& schedule)
        : options_(options), schedule_(schedule), ring_(schedule.ids, options.length_max, options.variant) {
        ring_.limit_live(options.nodes_max);
        ring_.start_ideal(schedule.first_ring);
        if (schedule.second_ring != 0) {
            ring_.start_ideal(schedule.second_ring);
            introduce();
        }
        if (schedule.start == Start::premise) {
            ring_.require_principals(options.length_max + 1);
        } else {
            ring_.require_acquaintance();
        }
    }

    Outcome run() {
        for (const Event& event : schedule_.events) {
            step(event);
        }
        quiet();
        outcome_.trace_hash = ring_.trace_hash();
        if (!outcome_.converged || !outcome_.broken.empty()) {
            outcome_.end = ring_.dump();
        }
        return outcome_;
    }

private:
    void introduce() {
        std::size_t first = 0;
        std::size_t second = 0;
        for (std::size_t i = 0; i < ring_.size(); ++i) {
            first = (schedule_.first_ring >> i) & 1 ? i : first;
            second = (schedule_.second_ring >> i) & 1 ? i : second;
        }
        ring_.introduce(first, second);
    }

    void step(const Event& event) {
        if (!outcome_.broken.empty() || !ring_.apply(event)) {
            return;
        }
        ++outcome_.events;
        const RingReport report = ring_.check();
        for (const Violation& violation : report.violations) {
            const bool always = violation.rule <= Rule::one_live_successor || schedule_.start == Start::premise;
            if (always) {
                outcome_.broken.push_back(violation);
            } else {
                outcome_.transient[static_cast<std::size_t>(violation.rule)] = true;
            }
        }
        if (schedule_.start == Start::premise && report.principals < options_.length_max + 1) {
            outcome_.broken.push_back({Rule::sufficient_principals, schedule_.ids[event.node],
                                       "only " + std::to_string(report.principals) + " principals"});
        }
    }

    // Rounds in which everyone, in random order, stabilizes once in all its parts and probes one acquaintance.
    void quiet() {
        Rng rng(schedule_.quiet_seed);
        for (outcome_.rounds = 0; outcome_.rounds <= options_.rounds_max && outcome_.broken.empty();
             ++outcome_.rounds) {
            if (is_ideal(ring_.views(), options_.length_max)) {
                outcome_.converged = true;
                return;
            }
            std::vector<std::uint8_t> order;
            for (std::size_t i = 0; i < ring_.size(); ++i) {
                if (ring_.alive(i)) {
                    order.insert(order.begin() + static_cast<std::ptrdiff_t>(rng.below(order.size() + 1)),
                                 static_cast<std::uint8_t>(i));
                }
            }
            for (const std::uint8_t node : order) {
                visit(node, rng);
            }
            for (std::size_t pending = ring_.hints(); pending > 0; --pending) {
                step({EventKind::hint, static_cast<std::uint8_t>(rng.below(ring_.hints())), 0});
            }
        }
    }

    void visit(std::uint8_t node, Rng& rng) {
        const std::size_t start = rng.below(ring_.size());
        if (!ring_.member(node)) {
            for (std::size_t k = 0; k < ring_.size() && !ring_.member(node); ++k) {
                step({EventKind::join, node, static_cast<std::uint8_t>((start + k) % ring_.size())});
            }
            return;
        }
        // Somebody met before whom this node has lost sight of (PROTOCOL-NOTES 9).
        std::size_t other = node;
        std::uint64_t unseen = 0;
        for (std::size_t i = 0; i < ring_.size(); ++i) {
            if (i != node && ring_.met(node, i) && !ring_.sees(node, i) && rng.below(++unseen) == 0) {
                other = i;
            }
        }
        step({EventKind::stabilize, node, 0});
        step({EventKind::stabilize_second, node, 0});
        step({EventKind::notify, node, 0});
        step({EventKind::nudge, node, 0});
        step({EventKind::check_predecessor, node, 0});
        step({EventKind::probe, node, static_cast<std::uint8_t>(other)});
    }

    const WalkOptions& options_;
    const Schedule& schedule_;
    EventRing ring_;
    Outcome outcome_;
};

Schedule shrink(const WalkOptions& options, Schedule schedule) {
    const auto without = [](std::vector<Event> less, std::size_t first, std::size_t count) {
        const auto begin = less.begin() + static_cast<std::ptrdiff_t>(first);
        less.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
        return less;
    };
    schedule.events = shrunk(schedule.events, without, [&](const std::vector<Event>& fewer) {
        Schedule less = schedule;
        less.events = fewer;
        return failed(run_schedule(options, less));
    });
    return schedule;
}

std::string command(const WalkOptions& options, std::uint64_t index) {
    std::string line = "chord_sim walk --r " + std::to_string(options.length_max) + " --seed " +
                       std::to_string(options.seed) + " --n-max " + std::to_string(options.nodes_max) + " --rounds " +
                       std::to_string(options.rounds_max) + " --schedules 1 --index " + std::to_string(index);
    if (options.variant != Variant::correct) {
        line += " --broken " + std::string(kVariantNames[static_cast<std::size_t>(options.variant)]);
    }
    return line;
}

WalkFailure explain(const WalkOptions& options, std::uint64_t index, const Schedule& schedule) {
    const Schedule small = shrink(options, schedule);
    const Outcome outcome = run_schedule(options, small);
    WalkFailure failure;
    failure.index = index;
    failure.events = small.events;
    failure.command = command(options, index);
    failure.reason = "not ideal after " + std::to_string(options.rounds_max) + " rounds";
    if (!outcome.broken.empty()) {
        failure.reason = std::string(name(outcome.broken.front().rule)) + ": " + outcome.broken.front().text;
    }
    static constexpr std::array<const char*, 3> kStarts{"a ring of one", "an ideal ring", "two rings"};
    failure.text = failure.command + "\n  " + failure.reason + "\n  from " +
                   kStarts[static_cast<std::size_t>(small.start)] + ", nodes";
    for (std::size_t i = 0; i < small.ids.size(); ++i) {
        if (((small.first_ring | small.second_ring) >> i) & 1) {
            failure.text += " " + std::to_string(i);
        }
    }
    failure.text += ":\n";
    for (const Event& event : small.events) {
        failure.text += "    " + text(event) + "\n";
    }
    failure.text += outcome.end;
    return failure;
}

std::size_t percentile(const std::vector<std::uint64_t>& histogram, std::uint64_t total, std::uint64_t percent) {
    std::uint64_t seen = 0;
    for (std::size_t value = 0; value < histogram.size(); ++value) {
        seen += histogram[value];
        if (seen > 0 && seen * 100 >= total * percent) {
            return value;
        }
    }
    return 0;
}

}  // namespace

Schedule random_schedule(const WalkOptions& options, std::uint64_t index) {
    Rng mix(options.seed ^ (std::uint64_t{options.length_max} << 56));
    Rng rng(mix.next() + index * 0x9e3779b97f4a7c15ULL);
    rng.next();

    Schedule schedule;
    const std::size_t nodes = options.nodes_max + kSpareIds;
    while (schedule.ids.size() < nodes) {
        schedule.ids.push_back(Id{{rng.next(), 0, 0, 0}});
    }
    std::sort(schedule.ids.begin(), schedule.ids.end());

    const std::uint64_t roll = rng.below(10);
    const std::size_t premise_min = options.length_max + 1;
    schedule.start = roll < 5 ? Start::solo : roll < 8 ? Start::premise : Start::two_rings;
    if (schedule.start == Start::premise && premise_min > options.nodes_max) {
        schedule.start = Start::solo;
    }
    std::vector<std::size_t> shuffled;
    for (std::size_t i = 0; i < nodes; ++i) {
        shuffled.insert(shuffled.begin() + static_cast<std::ptrdiff_t>(rng.below(i + 1)), i);
    }
    std::size_t first = 1;
    std::size_t second = 0;
    if (schedule.start == Start::premise) {
        first = premise_min + rng.below(options.nodes_max - premise_min + 1);
    } else if (schedule.start == Start::two_rings) {
        first = 1 + rng.below(options.nodes_max / 2);
        second = 1 + rng.below(options.nodes_max / 2);
    }
    for (std::size_t i = 0; i < first + second; ++i) {
        (i < first ? schedule.first_ring : schedule.second_ring) |= std::uint32_t{1} << shuffled[i];
    }
    const std::uint64_t events = 20 + rng.below(180);
    for (std::uint64_t i = 0; i < events; ++i) {
        schedule.events.push_back(random_event(rng, nodes));
    }
    schedule.quiet_seed = rng.next();
    return schedule;
}

Outcome run_schedule(const WalkOptions& options, const Schedule& schedule) {
    return Run(options, schedule).run();
}

WalkReport walk(const WalkOptions& options, const std::function<Outcome(std::uint64_t)>& run,
                const std::function<WalkFailure(std::uint64_t)>& explain_failure) {
    WalkReport report;
    TraceHash trace;
    std::vector<std::uint64_t> rounds(options.rounds_max + 2);
    for (std::uint64_t i = 0; i < options.schedules; ++i) {
        const std::uint64_t index = options.first_index + i;
        const Outcome outcome = run(index);
        ++report.schedules;
        report.events += outcome.events;
        trace.add(outcome.trace_hash);
        for (std::size_t rule = 0; rule < kRules; ++rule) {
            report.transient[rule] += outcome.transient[rule] ? 1U : 0U;
        }
        if (!failed(outcome)) {
            ++report.converged;
            ++rounds[outcome.rounds];
            report.rounds_max = std::max(report.rounds_max, outcome.rounds);
            continue;
        }
        ++(!outcome.broken.empty() ? report.broken : !outcome.converged ? report.non_converged : report.wrong);
        if (report.failures.size() < options.failures_told) {
            report.failures.push_back(explain_failure(index));
        }
    }
    report.rounds_p50 = percentile(rounds, report.converged, 50);
    report.rounds_p99 = percentile(rounds, report.converged, 99);
    report.trace_hash = trace.value();
    return report;
}

WalkReport walk_schedules(const WalkOptions& options) {
    return walk(
        options, [&](std::uint64_t index) { return run_schedule(options, random_schedule(options, index)); },
        [&](std::uint64_t index) { return explain(options, index, random_schedule(options, index)); });
}

}  // namespace chord::sim
