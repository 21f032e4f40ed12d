#include "tests/sim/network_model.hpp"

#include <algorithm>

namespace chord::sim {

namespace {

// What the draws are for: two kinds never share one.
constexpr std::uint64_t kOneWay = 1, kPair = 2, kFlap = 3, kFlapPhase = 4, kSlow = 5, kNat = 6, kSite = 7, kSites = 8,
                        kPlace = 9;

std::pair<std::uint32_t, std::uint32_t> unordered(const Passage& passage) {
    return std::minmax(passage.from, passage.to);
}

// The whole part of the square root, bit by bit: the same on every machine. REQUIRES: below 2^62.
std::uint64_t root(std::uint64_t square) {
    std::uint64_t found = 0;
    for (std::uint64_t bit = std::uint64_t{1} << 30; bit > 0; bit >>= 1) {
        found += (found + bit) * (found + bit) <= square ? bit : 0;
    }
    return found;
}

std::uint8_t side_in(const std::vector<std::uint8_t>& sides, std::size_t device) {
    return device < sides.size() ? sides[device] : std::uint8_t{0};
}

Duration micros(std::uint64_t count) {
    return Duration(static_cast<std::int64_t>(count));
}

}  // namespace

struct NetworkModel::Row {
    std::string_view name;
    bool (NetworkModel::*stops)(const Passage&);
};

// In the order of Part.
constexpr std::array<NetworkModel::Row, NetworkModel::kParts> NetworkModel::kTable{{
    {"mtu", &NetworkModel::too_large},
    {"sides", &NetworkModel::crosses_sides},
    {"one_way", &NetworkModel::is_one_way_dead},
    {"cut_pairs", &NetworkModel::is_cut},
    {"flapping", &NetworkModel::is_flapped_down},
    {"nat", &NetworkModel::is_filtered},
    {"loss", &NetworkModel::is_lost},
}};

std::string_view NetworkModel::name(Part part) {
    return kTable[static_cast<std::size_t>(part)].name;
}

NetworkModel::Copies NetworkModel::send(std::size_t from, std::size_t to, std::size_t bytes, Time now) {
    const Passage passage{static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to), bytes, now};
    open_nat(passage);
    Copies copies;
    for (std::size_t part = 0; part < kParts; ++part) {
        if ((this->*kTable[part].stops)(passage)) {
            ++stopped_[part];
            return copies;
        }
    }
    if (testing::Link* const line = line_of(passage)) {
        for (const Time at : line->carry(bytes, now)) {
            copies.delays[copies.count++] = at - now + delay(passage);
        }
        return copies;
    }
    copies.delays[copies.count++] = delay(passage);
    if (happens(conditions_.duplicate)) {
        copies.delays[copies.count++] = delay(passage);
    }
    return copies;
}

void NetworkModel::narrow(std::vector<std::uint8_t> sides, const testing::LinkOptions& line) {
    ends_ = std::move(sides);
    line_options_ = line;
    lines_.clear();
}

const testing::Link* NetworkModel::line(std::uint8_t from, std::uint8_t to) const {
    const auto found = lines_.find({from, to});
    return found == lines_.end() ? nullptr : &found->second;
}

testing::Link* NetworkModel::line_of(const Passage& passage) {
    if (ends_.empty()) {
        return nullptr;
    }
    const std::pair sides(side_in(ends_, passage.from), side_in(ends_, passage.to));
    if (sides.first == sides.second) {
        return nullptr;
    }
    const auto found = lines_.find(sides);
    return found != lines_.end() ? &found->second
                                 : &lines_.try_emplace(sides, line_options_, rng_.next()).first->second;
}

std::uint64_t NetworkModel::draw(std::uint64_t salt, std::uint64_t a, std::uint64_t b) const {
    // Each word goes through SplitMix64's mixer before the next one joins it.
    const std::uint64_t first = Rng(draw_seed_ ^ salt << 56).next() ^ a;
    return Rng(Rng(first).next() ^ b).next();
}

bool NetworkModel::drawn(std::uint64_t salt, std::uint64_t a, std::uint64_t b, PerMillion share) const {
    return share > 0 && draw(salt, a, b) % kAlways < share;
}

// ---- What stops a datagram ----------------------------------------------------------------------------------------

bool NetworkModel::too_large(const Passage& passage) {
    return conditions_.mtu > 0 && passage.bytes > conditions_.mtu;
}

bool NetworkModel::crosses_sides(const Passage& passage) {
    return side_in(sides_, passage.from) != side_in(sides_, passage.to);
}

bool NetworkModel::is_one_way_dead(const Passage& passage) {
    return drawn(kOneWay, passage.from, passage.to, conditions_.one_way);
}

bool NetworkModel::is_cut(const Passage& passage) {
    if (cuts_.contains({passage.from, passage.to})) {
        return true;
    }
    const auto [a, b] = unordered(passage);
    return drawn(kPair, a, b, conditions_.cut_pairs);
}

