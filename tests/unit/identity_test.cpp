#include "node/daemon/identity.hpp"

#include <doctest/doctest.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/temp_dir.hpp"

using namespace chord;
using namespace chord::daemon;
using net::noise::SecretKey;

namespace {

/// One of the two keys: what is true of both is tested for both.
struct Kind {
    OrFault<SecretKey> (*open)(const KeyPlaces&);
    std::string name, credential, what, magic;
    std::string public_key_of(const std::string& private_key) const {
        const auto* raw = reinterpret_cast<const unsigned char*>(private_key.data());
        unsigned char key[32], both[64];
        if (name == "identity")
            REQUIRE(crypto_sign_seed_keypair(key, both, raw) == 0);
        else
            REQUIRE(crypto_scalarmult_base(key, raw) == 0);
        return std::string(key, key + 32);
    }
    std::string content(const std::string& private_key) const {
        return magic + private_key + public_key_of(private_key);
    }
};

const Kind kKinds[] = {{&open_identity, "identity", "chordd.identity", "identity", "chordid1"},
                       {&open_static_key, "static.key", "chordd.static-key", "static key", "chordst1"}};

std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

void put(const std::string& path, std::string_view content, mode_t mode = 0600) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    REQUIRE(chmod(path.c_str(), mode) == 0);
}

bool exists(const std::string& path) {
    return access(path.c_str(), F_OK) == 0;
}

std::string text(const SecretKey& key) {
    return std::string(key.bytes().begin(), key.bytes().end());
}

/// The private key that opening gives.
std::string opened(const Kind& kind, const KeyPlaces& places) {
    OrFault<SecretKey> key = kind.open(places);
    REQUIRE_MESSAGE(key, key.fault().sentence);
    return text(*key);
}

/// Expects that opening fails with the phrase, and that the file is left as it is.
void refused(const Kind& kind, const KeyPlaces& places, const std::string& file, const std::string& phrase) {
    const std::string before = read(file);
    OrFault<SecretKey> key = kind.open(places);
    REQUIRE_FALSE(key);
    CHECK(key.fault().exit == Exit::needs_operator);
    CHECK_MESSAGE(key.fault().sentence.find(phrase) != std::string::npos, key.fault().sentence);
    CHECK(read(file) == before);
}

}  // namespace

TEST_CASE("identity: each key is made once, kept with mode 0600 and found again") {
    for (const Kind& kind : kKinds) {
        const test::TempDir dir;
        const std::string file = dir.path() + "/" + kind.name;
        const std::string made = opened(kind, {dir.path(), ""});
        CHECK(made != std::string(32, '\0'));
        struct stat status {};
        REQUIRE(stat(file.c_str(), &status) == 0);
        CHECK((status.st_mode & 07777) == 0600);
        CHECK(read(file) == kind.content(made));
        CHECK(opened(kind, {dir.path(), ""}) == made);
        CHECK(read(file) == kind.content(made));
    }
}

TEST_CASE("identity: a directory of an older release keeps its identity and gets a static key") {
    const test::TempDir dir;
    const std::string seed = "an older release made this seed.";
    put(dir.path() + "/identity", kKinds[0].content(seed));
    put(dir.path() + "/data.mdb", "the store");
    CHECK(opened(kKinds[0], {dir.path(), ""}) == seed);
    CHECK(opened(kKinds[1], {dir.path(), ""}) != seed);
    CHECK(read(dir.path() + "/identity") == kKinds[0].content(seed));
}

TEST_CASE("identity: none is made beside a store, while a lost static key is made anew") {
    const test::TempDir dir;
    put(dir.path() + "/data.mdb", "the store");
    refused(kKinds[0], {dir.path(), ""}, dir.path() + "/data.mdb", "holds a store but no identity");
    CHECK_FALSE(exists(dir.path() + "/identity"));
    opened(kKinds[1], {dir.path(), ""});
}

