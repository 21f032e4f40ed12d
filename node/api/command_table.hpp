// The command table: every command once, with what is needed to run it, check it, route it and explain it. COMMAND, the
// help texts and the documentation are made from it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "node/core/base/bytes.hpp"

namespace chord::api {

class Call;

enum CommandFlag : std::uint8_t {
    kReadonly = 1,
    kWrite = 2,
    kAdmin = 4,
    kFast = 8,
    kRing = 16,    // means nothing without a node in a ring; commands with keys need one anyway
    kSecret = 32,  // its arguments are wiped when it has run
    kPubsub = 64,  // may be said by a RESP2 connection that has subscribed to something
};

struct CommandSpec {
    std::string_view name;   // lower case
    int arity = 0;           // arguments with the name, as in Redis: exact, or at least -arity when negative
    std::uint8_t flags = 0;  // of CommandFlag
    int first_key = 0;       // index of the first key; 0: no keys
    int last_key = 0;        // of the last; negative counts from the end
    int key_step = 0;
    void (*handler)(Call&) = nullptr;
    std::string_view group;      // connection, server, string, generic, pubsub or chord
    std::string_view arguments;  // in the notation of Redis' manual
    std::string_view since;      // version of chordd
    std::string_view summary;
    std::string_view deviation;  // from what Redis users expect; may be empty
};

/// Sorted by name.
std::span<const CommandSpec> command_table();

/// In any case of letters; nullptr when there is no such command.
const CommandSpec* find_command(BytesView name);

bool arity_fits(const CommandSpec& spec, std::size_t arguments);

/// True for a command that a device which nobody has admitted cannot serve.
constexpr bool needs_ring(const CommandSpec& spec) {
    return spec.first_key != 0 || (spec.flags & kRing) != 0;
}

/// The indices of a command's keys. REQUIRES: arity_fits.
struct KeyRange {
    std::size_t first = 0;
    std::size_t end = 0;  // one behind the last; == first: no keys
    std::size_t step = 1;
};
KeyRange key_range(const CommandSpec& spec, std::size_t arguments);

}  // namespace chord::api
