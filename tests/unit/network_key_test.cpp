#include "node/daemon/network_key.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "tests/support/temp_dir.hpp"

using namespace chord;
using namespace chord::daemon;

namespace {

struct KeyFile {
    test::TempDir dir;
    std::string path = dir.path() + "/network.key";

    explicit KeyFile(std::string_view content, mode_t mode = 0600) {
        std::ofstream(path, std::ios::binary) << content;
        REQUIRE(chmod(path.c_str(), mode) == 0);
    }
};

void refused(const std::string& path, const std::string& phrase) {
    OrFault<NetworkKey> key = load_network_key(path);
    REQUIRE_FALSE(key);
    CHECK(key.fault().exit == Exit::needs_operator);
    CHECK_MESSAGE(key.fault().sentence.find(phrase) != std::string::npos, key.fault().sentence);
}

const std::string kDigits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1B1C1D1E1F";

}  // namespace

TEST_CASE("64 hex digits of either case are a network key, with white space around them or not") {
    for (const std::string& content : {kDigits, kDigits + "\n", " \t" + kDigits + "\r\n\n"}) {
        const KeyFile file(content);
        OrFault<NetworkKey> key = load_network_key(file.path);
        REQUIRE(key);
        for (std::size_t i = 0; i < 32; ++i) CHECK(key->bytes[i] == i);
    }
}

TEST_CASE("any other content is refused and the sentence says how to make a key") {
    const std::string refusals[] = {"",
                                    "\n",
                                    kDigits.substr(1),
                                    kDigits + "0",
                                    kDigits.substr(1) + "g",
                                    kDigits.substr(0, 32) + " " + kDigits.substr(32),
                                    kDigits + "\n" + kDigits};
    for (const std::string& content : refusals) {
        const KeyFile file(content);
        refused(file.path, "does not hold exactly 64 hex digits");
        refused(file.path, "head -c32 /dev/urandom");
    }
    const KeyFile zeros(std::string(64, '0'));
    refused(zeros.path, "is all zeros");
    const KeyFile large(std::string(5000, ' ') + kDigits);
    refused(large.path, "larger than 4096 bytes");
}

TEST_CASE("a key that others may read is refused") {
    for (const mode_t mode : {0640U, 0604U, 0660U, 0610U, 0601U}) {
        const KeyFile file(kDigits, mode);
        refused(file.path, "is open to others");
        refused(file.path, "chmod 0600 " + file.path);
    }
    CHECK(load_network_key(KeyFile(kDigits, 0400).path));
}

TEST_CASE("what is not a file is refused and does not hang") {
    const test::TempDir dir;
    refused(dir.path() + "/none", "there is no network key file");
    refused(dir.path(), "is not a regular file");
    const std::string fifo = dir.path() + "/fifo";
    REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    refused(fifo, "is not a regular file");
}

TEST_CASE("the network id follows from the key alone and is not the key") {
    const KeyFile file(kDigits);
    OrFault<NetworkKey> key = load_network_key(file.path);
    REQUIRE(key);
    const Bytes id = network_id(*key);
    CHECK(id.size() == 16);
    CHECK(id == network_id(*key));
    CHECK(id != Bytes(key->bytes.begin(), key->bytes.begin() + 16));
    NetworkKey other = *key;
    other.bytes[31] ^= 1;
    CHECK(network_id(other) != id);
}
