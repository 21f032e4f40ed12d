// SlowLine: a small ring of whole engines on both sides of a slow line, and what clients get through it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/world.hpp"

namespace chord::sim {

struct SlowLineOptions {
    std::uint64_t seed = 1;
    std::size_t near = 1, far = 1;  // devices: 0 … near - 1 on one side, the others on the far one
    std::size_t value_bytes = 64 * 1024;
    testing::LinkOptions line = {.bits_per_second = 100'000,
                                 .delay = std::chrono::milliseconds(100),
                                 .jitter = {},
                                 .loss_per_mille = 20,
                                 .doubled_per_mille = 0,
                                 .queue_bytes = 16'000};
};

class SlowLine {
public:
    using Keys = std::vector<std::string>;
    static constexpr Duration kPatience = std::chrono::minutes(10);  // with one value

    /// A ring that is ideal and settled; nullptr if it did not become one.
    static std::unique_ptr<SlowLine> start(const SlowLineOptions& options);

    World& world() { return *world_; }
    /// Keys that the device owns.
    Keys keys_of(std::size_t device, std::size_t count) const;
    /// The device behind this one in the ring. Where there are R others, it owns what this one has no copy of.
    std::size_t successor_of(std::size_t device) const;

    /// What came through for clients, in shares of the line's rate.
    struct Rate {
        std::vector<double> each;  // of one value, bytes of value alone, in its own time
        double values = 0;         // of all of them, in the time of all
        double wire = 0;           // of all bytes in the fuller direction of the line, in that time
        std::size_t failed = 0;    // values that did not come through, or came as something else
    };
    /// Clients of `device`, `at_once` of them. read() expects what write() wrote.
    Rate write(std::size_t device, const Keys& keys, std::size_t at_once);
    Rate read(std::size_t device, const Keys& keys, std::size_t at_once);

    /// Of one device, and of all live ones.
    std::uint64_t counter(std::size_t device, std::string_view name) const;
    std::uint64_t counters(std::string_view name) const;

private:
    using Done = std::function<void(bool right)>;

    explicit SlowLine(const SlowLineOptions& options);
    Rate measure(const Keys& keys, std::size_t at_once, const std::function<void(const std::string&, Done)>& begin);
    Bytes value_of(const std::string& key) const;
    std::uint64_t carried(std::uint8_t from) const;

    SlowLineOptions options_;
    std::unique_ptr<World> world_;
};

}  // namespace chord::sim
