// ApiConnection: one client's stream on the local socket, and the api::Session that speaks on it.
//
// Invariants
//  1. Reads only while the session wants input; at most one read and one write wait at a time.
//  2. The session runs only inside a turn of the engine (ApiServer's begin_turn).
//  3. After close() nothing of it is called any more.
#pragma once

#include <asio/local/stream_protocol.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "node/api/session.hpp"
#include "node/core/base/time.hpp"

namespace chord::daemon {

class ApiServer;

class ApiConnection : public std::enable_shared_from_this<ApiConnection> {
public:
    ApiConnection(ApiServer& server, asio::local::stream_protocol::socket socket, api::Caller caller);

    /// Begins to read.
    void start();

    /// Writes what the session has ready, as far as the kernel takes it; closes when the session has ended.
    void flush();

    /// Ends the stream; a reason that is not empty goes to the log.
    void close(std::string_view reason);

    /// Reply bytes that the kernel did not take yet.
    std::size_t backlog() const { return writing_.size() - written_; }

    bool open() const { return session_.has_value(); }

    /// Command bytes that wait for the rest of their command.
    std::size_t input() const { return input_; }

    /// Since when the command in progress is unfinished; kNever without one.
    Time unfinished_since() const { return unfinished_since_; }

    /// Since when the kernel took nothing of the backlog; kNever without one.
    Time stalled_since() const { return stalled_since_; }

private:
    friend class ApiServer;

    void wait_readable();
    void on_readable();
    void wait_writable();
    bool write_some();
    void measure_input();

    ApiServer& server_;
    asio::local::stream_protocol::socket socket_;
    const std::uint32_t uid_;
    std::optional<api::Session> session_;  // ends with close(), whoever still holds this
    std::string writing_;                  // what was taken from the session
    std::size_t written_ = 0;              // of it
    Time stalled_since_ = kNever;
    std::size_t input_ = 0;
    std::uint64_t commands_done_ = 0;  // as input_ was measured
    Time unfinished_since_ = kNever;
    bool reading_ = false;
    bool waiting_writable_ = false;
    bool dirty_ = false;  // in the server's list of those to flush
};

}  // namespace chord::daemon
