// The message-level walker: random schedules of starts, crashes, leaves and restarts over a MessageWorld with loss,
// duplicates and reordering, then quiet until the ring is ideal.
#pragma once

#include "tests/sim/message_world.hpp"
#include "tests/sim/schedule_walker.hpp"

namespace chord::sim {

/// One thing done to the world from outside, and how long after the one before it.
struct MessageAction {
    enum class Kind : std::uint8_t { start, kill, leave, restart } kind{};
    std::uint8_t host = 0;
    Duration after{};
};

struct MessageSchedule {
    std::vector<Id> ids;
    std::size_t together = 1;  // hosts 0..together-1 start at the first instant, knowing each other
    std::vector<MessageAction> actions;
    std::uint64_t seed = 0;  // of the network and the nodes
};

MessageSchedule random_message_schedule(const WalkOptions& options, std::uint64_t index);
Outcome run_message_schedule(const WalkOptions& options, const MessageSchedule& schedule);

/// As walk_schedules; a round is one stabilize period, and options.variant means nothing.
WalkReport walk_messages(const WalkOptions& options);

}  // namespace chord::sim
