#include "node/daemon/start_mode.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temp_dir.hpp"

using namespace chord;
using namespace chord::daemon;
namespace fs = std::filesystem;

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

/// A state directory, a network key file and a directory of credentials.
struct Device {
    Device() { options.state_dir = dir.path() + "/state"; }
    void give_key() {
        options.network_key_file = dir.path() + "/network.key";
        put(options.network_key_file, std::string(64, '1'));
    }
    void make(const std::string& directory) const { fs::create_directories(options.state_dir + "/" + directory); }
    StartMode mode() const {
        OrFault<Start> start = start_mode(options, "");
        REQUIRE_MESSAGE(start, start.fault().sentence);
        return start->mode;
    }
    void refused(const std::string& phrase) const {
        OrFault<Start> start = start_mode(options, "");
        REQUIRE_FALSE(start);
        CHECK(start.fault().exit == Exit::needs_operator);
        CHECK_MESSAGE(start.fault().sentence.find(phrase) != std::string::npos, start.fault().sentence);
    }

    test::TempDir dir;
    Options options;
};

}  // namespace

TEST_CASE("start mode: the network key that the options name counts before the credential") {
    const test::TempDir dir, credentials;
    const std::string lent = credentials.path() + "/chordd.network-key";
    Options options;

    for (const std::string& where : {std::string(), credentials.path()}) {
        OrFault<std::optional<NetworkKey>> none = configured_network_key(options, where);
        REQUIRE(none);
        CHECK_FALSE(none->has_value());
    }
    put(lent, std::string(64, '2') + "\n", 0440);
    OrFault<std::optional<NetworkKey>> key = configured_network_key(options, credentials.path());
    REQUIRE(key);
    REQUIRE(key->has_value());
    CHECK((*key)->bytes == network_key(0x22).bytes);

    options.network_key_file = dir.path() + "/network.key";
    CHECK_FALSE(configured_network_key(options, credentials.path()));  // named, but not there
    put(options.network_key_file, std::string(64, '1'));
    key = configured_network_key(options, credentials.path());
    REQUIRE(key);
    REQUIRE(key->has_value());
    CHECK((*key)->bytes == network_key(0x11).bytes);
}

TEST_CASE("start mode: a credential that is no network key is refused by its name") {
    const test::TempDir credentials;
    const std::string lent = credentials.path() + "/chordd.network-key";
    put(lent, "no key", 0400);
    OrFault<std::optional<NetworkKey>> key = configured_network_key(Options(), credentials.path());
    REQUIRE_FALSE(key);
    CHECK(key.fault().sentence.starts_with("the network key credential " + lent + " does not hold"));
    put(lent, std::string(64, '2'), 0444);
    key = configured_network_key(Options(), credentials.path());
    REQUIRE_FALSE(key);
    CHECK(key.fault().sentence.find("is open to others") != std::string::npos);
}

TEST_CASE("start mode: by what there is, and nothing is made") {
    Device device;
    CHECK(device.mode() == StartMode::unadmitted);
    CHECK_FALSE(fs::exists(device.options.state_dir));
    device.make("");
    CHECK(device.mode() == StartMode::unadmitted);
    device.make("joining");
    put(device.options.state_dir + "/joining/invite", "x");
    CHECK(device.mode() == StartMode::unadmitted);
    device.make("fleet");
    CHECK(device.mode() == StartMode::fleet);

    Device trial;
    trial.give_key();
    CHECK(trial.mode() == StartMode::trial);
    CHECK((*start_mode(trial.options, "")).network_key.bytes == network_key(0x11).bytes);
    trial.make("");
    put(trial.options.state_dir + "/data.mdb", "x");
    CHECK(trial.mode() == StartMode::trial);
}

TEST_CASE("start mode: a fleet and a network key exclude each other, whatever state the fleet is in") {
    Device device;
    device.give_key();
    device.make("fleet");
    device.refused("but this device belongs to a fleet (" + device.options.state_dir + "/fleet)");

    Device enrolling;
    enrolling.give_key();
    enrolling.make("joining");
    CHECK(enrolling.mode() == StartMode::trial);  // an empty directory says nothing
    put(enrolling.options.state_dir + "/joining/invite", "damaged, perhaps");
    enrolling.refused("belongs to a fleet (" + enrolling.options.state_dir + "/joining)");

    // Not a directory, not readable: it is not passed over.
    Device odd;
    odd.give_key();
    odd.make("");
    put(odd.options.state_dir + "/fleet", "x");
    odd.refused("belongs to a fleet");
}

TEST_CASE("start mode: a store without network key or fleet is not taken for a new device's") {
    Device device;
    device.make("");
    put(device.options.state_dir + "/data.mdb", "x");
    device.refused("holds the store of a node, but there is neither");
    device.make("fleet");
    CHECK(device.mode() == StartMode::fleet);
}
