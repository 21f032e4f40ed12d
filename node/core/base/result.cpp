#include "node/core/base/result.hpp"

namespace chord {

std::string_view text(Error error) {
    switch (error) {
        case Error::timeout: return "no answer in time";
        case Error::busy: return "busy with a ring operation";
        case Error::not_member: return "not a member of the ring (still joining, or it left: restart chordd to rejoin)";
        case Error::not_owner: return "not the owner of that key";
        case Error::no_quorum: return "too few of the key's holders answer to store it safely (see: chordctl ring)";
        case Error::try_again: return "the answer is not known yet, try again";
        case Error::too_big: return "key or value over the limit";
        case Error::full: return "the store is full: no room within --map-size, or on the disk of --state-dir";
        case Error::condition_failed: return "the condition does not hold";
        case Error::bad_message: return "malformed message";
        case Error::io: return "input/output error";
        case Error::corrupt: return "checksum mismatch";
        case Error::foreign: return "not a file of chordd";
        case Error::newer_schema: return "written by a later version";
        case Error::wrong_peer: return "another node answers at that address";
        case Error::overloaded: return "a limit is reached";
        case Error::shutting_down: return "the node is leaving or has left (restart chordd to rejoin)";
        case Error::already_in_use: return "in use by another process";
        case Error::not_admitted: return "not a member of the fleet, or not any more (see: chordctl fleet)";
    }
    return "unknown error";
}

Error error_from_wire(std::uint8_t number) {
    const auto first = static_cast<std::uint8_t>(Error::timeout);
    const auto last = static_cast<std::uint8_t>(Error::not_admitted);
    return number >= first && number <= last ? static_cast<Error>(number) : Error::bad_message;
}

}  // namespace chord
