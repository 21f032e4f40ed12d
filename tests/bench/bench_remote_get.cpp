// What does a GET cost when another node owns the key? One client at node A of a ring of two, on loopback, one command
// at a time: keys that B owns, keys that A owns, and beside them a bare UDP echo between two processes, alternating in
// one run, with the processes where the scheduler puts them and again all on one CPU. Beside them, if asked for, the
// same of another version's chordd.
//
// Usage: bench_remote_get [--json] [--samples N] [--runs N] [--chordd PATH] [--beside PATH]   (README.md in this
// folder)
#include <fcntl.h>
#include <sched.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <memory>

#include "tests/bench/ring_of_two.hpp"

namespace {

using namespace chord::bench;

constexpr std::size_t kKeys = 64;  // of each node
constexpr std::size_t kValueBytes = 100;
constexpr std::size_t kEchoBytes = 200;  // about what the answer to a remote read takes

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

std::vector<std::string> commands(const std::vector<std::string>& keys) {
    std::vector<std::string> encoded;
    for (const std::string& key : keys) encoded.push_back(chord::cli::encode_command({"GET", key}));
    return encoded;
}

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
    double cpu = 0;  // microseconds of both nodes
};

/// `ring`: whose CPU time counts, if any.
Spread measure(std::size_t samples, const RingOfTwo* ring, const std::function<void(std::size_t)>& once) {
    for (std::size_t i = 0; i < samples / 10; ++i) once(i);  // warm
    std::vector<double> took;
    const double cpu_before = ring ? ring->cpu() : 0;
    for (std::size_t i = 0; i < samples; ++i) {
        const auto began = Clock::now();
        once(i);
        took.push_back(std::chrono::duration<double, std::micro>(Clock::now() - began).count());
    }
    const double cpu = ring ? (ring->cpu() - cpu_before) / 1000 / static_cast<double>(samples) : 0;
    std::sort(took.begin(), took.end());
    return {took[took.size() / 2], took[took.size() * 99 / 100], cpu};
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

Spread median(const std::vector<Spread>& runs) {
    std::vector<double> p50;
    std::vector<double> p99;
    std::vector<double> cpu;
    for (const Spread& run : runs) {
        p50.push_back(run.p50);
        p99.push_back(run.p99);
        cpu.push_back(run.cpu);
    }
    return {median(p50), median(p99), median(cpu)};
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
    std::string what;
    Spread spread;
    double ratio;  // of p50 to the echo's
};

void print_table(const std::vector<Row>& rows) {
    std::printf(
        "| processes   | what               | p50 us | p99 us | p50 to the echo's | CPU us "
        "|\n|---|---|---|---|---|---|\n");
    for (const Row& row : rows) {
        std::printf("| %-11s | %-18s | %6.1f | %6.1f | %17.2f | %6.1f |\n", row.placement, row.what.c_str(),
                    row.spread.p50, row.spread.p99, row.ratio, row.spread.cpu);
    }
}

void print_json(const std::vector<Row>& rows, std::size_t samples, std::size_t runs) {
    std::printf("{\"v\":1,\"samples\":%zu,\"runs\":%zu,\"rows\":[", samples, runs);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::printf(
            "%s{\"processes\":\"%s\",\"what\":\"%s\",\"p50_us\":%.1f,\"p99_us\":%.1f,\"p50_to_echo\":%.2f,\"cpu_us\":%."
            "1f}",
            i > 0 ? "," : "", rows[i].placement, rows[i].what.c_str(), rows[i].spread.p50, rows[i].spread.p99,
            rows[i].ratio, rows[i].spread.cpu);
    }
    std::printf("]}\n");
}

/// One version's ring, its client and what was measured of it since the last report.
class Asked {
public:
    Asked(const std::string& program, const TemporaryDirectory& directory, const std::string& name,
          const std::string& value)
        : ring(program, directory, name, kKeys, value),
          client_(ring.a.api(), value),
          remote_(commands(ring.of_b)),
          local_(commands(ring.of_a)),
          served_before_(reads_served(ring.b)) {}

