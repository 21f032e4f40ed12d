// How reliable messages fare on slow, long and lossy links, in virtual time: no figure depends on the machine.
//
// Usage: bench_message [--json] [--seeds N]. Each row is one question of issue 4 ("It must show"); a row's figures are
// over all seeds from 1 on.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/message_link.hpp"

namespace {

using namespace chord;
using namespace chord::net;
using namespace chord::testing;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kValue = 64 * 1024;

struct Figures {
    std::vector<double> each;
    void add(double figure) { each.push_back(figure); }
    double at(std::size_t percent) {
        std::sort(each.begin(), each.end());
        return each[(each.size() - 1) * percent / 100];
    }
};

bool g_json = false;

void print(const char* what, const char* unit, Figures& figures) {
    if (g_json) {
        std::printf(
            "{\"what\":\"%s\",\"unit\":\"%s\",\"least\":%.3f,\"p10\":%.3f,\"p50\":%.3f,\"p90\":%.3f,\"most\":%.3f}\n",
            what, unit, figures.at(0), figures.at(10), figures.at(50), figures.at(90), figures.at(100));
    } else {
        std::printf("| %-64s | %-8s | %8.2f | %8.2f | %8.2f | %8.2f | %8.2f |\n", what, unit, figures.at(0),
                    figures.at(10), figures.at(50), figures.at(90), figures.at(100));
    }
    std::fflush(stdout);
}

LinkOptions link(std::uint64_t bits_per_second, Duration rtt, std::uint32_t loss_per_mille, std::size_t queue_bytes) {
    LinkOptions options;
    options.bits_per_second = bits_per_second;
    options.delay = rtt / 2;
    options.loss_per_mille = loss_per_mille;
    options.queue_bytes = queue_bytes;
    return options;
}

MessageOptions large() {
    MessageOptions options;
    options.reassembly.message_bytes_max = kMessageBytesMax;
    options.reassembly.peer_bytes_max = 2 * kMessageBytesMax;
    options.queued_bytes_max = 8 * kMessageBytesMax;
    return options;
}

double seconds_of(Duration duration) {
    return static_cast<double>(duration.count()) / 1e6;
}

/// Bytes of value in the time from send() to the whole message at the other end, in percent of the link.
void value_rate(const char* what, std::size_t bytes, const LinkOptions& one_way, int seeds, std::size_t messages = 1) {
    Figures rate;
    Figures wire;
    for (int seed = 1; seed <= seeds; ++seed) {
        MessageWorld world(2, large(), one_way, one_way, static_cast<std::uint64_t>(seed));
        for (std::size_t i = 0; i < messages; ++i) world.send(0, 1, message_bytes(bytes, i + 1), Priority::foreground);
        if (!world.run(minutes(60), [&] { return world.arrivals.size() == messages; })) {
            std::printf("%s: not delivered with seed %d\n", what, seed);
            std::exit(1);
        }
        const double took = seconds_of(world.now() - MessageWorld::kStart);
        const double capacity = static_cast<double>(one_way.bits_per_second) / 8 * took;
        rate.add(100 * static_cast<double>(bytes * messages) / capacity);
        wire.add(100 * static_cast<double>(world.to_right.carried()) / capacity);
    }
    print(what, "% value", rate);
    print("  the same, with headers and repetitions", "% wire", wire);
}

/// A background transfer fills the link; then a foreground one begins, from the same node or from another behind the
/// same bottleneck. The foreground's share of what both get while both go on.
void yielding(const char* what, bool same_node, const LinkOptions& one_way, std::size_t bytes, int seeds) {
    Figures share;
    Figures queue;
    for (int seed = 1; seed <= seeds; ++seed) {
        MessageWorld world(3, large(), one_way, one_way, static_cast<std::uint64_t>(seed));
        const std::size_t other = same_node ? 0 : 1;
        for (int i = 0; i < 4; ++i) world.send(0, 2, message_bytes(kMessageBytesMax), Priority::background);
        world.run(seconds(10));
        (void)world.to_right.take_queues();
        world.run(seconds(20));
        for (const Duration each : world.to_right.take_queues()) queue.add(seconds_of(each) * 1000);
        const MessageCounters before = world.node(0).counters();
        const SendHandle handle = world.send(other, 2, message_bytes(bytes, 7), Priority::foreground);
        const bool ended = world.run(minutes(10), [&] {
            return std::any_of(world.endings.begin(), world.endings.end(), [&](const auto& ending) {
                return ending.node == other && ending.ended.handle == handle;
            });
        });
        const double background =
            static_cast<double>(world.node(0).counters().tx_background_bytes - before.tx_background_bytes);
        const double foreground = static_cast<double>(world.node(other).counters().tx_foreground_bytes);
        if (!ended || background == 0) std::printf("%s: seed %d shows nothing\n", what, seed);
        share.add(100 * foreground / (foreground + background));
    }
    print(what, "% share", share);
    print("  the background alone: its datagrams' time in queue and sending", "ms", queue);
}

void losses(const char* what, std::uint32_t per_mille, int seeds) {
    Figures lost;
    Figures took;
    for (int seed = 1; seed <= seeds; ++seed) {
        const LinkOptions one_way = link(10'000'000, milliseconds(40), per_mille, 256 * 1024);
        MessageWorld world(2, large(), one_way, one_way, static_cast<std::uint64_t>(seed));
        constexpr int kMessages = 200;
        int failed = 0;
        for (int i = 0; i < kMessages; ++i) {
            const std::size_t before = world.endings.size();
            const Time began = world.now();
            world.send(0, 1, message_bytes(8 * 1024, static_cast<std::uint64_t>(i)), Priority::foreground);
            (void)world.run(minutes(2), [&] { return world.endings.size() > before; });
            failed += world.endings.back().ended.status ? 0 : 1;
            took.add(seconds_of(world.now() - began) * 1000);
        }
        lost.add(failed);
    }
    print(what, "lost/200", lost);
    print("  time from send to the last ack", "ms", took);
}

}  // namespace

