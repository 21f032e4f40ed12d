// The faults that the nemesis knows, as one table: what each is called, the ranges from which its parameters are drawn,
// what begins it, what it does meanwhile, and what ends it. device_faults.cpp and network_faults.cpp hold the deeds.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tests/sim/churn.hpp"

namespace chord::sim {

class Nemesis;

/// What was drawn for one fault of one run. Which of the numbers a fault heeds, its row in the table tells.
struct FaultPlan {
    std::size_t kind = 0;    // row of fault_kinds()
    Duration start{};        // after the beginning of the busy phase
    Duration length{};       // from begin to end
    PerMillion share = 0;    // of devices, pairs or datagrams, at the beginning
    Duration period{};       // between two strokes; or a mean session, or how long a link stays up
    std::uint64_t seed = 1;  // of its dice while it goes on
};

/// A fault that is going on.
struct ActiveFault {
    explicit ActiveFault(const FaultPlan& drawn) : plan(drawn), dice(drawn.seed) {}

    FaultPlan plan;
    Rng dice;
    Time begins_at{}, ends_at{};
    Time strikes_at = kNever;  // the next stroke, of those that have several
    std::optional<Churn> churn;
    std::vector<std::size_t> devices;              // whom it has struck, where the end depends on it
    std::vector<std::chrono::milliseconds> jumps;  // of their clocks
    std::vector<std::uint8_t> sides;
};

struct FaultKind {
    template <typename T>
    struct Range {
        T min{}, max{};
    };

    const char* name;
    const char* help;         // one line
    bool divides;             // some devices cannot hear others: a lookup may be right for one part of them only
    Range<PerMillion> share;  // 0..0: not heeded; the same of the next
    Range<Duration> period;
    void (*begin)(Nemesis&, ActiveFault&);
    void (*strike)(Nemesis&, ActiveFault&);  // at strikes_at, which it moves on; null: it has no strokes
    void (*end)(Nemesis&, ActiveFault&);     // null: there is nothing to undo
};

std::span<const FaultKind> fault_kinds();
/// nullopt when none is called so.
std::optional<std::size_t> fault_named(const std::string& name);
/// "mass-failure from 120 s to 200 s, share 0.3".
std::string text(const FaultPlan& plan);

/// Draws the parameters of one fault for a busy phase of so long. It begins in the first half.
FaultPlan draw_fault(std::size_t kind, Duration busy, std::uint64_t seed);

}  // namespace chord::sim
