// Fault: why a program cannot go on, as the one sentence that its operator reads and the exit code that systemd sees.
//
// Inside the node errors are chord::Error; only here, where a person has to act, do they become sentences with a
// remedy. It is for both programs: chordd, which cannot start, and chordctl, which translates it (outcome.hpp).
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "node/core/base/check.hpp"

namespace chord {

/// sysexits(3) where it fits. `needs_operator` is what the unit's RestartPreventExitStatus= names: starting again
/// cannot help.
enum class Exit : int {
    ok = 0,
    usage = 2,            // a bad command line
    unavailable = 69,     // an address, socket path or state directory is taken by another process
    store_full = 73,      // no room to begin with
    io = 74,              // the disk or the kernel said no
    no_permission = 77,   // a file or port that this user may not have
    needs_operator = 78,  // bad configuration, or files that must not be touched
};

struct Fault {
    Exit exit = Exit::needs_operator;
    /// Without the program's name and without a full stop; says what is wrong and what to do.
    std::string sentence;
};

/// A value or the fault that stands in its way.
template <typename T>
class [[nodiscard]] OrFault {
public:
    OrFault(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit on purpose
    OrFault(Fault fault) : state_(std::in_place_index<1>, std::move(fault)) {}  // NOLINT: implicit on purpose

    explicit operator bool() const { return state_.index() == 0; }

    T& value() {
        CHORD_CHECK(state_.index() == 0);
        return *std::get_if<0>(&state_);
    }
    T& operator*() { return value(); }
    T* operator->() { return &value(); }

    const Fault& fault() const {
        CHORD_CHECK(state_.index() == 1);
        return *std::get_if<1>(&state_);
    }

private:
    std::variant<T, Fault> state_;
};

/// The fault behind a failed system call: no_permission for EACCES, EPERM and EROFS, store_full for ENOSPC and EDQUOT,
/// otherwise io. `what` begins the sentence; the system's own text and `remedy` (may be empty) end it.
Fault system_fault(std::string what, int error_number, std::string remedy = {});

}  // namespace chord
