#include "tests/sim/message_walker.hpp"

#include "tests/sim/fast_world.hpp"
#include "tests/sim/shrink.hpp"

namespace chord::sim {

namespace {

constexpr std::size_t kSpareIds = 4;
constexpr std::size_t kSeeds = 3;  // hosts 0..2 are everybody's configured seeds, and are on in the end
constexpr Duration kStep = std::chrono::milliseconds(250);

class MessageRun {
public:
    MessageRun(const WalkOptions& options, const MessageSchedule& schedule)
        : options_(options), schedule_(schedule), world_(fast_world(options.length_max, schedule.seed), schedule.ids) {}

    Outcome run() {
        for (std::size_t i = 0; i < schedule_.together; ++i) {
            world_.start(i, seeds());
        }
        for (const MessageAction& action : schedule_.actions) {
            world_.run_until(world_.now() + action.after);
            act(action);
        }
        for (std::size_t i = 0; i < kSeeds; ++i) {
            if (!world_.alive(i)) {
                world_.start(i, seeds());
            }
        }
        const Time quiet = world_.now();
        const Time end = quiet + kFastRound * static_cast<std::int64_t>(options_.rounds_max);
        while (!world_.violation() && !world_.ideal() && world_.now() < end) {
            world_.run_until(world_.now() + kStep);
        }
        Outcome outcome;
        outcome.converged = world_.ideal();
        outcome.rounds = static_cast<std::size_t>((world_.now() - quiet) / kFastRound);
        if (world_.violation()) {
            outcome.broken.push_back(*world_.violation());
        }
        outcome.events = world_.messages();
        outcome.trace_hash = world_.trace_hash();
        outcome.transient = world_.transient();
        if (!outcome.converged || world_.violation()) {
            outcome.end = world_.dump();
        }
        return outcome;
    }

private:
    static std::vector<std::size_t> seeds() { return {0, 1, 2}; }

    void act(const MessageAction& action) {
        const std::size_t host = action.host;
        if (action.kind == MessageAction::Kind::start) {
            std::size_t on = 0;
            for (std::size_t i = 0; i < schedule_.ids.size(); ++i) {
                on += world_.alive(i) ? 1U : 0U;
            }
            if (!world_.alive(host) && on < options_.nodes_max) {
                world_.start(host, seeds());
            }
            return;
        }
        if (!world_.alive(host) || !world_.may_vanish(host)) {
            return;
        }
        if (action.kind == MessageAction::Kind::leave) {
            world_.leave(host);
            return;
        }
        world_.kill(host);
        if (action.kind == MessageAction::Kind::restart) {
            world_.start(host, seeds());
        }
    }

    const WalkOptions& options_;
    const MessageSchedule& schedule_;
    MessageWorld world_;
};

std::string text(const MessageAction& action) {
    static constexpr std::array<const char*, 4> kNames{"start", "kill", "leave", "restart"};
    return std::to_string(action.after.count() / 1000) + " ms later " + kNames[static_cast<std::size_t>(action.kind)] +
           " n" + std::to_string(action.host);
}

WalkFailure explain(const WalkOptions& options, std::uint64_t index, MessageSchedule schedule) {
    schedule.actions = shrunk_timed(schedule.actions, [&](const std::vector<MessageAction>& fewer) {
        MessageSchedule less = schedule;
        less.actions = fewer;
        return failed(run_message_schedule(options, less));
    });
    const Outcome outcome = run_message_schedule(options, schedule);
    WalkFailure failure;
    failure.index = index;
    failure.command = "chord_sim walk --messages --r " + std::to_string(options.length_max) + " --seed " +
                      std::to_string(options.seed) + " --n-max " + std::to_string(options.nodes_max) + " --rounds " +
                      std::to_string(options.rounds_max) + " --schedules 1 --index " + std::to_string(index);
    failure.reason = "not ideal after " + std::to_string(options.rounds_max) + " periods";
    if (!outcome.broken.empty()) {
        failure.reason = std::string(name(outcome.broken.front().rule)) + ": " + outcome.broken.front().text;
    }
    failure.text = failure.command + "\n  " + failure.reason + "\n  from " + std::to_string(schedule.together) +
                   " hosts that start together:\n";
    for (const MessageAction& action : schedule.actions) {
        failure.text += "    " + text(action) + "\n";
    }
    failure.text += outcome.end;
    return failure;
}

}  // namespace

MessageSchedule random_message_schedule(const WalkOptions& options, std::uint64_t index) {
    Rng mix(options.seed ^ (std::uint64_t{options.length_max} << 56) ^ 0x6d657373);
    Rng rng(mix.next() + index * 0x9e3779b97f4a7c15ULL);
    rng.next();
    MessageSchedule schedule;
    const std::size_t hosts = options.nodes_max + kSpareIds;
    while (schedule.ids.size() < hosts) {
        schedule.ids.push_back(Id{{rng.next(), 0, 0, 0}});
    }
    schedule.together = rng.chance(1, 2) ? 1 : 1 + rng.below(options.nodes_max);
    const std::uint64_t actions = 5 + rng.below(30);
    for (std::uint64_t i = 0; i < actions; ++i) {
        const std::uint64_t roll = rng.below(10);
        MessageAction action;
        action.kind = roll < 5   ? MessageAction::Kind::start
                      : roll < 7 ? MessageAction::Kind::kill
                      : roll < 8 ? MessageAction::Kind::leave
                                 : MessageAction::Kind::restart;
        action.host = static_cast<std::uint8_t>(rng.below(hosts));
        // Mostly close together, sometimes with time to settle.
        action.after = Duration(static_cast<std::int64_t>(rng.below(rng.chance(1, 8) ? 8'000'000 : 600'000)));
        schedule.actions.push_back(action);
    }
    schedule.seed = rng.next();
    return schedule;
}

Outcome run_message_schedule(const WalkOptions& options, const MessageSchedule& schedule) {
    return MessageRun(options, schedule).run();
}

WalkReport walk_messages(const WalkOptions& options) {
    return walk(
        options,
        [&](std::uint64_t index) { return run_message_schedule(options, random_message_schedule(options, index)); },
        [&](std::uint64_t index) { return explain(options, index, random_message_schedule(options, index)); });
}

}  // namespace chord::sim
