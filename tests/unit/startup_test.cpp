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

TEST_CASE("startup: the network key that the options name counts before the credential") {
    const test::TempDir dir, credentials;
    const std::string lent = credentials.path() + "/chordd.network-key";
    Options options;

    CHECK_FALSE(open_network_key(options, ""));
    OrFault<NetworkKey> none = open_network_key(options, credentials.path());
    REQUIRE_FALSE(none);
    CHECK(none.fault().sentence.starts_with("no network key is given"));

    put(lent, std::string(64, '2') + "\n", 0440);
    OrFault<NetworkKey> key = open_network_key(options, credentials.path());
    REQUIRE(key);
    CHECK(key->bytes == network_key(0x22).bytes);

    options.network_key_file = dir.path() + "/network.key";
    CHECK_FALSE(open_network_key(options, credentials.path()));  // named, but not there
    put(options.network_key_file, std::string(64, '1'));
    key = open_network_key(options, credentials.path());
    REQUIRE(key);
    CHECK(key->bytes == network_key(0x11).bytes);
}

TEST_CASE("startup: a credential that is no network key is refused by its name") {
    const test::TempDir credentials;
    const std::string lent = credentials.path() + "/chordd.network-key";
    put(lent, "no key", 0400);
    OrFault<NetworkKey> key = open_network_key(Options(), credentials.path());
    REQUIRE_FALSE(key);
    CHECK(key.fault().sentence.starts_with("the network key credential " + lent + " does not hold"));
    put(lent, std::string(64, '2'), 0444);
    key = open_network_key(Options(), credentials.path());
    REQUIRE_FALSE(key);
    CHECK(key.fault().sentence.find("is open to others") != std::string::npos);
}

TEST_CASE("startup: the node's id follows from the network and an identity of any release, and others can see that") {
    const test::TempDir dir;
    std::array<std::uint8_t, 32> seed{};
    seed.fill('s');
    std::array<std::uint8_t, 32> key{};
    std::array<std::uint8_t, 64> both{};
    REQUIRE(crypto_sign_seed_keypair(key.data(), both.data(), seed.data()) == 0);
    const std::string public_key(key.begin(), key.end());
    put(dir.path() + "/identity", "chordid1" + std::string(seed.begin(), seed.end()) + public_key);

    OrFault<OwnKeys> own = open_own_keys(network_key(1), {dir.path(), ""});
    REQUIRE(own);
    const Id id = position_id(network_id(network_key(1)), "", public_key, 0);
    CHECK(own->credentials->id() == id);

    // What the next start shows is the same, and good for the static key that it uses.
    OrFault<OwnKeys> again = open_own_keys(network_key(1), {dir.path(), ""});
    REQUIRE(again);
    CHECK(again->static_key.public_key() == own->static_key.public_key());
    CHECK(std::ranges::equal(again->credentials->own(), own->credentials->own()));
    const test::TempDir other;
    OrFault<OwnKeys> peer = open_own_keys(network_key(1), {other.path(), ""});
    REQUIRE(peer);
    const Result<Id> judged = peer->credentials->judge(own->credentials->own(), own->static_key.public_key());
    REQUIRE(judged);
    CHECK(*judged == id);
    CHECK_FALSE(peer->credentials->judge(own->credentials->own(), peer->static_key.public_key()));

    OrFault<OwnKeys> elsewhere = open_own_keys(network_key(2), {dir.path(), ""});
    REQUIRE(elsewhere);
    CHECK(elsewhere->credentials->id() != id);
}
