// Error and Result<T>: how a function says that the peer or the world is wrong.
//
// Result has the names of std::expected, which g++ 12 offers only in C++23 mode and clang 14 not at all; it becomes an
// alias of it later. An Error travels as one byte on the wire (net/WIRE.md), so its numbers are fixed once released.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>

#include "node/core/base/check.hpp"

namespace chord {

enum class Error : std::uint8_t {
    timeout = 1,           // no answer after every retransmission
    busy = 2,              // the peer is inside an operation that will change its ring state
    not_member = 3,        // the peer is not (or no longer) part of the ring
    not_owner = 4,         // the key is outside the arc that the peer owns
    no_quorum = 5,         // fewer live holders than the write level asks for
    try_again = 6,         // the answer is not known yet; asking again is right
    too_big = 7,           // key or value over its limit
    full = 8,              // the store has no room
    condition_failed = 9,  // NX or XX did not hold
    bad_message = 10,      // truncated, oversized or not well-formed
    io = 11,               // the disk or the kernel said no
    corrupt = 12,          // a checksum does not match
    foreign = 13,          // a file that is not ours
    newer_schema = 14,     // a file written by a later version
    wrong_peer = 15,       // another node answers at that address
    overloaded = 16,       // a stated bound is reached
    shutting_down = 17,    // the node is leaving
    already_in_use = 18,   // another process holds it
    not_admitted = 19,     // the node, or whoever asks it, is no member of the fleet (any more)
};

/// The error's one-line text, in lower case and without a full stop. Never empty.
std::string_view text(Error error);

/// The error that the byte stands for; Error::bad_message for a number that this version does not know.
Error error_from_wire(std::uint8_t number);

/// A value or the reason why there is none.
template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose
    Result(Error error) : state_(std::in_place_index<1>, error) {}         // NOLINT: implicit on purpose

    bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    T& value() {
        CHORD_CHECK(has_value());
        return *std::get_if<0>(&state_);
    }
    const T& value() const {
        CHORD_CHECK(has_value());
        return *std::get_if<0>(&state_);
    }
    T& operator*() { return value(); }
    const T& operator*() const { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    Error error() const {
        CHORD_CHECK(!has_value());
        return *std::get_if<1>(&state_);
    }

private:
    std::variant<T, Error> state_;
};

struct Success {};
using Status = Result<Success>;

}  // namespace chord
