// Arbitrary bytes as a beacon. Checked beside the absence of crashes: only what this network's key has sealed for that
// source is read, whatever is changed of it, and nobody is met for anything else.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "net/discovery/discovery.hpp"
#include "node/core/base/check.hpp"

namespace {

using namespace chord;

net::noise::SecretKey network_key() {
    net::noise::SecretKey key;
    std::ranges::fill(key.writable(), std::uint8_t{0x5a});
    return key;
}

/// The corpus holds its beacon, under a nonce of sevens.
Peer sender() {
    Peer peer{Id{{1, 2, 3, 4}}, {}};
    peer.address.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7};
    peer.address.port = 7400;
    return peer;
}

net::Beacon right_one() {
    net::BeaconNonce nonce;
    nonce.fill(7);
    return net::seal_beacon(sender(), network_key(), nonce);
}

void judge(std::span<const std::uint8_t> bytes, bool is_right) {
    const auto opened = net::open_beacon(bytes, network_key(), sender().address);
    CHORD_CHECK(opened.has_value() == is_right);
    CHORD_CHECK(!opened || *opened == sender());

    Endpoint elsewhere = sender().address;
    elsewhere.ip[15] = 8;
    CHORD_CHECK(!net::open_beacon(bytes, network_key(), elsewhere));

    std::vector<net::noise::SecretKey> keys;
    keys.push_back(network_key());
    net::Discovery discovery(Id{{9, 9, 9, 9}}, std::move(keys),
                             [](std::span<std::uint8_t> out) { std::ranges::fill(out, std::uint8_t{1}); });
    const auto met = discovery.receive(
        sender().address, bytes, [](const Peer&) { return false; }, Time{std::chrono::hours(1)});
    CHORD_CHECK(met == opened);
    CHORD_CHECK(discovery.counters().heard == (is_right ? 1U : 0U));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const net::Beacon right = right_one();
    const std::span<const std::uint8_t> bytes(data, size);
    judge(bytes, std::ranges::equal(bytes, right));

    net::Beacon changed = right;
    for (std::size_t i = 0; i < size; ++i) {
        std::uint8_t& byte = changed[i % changed.size()];
        byte = static_cast<std::uint8_t>(byte ^ bytes[i]);
    }
    judge(changed, changed == right);
    return 0;
}
