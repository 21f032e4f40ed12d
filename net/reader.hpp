// Reader: takes big-endian fields from a byte range and never reads past its end.
//
// Invariants
//  1. The first failure sticks; from then on every read yields zero or an empty range, so that a parser needs one check
//     at its end and its loops still terminate.
//  2. Ranges it returns point into the input; nothing is copied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "node/core/base/result.hpp"

namespace chord::net {

class Reader {
public:
    explicit Reader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

    std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u64() { return number(8); }

    /// The next `size` bytes, or an empty range when there are fewer left.
    std::span<const std::uint8_t> bytes(std::size_t size) {
        if (size > rest_.size()) {
            fail(Error::bad_message);
            return {};
        }
        const auto taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }

    /// Everything that is left.
    std::span<const std::uint8_t> rest() { return bytes(rest_.size()); }

    void fail(Error error) {
        if (!error_) error_ = error;
        rest_ = {};
    }

    bool failed() const { return error_.has_value(); }

    /// The end of the message: an error when a read failed or bytes are left over.
    Status finish() const {
        if (error_) return *error_;
        if (!rest_.empty()) return Error::bad_message;
        return Success{};
    }

private:
    std::uint64_t number(std::size_t size) {
        std::uint64_t value = 0;
        for (const std::uint8_t byte : bytes(size)) value = value << 8 | byte;
        return value;
    }

    std::span<const std::uint8_t> rest_;
    std::optional<Error> error_;
};

}  // namespace chord::net
