// Writer: puts big-endian fields into a caller's buffer and never writes past its end.
//
// Invariants
//  1. The first field that does not fit makes the writer fail for good; nothing of that field or after it is written.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace chord::net {

class Writer {
public:
    explicit Writer(std::span<std::uint8_t> buffer) : buffer_(buffer) {}

    void u8(std::uint8_t value) { number<1>(value); }
    void u16(std::uint16_t value) { number<2>(value); }
    void u32(std::uint32_t value) { number<4>(value); }
    void u64(std::uint64_t value) { number<8>(value); }

    void bytes(std::span<const std::uint8_t> bytes) {
        if (failed_ || bytes.size() > buffer_.size() - size_) {
            failed_ = true;
            return;
        }
        std::copy(bytes.begin(), bytes.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += bytes.size();
    }

    bool failed() const { return failed_; }

    /// What was written so far.
    std::span<const std::uint8_t> written() const { return buffer_.first(size_); }

private:
    template <std::size_t kSize>
    void number(std::uint64_t value) {
        std::array<std::uint8_t, kSize> big_endian{};
        for (std::size_t i = 0; i < kSize; ++i) {
            big_endian[i] = static_cast<std::uint8_t>(value >> (8 * (kSize - 1 - i)));
        }
        bytes(big_endian);
    }

    std::span<std::uint8_t> buffer_;
    std::size_t size_ = 0;
    bool failed_ = false;
};

}  // namespace chord::net
