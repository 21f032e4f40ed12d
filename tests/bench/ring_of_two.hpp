// A ring of two chordd processes on loopback for a benchmark to ask: started, waited for, ended with the object.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
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

namespace chord::bench {

using Clock = std::chrono::steady_clock;
using api::Reply;

[[noreturn]] inline void fail(const std::string& what) {
    std::fprintf(stderr, "%s\n", what.c_str());
    std::exit(1);
}

inline void must(bool good, const char* what) {
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

inline sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// A UDP socket on a port of the kernel's choice.
inline int udp_socket(std::uint16_t& port) {
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
        std::string name = (std::filesystem::temp_directory_path() / "chordd-bench.XXXXXX").string();
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
            cli::UnixSession session(api_, std::chrono::seconds(5));
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

inline const Reply& field(const Reply& reply, const char* name) {
    const Reply* found = reply.find(name);
    if (found == nullptr) fail(std::string("no field ") + name);
    return *found;
}

inline void wait_for_ring_of_two(const Node& a, const Node& b) {
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

/// Writes `count` keys that `owner` owns, through `node`; returns them.
inline std::vector<std::string> keys_of(const Node& owner, const Node& node, std::size_t count,
                                        const std::string& value) {
    std::vector<std::string> keys;
    for (int i = 0; keys.size() < count; ++i) {
        std::string key = "bench-" + std::to_string(i);
        if (field(field(node.ask({"CHORD.LOOKUP", key}), "owner"), "address").text != owner.address()) continue;
        node.ask({"SET", key, value});
        keys.push_back(std::move(key));
    }
    return keys;
}

inline std::int64_t reads_served(const Node& node) {
    return field(field(node.ask({"CHORD.STATUS"}), "counters"), "reads_served").integer;
}

/// The nanoseconds that all threads of the process have run (schedstat of proc(5)).
inline double cpu_ns(pid_t process) {
    double sum = 0;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
        double ran = 0;
        std::ifstream(thread.path() / "schedstat") >> ran;
        sum += ran;
    }
    return sum;
}

/// Nodes A and B, and some keys that each of them owns, written through A.
class RingOfTwo {
public:
    RingOfTwo(const std::string& program, const TemporaryDirectory& directory, const std::string& name,
              std::size_t keys, const std::string& value)
        : a(program, directory, (name + "-a").c_str(), {}),
          b(program, directory, (name + "-b").c_str(), {a.address()}) {
        wait_for_ring_of_two(a, b);
        of_b = keys_of(b, a, keys, value);
        of_a = keys_of(a, a, keys, value);
    }

    double cpu() const { return cpu_ns(a.pid()) + cpu_ns(b.pid()); }

    Node a, b;
    std::vector<std::string> of_a, of_b;
};

}  // namespace chord::bench
