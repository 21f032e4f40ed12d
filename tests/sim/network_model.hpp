// NetworkModel: what becomes of a datagram between two simulated devices. Shared by the message and the datagram
// simulator: both ask send() and know nothing else of the network.
//
// It is a short table of parts (kTable), each of which may stop a datagram, and of latencies. What concerns
// a pair or a device (a cut, a slow device, a site) is drawn by hashing their numbers with the seed, so that a million
// devices need no table of pairs and the order of sending changes nothing; what concerns one datagram (loss,
// duplication, delay) is rolled. Integers decide everything.
//
// Invariants
//  1. What was drawn for a pair or a device stays so as long as the seed does; a share only says how far the draw goes,
//     so raising it adds pairs and takes none away.
//  2. With all shares 0, no sides and no MTU, every datagram arrives exactly once within latency ± jitter.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "node/core/base/peer.hpp"
#include "node/core/base/rng.hpp"
#include "node/core/base/time.hpp"
#include "tests/support/link.hpp"

namespace chord::sim {

/// A share in parts per million: the core of the simulator decides nothing with floating point.
using PerMillion = std::uint32_t;
inline constexpr PerMillion kAlways = 1'000'000;

struct NetworkConditions {
    Duration latency = std::chrono::milliseconds(20);  // one way, uniform in latency ± jitter; between sites, if any
    Duration jitter = std::chrono::milliseconds(10);   // at most latency
    PerMillion loss = 0;
    PerMillion duplicate = 0;
    PerMillion reorder = 0;  // takes up to reorder_delay longer, so later ones overtake it
    Duration reorder_delay = std::chrono::milliseconds(200);

    /// Two levels: each device stands in one of so many sites; 0 is the flat model. Between two sites it takes 1/2 to
    /// 3/2 of `latency`, drawn for the pair of sites; inside one it takes latency_inside, and the jitter shrinks alike.
    std::uint32_t sites = 0;
    Duration latency_inside = std::chrono::milliseconds(1);

    /// Space: each device stands somewhere in a cube, and it takes the straight way at this much for an edge; the
    /// jitter is at most that way. 0: there are no places. Where there are sites, they decide.
    Duration cube_edge{};

    std::size_t mtu = 0;       // UDP payload bytes; larger datagrams vanish. 0: any size passes
    PerMillion one_way = 0;    // of ordered pairs: a→b is dead while b→a lives
    PerMillion cut_pairs = 0;  // of pairs, cut both ways: reachability is not transitive
    PerMillion flapping = 0;   // of pairs, up and down in turn, flap_period each, each pair with its own phase
    Duration flap_period = std::chrono::seconds(20);
    PerMillion slow = 0;  // of devices: what they send and what they receive is late by slow_by
    Duration slow_by = std::chrono::milliseconds(800);
    PerMillion behind_nat = 0;  // of devices: reached only by those they sent to within nat_memory
    Duration nat_memory = std::chrono::seconds(60);
};

/// One datagram on its way.
struct Passage {
    std::uint32_t from = 0, to = 0;
    std::size_t bytes = 0;
    Time now{};
};

class NetworkModel {
public:
    NetworkModel(const NetworkConditions& conditions, std::uint64_t seed)
        : conditions_(conditions), draw_seed_(seed), rng_(seed) {}

    /// The delays after which copies arrive: none when it is stopped, two when it is duplicated.
    struct Copies {
        std::size_t count = 0;
        std::array<Duration, 2> delays{};
    };
    /// `now` never decreases from one call to the next. At the message seam `bytes` may be 0.
    Copies send(std::size_t from, std::size_t to, std::size_t bytes, Time now);

    const NetworkConditions& conditions() const { return conditions_; }
    void change(const NetworkConditions& conditions) { conditions_ = conditions; }

    /// Devices of different sides cannot hear each other. One side a device; who has none stands on side 0. Empty
    /// heals.
    void split(std::vector<std::uint8_t> sides) { sides_ = std::move(sides); }

    /// Devices of different sides reach each other over one line each way, whose queue, delay and losses come on top.
    /// One side for each device; who has none stands on side 0. Empty takes the lines away.
    void narrow(std::vector<std::uint8_t> sides, const testing::LinkOptions& line);
    /// The line from one side to another; nullptr while nothing has gone over it.
    const testing::Link* line(std::uint8_t from, std::uint8_t to) const;

    /// Nothing that `from` sends reaches `to` any more, whatever the shares are; until mend().
    void cut(std::size_t from, std::size_t to) {
        cuts_.emplace(static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to));
    }
    void mend() { cuts_.clear(); }

    /// What stops datagrams, in the order in which it is asked.
    enum class Part : std::uint8_t { mtu, sides, one_way, cut_pairs, flapping, nat, loss };
    static constexpr std::size_t kParts = 7;
    static std::string_view name(Part part);
    /// Datagrams stopped so far, by the part that did it.
    const std::array<std::uint64_t, kParts>& stopped() const { return stopped_; }

    // What is drawn for good.
    bool is_slow(std::size_t device) const;
    bool is_behind_nat(std::size_t device) const;
    /// REQUIRES: conditions().sites > 0.
    std::uint32_t site(std::size_t device) const;

private:
    struct Row;
    static const std::array<Row, kParts> kTable;

    bool happens(PerMillion share) { return share > 0 && rng_.chance(share, kAlways); }
    bool drawn(std::uint64_t salt, std::uint64_t a, std::uint64_t b, PerMillion share) const;
    std::uint64_t draw(std::uint64_t salt, std::uint64_t a, std::uint64_t b) const;

    bool too_large(const Passage& passage);
    bool crosses_sides(const Passage& passage);
    bool is_one_way_dead(const Passage& passage);
    bool is_cut(const Passage& passage);
    bool is_flapped_down(const Passage& passage);
    bool is_filtered(const Passage& passage);
    bool is_lost(const Passage& passage);

    Duration delay(const Passage& passage);
    Duration straight_way(std::size_t a, std::size_t b) const;
    void open_nat(const Passage& passage);
    testing::Link* line_of(const Passage& passage);

    NetworkConditions conditions_;
    std::uint64_t draw_seed_;
    Rng rng_;
    std::vector<std::uint8_t> sides_;
    std::vector<std::uint8_t> ends_;  // of lines; empty: there are none
    testing::LinkOptions line_options_;
    std::map<std::pair<std::uint8_t, std::uint8_t>, testing::Link> lines_;  // (from side, to side)
    std::set<std::pair<std::uint32_t, std::uint32_t>> cuts_;                // (from, to), made by cut()
    std::array<std::uint64_t, kParts> stopped_{};
    std::map<std::pair<std::uint32_t, std::uint32_t>, Time> nat_;  // (behind, outside): when it last sent
    Time nat_swept_{};
};

/// The address of simulated node number `index` (below 2^24): [::ffff:10.a.b.c]:4000.
Endpoint address_of(std::size_t index);
/// REQUIRES: an address made by address_of.
std::size_t index_of(const Endpoint& address);

/// An exponentially distributed duration (von Neumann's method: comparisons only, so the same on every machine).
Duration exponential(Rng& rng, Duration mean);

}  // namespace chord::sim
