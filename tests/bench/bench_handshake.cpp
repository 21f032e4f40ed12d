// How many Noise handshakes does a core do in a second? Both patterns, each side for itself, beside the bare X25519
// multiplications that they are made of, alternating in one run; and what it costs to refuse a forged first message.
//
// Usage: bench_handshake [--json] [--samples N] [--runs N]    (README.md in this folder)
#include <sodium.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "net/noise/handshake.hpp"

namespace {

using namespace chord::net::noise;
using Clock = std::chrono::steady_clock;
using Raw = std::vector<std::uint8_t>;

constexpr std::size_t kPayloadBytes = 200;  // about a certificate, in each message that is encrypted to somebody

void must(bool good, const char* what) {
    if (good) return;
    std::fprintf(stderr, "bench_handshake: %s\n", what);
    std::exit(1);
}

SecretKey random_key() {
    SecretKey key;
    randombytes_buf(key.data(), SecretKey::kBytes);
    return key;
}

/// Sums up the time of what is done between start and stop.
class Stopwatch {
public:
    void start() { began_ = Clock::now(); }
    void stop() { sum_ += Clock::now() - began_; }
    double microseconds() const { return std::chrono::duration<double, std::micro>(sum_).count(); }

private:
    Clock::time_point began_;
    Clock::duration sum_{};
};

struct Sides {
    double initiator = 0;
    double responder = 0;  // microseconds
};

/// The long-lived things, made once.
struct World {
    KeyPair a{random_key()};
    KeyPair z{random_key()};
    SecretKey psk = random_key();
    Raw payload = Raw(kPayloadBytes, 'p');

