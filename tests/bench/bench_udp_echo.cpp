// How long does a bare UDP echo take on this machine? Two processes, blocking sockets, one datagram at a time: the wall
// that a remote GET cannot pass, and the figure to hold it against in the same run.
//
// Usage: bench_udp_echo [--count N] [--bytes B] [--ipv6] [--json]
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kBytesMax = 1400;
constexpr std::size_t kWarmUp = 1000;

struct Options {
    std::size_t count = 50'000;
    std::size_t bytes = 128;
    bool ipv6 = false;
    bool json = false;
};

int fail(const char* what) {
    std::fprintf(stderr, "bench_udp_echo: %s: %s\n", what, std::strerror(errno));
    return 1;
}

bool parse(int argc, char** argv, Options& options) {
    const auto number = [](std::string_view text, std::size_t max, std::size_t& value) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc{} && end == text.data() + text.size() && value >= 1 && value <= max;
    };
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--ipv6") {
            options.ipv6 = true;
        } else if (name == "--json") {
            options.json = true;
        } else if (name == "--count" && i + 1 < argc) {
            if (!number(argv[++i], 100'000'000, options.count)) return false;
        } else if (name == "--bytes" && i + 1 < argc) {
            if (!number(argv[++i], kBytesMax, options.bytes)) return false;
        } else {
            return false;
        }
    }
    return true;
}

/// A socket on a free loopback port, and its address.
int open_socket(bool ipv6, sockaddr_storage& address, socklen_t& size) {
    address = {};
    if (ipv6) {
        auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
        v6.sin6_family = AF_INET6;
        v6.sin6_addr = in6addr_loopback;
        size = sizeof v6;
    } else {
        auto& v4 = reinterpret_cast<sockaddr_in&>(address);
        v4.sin_family = AF_INET;
        v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        size = sizeof v4;
    }
    const int handle = ::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (handle < 0) return -1;
    if (::bind(handle, reinterpret_cast<const sockaddr*>(&address), size) != 0) return -1;
    if (::getsockname(handle, reinterpret_cast<sockaddr*>(&address), &size) != 0) return -1;
    return handle;
}

[[noreturn]] void echo_for_ever(int handle) {
    char bytes[kBytesMax];
    sockaddr_storage from;
    for (;;) {
        socklen_t size = sizeof from;
        const ssize_t got = ::recvfrom(handle, bytes, sizeof bytes, 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (got < 0) ::_exit(1);
        ::sendto(handle, bytes, static_cast<std::size_t>(got), 0, reinterpret_cast<const sockaddr*>(&from), size);
    }
}

void report(const Options& options, std::vector<std::int64_t>& nanoseconds, double seconds) {
    std::sort(nanoseconds.begin(), nanoseconds.end());
    const auto quantile_us = [&nanoseconds](double share) {
        const auto last = static_cast<double>(nanoseconds.size() - 1);
        return static_cast<double>(nanoseconds[static_cast<std::size_t>(share * last)]) / 1000.0;
    };
    const char* const form =
        options.json ? "{\"v\":1,\"bench\":\"udp_echo\",\"count\":%zu,\"bytes\":%zu,\"p50_us\":%.1f,"
                       "\"p99_us\":%.1f,\"max_us\":%.1f,\"per_second\":%.0f}\n"
                     : "udp echo, loopback, %zu round trips of %zu bytes: p50 %.1f us, p99 %.1f us, max %.1f us, "
                       "%.0f a second\n";
    std::printf(form, nanoseconds.size(), options.bytes, quantile_us(0.5), quantile_us(0.99), quantile_us(1.0),
                static_cast<double>(nanoseconds.size()) / seconds);
}

/// The round trips of `handle`, which is connected to the echo. False when one got lost.
bool measure(int handle, const Options& options, std::vector<std::int64_t>& nanoseconds) {
    using Clock = std::chrono::steady_clock;
    char bytes[kBytesMax] = {};
    nanoseconds.reserve(options.count);
    for (std::size_t i = 0; i < kWarmUp + options.count; ++i) {
        const auto start = Clock::now();
        if (::send(handle, bytes, options.bytes, 0) < 0) return false;
        if (::recv(handle, bytes, sizeof bytes, 0) < 0) return false;
        if (i >= kWarmUp) nanoseconds.push_back((Clock::now() - start).count());
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (!parse(argc, argv, options)) {
        std::fprintf(stderr, "usage: bench_udp_echo [--count N] [--bytes 1..1400] [--ipv6] [--json]\n");
        return 2;
    }
    sockaddr_storage server_address;
    sockaddr_storage client_address;
    socklen_t size = 0;
    const int server = open_socket(options.ipv6, server_address, size);
    const int client = open_socket(options.ipv6, client_address, size);
    if (server < 0 || client < 0) return fail("cannot open a socket on loopback");
    if (::connect(client, reinterpret_cast<const sockaddr*>(&server_address), size) != 0) return fail("connect");
    const timeval patience{1, 0};
    if (::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0) return fail("setsockopt");

    const pid_t child = ::fork();
    if (child < 0) return fail("fork");
    if (child == 0) echo_for_ever(server);

    std::vector<std::int64_t> nanoseconds;
    const auto start = std::chrono::steady_clock::now();
    const bool complete = measure(client, options, nanoseconds);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    const int error = errno;
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    if (!complete) {
        errno = error;
        return fail("a datagram got lost");
    }
    report(options, nanoseconds, elapsed.count());
    return 0;
}
