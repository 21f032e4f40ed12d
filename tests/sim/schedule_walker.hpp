// The event-level walker: random schedules of join, fail, leave, restart and every step of the maintenance over an
// EventRing, the checker after each event, then quiet rounds until the ring is ideal (PROTOCOL-NOTES 2.5 is the table
// to beat). A schedule that fails is shrunk to the events that matter.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/sim/event_ring.hpp"

namespace chord::sim {

struct WalkOptions {
    std::uint64_t schedules = 1000;
    std::uint64_t first_index = 0;  // schedule i depends on seed, r and i only
    std::uint64_t seed = 1;
    std::size_t length_max = 3;   // r
    std::size_t nodes_max = 10;   // alive at a time; four more ids come and go
    std::size_t rounds_max = 50;  // of everyone stabilizing, until ideal
    Variant variant = Variant::correct;
    std::size_t failures_told = 3;  // shrunk and kept in the report; all are counted
};

/// How a schedule begins, which decides what must hold all the time.
enum class Start : std::uint8_t {
    solo,      // a ring of one. Local rules and OneLiveSuccessor hold; the ring-wide ones may break for a while.
    premise,   // an ideal ring of at least r + 1, and as many principals for ever: everything holds (Zave's theorem).
    two_rings  // two ideal rings, one acquaintance between them: must become one.
};

/// One schedule in full; any subset of `events` is one too.
struct Schedule {
    Start start{};
    std::vector<Id> ids;
    std::uint32_t first_ring = 0;  // bit masks of ids
    std::uint32_t second_ring = 0;
    std::vector<Event> events;
    std::uint64_t quiet_seed = 0;  // of the order of things in the quiet phase
};

struct Outcome {
    bool converged = false;
    std::vector<Violation> broken;   // of rules that must hold, at the first event that broke one
    std::vector<std::string> wrong;  // what else must not be; "kind: sentence" each
    std::size_t rounds = 0;          // of the quiet phase
    std::uint64_t events = 0;        // that applied
    std::uint64_t trace_hash = 0;
    std::array<bool, kRules> transient{};  // ring-wide rules broken for a while where they may be
    std::string end;                       // the nodes at the end of a run that failed
};

struct WalkFailure {
    std::uint64_t index = 0;
    std::string reason;
    std::string command;        // that reproduces it
    std::vector<Event> events;  // what is left after shrinking
    std::string text;           // all of it for people, several lines
};

struct WalkReport {
    std::uint64_t schedules = 0, converged = 0, non_converged = 0, broken = 0, wrong = 0, events = 0;
    std::size_t rounds_p50 = 0, rounds_p99 = 0, rounds_max = 0;  // of the converged ones
    std::array<std::uint64_t, kRules> transient{};               // schedules in which the rule broke for a while
    std::uint64_t trace_hash = 0;
    std::vector<WalkFailure> failures;
};

inline bool failed(const Outcome& outcome) {
    return !outcome.converged || !outcome.broken.empty() || !outcome.wrong.empty();
}

/// Runs `options.schedules` indices and counts; `explain` is asked about the first failures.
WalkReport walk(const WalkOptions& options, const std::function<Outcome(std::uint64_t index)>& run,
                const std::function<WalkFailure(std::uint64_t index)>& explain);

Schedule random_schedule(const WalkOptions& options, std::uint64_t index);
Outcome run_schedule(const WalkOptions& options, const Schedule& schedule);
WalkReport walk_schedules(const WalkOptions& options);

}  // namespace chord::sim
