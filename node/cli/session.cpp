#include "node/cli/session.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "node/cli/text.hpp"

namespace chord::cli {

using api::Reply;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

std::string encode_command(const std::vector<std::string>& command) {
    std::string bytes = "*" + std::to_string(command.size()) + "\r\n";
    for (const std::string& word : command) {
        bytes.append("$").append(std::to_string(word.size())).append("\r\n").append(word).append("\r\n");
    }
    return bytes;
}

UnixSession::UnixSession(std::string path, milliseconds timeout) : path_(std::move(path)), timeout_(timeout) {}

UnixSession::~UnixSession() {
    if (socket_ >= 0) ::close(socket_);
}

Outcome<Reply> UnixSession::ask(const std::vector<std::string>& command) {
    if (socket_ < 0) {
        if (auto failure = connect()) return *failure;
    }
    std::string bytes = greeted_ ? "" : encode_command({"HELLO", "3"});
    bytes.append(encode_command(command));
    if (auto failure = send(bytes)) return *failure;
    if (!greeted_) {
        Outcome<Reply> hello = receive();
        if (std::holds_alternative<Failure>(hello)) return hello;
        greeted_ = true;
    }
    return receive();
}

std::optional<Failure> UnixSession::connect() {
    deadline_ = Clock::now() + timeout_;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.empty() || path_.size() >= sizeof address.sun_path) {
        return Failure{ExitCode::usage, "not a socket path: '" + printable(path_) + "'"};
    }
    std::memcpy(address.sun_path, path_.data(), path_.size());

    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return Failure{ExitCode::unreachable, std::string("no socket: ") + std::strerror(errno)};

    // Connecting waits while the listener's queue is full; SO_SNDTIMEO bounds that wait, poll() cannot.
    const auto left = duration_cast<microseconds>(std::max(deadline_ - Clock::now(), Clock::duration(1)));
    timeval wait{};
    wait.tv_sec = static_cast<time_t>(left.count() / 1'000'000);
    wait.tv_usec = static_cast<suseconds_t>(std::max<microseconds::rep>(left.count() % 1'000'000, 1));
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);

    // The socket API's own idiom: a sockaddr_un seen as a sockaddr.
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    int outcome = 0;
    do {
        outcome = ::connect(socket_, generic, sizeof address);
    } while (outcome != 0 && errno == EINTR && Clock::now() < deadline_);
    if (outcome != 0) {
        if (errno == EACCES || errno == EPERM) {
            return Failure{ExitCode::not_permitted,
                           "not permitted to open " + printable(path_) +
                               " (only root and members of the socket's group may: see ls -l)"};
        }
        if (errno == EAGAIN || errno == EINTR) return late();
        struct stat file {};
        if (::stat(path_.c_str(), &file) == 0 && !S_ISSOCK(file.st_mode)) {
            return Failure{ExitCode::unreachable,
                           printable(path_) + " is not a socket (--socket names chordd's --api)"};
        }
        return Failure{ExitCode::unreachable, "no daemon at " + printable(path_) + " (is chordd running with --api " +
                                                  printable(path_) + "? as a service: systemctl status chordd)"};
    }
    ::fcntl(socket_, F_SETFL, ::fcntl(socket_, F_GETFL) | O_NONBLOCK);
    return std::nullopt;
}

std::optional<Failure> UnixSession::send(const std::string& bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const ssize_t count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (count >= 0) {
            sent += static_cast<std::size_t>(count);
        } else if (errno == EPIPE || errno == ECONNRESET) {
            return std::nullopt;  // a daemon that refuses a long command says why before it hangs up: read that
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (!wait(POLLOUT)) return late();
        } else if (errno != EINTR) {
            return hung_up();
        }
    }
    return std::nullopt;
}

Outcome<Reply> UnixSession::receive() {
    std::array<char, 65536> chunk{};
    for (;;) {
        Result<std::optional<Reply>> reply = parser_.next();
        if (!reply) {
            return Failure{ExitCode::protocol, reply.error() == Error::too_big
                                                   ? "the answer from " + printable(path_) + " is too long"
                                                   : printable(path_) + " does not speak RESP: is it chordd's socket?"};
        }
        if (reply->has_value()) {
            if ((*reply)->is(Reply::Kind::push)) continue;
            if ((*reply)->is(Reply::Kind::error)) return failure_from_error((*reply)->text);
            return std::move(**reply);
        }
        // Even a daemon that never stops talking is cut off at the deadline.
        if (!wait(POLLIN)) return late();
        const ssize_t count = ::recv(socket_, chunk.data(), chunk.size(), 0);
        if (count == 0) return hung_up();
        if (count > 0) {
            parser_.feed(BytesView(chunk.data(), static_cast<std::size_t>(count)));
        } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            return hung_up();
        }
    }
}

// True when the socket is ready (or broken: the next call tells), false at the deadline.
bool UnixSession::wait(short events) {
    for (;;) {
        const auto left = deadline_ - Clock::now();
        if (left <= Clock::duration::zero()) return false;
        const auto ms = std::min<milliseconds::rep>(duration_cast<milliseconds>(left).count() + 1, 60'000);
        pollfd ready{socket_, events, 0};
        if (::poll(&ready, 1, static_cast<int>(ms)) > 0) return true;
    }
}

Failure UnixSession::late() const {
    return {ExitCode::try_again, "no answer from the daemon within " + duration_text(timeout_.count()) +
                                     " (it is busy or hangs, see its log; or wait longer with --timeout)"};
}

Failure UnixSession::hung_up() const {
    return {ExitCode::try_again, "the daemon hung up before it answered"};
}

}  // namespace chord::cli
