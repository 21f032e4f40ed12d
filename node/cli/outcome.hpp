// How chordctl ends: its exit codes, and a failure as one sentence with the code that belongs to it.
#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace chord::cli {

/// The numbers of sysexits.h where it has one; README.md lists them for users.
enum class ExitCode : int {
    ok = 0,
    negative = 1,        // no such key, a check that failed, a refusal
    usage = 2,           // a bad command line, or a file or invite that is not what it should be
    unreachable = 69,    // no daemon at the socket
    no_room = 73,        // key or value too big, store full
    output = 74,         // stdout took no more bytes, as on a full disk (a closed pipe is no failure)
    try_again = 75,      // no quorum, timeout, not joined
    protocol = 76,       // an answer that makes no sense, or a command the daemon does not know
    not_permitted = 77,  // by the daemon or by the socket's mode
    bad_config = 78,     // a bad environment variable, key file or clock; a device that is in no fleet
};

struct Failure {
    ExitCode code = ExitCode::protocol;
    std::string sentence;  // printable, without "chordctl: "
};

template <typename T>
using Outcome = std::variant<T, Failure>;

/// What an error reply ("TOOBIG value is …") means for the user. The stable first word decides the code; the rest, made
/// printable, is the sentence.
Failure failure_from_error(std::string_view error);

}  // namespace chord::cli
