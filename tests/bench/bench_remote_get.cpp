// What does a GET cost when another node owns the key? One client at node A of a ring of two, on loopback, one command
// at a time: keys that B owns, keys that A owns, and beside them a bare UDP echo between two processes, alternating in
// one run, with the processes where the scheduler puts them and again all on one CPU.
//
// Usage: bench_remote_get [--json] [--samples N] [--runs N] [--chordd PATH]    (README.md in this folder)
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "node/cli/session.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using chord::api::Reply;

constexpr std::size_t kKeys = 64;  // of each node
constexpr std::size_t kValueBytes = 100;
constexpr std::size_t kEchoBytes = 200;  // about what the answer to a remote read takes

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "bench_remote_get: %s\n", what.c_str());
    std::exit(1);
}

void must(bool good, const char* what) {
    if (!good) fail(std::string(what) + ": " + std::strerror(errno));
}

/// A child process; it ends with this object, and with this program however that ends.
class Process {
public:
    explicit Process(const std::function<void()>& body) : pid_(::fork()) {
        must(pid_ >= 0, "fork");
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            body();
            ::_exit(127);
        }
    }
    ~Process() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t pid() const { return pid_; }
    bool ended() const { return ::waitpid(pid_, nullptr, WNOHANG) == pid_; }

private:
    pid_t pid_;
};

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// A UDP socket on a port of the kernel's choice.
int udp_socket(std::uint16_t& port) {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must(socket >= 0, "socket");
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    must(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
    must(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
    port = ntohs(address.sin_port);
    return socket;
}

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "bench_remote_get.XXXXXX").string();
        must(::mkdtemp(name.data()) != nullptr, "mkdtemp");
        path_ = name;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    std::string operator/(const char* name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

/// One chordd.
class Node {
public:
    Node(const std::string& program, const TemporaryDirectory& directory, const char* name,
         const std::vector<std::string>& peers)
        : api_(directory / name + ".sock") {
        std::uint16_t port = 0;
        ::close(udp_socket(port));
        address_ = "127.0.0.1:" + std::to_string(port);
        std::vector<std::string> line = {
            program, "--state-dir",   directory / name,          "--listen",  address_, "--api",
            api_,    "--network-key", directory / "network.key", "--profile", "lan",    "--log-level",
            "error"};
        for (const std::string& peer : peers) {
            line.push_back("--peer");
            line.push_back(peer);
        }
        process_.emplace([&line] {
            std::vector<char*> arguments;
            for (std::string& word : line) arguments.push_back(word.data());
            arguments.push_back(nullptr);
            ::execv(arguments.front(), arguments.data());
            std::perror(arguments.front());
        });
    }

    const std::string& api() const { return api_; }
    const std::string& address() const { return address_; }
    pid_t pid() const { return process_->pid(); }
    bool ended() const { return process_->ended(); }

    /// Waits while the node does not answer yet.
    Reply ask(const std::vector<std::string>& command) const {
        const auto until = Clock::now() + std::chrono::seconds(30);
        while (Clock::now() < until) {
            chord::cli::UnixSession session(api_, std::chrono::seconds(5));
            auto outcome = session.ask(command);
            if (auto* reply = std::get_if<Reply>(&outcome)) return std::move(*reply);
            if (ended()) fail("chordd ended instead of starting");
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        fail("a node gives no answer to " + command.front());
    }

private:
    std::string api_;
    std::string address_;
    std::optional<Process> process_;
};

const Reply& field(const Reply& reply, const char* name) {
    const Reply* found = reply.find(name);
    if (found == nullptr) fail(std::string("no field ") + name);
    return *found;
}

void wait_for_ring_of_two(const Node& a, const Node& b) {
    const auto until = Clock::now() + std::chrono::seconds(60);
    for (const Node* node : {&a, &b}) {
        while (true) {
            const Reply check = node->ask({"CHORD.RING", "CHECK"});
            if (field(check, "nodes").integer == 2 && field(check, "one_ring").integer == 1) break;
            if (Clock::now() > until) fail("the two nodes find no ring");
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    }
}

/// Writes kKeys keys that `owner` owns, through `node`; returns them.
std::vector<std::string> keys_of(const Node& owner, const Node& node, const std::string& value) {
    std::vector<std::string> keys;
    for (int i = 0; keys.size() < kKeys; ++i) {
        std::string key = "bench-" + std::to_string(i);
        if (field(field(node.ask({"CHORD.LOOKUP", key}), "owner"), "address").text != owner.address()) continue;
        node.ask({"SET", key, value});
        keys.push_back(std::move(key));
    }
    return keys;
}

std::int64_t reads_served(const Node& node) {
    return field(field(node.ask({"CHORD.STATUS"}), "counters"), "reads_served").integer;
}

/// The plainest client there can be: one blocking socket, one command, one reply whose bytes are known.
class GetClient {
public:
    GetClient(const std::string& path, const std::string& value)
        : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
          expected_('$' + std::to_string(value.size()) + "\r\n" + value + "\r\n") {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path.size() >= sizeof(address.sun_path)) fail("the temporary directory's name is too long");
        std::memcpy(address.sun_path, path.data(), path.size());
        must(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0, "connect");
    }
    ~GetClient() { ::close(socket_); }
    GetClient(const GetClient&) = delete;
    GetClient& operator=(const GetClient&) = delete;

    void get(const std::string& command) {
        must(::write(socket_, command.data(), command.size()) == static_cast<ssize_t>(command.size()), "write");
        std::array<char, 1024> buffer{};
        std::string reply;
        while (reply.size() < expected_.size()) {
            const ssize_t size = ::read(socket_, buffer.data(), buffer.size());
            must(size > 0, "read");
            reply.append(buffer.data(), static_cast<std::size_t>(size));
            if (expected_.compare(0, reply.size(), reply) != 0) fail("a wrong reply: " + reply);
        }
    }

private:
    int socket_;
    std::string expected_;
};

[[noreturn]] void echo_for_ever(int socket) {
    std::array<char, 2048> buffer{};
    sockaddr_in from{};
    while (true) {
        socklen_t length = sizeof(from);
        auto* address = reinterpret_cast<sockaddr*>(&from);
        const ssize_t size = ::recvfrom(socket, buffer.data(), buffer.size(), 0, address, &length);
        if (size >= 0) ::sendto(socket, buffer.data(), static_cast<std::size_t>(size), 0, address, length);
    }
}

struct Spread {
    double p50 = 0;
    double p99 = 0;  // microseconds
};

Spread measure(std::size_t samples, const std::function<void(std::size_t)>& once) {
    for (std::size_t i = 0; i < samples / 10; ++i) once(i);  // warm
    std::vector<double> took;
    for (std::size_t i = 0; i < samples; ++i) {
        const auto began = Clock::now();
        once(i);
        took.push_back(std::chrono::duration<double, std::micro>(Clock::now() - began).count());
    }
    std::sort(took.begin(), took.end());
    return {took[took.size() / 2], took[took.size() * 99 / 100]};
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

Spread median(const std::vector<Spread>& runs) {
    std::vector<double> p50;
    std::vector<double> p99;
    for (const Spread& run : runs) {
        p50.push_back(run.p50);
        p99.push_back(run.p99);
    }
    return {median(p50), median(p99)};
}

/// Every thread of these processes, from now on, on these CPUs.
void place(const std::vector<pid_t>& processes, const cpu_set_t& cpus) {
    for (const pid_t process : processes) {
        for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
            must(::sched_setaffinity(std::stoi(thread.path().filename()), sizeof(cpus), &cpus) == 0,
                 "sched_setaffinity");
        }
    }
}

cpu_set_t first_of(const cpu_set_t& cpus) {
    cpu_set_t one;
    CPU_ZERO(&one);
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
        if (CPU_ISSET(cpu, &cpus)) CPU_SET(cpu, &one);
    }
    return one;
}

struct Row {
    const char* placement;
    const char* what;
    Spread spread;
    double ratio;  // of p50 to the echo's
};

void print_table(const std::vector<Row>& rows) {
    std::printf("| processes   | what        | p50 us | p99 us | p50 to the echo's |\n|---|---|---|---|---|\n");
    for (const Row& row : rows) {
        std::printf("| %-11s | %-11s | %6.1f | %6.1f | %17.2f |\n", row.placement, row.what, row.spread.p50,
                    row.spread.p99, row.ratio);
    }
}

void print_json(const std::vector<Row>& rows, std::size_t samples, std::size_t runs) {
    std::printf("{\"v\":1,\"samples\":%zu,\"runs\":%zu,\"rows\":[", samples, runs);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::printf("%s{\"processes\":\"%s\",\"what\":\"%s\",\"p50_us\":%.1f,\"p99_us\":%.1f,\"p50_to_echo\":%.2f}",
                    i > 0 ? "," : "", rows[i].placement, rows[i].what, rows[i].spread.p50, rows[i].spread.p99,
                    rows[i].ratio);
    }
    std::printf("]}\n");
}

struct Arguments {
    bool json = false;
    std::size_t samples = 5000;
    std::size_t runs = 5;
    std::string chordd;
};

std::optional<Arguments> parse(int argc, char** argv) {
    Arguments arguments;
    arguments.chordd = (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "chordd").string();
    for (int i = 1; i < argc; ++i) {
        const std::string option = argv[i];
        if (option == "--json") {
            arguments.json = true;
        } else if (i + 1 == argc) {
            return std::nullopt;
        } else if (option == "--chordd") {
            arguments.chordd = argv[++i];
        } else if (option == "--samples" || option == "--runs") {
            std::size_t& number = option == "--runs" ? arguments.runs : arguments.samples;
            number = static_cast<std::size_t>(std::strtoul(argv[++i], nullptr, 10));
        } else {
            return std::nullopt;
        }
    }
    if (arguments.samples < 100 || arguments.samples > 1'000'000 || arguments.runs < 1 || arguments.runs > 1000) {
        return std::nullopt;
    }
    return arguments;
}

}  // namespace