int main(int argc, char** argv) {
    int seeds = 20;
    for (int i = 1; i < argc; ++i) {
        const std::string option = argv[i];
        if (option == "--json") {
            g_json = true;
        } else if (option == "--seeds" && i + 1 < argc) {
            seeds = std::atoi(argv[++i]);
        } else {
            seeds = 0;
        }
    }
    if (seeds < 1 || seeds > 100'000) {
        std::fprintf(stderr, "usage: bench_message [--json] [--seeds 1..100000]\n");
        return 2;
    }
    if (!g_json) {
        std::printf(
            "%d seeds a row\n\n| what | unit | least | p10 | p50 | p90 | most |\n|---|---|---|---|---|---|---|\n",
            seeds);
    }
    value_rate("64 KiB, 100 kbit/s, 200 ms, 2 %, queue 16 KB", kValue, link(100'000, milliseconds(200), 20, 16'000),
               seeds);
    value_rate("64 KiB, 100 kbit/s, 200 ms, 2 %, queue 64 KB", kValue, link(100'000, milliseconds(200), 20, 64'000),
               seeds);
    value_rate("64 KiB, 100 kbit/s, 200 ms, 2 %, queue 4 KB", kValue, link(100'000, milliseconds(200), 20, 4'000),
               seeds);
    value_rate("64 KiB, 100 kbit/s, 200 ms, no loss", kValue, link(100'000, milliseconds(200), 0, 64'000), 1);
    value_rate("1 MiB, 10 Mbit/s, 20 ms, 0.1 %", 1 << 20, link(10'000'000, milliseconds(20), 1, 128'000), seeds);
    value_rate("1 MiB, 1 Mbit/s, 100 ms, 2 %", 1 << 20, link(1'000'000, milliseconds(100), 20, 64'000), seeds);
    yielding("1 Mbit/s, 100 ms: to a foreground of another node", false, link(1'000'000, milliseconds(100), 0, 64'000),
             1 << 20, seeds);
    yielding("100 kbit/s, 200 ms: to a foreground of another node", false, link(100'000, milliseconds(200), 0, 32'000),
             4 * kValue, seeds);
    yielding("100 kbit/s, 200 ms, 2 %: to a foreground of another node", false,
             link(100'000, milliseconds(200), 20, 32'000), 4 * kValue, seeds);
    yielding("100 kbit/s, 200 ms: to a foreground of the same node", true, link(100'000, milliseconds(200), 0, 32'000),
             kValue, seeds);
    losses("8 KiB, 10 Mbit/s, 40 ms, 5 % each way", 50, seeds);
    return 0;
}