TEST_CASE("identity: a temporary file that a power cut left does not stand in the way") {
    for (const Kind& kind : kKinds) {
        const test::TempDir dir;
        put(dir.path() + "/" + kind.name + ".new", "half");
        opened(kind, {dir.path(), ""});
        CHECK_FALSE(exists(dir.path() + "/" + kind.name + ".new"));
    }
}

TEST_CASE("identity: two nodes and two kinds of key differ") {
    const test::TempDir one, two;
    for (const Kind& kind : kKinds) CHECK(opened(kind, {one.path(), ""}) != opened(kind, {two.path(), ""}));
    CHECK(opened(kKinds[0], {one.path(), ""}) != opened(kKinds[1], {one.path(), ""}));
}

TEST_CASE("identity: looser modes, wrong sizes and foreign content are refused and left alone") {
    for (std::size_t i = 0; i < 2; ++i) {
        const Kind& kind = kKinds[i];
        const test::TempDir dir;
        const KeyPlaces places{dir.path(), ""};
        const std::string file = dir.path() + "/" + kind.name;
        const std::string good = kind.content(opened(kind, places));

        for (const mode_t mode : {0640U, 0604U, 0660U}) {
            put(file, good, mode);
            refused(kind, places, file, "is open to others");
        }
        put(file, good + "x");
        refused(kind, places, file, "larger than 72 bytes");
        // The other kind is foreign too: a copy under the wrong name must not become a key.
        for (const std::string& content :
             {std::string(), good.substr(0, 71), std::string(72, 'x'), kKinds[1 - i].content(std::string(32, 's'))}) {
            put(file, content);
            refused(kind, places, file, "the " + kind.what + " file " + file + " was not written by chordd");
        }
        put(file, good);
        opened(kind, places);
    }
}

TEST_CASE("identity: a flipped bit is noticed, or changes nothing") {
    for (const Kind& kind : kKinds) {
        const test::TempDir dir;
        const std::string file = dir.path() + "/" + kind.name;
        const std::string good = kind.content(opened(kind, {dir.path(), ""}));
        int unnoticed = 0;
        for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
            std::string damaged = good;
            damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
            put(file, damaged);
            OrFault<SecretKey> key = kind.open({dir.path(), ""});
            if (!key) continue;
            ++unnoticed;
            CHECK(kind.public_key_of(text(*key)) == good.substr(40));
        }
        CHECK(unnoticed == (kind.name == "identity" ? 0 : 5));
        std::string damaged = good;
        damaged[10] = static_cast<char>(damaged[10] ^ 1);
        put(file, damaged);
        refused(kind, {dir.path(), ""}, file, "is damaged");
    }
}

TEST_CASE("identity: a credential takes the place of the file, and none is made") {
    for (const Kind& kind : kKinds) {
        const test::TempDir state, credentials;
        const KeyPlaces places{state.path(), credentials.path()};
        const std::string lent(32, 'c');
        put(credentials.path() + "/" + kind.credential, kind.content(lent), 0440);
        put(state.path() + "/data.mdb", "the store");
        CHECK(opened(kind, places) == lent);
        CHECK_FALSE(exists(state.path() + "/" + kind.name));

        put(state.path() + "/" + kind.name, kind.content(std::string(32, 'f')));
        CHECK(opened(kind, places) == lent);
        CHECK(opened(kind, {state.path(), ""}) == std::string(32, 'f'));
    }
}

TEST_CASE("identity: without its credential the file counts; a bad credential is not passed over") {
    for (const Kind& kind : kKinds) {
        const test::TempDir state, credentials;
        const KeyPlaces places{state.path(), credentials.path()};
        const std::string made = opened(kind, places);
        CHECK(read(state.path() + "/" + kind.name) == kind.content(made));

        const std::string file = credentials.path() + "/" + kind.credential;
        put(file, kind.content(made).substr(0, 40), 0400);
        refused(kind, places, file, "the " + kind.what + " credential " + file + " was not written by chordd");
        refused(kind, places, file, "LoadCredential=");
        put(file, kind.content(made), 0444);
        refused(kind, places, file, "is open to others");
    }
}
