// Connection: the part of a session that operations in flight point back to. It lives as long as its session; an
// operation that ends later finds it gone and does nothing.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "node/api/context.hpp"
#include "node/api/key_order.hpp"
#include "node/api/reply_queue.hpp"
#include "node/api/session_token.hpp"
#include "node/api/watches.hpp"

namespace chord::api {

inline constexpr std::size_t kOutputBytesMax = 16 * 1024 * 1024;

class Connection {
public:
    Connection(ApiContext& shared, Caller who, std::function<void()> wake);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// The reply of `slot` is written. Wakes the driver unless the session is inside one of its own calls.
    void finish(ReplyQueue::Slot slot);

    /// Lets write(RespWriter&) write what belongs to no command.
    template <typename Write>
    void push(Write&& write) {
        if (closing) return;
        RespWriter out = replies.pusher(protocol);
        std::forward<Write>(write)(out);
        note_output();
    }

    /// Ends the connection at once: replies that did not leave yet are dropped.
    void abort(std::string reason);

    /// Sets back what RESET sets back.
    void reset();

    ApiContext& context;
    const Caller caller;
    const std::uint64_t id;
    ReplyQueue replies;
    KeyOrder order;
    Protocol protocol = Protocol::resp2;
    SessionToken seen;
    Level read_level = Level::standard;  // of commands that name none
    Level write_level = Level::standard;
    struct Written {
        Bytes key;
        Version version;
    };
    std::optional<Written> last_write;  // what WAIT waits for
    Watches watches;
    std::string name;
    std::string library_name;
    std::string library_version;
    bool closing = false;      // no further command is run
    std::string close_reason;  // why, when it was not the client's wish
    bool running = false;      // the session is inside feed() or take_output()
    bool woken = false;        // wake was called and the driver has not come yet

private:
    void note_output();

    std::function<void()> wake_;
};

/// The promise of a reply, copied into the callbacks of operations.
class Deferred {
public:
    Deferred(std::weak_ptr<Connection> connection, ReplyQueue::Slot slot)
        : connection_(std::move(connection)), slot_(slot) {}

    /// Lets write(RespWriter&) write the reply, unless the session is gone or the reply was given before.
    template <typename Write>
    void finish(Write&& write) const {
        const auto connection = connection_.lock();
        if (!connection || !connection->replies.is_open(slot_)) return;
        RespWriter out = connection->replies.writer(slot_);
        std::forward<Write>(write)(out);
        connection->finish(slot_);
    }

private:
    std::weak_ptr<Connection> connection_;
    ReplyQueue::Slot slot_;
};

}  // namespace chord::api
