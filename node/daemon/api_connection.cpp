#include "node/daemon/api_connection.hpp"

#include <asio/buffer.hpp>
#include <asio/error.hpp>

#include <utility>

#include "node/daemon/api_server.hpp"

namespace chord::daemon {
namespace {

bool would_block(const asio::error_code& error) {
    return error == asio::error::would_block || error == asio::error::try_again || error == asio::error::interrupted;
}

}  // namespace

// The session wakes only inside a turn and ends with close(), so that `this` and the server live then.
ApiConnection::ApiConnection(ApiServer& server, asio::local::stream_protocol::socket socket, api::Caller caller)
    : server_(server),
      socket_(std::move(socket)),
      uid_(caller.uid),
      session_(std::in_place, server.context_, caller, [this] { server_.mark_dirty(*this); }) {}

void ApiConnection::start() {
    wait_readable();
}

void ApiConnection::wait_readable() {
    if (reading_ || !open() || !session_->wants_input()) return;
    reading_ = true;
    socket_.async_wait(asio::socket_base::wait_read, [self = shared_from_this()](const asio::error_code& error) {
        self->reading_ = false;
        if (error || !self->open()) return;
        self->on_readable();
    });
}

void ApiConnection::on_readable() {
    // One buffer serves all connections: what was read is fed before anything else happens.
    asio::error_code error;
    const std::size_t size = socket_.read_some(asio::buffer(server_.read_buffer_), error);
    if (would_block(error)) return wait_readable();
    if (error) return close("");  // the client hung up; half a command dies with it
    server_.begin_turn_();
    session_->feed(BytesView(server_.read_buffer_.data(), size));
    server_.mark_dirty(*this);
    measure_input();
}

void ApiConnection::measure_input() {
    const bool goes_on = unfinished_since_ != kNever && commands_done_ == session_->commands_done();
    commands_done_ = session_->commands_done();
    const std::size_t before = std::exchange(input_, session_->buffered());
    if (input_ == 0)
        unfinished_since_ = kNever;
    else if (!goes_on)
        unfinished_since_ = server_.now();
    server_.note_input(input_, before);
}

void ApiConnection::flush() {
    while (open() && backlog() == 0) {
        writing_ = session_->take_output();
        written_ = 0;
        measure_input();
        if (!open() || writing_.empty()) break;
        if (!write_some()) return;
    }
    if (!open()) return;
    if (backlog() == 0 && session_->closed()) return close(std::string(session_->close_reason()));
    wait_readable();
}

/// Writes until the kernel takes no more; false when the stream broke and is closed.
bool ApiConnection::write_some() {
    while (backlog() > 0) {
        asio::error_code error;
        const std::size_t size = socket_.write_some(asio::buffer(writing_) + written_, error);
        if (would_block(error)) {
            if (stalled_since_ == kNever) stalled_since_ = server_.now();
            server_.note_backlog(*this);
            wait_writable();
            return open();
        }
        if (error) {
            close("");
            return false;
        }
        written_ += size;
        stalled_since_ = kNever;
    }
    return true;
}

void ApiConnection::wait_writable() {
    if (waiting_writable_ || !open()) return;
    waiting_writable_ = true;
    socket_.async_wait(asio::socket_base::wait_write, [self = shared_from_this()](const asio::error_code& error) {
        self->waiting_writable_ = false;
        if (error || !self->open()) return;
        if (!self->write_some()) return;
        self->server_.begin_turn_();
        self->server_.mark_dirty(*self);
    });
}

void ApiConnection::close(std::string_view reason) {
    if (!open()) return;
    session_.reset();
    writing_.clear();
    written_ = 0;
    server_.input_bytes_ -= std::exchange(input_, 0);
    asio::error_code ignored;
    socket_.close(ignored);
    server_.forget(*this, reason);
}

}  // namespace chord::daemon
