// ApiServer: what clients begin and do not end is bounded for all of them together, and in time.
#include "node/daemon/api_server.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "node/host/file_descriptor.hpp"
#include "tests/support/fake_client.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

using namespace chord;
using namespace chord::daemon;

namespace {

/// A server whose loop and clock are turned by the test.
struct Bench {
    explicit Bench(const ApiServer::Options& options)
        : server(io, std::move(*LocalSocket::listen(path)), context, options, {[] {}, [this] { return now; }}, log) {
        server.start();
    }

    FileDescriptor connect() {
        FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        REQUIRE(::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        turn();
        return socket;
    }
    void send(const FileDescriptor& socket, const std::string& bytes) {
        REQUIRE(::send(socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
        turn();
    }
    void turn() {
        for (int i = 0; i < 8; ++i) {
            io.restart();
            io.poll();
            server.flush();
        }
    }
    /// Whether the server has hung up on it.
    static bool closed(const FileDescriptor& socket) {
        char byte = 0;
        return ::recv(socket.number(), &byte, 1, MSG_DONTWAIT) == 0;
    }

    test::TempDir dir;
    std::string path = dir.path() + "/api";
    Time now{};
    std::string lines;
    Log log{LogLevel::notice,
            Log::Style::journal,
            {[this] { return now; }, [] { return WallMs{}; }},
            [this](std::string_view line) { lines += line; }};
    asio::io_context io;
    chord::testing::FakeClient client;
    api::ApiContext context{client};
    ApiServer server;
};

std::string half_a_command(std::size_t size) {
    return "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$60000\r\n" + std::string(size, 'x');
}

}  // namespace

TEST_CASE("api server: of too many bytes of unfinished commands the oldest goes") {
    ApiServer::Options options;
    options.input_bytes_max = 50'000;
    Bench bench(options);
    const FileDescriptor first = bench.connect();
    const FileDescriptor second = bench.connect();
    bench.send(first, half_a_command(20'000));
    bench.now += Duration(1);
    bench.send(second, half_a_command(20'000));
    CHECK(bench.server.connections() == 2);
    const FileDescriptor third = bench.connect();
    bench.now += Duration(1);
    bench.send(third, half_a_command(20'000));
    CHECK(bench.closed(first));
    CHECK_FALSE(bench.closed(second));
    CHECK(bench.lines.find("unfinished commands") != std::string::npos);

    // Room again once a command is whole.
    bench.send(second, std::string(40'000, 'x') + "\r\n");
    const FileDescriptor fourth = bench.connect();
    bench.send(fourth, half_a_command(20'000));
    CHECK(bench.server.connections() == 3);
}

TEST_CASE("api server: a command must be whole in time, however it trickles in") {
    ApiServer::Options options;
    Bench bench(options);
    const FileDescriptor slow = bench.connect();
    const FileDescriptor idle = bench.connect();
    const FileDescriptor busy = bench.connect();
    bench.send(slow, "PI");
    bench.send(busy, "PING\r\nPI");
    bench.now += options.stalled_for - Duration(1);
    bench.send(slow, "N");
    bench.send(busy, "NG\r\nPI");
    bench.server.drop_stalled();
    CHECK(bench.server.connections() == 3);
    bench.now += Duration(1);
    bench.server.drop_stalled();
    CHECK(bench.closed(slow));
    CHECK(bench.server.connections() == 2);
    CHECK(bench.lines.find("the client does not end its command") != std::string::npos);
}
