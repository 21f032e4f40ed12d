// UnixSession against a listener of the test's own: a silent one, and one that answers from a script.
#include "node/cli/session.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <thread>

#include "tests/support/temp_dir.hpp"

using namespace chord;
using namespace chord::cli;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// Listens at construction. serve() accepts once, reads until `request_bytes` have come, writes `answer` and hangs up.
class Listener {
public:
    explicit Listener(const std::string& path) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        REQUIRE(path.size() < sizeof address.sun_path);
        std::memcpy(address.sun_path, path.data(), path.size());
        socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(socket_, 1) == 0);
    }
    ~Listener() {
        if (thread_.joinable()) thread_.join();
        ::close(socket_);
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    void serve(std::string answer, std::size_t request_bytes) {
        thread_ = std::thread([this, answer = std::move(answer), request_bytes] {
            const int peer = ::accept(socket_, nullptr, nullptr);
            char chunk[4096];
            while (request.size() < request_bytes) {
                const ssize_t count = ::recv(peer, chunk, sizeof chunk, 0);
                if (count <= 0) break;
                request.append(chunk, static_cast<std::size_t>(count));
            }
            std::size_t sent = 0;
            while (sent < answer.size()) {
                const ssize_t count = ::send(peer, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
                if (count <= 0) break;
                sent += static_cast<std::size_t>(count);
            }
            ::close(peer);
        });
    }
    void join() { thread_.join(); }

    std::string request;

private:
    int socket_ = -1;
    std::thread thread_;
};

const std::string kHello = "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n";
const std::string kPing = "*1\r\n$4\r\nPING\r\n";

Failure failure_of(const Outcome<api::Reply>& outcome) {
    REQUIRE(std::holds_alternative<Failure>(outcome));
    return std::get<Failure>(outcome);
}

Outcome<api::Reply> ask_for(const std::string& answer) {
    const test::TempDir dir;
    const std::string path = dir.path() + "/s";
    Listener listener(path);
    listener.serve(answer, kHello.size() + kPing.size());
    UnixSession session(path, seconds(30));
    return session.ask({"PING"});
}

}  // namespace

TEST_CASE("cli session: HELLO 3 goes first, once; commands are arrays of bulk strings") {
    const test::TempDir dir;
    const std::string path = dir.path() + "/s";
    Listener listener(path);
    const std::string second = encode_command({"GET", std::string("a\0\r\n", 4)});
    CHECK(second == "*2\r\n$3\r\nGET\r\n$4\r\n" + std::string("a\0\r\n", 4) + "\r\n");
    listener.serve("%1\r\n+proto\r\n:3\r\n+PONG\r\n>1\r\n+news\r\n$1\r\nv\r\n", kHello.size() + kPing.size());
    {
        UnixSession session(path, seconds(30));
        const auto first = session.ask({"PING"});
        REQUIRE(std::holds_alternative<api::Reply>(first));
        CHECK(std::get<api::Reply>(first).text == "PONG");
        listener.join();
        CHECK(listener.request == kHello + kPing);
        // The answer is already here; that the peer is gone must not hide it, and the push is passed over.
        const auto next = session.ask({"GET", "k"});
        REQUIRE(std::holds_alternative<api::Reply>(next));
        CHECK(std::get<api::Reply>(next).text == "v");
    }
    listener.serve("", 0);
    UnixSession session(path, seconds(30));
    CHECK(failure_of(session.ask({"PING"})).code == ExitCode::try_again);
}

TEST_CASE("cli session: a daemon's refusals and a stranger's bytes") {
    CHECK(failure_of(ask_for("-NOPROTO no RESP3 here\r\n")).code == ExitCode::protocol);
    CHECK(failure_of(ask_for("%0\r\n-NOPERM admin only\r\n")).code == ExitCode::not_permitted);
    CHECK(failure_of(ask_for("SSH-2.0-OpenSSH_9.2\r\n")).code == ExitCode::protocol);
    CHECK(failure_of(ask_for("%0\r\n$1000000000\r\n")).code == ExitCode::protocol);
    CHECK(failure_of(ask_for("%0\r\n$10\r\nabc")).code == ExitCode::try_again);
    CHECK(failure_of(ask_for("")).code == ExitCode::try_again);
    std::string deep = "%0\r\n";
    for (int i = 0; i < 100'000; ++i) deep += "*1\r\n";
    CHECK(failure_of(ask_for(deep)).code == ExitCode::protocol);
}

TEST_CASE("cli session: nobody there, and somebody who never answers") {
    const test::TempDir dir;
    const std::string path = dir.path() + "/s";
    UnixSession absent(path, seconds(1));
    const Failure failure = failure_of(absent.ask({"PING"}));
    CHECK(failure.code == ExitCode::unreachable);
    CHECK(failure.sentence == "no daemon at " + path + " (is chordd running with --api " + path +
                                  "? as a service: systemctl status chordd)");

    std::ofstream(path) << "a file, not a socket";
    UnixSession file(path, seconds(1));
    const Failure no_socket = failure_of(file.ask({"PING"}));
    CHECK(no_socket.code == ExitCode::unreachable);
    CHECK(no_socket.sentence == path + " is not a socket (--socket names chordd's --api)");
    ::unlink(path.c_str());

    Listener silent(path);  // the kernel accepts for it
    UnixSession session(path, milliseconds(1));
    CHECK(failure_of(session.ask({"PING"})).code == ExitCode::try_again);
    UnixSession blocked(path, milliseconds(1));  // more than a socket's buffer: the deadline holds for sending too
    CHECK(failure_of(blocked.ask({"SET", "k", std::string(std::size_t{4} << 20, 'x')})).code == ExitCode::try_again);

    UnixSession nowhere(std::string(200, 'x'), seconds(1));
    CHECK(failure_of(nowhere.ask({"PING"})).code == ExitCode::usage);
}
