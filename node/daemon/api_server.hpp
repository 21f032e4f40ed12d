// ApiServer: the local interface's socket. Accepts the programs of this device, tells who they are and drives a session
// for each; everything between the bytes is node/api's business.
//
// Invariants
//  1. At most connections_max clients; one more is told so and closed.
//  2. Commands that clients begin and do not end are bounded: per client by the session, in all by input_bytes_max, and
//     in time by stalled_for. Beyond a bound the one begun longest ago is dropped with a line in the log.
//  3. Replies that clients do not fetch are bounded: per client by the session, in all by backlog_bytes_max, and in
//  time
//     by stalled_for. Who exceeds one of them is dropped with a line in the log.
//  4. Every session ends before the server does.
#pragma once

#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/steady_timer.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "node/api/context.hpp"
#include "node/daemon/api_connection.hpp"
#include "node/daemon/local_socket.hpp"
#include "node/daemon/log.hpp"

namespace chord::daemon {

class ApiServer {
public:
    struct Options {
        std::size_t connections_max = 1024;
        std::size_t backlog_bytes_max = 64 * 1024 * 1024;
        std::size_t input_bytes_max = 16 * 1024 * 1024;
        Duration stalled_for = std::chrono::seconds(30);
    };
    /// How the server reaches the loop around it.
    struct Loop {
        std::function<void()> begin_turn;  // opens a turn of the engine if none is open; flush() is called at its end
        std::function<Time()> now;
    };

    ApiServer(asio::io_context& io, LocalSocket socket, api::ApiContext& context, const Options& options, Loop loop,
              Log& log);
    ~ApiServer();
    ApiServer(const ApiServer&) = delete;
    ApiServer& operator=(const ApiServer&) = delete;

    void start();

    /// Writes the replies of every session that has some. The last step of a turn.
    void flush();

    /// Drops the clients that have taken nothing, or not ended their command, for stalled_for. To be called now and
    /// then.
    void drop_stalled();

    /// Closes the listening socket and every connection.
    void close();

    std::size_t connections() const { return connections_.size(); }

private:
    friend class ApiConnection;

    void accept();
    void on_accept(asio::local::stream_protocol::socket socket);
    void rest_before_accept();

    // For the connections.
    void mark_dirty(ApiConnection& connection);
    void note_backlog(ApiConnection& connection);
    void note_input(std::size_t now, std::size_t before);
    void forget(ApiConnection& connection, std::string_view reason);
    Time now() const { return loop_now_(); }

    LocalSocket file_;  // the descriptor is the acceptor's
    asio::local::stream_protocol::acceptor acceptor_;
    asio::steady_timer accept_rest_;
    api::ApiContext& context_;
    Options options_;
    std::function<void()> begin_turn_;
    std::function<Time()> loop_now_;
    Log& log_;
    std::unordered_map<ApiConnection*, std::shared_ptr<ApiConnection>> connections_;
    std::vector<std::shared_ptr<ApiConnection>> dirty_;
    std::size_t input_bytes_ = 0;  // of all connections
    std::array<char, 64 * 1024> read_buffer_;
};

}  // namespace chord::daemon
