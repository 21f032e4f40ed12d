#include "tests/sim/split_schedule.hpp"

#include <algorithm>
#include <limits>

#include "node/core/base/rng.hpp"

namespace chord::sim {

namespace {

using Kind = SplitAction::Kind;

constexpr std::uint64_t kHostsMin = 4;
constexpr std::uint64_t kSparesMax = 2;
constexpr std::uint64_t kKeysMin = 3;
constexpr std::uint64_t kKeysMax = 8;

Duration ms(std::uint64_t count) {
    return std::chrono::milliseconds(count);
}

// Draws a schedule as actions at points of time, round by round.
class Author {
public:
    Author(const WalkOptions& options, std::uint64_t seed) : rng_(seed) {
        const std::uint64_t together = kHostsMin + rng_.below(options.nodes_max - kHostsMin + 1);
        hosts_ = together + rng_.below(kSparesMax + 1);
        keys_ = kKeysMin + rng_.below(kKeysMax - kKeysMin + 1);
        while (schedule_.ids.size() < hosts_) {
            schedule_.ids.push_back(Id{{rng_.next(), 0, 0, 0}});
        }
        std::sort(schedule_.ids.begin(), schedule_.ids.end());
        std::vector<std::uint8_t> shuffled;
        for (std::size_t i = 0; i < hosts_; ++i) {
            shuffled.insert(shuffled.begin() + static_cast<std::ptrdiff_t>(rng_.below(i + 1)),
                            static_cast<std::uint8_t>(i));
        }
        schedule_.together.assign(shuffled.begin(), shuffled.begin() + static_cast<std::ptrdiff_t>(together));
        std::copy_n(schedule_.together.begin(), schedule_.seeds.size(), schedule_.seeds.begin());
        schedule_.seed = rng_.next();
    }

    SplitSchedule write() {
        const std::uint64_t theme = rng_.below(20);
        crashes_ = theme >= 8 && theme < 17;
        losses_ = theme >= 13 && theme < 17;
        const bool gap = theme >= 17;
        const std::uint64_t rounds = 1 + rng_.below(4);
        for (std::uint64_t round = 0; round < rounds; ++round) {
            if (gap) {
                return_into_one_gap();
            } else {
                split_and_heal();
            }
        }
        std::stable_sort(timed_.begin(), timed_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        Duration last{};
        for (auto& [at, action] : timed_) {
            action.after = at - std::exchange(last, at);
            schedule_.actions.push_back(std::move(action));
        }
        return std::move(schedule_);
    }

private:
    void add(Duration at, SplitAction action) { timed_.emplace_back(at, std::move(action)); }
    void add(Duration at, Kind kind, std::uint64_t host, std::uint64_t key = 0) {
        SplitAction action;
        action.kind = kind;
        action.host = static_cast<std::uint8_t>(host);
        action.key = static_cast<std::uint8_t>(key);
        add(at, std::move(action));
    }

    // From shorter than a failure needs to be noticed to many periods.
    Duration random_length() {
        const std::uint64_t roll = rng_.below(4);
        return roll == 0  ? ms(100 + rng_.below(2'000))
               : roll < 3 ? ms(2'000 + rng_.below(20'000))
                          : ms(20'000 + rng_.below(80'000));
    }

    // Two sides, or three; from half and half to one in ten; arcs of the ring, or anybody.
    std::vector<std::uint8_t> random_sides() {
        const std::uint64_t minority = std::max<std::uint64_t>(1, hosts_ * (10 + rng_.below(41)) / 100);
        const bool three = hosts_ >= 3 && rng_.chance(1, 3);
        const std::uint64_t third = three ? 1 + rng_.below(std::max<std::uint64_t>(1, (hosts_ - minority) / 2)) : 0;
        std::vector<std::uint8_t> sides(hosts_, 0);
        std::fill_n(sides.begin(), minority, std::uint8_t{1});
        std::fill_n(sides.begin() + static_cast<std::ptrdiff_t>(minority), third, std::uint8_t{2});
        if (rng_.chance(1, 2)) {
            std::rotate(sides.begin(), sides.begin() + static_cast<std::ptrdiff_t>(rng_.below(hosts_)), sides.end());
        } else {
            for (std::size_t i = hosts_; i-- > 1;) {
                std::swap(sides[i], sides[rng_.below(i + 1)]);
            }
        }
        return sides;
    }

    std::uint64_t host_of(const std::vector<std::uint8_t>& sides, std::uint8_t side) {
        std::uint64_t host = rng_.below(hosts_);
        while (sides[host] != side) {
            host = (host + 1) % hosts_;
        }
        return host;
    }

    Kind random_write() {
        const std::uint64_t roll = rng_.below(16);
        return roll < 10   ? Kind::write
               : roll < 13 ? Kind::erase
               : roll < 14 ? Kind::write_if_absent
                           : Kind::write_if_present;
    }

    void write_all(Duration spread) {
        for (std::uint64_t key = 0; key < keys_; ++key) {
            add(clock_ + within(spread), random_write(), rng_.below(hosts_), key);
        }
        clock_ += spread;
    }

    Duration within(Duration span) {
        return Duration(static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(span.count()) + 1)));
    }

