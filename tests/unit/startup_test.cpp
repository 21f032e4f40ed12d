#include "node/daemon/startup.hpp"

#include <doctest/doctest.h>
#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>

#include "node/core/base/hash.hpp"
#include "tests/support/temp_dir.hpp"

using namespace chord;
using namespace chord::daemon;

namespace {

void put(const std::string& path, std::string_view content, mode_t mode = 0600) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    REQUIRE(chmod(path.c_str(), mode) == 0);
}

NetworkKey network_key(std::uint8_t byte) {
    NetworkKey key;
    key.bytes.fill(byte);
    return key;
}

}  // namespace

TEST_CASE("startup: the node's id follows from the network and an identity of any release, and others can see that") {
    const test::TempDir dir;
    std::array<std::uint8_t, 32> seed{};
    seed.fill('s');
    std::array<std::uint8_t, 32> key{};
    std::array<std::uint8_t, 64> both{};
    REQUIRE(crypto_sign_seed_keypair(key.data(), both.data(), seed.data()) == 0);
    const std::string public_key(key.begin(), key.end());
    put(dir.path() + "/identity", "chordid1" + std::string(seed.begin(), seed.end()) + public_key);

    OrFault<DeviceSecrets> own = open_device_keys({dir.path(), ""});
    REQUIRE(own);
    const Id id = position_id(network_id(network_key(1)), "", public_key, 0);
    const auto credentials = trial_credentials(network_key(1), *own);
    CHECK(credentials->id() == id);

    // What the next start shows is the same, and good for the static key that it uses.
    OrFault<DeviceSecrets> again = open_device_keys({dir.path(), ""});
    REQUIRE(again);
    CHECK(again->static_key.public_key() == own->static_key.public_key());
    CHECK(std::ranges::equal(trial_credentials(network_key(1), *again)->own(), credentials->own()));
    const test::TempDir other;
    OrFault<DeviceSecrets> peer = open_device_keys({other.path(), ""});
    REQUIRE(peer);
    const auto judging = trial_credentials(network_key(1), *peer);
    const Result<Id> judged = judging->judge(credentials->own(), own->static_key.public_key());
    REQUIRE(judged);
    CHECK(*judged == id);
    CHECK_FALSE(judging->judge(credentials->own(), peer->static_key.public_key()));

    CHECK(trial_credentials(network_key(2), *own)->id() != id);
}
