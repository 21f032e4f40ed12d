// Session: one client of the local socket, from its bytes to its bytes. No socket, no clock: the daemon reads and
// writes.
//
// Invariants
//  1. Replies leave in the order of the commands, although operations on different keys run at the same time.
//  2. Operations of one session on one key run in the order sent when either of them writes.
//  3. At most kInFlightMax commands run, at most kOutputBytesMax of replies wait; beyond that input waits or the
//     session ends with a reason.
//  4. The session may be destroyed at any time, also while operations are in flight.
//
// The driver's loop: while wants_input() read and feed(); when wake is called, or after feed(), take_output() and write
// it, and again when that is written, until it is empty; then, when closed(), close the stream.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "node/api/connection.hpp"
#include "node/api/resp_parser.hpp"

namespace chord::api {

struct CommandSpec;

inline constexpr std::size_t kInFlightMax = 1024;              // commands, and operations on keys
inline constexpr std::size_t kOutputPauseBytes = 1024 * 1024;  // replies waiting, above which no command is run

class Session {
public:
    /// `wake` tells that take_output() has something to do; it may be called from inside a Client callback, so it must
    /// only take note. Never called from inside feed() and take_output(), and once until the next of these.
    Session(ApiContext& context, Caller caller, std::function<void()> wake);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Takes what the client sent, and runs the commands in it.
    void feed(BytesView bytes);

    /// Runs commands that had to wait, and yields the replies that may leave. May be empty.
    std::string take_output();

    /// False while the client should not be read from: too much is in flight, or the session is closing.
    bool wants_input() const;

    /// No command will be run any more and every reply was taken: close the stream once the last of them is written.
    bool closed() const;

    /// Bytes held of commands that did not run yet, and how many did: while the second stands still, it is the same
    /// one.
    std::size_t buffered() const { return parser_.buffered(); }
    std::uint64_t commands_done() const { return commands_done_; }

    /// Why the daemon ended the session; empty when it was the client's wish.
    std::string_view close_reason() const { return connection_->close_reason; }

private:
    class Running;

    bool may_run() const;
    void run();
    bool run_command();
    std::optional<std::string> objection(std::span<const BytesView> args, const CommandSpec* spec) const;
    bool must_wait(std::span<const BytesView> args, const CommandSpec& spec) const;
    void reply_error(std::string_view text);

    std::shared_ptr<Connection> connection_;
    RespParser parser_;
    std::uint64_t commands_done_ = 0;
    bool waiting_for_key_ = false;  // the parser holds a command that waits for one in flight
};

}  // namespace chord::api