    void split_and_heal() {
        write_all(ms(500 + rng_.below(2'000)));
        clock_ += ms(rng_.below(1'500));  // a write may be in progress as the split comes
        SplitAction split;
        split.kind = Kind::split;
        split.sides = random_sides();
        const std::vector<std::uint8_t> sides = split.sides;
        const std::uint64_t side_count = 1U + *std::max_element(sides.begin(), sides.end());
        const Duration length = random_length();
        add(clock_, std::move(split));
        add(clock_ + length, Kind::heal, 0);
        const std::uint64_t writes = 3 + rng_.below(30);
        for (std::uint64_t i = 0; i < writes; ++i) {
            const std::uint64_t key = rng_.below(keys_);
            const Duration at = clock_ + within(length + ms(1'500));
            if (rng_.chance(1, 2)) {
                add(at, random_write(), host_of(sides, static_cast<std::uint8_t>(rng_.below(side_count))), key);
                continue;
            }
            for (std::uint8_t side = 0; side < side_count; ++side) {  // all sides want the same key
                add(at + ms(rng_.below(300)), random_write(), host_of(sides, side), key);
            }
        }
        if (crashes_) {
            disturb(length + ms(4'000));
        }
        clock_ += length;
        clock_ += rng_.chance(1, 3) ? ms(50 + rng_.below(4'000)) : ms(5'000 + rng_.below(35'000));
    }

    // Crashes and returns, joins and leaves, in the time from now on.
    void disturb(Duration span) {
        const std::uint64_t count = 1 + rng_.below(5);
        bool loss = losses_;
        for (std::uint64_t i = 0; i < count; ++i) {
            const std::uint64_t host = rng_.below(hosts_);
            const Duration at = clock_ + within(span);
            const std::uint64_t roll = rng_.below(8);
            if (roll == 0) {
                add(at, Kind::on, host);
                continue;
            }
            SplitAction gone;
            gone.kind = roll < 3 ? Kind::leave : Kind::kill;
            gone.host = static_cast<std::uint8_t>(host);
            gone.for_good = rng_.chance(1, 3);
            SplitAction back;
            back.kind = Kind::on;
            back.host = gone.host;
            if (std::exchange(loss, false)) {
                back.disk = rng_.chance(1, 2) ? Return::DiskFate::lost : Return::DiskFate::stale;
                add(clock_ - within(ms(2'000)), Kind::back_up, host);
            }
            const bool stays_away = gone.for_good && gone.kind == Kind::leave;
            add(at, gone);
            if (!stays_away) {
                add(at + (rng_.chance(1, 2) ? ms(10 + rng_.below(3'000)) : ms(3'000 + rng_.below(30'000))), back);
            }
        }
    }

    // Neighbours go off one after the other, all is overwritten meanwhile, and they come back together with their old
    // disks, so that whoever is asked first may know only others who do not know.
    void return_into_one_gap() {
        write_all(ms(500 + rng_.below(1'000)));
        clock_ += ms(2'000);
        const std::uint64_t width = std::min<std::uint64_t>(2 + rng_.below(4), hosts_ - 2);
        std::uint64_t first = rng_.below(hosts_);
        while (std::all_of(schedule_.seeds.begin(), schedule_.seeds.end(),
                           [&](std::uint8_t seed) { return (seed + hosts_ - first) % hosts_ < width; })) {
            first = (first + 1) % hosts_;  // without a seed they would begin a ring of their own
        }
        for (std::uint64_t i = 0; i < width; ++i) {
            add(clock_, Kind::kill, (first + i) % hosts_);
            clock_ += rng_.chance(1, 4) ? ms(rng_.below(200)) : ms(2'000 + rng_.below(8'000));
        }
        clock_ += ms(rng_.below(15'000));
        write_all(ms(1'000));
        write_all(ms(1'000));
        clock_ += ms(rng_.below(5'000));
        const std::uint64_t pace = rng_.below(3);
        const Duration spread = pace == 0 ? ms(60) : pace == 1 ? ms(400) : ms(3'000);
        for (std::uint64_t i = 0; i < width; ++i) {
            add(clock_ + within(spread), Kind::on, (first + i) % hosts_);
        }
        for (std::uint64_t i = 0; i < 8 * keys_; ++i) {
            const Duration at = clock_ + within(rng_.chance(2, 3) ? spread + ms(1'000) : ms(8'000));
            const bool at_returned = rng_.chance(2, 3);
            const std::uint64_t host = at_returned ? (first + rng_.below(width)) % hosts_ : rng_.below(hosts_);
            add(at, rng_.chance(1, 10) ? random_write() : Kind::read, host, rng_.below(keys_));
        }
        clock_ += ms(8'000 + rng_.below(10'000));
    }

    Rng rng_;
    SplitSchedule schedule_;
    std::uint64_t hosts_ = 0, keys_ = 0;
    bool crashes_ = false, losses_ = false;
    Duration clock_{};
    std::vector<std::pair<Duration, SplitAction>> timed_;
};

}  // namespace

SplitSchedule random_split_schedule(const WalkOptions& options, std::uint64_t index) {
    Rng mix(options.seed ^ (std::uint64_t{options.length_max} << 56) ^ (std::uint64_t{options.nodes_max} << 48) ^
            0x73706c6974);
    return Author(options, mix.next() + index * 0x9e3779b97f4a7c15ULL).write();
}

std::string text(const SplitAction& action) {
    static constexpr std::array<const char*, 11> kNames{
        "split", "heal", "on", "kill", "back up", "leave", "write", "erase", "write if absent", "write if present",
        "read"};
    static constexpr std::array<const char*, 3> kDisks{"its old", "an empty", "a stale"};
    std::string line =
        std::to_string(action.after.count() / 1000) + " ms later " + kNames[static_cast<std::size_t>(action.kind)];
    if (action.kind == Kind::split) {
        line += " ";
        for (const std::uint8_t side : action.sides) {
            line += static_cast<char>('a' + side);
        }
        return line;
    }
    if (action.kind == Kind::heal) {
        return line;
    }
    if (action.kind >= Kind::write) {
        return line + " key " + std::to_string(action.key) + " through n" + std::to_string(action.host);
    }
    line += " n" + std::to_string(action.host);
    if (action.kind == Kind::on) {
        line += " with " + std::string(kDisks[static_cast<std::size_t>(action.disk)]) + " disk";
    }
    return line + (action.kind == Kind::leave && action.for_good ? " for good" : "");
}

}  // namespace chord::sim