    void measure_once(std::size_t samples) {
        remote_runs_.push_back(
            measure(samples, &ring, [this](std::size_t i) { client_.get(remote_[i % remote_.size()]); }));
        local_runs_.push_back(
            measure(samples, &ring, [this](std::size_t i) { client_.get(local_[i % local_.size()]); }));
    }

    void report(const char* placement, const char* suffix, double echo_p50, std::vector<Row>& rows) {
        for (const auto& [what, runs] : {std::pair{"remote GET", &remote_runs_}, {"local GET", &local_runs_}}) {
            const Spread spread = median(*runs);
            rows.push_back({placement, std::string(what) + suffix, spread, spread.p50 / echo_p50});
            runs->clear();
        }
    }

    std::int64_t served() const { return reads_served(ring.b) - served_before_; }

    RingOfTwo ring;

private:
    GetClient client_;
    std::vector<std::string> remote_, local_;
    std::int64_t served_before_;
    std::vector<Spread> remote_runs_, local_runs_;
};

struct Arguments {
    bool json = false;
    std::size_t samples = 5000;
    std::size_t runs = 5;
    std::string chordd;
    std::string beside;  // empty: none
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
        } else if (option == "--beside") {
            arguments.beside = argv[++i];
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
                     "usage: bench_remote_get [--json] [--samples 100..1000000] [--runs 1..1000] [--chordd PATH] "
                     "[--beside PATH]\n");
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

    const std::string value(kValueBytes, 'v');
    const auto once_echo = [&](std::size_t) {
        std::array<char, kEchoBytes> bytes{};
        must(::send(own_socket, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()), "send");
        must(::recv(own_socket, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()), "recv");
    };
    std::vector<std::unique_ptr<Asked>> asked;
    asked.push_back(std::make_unique<Asked>(arguments->chordd, directory, "one", value));
    if (!arguments->beside.empty()) {
        asked.push_back(std::make_unique<Asked>(arguments->beside, directory, "two", value));
    }

    cpu_set_t all_cpus;
    must(::sched_getaffinity(0, sizeof(all_cpus), &all_cpus) == 0, "sched_getaffinity");
    const cpu_set_t one_cpu = first_of(all_cpus);
    const std::size_t samples = arguments->samples;
    std::vector<Row> rows;
    for (const bool pinned : {false, true}) {
        std::vector<pid_t> processes = {::getpid(), echo.pid()};
        for (const auto& one : asked) processes.insert(processes.end(), {one->ring.a.pid(), one->ring.b.pid()});
        place(processes, pinned ? one_cpu : all_cpus);
        std::vector<Spread> echoes;
        for (std::size_t run = 0; run < arguments->runs; ++run) {
            echoes.push_back(measure(samples, nullptr, once_echo));
            for (const auto& one : asked) one->measure_once(samples);
        }
        const char* const placement = pinned ? "on one CPU" : "unpinned";
        const Spread echoed = median(echoes);
        rows.push_back({placement, "UDP echo", echoed, 1});
        for (const auto& one : asked) one->report(placement, one == asked.front() ? "" : ", beside", echoed.p50, rows);
    }
    // Each remote GET was one that B answered; otherwise the figures would be of something else.
    const auto wanted = static_cast<std::int64_t>(2 * arguments->runs * (samples + samples / 10));
    for (const auto& one : asked) {
        if (one->served() < wanted) fail("node B was asked less often than there were remote GETs");
    }

    if (arguments->json) {
        print_json(rows, samples, arguments->runs);
    } else {
        std::printf("%zu samples a run, medians of %zu runs, values of %zu bytes\n\n", samples, arguments->runs,
                    kValueBytes);
        print_table(rows);
    }
    return 0;
}
