#include "node/daemon/identity.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>

#include "node/core/base/hash.hpp"
#include "tests/support/temp_dir.hpp"

using namespace chord;
using namespace chord::daemon;

namespace {

std::string file_of(const test::TempDir& dir) {
    return dir.path() + "/identity";
}

std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

void put(const std::string& path, std::string_view content, mode_t mode = 0600) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    REQUIRE(chmod(path.c_str(), mode) == 0);
}

/// Expects that loading fails with the phrase, and that neither loading nor creating touches the file.
void refused(const test::TempDir& dir, const std::string& phrase) {
    const std::string before = read(file_of(dir));
    OrFault<std::optional<PublicKey>> key = load_identity(dir.path());
    REQUIRE_FALSE(key);
    CHECK(key.fault().exit == Exit::needs_operator);
    CHECK_MESSAGE(key.fault().sentence.find(phrase) != std::string::npos, key.fault().sentence);
    CHECK_FALSE(create_identity(dir.path()));
    CHECK(read(file_of(dir)) == before);
}

}  // namespace

TEST_CASE("an identity is made once, kept with mode 0600 and found again") {
    const test::TempDir dir;
    OrFault<std::optional<PublicKey>> none = load_identity(dir.path());
    REQUIRE(none);
    CHECK_FALSE(none->has_value());

    OrFault<PublicKey> made = create_identity(dir.path());
    REQUIRE(made);
    struct stat status {};
    REQUIRE(stat(file_of(dir).c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(status.st_size == 72);
    CHECK(read(file_of(dir)).substr(0, 8) == "chordid1");

    OrFault<std::optional<PublicKey>> found = load_identity(dir.path());
    REQUIRE(found);
    CHECK(*found == *made);

    OrFault<PublicKey> again = create_identity(dir.path());  // never replaced
    CHECK_FALSE(again);
    found = load_identity(dir.path());
    REQUIRE(found);
    CHECK(*found == *made);
}

TEST_CASE("a temporary file that a power cut left does not stand in the way") {
    const test::TempDir dir;
    put(file_of(dir) + ".new", "half");
    CHECK(create_identity(dir.path()));
    struct stat status {};
    CHECK(stat((file_of(dir) + ".new").c_str(), &status) != 0);
}

TEST_CASE("two identities differ") {
    const test::TempDir one, two;
    OrFault<PublicKey> first = create_identity(one.path());
    OrFault<PublicKey> second = create_identity(two.path());
    REQUIRE(first);
    REQUIRE(second);
    CHECK(*first != *second);
}

TEST_CASE("looser modes, wrong sizes and foreign content are refused and left alone") {
    const test::TempDir dir;
    REQUIRE(create_identity(dir.path()));
    const std::string good = read(file_of(dir));

    put(file_of(dir), good, 0640);
    refused(dir, "is open to others");
    put(file_of(dir), good.substr(0, 71));
    refused(dir, "was not written by chordd");
    put(file_of(dir), good + "x");
    refused(dir, "larger than 72 bytes");
    put(file_of(dir), "");
    refused(dir, "was not written by chordd");
    put(file_of(dir), std::string(72, 'x'));
    refused(dir, "was not written by chordd");
    for (const std::size_t at : {std::size_t{8}, std::size_t{71}}) {
        std::string damaged = good;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        put(file_of(dir), damaged);
        refused(dir, "is damaged");
    }
    put(file_of(dir), good);
    CHECK(load_identity(dir.path()));
}

TEST_CASE("the node id is position 0 of the network and the public key") {
    PublicKey key{};
    key[0] = 7;
    const BytesView bytes(reinterpret_cast<const char*>(key.data()), key.size());
    CHECK(node_id("network", key) == position_id("network", "", bytes, 0));
    CHECK(node_id("network", key) != node_id("another", key));
}
