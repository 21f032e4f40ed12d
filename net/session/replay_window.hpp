// ReplayWindow: which counters of one session have been received, so that no datagram is accepted twice (RFC 6479).
//
// A ring of 16 blocks of 64 bits. The window moves by whole blocks, so that nothing is ever shifted, and the block that
// is entered is emptied at once: of 1,024 bits, 960 counters are usable. 136 bytes a session.
//
// Invariants
//  1. A counter is accepted at most once, whatever happens between.
//  2. Every counter among the kSize greatest up to the greatest accepted one is accepted if it has not been before;
//     what lies below is refused, known or not.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace chord::net {

class ReplayWindow {
public:
    static constexpr std::uint64_t kBits = 1024;
    static constexpr std::uint64_t kSize = kBits - 64;  // of counters, the greatest accepted one among them

    enum class Arrival : std::uint8_t {
        refused,  // seen before, or too old to tell
        late,     // new, but a greater counter came before it
        newest,   // the greatest so far: only such a one moves the peer's address (RFC 9000 section 9.3)
    };

    /// What accept() would say; changes nothing. Good for refusing a replay before anything is decrypted.
    Arrival judge(std::uint64_t counter) const {
        if (counter > greatest_) return Arrival::newest;
        if (greatest_ - counter >= kSize || (block_of(counter) & bit_of(counter)) != 0) return Arrival::refused;
        return counter == greatest_ ? Arrival::newest : Arrival::late;  // equal only at 0, before anything came
    }

    /// Takes note of a counter, any of 0 … 2^64 - 1, unless it is refused.
    /// REQUIRES: the datagram that bears it has been authenticated; else a stranger could move the window.
    [[nodiscard]] Arrival accept(std::uint64_t counter) {
        const Arrival arrival = judge(counter);
        if (arrival == Arrival::refused) return arrival;
        if (arrival == Arrival::newest) move_to(counter);
        block_of(counter) |= bit_of(counter);
        return arrival;
    }

private:
    static constexpr std::uint64_t kBlocks = kBits / 64;

    static std::uint64_t bit_of(std::uint64_t counter) { return std::uint64_t{1} << counter % 64; }
    std::uint64_t& block_of(std::uint64_t counter) { return blocks_[counter / 64 % kBlocks]; }
    const std::uint64_t& block_of(std::uint64_t counter) const { return blocks_[counter / 64 % kBlocks]; }

    /// Makes `counter` the greatest one and empties the blocks that the window enters.
    void move_to(std::uint64_t counter) {
        const std::uint64_t entered = std::min(counter / 64 - greatest_ / 64, kBlocks);
        for (std::uint64_t i = 0; i < entered; ++i) blocks_[(counter / 64 - i) % kBlocks] = 0;
        greatest_ = counter;
    }

    std::array<std::uint64_t, kBlocks> blocks_{};
    std::uint64_t greatest_ = 0;
};

}  // namespace chord::net