int main(int argc, char** argv) {
    const std::optional<Arguments> arguments = parse(argc, argv);
    if (!arguments) {
        std::fprintf(stderr,
                     "usage: bench_remote_get [--json] [--samples 100..1000000] [--runs 1..1000] [--chordd PATH]\n");
        return 2;
    }
    static const TemporaryDirectory directory;  // static, so that fail() removes it too
    {
        std::ofstream key(directory / "network.key");
        key << std::string(64, '5') << '\n';
    }
    std::filesystem::permissions(directory / "network.key", std::filesystem::perms::owner_read);

    std::uint16_t echo_port = 0;
    const int echo_socket = udp_socket(echo_port);
    const Process echo([echo_socket] { echo_for_ever(echo_socket); });
    std::uint16_t own_port = 0;
    const int own_socket = udp_socket(own_port);
    const sockaddr_in echo_address = loopback(echo_port);
    must(::connect(own_socket, reinterpret_cast<const sockaddr*>(&echo_address), sizeof(echo_address)) == 0, "connect");

    const Node a(arguments->chordd, directory, "a", {});
    const Node b(arguments->chordd, directory, "b", {a.address()});
    wait_for_ring_of_two(a, b);
    const std::string value(kValueBytes, 'v');
    const auto commands = [](const std::vector<std::string>& keys) {
        std::vector<std::string> encoded;
        for (const std::string& key : keys) encoded.push_back(chord::cli::encode_command({"GET", key}));
        return encoded;
    };
    const std::vector<std::string> remote = commands(keys_of(b, a, value));
    const std::vector<std::string> local = commands(keys_of(a, a, value));
    GetClient client(a.api(), value);

    const auto once_echo = [&](std::size_t) {
        std::array<char, kEchoBytes> bytes{};
        must(::send(own_socket, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()), "send");
        must(::recv(own_socket, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()), "recv");
    };
    const auto once_remote = [&](std::size_t i) { client.get(remote[i % remote.size()]); };
    const auto once_local = [&](std::size_t i) { client.get(local[i % local.size()]); };

    cpu_set_t all_cpus;
    must(::sched_getaffinity(0, sizeof(all_cpus), &all_cpus) == 0, "sched_getaffinity");
    const cpu_set_t one_cpu = first_of(all_cpus);
    const std::int64_t served_before = reads_served(b);
    const std::size_t samples = arguments->samples;
    std::vector<Row> rows;
    for (const bool pinned : {false, true}) {
        place({::getpid(), echo.pid(), a.pid(), b.pid()}, pinned ? one_cpu : all_cpus);
        std::array<std::vector<Spread>, 3> runs;
        for (std::size_t run = 0; run < arguments->runs; ++run) {
            runs[0].push_back(measure(samples, once_echo));
            runs[1].push_back(measure(samples, once_remote));
            runs[2].push_back(measure(samples, once_local));
        }
        constexpr std::array<const char*, 3> kNames = {"UDP echo", "remote GET", "local GET"};
        const double echo_p50 = median(runs[0]).p50;
        for (std::size_t i = 0; i < runs.size(); ++i) {
            const Spread spread = median(runs[i]);
            rows.push_back({pinned ? "on one CPU" : "unpinned", kNames[i], spread, spread.p50 / echo_p50});
        }
    }
    // Each remote GET was one that B answered; otherwise the figures would be of something else.
    const auto wanted = static_cast<std::int64_t>(2 * arguments->runs * (samples + samples / 10));
    if (reads_served(b) - served_before < wanted) fail("node B was asked less often than there were remote GETs");

    if (arguments->json) {
        print_json(rows, samples, arguments->runs);
    } else {
        std::printf("%zu samples a run, medians of %zu runs, values of %zu bytes\n\n", samples, arguments->runs,
                    kValueBytes);
        print_table(rows);
    }
    return 0;
}