    Handshake side(const Pattern& pattern, chord::net::Role role) const {
        const bool initiator = role == chord::net::Role::initiator;
        std::optional<PublicKey> remote;
        if (initiator && pattern.responder_static_known) remote = z.public_key();
        return Handshake({.pattern = pattern,
                          .role = role,
                          .prologue = {},
                          .static_key = initiator ? a : z,
                          .pre_shared_key = psk,
                          .ephemeral = random_key(),
                          .remote_static = remote});
    }
};

/// One handshake, from nothing to the ciphers, with the time that each side was at work.
Sides shake_hands(const World& world, const Pattern& pattern) {
    std::array<Stopwatch, 2> watches;
    std::array<std::optional<Handshake>, 2> sides;
    for (std::size_t i = 0; i < 2; ++i) {
        watches[i].start();
        sides[i].emplace(world.side(pattern, i == 0 ? chord::net::Role::initiator : chord::net::Role::responder));
        watches[i].stop();
    }
    for (std::size_t i = 0; i < pattern.messages.size(); ++i) {
        Raw message;
        watches[i % 2].start();
        const bool written = sides[i % 2]->write_message(world.payload, message).has_value();
        watches[i % 2].stop();
        watches[1 - i % 2].start();
        const bool read = sides[1 - i % 2]->read_message(message).has_value();
        watches[1 - i % 2].stop();
        must(written && read, "a handshake fails");
    }
    for (std::size_t i = 0; i < 2; ++i) {
        watches[i].start();
        const SessionCiphers ciphers = sides[i]->split();
        watches[i].stop();
    }
    return {watches[0].microseconds(), watches[1].microseconds()};
}

double timed(const std::function<void()>& once) {
    Stopwatch watch;
    watch.start();
    once();
    watch.stop();
    return watch.microseconds();
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

struct Row {
    const char* what;
    int multiplications;                   // with a point that is not the base
    int base_multiplications;              // for an ephemeral public key
    std::function<double()> microseconds;  // of one
    std::vector<double> medians;           // one a run
};

std::vector<Row> rows_of(World& world) {
    std::vector<Row> rows;
    rows.push_back({"crypto_scalarmult",
                    1,
                    0,
                    [&world] {
                        SecretKey shared;
                        return timed([&] {
                            must(crypto_scalarmult(shared.data(), world.psk.data(), world.z.public_key().data()) == 0,
                                 "crypto_scalarmult fails");
                        });
                    },
                    {}});
    rows.push_back({"crypto_scalarmult_base",
                    0,
                    1,
                    [&world] {
                        PublicKey key{};
                        return timed([&] { crypto_scalarmult_base(key.data(), world.psk.data()); });
                    },
                    {}});
    const auto add_pattern = [&](const Pattern& pattern, std::array<const char*, 3> names, int multiplications) {
        rows.push_back({names[0], multiplications, 1, [&] { return shake_hands(world, pattern).initiator; }, {}});
        rows.push_back({names[1], multiplications, 1, [&] { return shake_hands(world, pattern).responder; }, {}});
        rows.push_back({names[2],
                        2 * multiplications,
                        2,
                        [&] {
                            const Sides sides = shake_hands(world, pattern);
                            return sides.initiator + sides.responder;
                        },
                        {}});
    };
    add_pattern(kIkPsk2, {"IKpsk2, initiator", "IKpsk2, responder", "IKpsk2, both sides"}, 4);
    add_pattern(kXxPsk3, {"XXpsk3, initiator", "XXpsk3, responder", "XXpsk3, both sides"}, 3);
    rows.push_back({"IKpsk2, forged first message refused",
                    1,
                    0,
                    [&world] {
                        Raw message(message_overhead(kIkPsk2, 0) + kPayloadBytes);
                        randombytes_buf(message.data(), message.size());
                        return timed([&] {
                            Handshake responder = world.side(kIkPsk2, chord::net::Role::responder);
                            must(!responder.read_message(message), "a forged message is accepted");
                        });
                    },
                    {}});
    return rows;
}

struct Arguments {
    bool json = false;
    std::size_t samples = 1000;
    std::size_t runs = 9;
};

std::optional<Arguments> parse(int argc, char** argv) {
    Arguments arguments;
    for (int i = 1; i < argc; ++i) {
        const std::string option = argv[i];
        if (option == "--json") {
            arguments.json = true;
        } else if ((option == "--samples" || option == "--runs") && i + 1 < argc) {
            std::size_t& number = option == "--runs" ? arguments.runs : arguments.samples;
            number = static_cast<std::size_t>(std::strtoul(argv[++i], nullptr, 10));
        } else {
            return std::nullopt;
        }
    }
    if (arguments.samples < 10 || arguments.samples > 1'000'000 || arguments.runs < 1 || arguments.runs > 1000) {
        return std::nullopt;
    }
    return arguments;
}

}  // namespace

int main(int argc, char** argv) {
    const std::optional<Arguments> arguments = parse(argc, argv);
    if (!arguments) {
        std::fprintf(stderr, "usage: bench_handshake [--json] [--samples 10..1000000] [--runs 1..1000]\n");
        return 2;
    }
    must(sodium_init() >= 0, "libsodium finds no source of randomness");
    World world;
    std::vector<Row> rows = rows_of(world);
    for (std::size_t run = 0; run < arguments->runs; ++run) {
        for (Row& row : rows) {
            std::vector<double> took;
            for (std::size_t i = 0; i < arguments->samples; ++i) took.push_back(row.microseconds());
            row.medians.push_back(median(took));
        }
    }

    const double multiplication = median(rows[0].medians);
    const double base_multiplication = median(rows[1].medians);
    if (arguments->json) {
        std::printf("{\"v\":1,\"samples\":%zu,\"runs\":%zu,\"rows\":[", arguments->samples, arguments->runs);
    } else {
        std::printf("%zu samples a run, medians of %zu runs, payloads of %zu bytes, one core\n\n", arguments->samples,
                    arguments->runs, kPayloadBytes);
        std::printf("| what                                 |     us | a second | to its multiplications |\n");
        std::printf("|---|---|---|---|\n");
    }
    for (const Row& row : rows) {
        const double took = median(row.medians);
        const double floor = row.multiplications * multiplication + row.base_multiplications * base_multiplication;
        if (arguments->json) {
            std::printf("%s{\"what\":\"%s\",\"us\":%.2f,\"per_second\":%.0f,\"to_floor\":%.3f}",
                        &row == &rows.front() ? "" : ",", row.what, took, 1e6 / took, took / floor);
        } else {
            std::printf("| %-36s | %6.1f | %8.0f | %22.2f |\n", row.what, took, 1e6 / took, took / floor);
        }
    }
    if (arguments->json) std::printf("]}\n");
    return 0;
}
