#include "node/daemon/api_server.hpp"

#include <unistd.h>
#include <asio/buffer.hpp>
#include <asio/error.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace chord::daemon {
namespace {

constexpr std::string_view kTooManyClients = "-ERR max number of clients reached\r\n";
/// How long accepting rests when the process or the system is out of descriptors or memory.
constexpr auto kAcceptRest = std::chrono::milliseconds(100);

}  // namespace

ApiServer::ApiServer(asio::io_context& io, LocalSocket socket, api::ApiContext& context, const Options& options,
                     Loop loop, Log& log)
    : file_(std::move(socket)),
      acceptor_(io),
      accept_rest_(io),
      context_(context),
      options_(options),
      begin_turn_(std::move(loop.begin_turn)),
      loop_now_(std::move(loop.now)),
      log_(log) {
    asio::error_code error;
    acceptor_.assign(asio::local::stream_protocol(), file_.release(), error);
    CHORD_CHECK(!error);  // a fresh listening socket can always be watched
    acceptor_.non_blocking(true, error);
}

ApiServer::~ApiServer() {
    close();
}

void ApiServer::start() {
    accept();
}

void ApiServer::accept() {
    acceptor_.async_accept([this](const asio::error_code& error, asio::local::stream_protocol::socket socket) {
        if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
        if (error == asio::error::connection_aborted) return accept();
        if (error) {
            log_.warning("api-accept", "cannot accept a client: " + error.message());
            return rest_before_accept();
        }
        on_accept(std::move(socket));
        accept();
    });
}

void ApiServer::rest_before_accept() {
    // The waiting client keeps the socket readable: without a rest this would spin.
    accept_rest_.expires_after(kAcceptRest);
    accept_rest_.async_wait([this](const asio::error_code& error) {
        if (!error && acceptor_.is_open()) accept();
    });
}

void ApiServer::on_accept(asio::local::stream_protocol::socket socket) {
    asio::error_code error;
    socket.non_blocking(true, error);
    const std::optional<uid_t> uid = peer_uid(socket.native_handle());
    if (error || !uid) return;  // the client is gone already
    if (connections_.size() >= options_.connections_max) {
        log_.warning("api-full", "refused a client: " + std::to_string(options_.connections_max) + " are connected");
        socket.write_some(asio::buffer(kTooManyClients.data(), kTooManyClients.size()), error);
        return;
    }
    api::Caller caller;
    caller.uid = *uid;
    caller.admin = *uid == 0 || *uid == ::geteuid();
    auto connection = std::make_shared<ApiConnection>(*this, std::move(socket), caller);
    connections_.emplace(connection.get(), connection);
    connection->start();
}

void ApiServer::mark_dirty(ApiConnection& connection) {
    if (connection.dirty_ || !connection.open()) return;
    connection.dirty_ = true;
    dirty_.push_back(connection.shared_from_this());
}

void ApiServer::flush() {
    // A command that one client's flush lets run can end another's; then the list grows again.
    while (!dirty_.empty()) {
        const std::vector<std::shared_ptr<ApiConnection>> ready = std::exchange(dirty_, {});
        for (const auto& connection : ready) {
            connection->dirty_ = false;
            connection->flush();
        }
    }
}

void ApiServer::note_backlog(ApiConnection& connection) {
    std::size_t total = 0;
    for (const auto& entry : connections_) total += entry.first->backlog();
    if (total > options_.backlog_bytes_max) connection.close("the clients do not read their replies");
}

void ApiServer::note_input(std::size_t now, std::size_t before) {
    input_bytes_ += now - before;
    if (input_bytes_ <= options_.input_bytes_max) return;
    const auto oldest = std::min_element(connections_.begin(), connections_.end(), [](const auto& a, const auto& b) {
        return a.first->unfinished_since() < b.first->unfinished_since();
    });
    const std::shared_ptr<ApiConnection> connection = oldest->second;
    connection->close("the clients hold too many unfinished commands, this one the longest");
}

void ApiServer::drop_stalled() {
    const Time now = loop_now_();
    const auto is_long = [&](Time since) { return since != kNever && now - since >= options_.stalled_for; };
    std::vector<std::shared_ptr<ApiConnection>> stalled;
    for (const auto& entry : connections_)
        if (is_long(entry.first->stalled_since()) || is_long(entry.first->unfinished_since()))
            stalled.push_back(entry.second);
    for (const auto& connection : stalled)
        connection->close(is_long(connection->stalled_since()) ? "the client does not read its replies"
                                                               : "the client does not end its command");
}

void ApiServer::forget(ApiConnection& connection, std::string_view reason) {
    if (!reason.empty())
        log_.warning("api-drop",
                     "closed a client of uid " + std::to_string(connection.uid_) + ": " + std::string(reason));
    // The caller, a handler or flush(), holds the connection until its own step ends.
    connections_.erase(&connection);
}

void ApiServer::close() {
    asio::error_code ignored;
    acceptor_.close(ignored);
    accept_rest_.cancel();
    while (!connections_.empty()) {
        const std::shared_ptr<ApiConnection> connection = connections_.begin()->second;
        connection->close("");
    }
    dirty_.clear();
}

}  // namespace chord::daemon