bool NetworkModel::is_flapped_down(const Passage& passage) {
    const auto [a, b] = unordered(passage);
    if (!drawn(kFlap, a, b, conditions_.flapping)) {
        return false;
    }
    const auto period = static_cast<std::uint64_t>(conditions_.flap_period.count());
    const std::uint64_t phase = draw(kFlapPhase, a, b) % (2 * period);
    return (static_cast<std::uint64_t>((passage.now - Time{}).count()) + phase) / period % 2 == 1;
}

bool NetworkModel::is_filtered(const Passage& passage) {
    if (!is_behind_nat(passage.to)) {
        return false;
    }
    const auto hole = nat_.find({passage.to, passage.from});
    return hole == nat_.end() || passage.now - hole->second > conditions_.nat_memory;
}

bool NetworkModel::is_lost(const Passage&) {
    return happens(conditions_.loss);
}

void NetworkModel::open_nat(const Passage& passage) {
    if (!is_behind_nat(passage.from)) {
        return;
    }
    nat_[{passage.from, passage.to}] = passage.now;
    if (passage.now - nat_swept_ > conditions_.nat_memory) {
        nat_swept_ = passage.now;
        std::erase_if(nat_, [&](const auto& hole) { return passage.now - hole.second > conditions_.nat_memory; });
    }
}

bool NetworkModel::is_behind_nat(std::size_t device) const {
    return drawn(kNat, device, 0, conditions_.behind_nat);
}

// ---- How long it takes --------------------------------------------------------------------------------------------

bool NetworkModel::is_slow(std::size_t device) const {
    return drawn(kSlow, device, 0, conditions_.slow);
}

std::uint32_t NetworkModel::site(std::size_t device) const {
    return static_cast<std::uint32_t>(draw(kSite, device, 0) % conditions_.sites);
}

Duration NetworkModel::straight_way(std::size_t a, std::size_t b) const {
    constexpr int kGridBits = 20;  // places on an edge
    std::uint64_t square = 0;
    for (std::uint64_t axis = 0; axis < 3; ++axis) {
        const std::uint64_t at = draw(kPlace, a, axis) >> (64 - kGridBits);
        const std::uint64_t to = draw(kPlace, b, axis) >> (64 - kGridBits);
        const std::uint64_t apart = at < to ? to - at : at - to;
        square += apart * apart;
    }
    return micros(root(square) * static_cast<std::uint64_t>(conditions_.cube_edge.count()) >> kGridBits);
}

Duration NetworkModel::delay(const Passage& passage) {
    Duration mean = conditions_.latency;
    Duration jitter = conditions_.jitter;
    if (conditions_.sites > 0) {
        const std::uint32_t a = site(passage.from), b = site(passage.to);
        const auto spread = static_cast<std::uint64_t>(mean.count());
        mean = a == b ? conditions_.latency_inside
                      : mean / 2 + micros(draw(kSites, std::min(a, b), std::max(a, b)) % (spread + 1));
        jitter = Duration(jitter.count() * mean.count() / std::max<std::int64_t>(1, conditions_.latency.count()));
    } else if (conditions_.cube_edge > Duration{}) {
        mean = straight_way(passage.from, passage.to);
        jitter = std::min(jitter, mean);
    }
    Duration delay = mean - jitter + micros(rng_.below(static_cast<std::uint64_t>(jitter.count()) * 2 + 1));
    if (happens(conditions_.reorder)) {
        delay += micros(rng_.below(static_cast<std::uint64_t>(conditions_.reorder_delay.count()) + 1));
    }
    if (conditions_.slow > 0) {
        delay += conditions_.slow_by * (is_slow(passage.from) + is_slow(passage.to));
    }
    return delay;
}

// -------------------------------------------------------------------------------------------------------------------

Endpoint address_of(std::size_t index) {
    Endpoint address;
    address.ip[10] = address.ip[11] = 0xff;
    address.ip[12] = 10;
    address.ip[13] = static_cast<std::uint8_t>(index >> 16);
    address.ip[14] = static_cast<std::uint8_t>(index >> 8);
    address.ip[15] = static_cast<std::uint8_t>(index);
    address.port = 4000;
    return address;
}

std::size_t index_of(const Endpoint& address) {
    return std::size_t{address.ip[13]} << 16 | std::size_t{address.ip[14]} << 8 | address.ip[15];
}

Duration exponential(Rng& rng, Duration mean) {
    // The whole part rises with each descending run of even length; the first roll of the odd one is the fraction.
    for (std::int64_t whole = 0;; ++whole) {
        const std::uint64_t first = rng.next() >> 32;
        std::uint64_t previous = first;
        bool odd = true;
        while (true) {
            const std::uint64_t roll = rng.next() >> 32;
            if (roll >= previous) {
                break;
            }
            previous = roll;
            odd = !odd;
        }
        if (odd) {
            const std::int64_t fraction = (mean.count() >> 16) * static_cast<std::int64_t>(first >> 16);
            return mean * whole + Duration(fraction);
        }
    }
}

}  // namespace chord::sim
