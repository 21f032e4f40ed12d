#include "node/daemon/initiation_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "node/core/base/hash.hpp"
#include "tests/support/temp_dir.hpp"

using namespace chord;
using namespace chord::daemon;

namespace {

constexpr std::uint64_t kStart = kInitiationsPerStart;
constexpr std::uint64_t kToday = 1'795'000'000;  // in November 2026
constexpr std::uint64_t kYear = 365 * 24 * 3600;
constexpr std::uint64_t kIn2100 = 4'102'444'800;

/// A state directory and its file.
struct Directory {
    test::TempDir dir;
    std::string path = dir.path() + "/initiations";

    std::string read() const {
        std::ifstream in(path, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(in), {});
    }
    void put(std::string_view content, mode_t mode = 0600) const {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
        REQUIRE(chmod(path.c_str(), mode) == 0);
    }
    std::uint64_t start(std::uint64_t unix_seconds) const {
        OrFault<std::uint64_t> first = reserve_initiations(dir.path(), unix_seconds);
        REQUIRE(first);
        return *first;
    }
    void refused(const std::string& phrase) const {
        const std::string before = read();
        OrFault<std::uint64_t> first = reserve_initiations(dir.path(), kToday);
        REQUIRE_FALSE(first);
        CHECK(first.fault().exit == Exit::needs_operator);
        CHECK_MESSAGE(first.fault().sentence.find(phrase) != std::string::npos, first.fault().sentence);
        CHECK(read() == before);
    }
};

}  // namespace

TEST_CASE("initiation file: the format, byte by byte") {
    const Bytes content = encode_initiation_file(0x0102030405060708);
    CHECK(content.substr(0, 16) == BytesView("chordin1\x01\x02\x03\x04\x05\x06\x07\x08", 16));
    // python3 -c 'import hashlib; print(hashlib.blake2b(b"chordin1\1\2\3\4\5\6\7\10",
    // digest_size=32).hexdigest()[:16])'
    CHECK(content.substr(16) == BytesView("\x9c\x1d\xdd\x32\x84\x0f\x79\x39", 8));
    CHECK(decode_initiation_file(content) == 0x0102030405060708);
}

TEST_CASE("initiation file: each flipped bit and each cut is noticed") {
    const Bytes good = encode_initiation_file(kToday * kStart);
    REQUIRE(decode_initiation_file(good) == kToday * kStart);
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
        Bytes damaged = good;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
        CHECK_FALSE(decode_initiation_file(damaged));
    }
    for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(decode_initiation_file(good.substr(0, size)));
    CHECK_FALSE(decode_initiation_file(good + "x"));
}

TEST_CASE("initiation file: one of a later format is foreign, though its check be right") {
    Bytes later = encode_initiation_file(kToday * kStart).substr(0, 16);
    later[7] = '2';
    const auto digest = hash256({later}).bytes();
    later.append(digest.begin(), digest.begin() + 8);
    CHECK_FALSE(decode_initiation_file(later));
}

TEST_CASE("initiation file: each start has 2^32 numbers of its own, and they are on disk before they are told") {
    const Directory state;
    std::uint64_t latest = 0;
    for (const std::uint64_t clock : {std::uint64_t{0}, kToday, kToday, kToday, std::uint64_t{5}, kToday + 60}) {
        const std::uint64_t first = state.start(clock);
        CHECK(first >= latest + kStart);
        CHECK(decode_initiation_file(state.read()) == first);
        latest = first;
    }
    struct stat status {};
    REQUIRE(stat(state.path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(status.st_size == 24);
}

TEST_CASE("initiation file: a clock at 1970 gives small numbers and never moves them back") {
    const Directory state;
    CHECK(state.start(0) == kStart);
    CHECK(state.start(1) == 2 * kStart);
    CHECK(state.start(kToday) == kToday * kStart);
    CHECK(state.start(0) == (kToday + 1) * kStart);
    CHECK(state.start(kToday - kYear) == (kToday + 2) * kStart);
}

TEST_CASE("initiation file: a directory restored from an old backup moves ahead of what was used since") {
    const Directory state;
    state.start(kToday - kYear);
    const std::string backup = state.read();
    std::uint64_t used = 0;
    for (std::uint64_t i = 0; i < 100; ++i) used = state.start(kToday + 10 * i) + kStart - 1;
    state.put(backup);
    CHECK(state.start(kToday + 10'000) > used);
}

TEST_CASE("initiation file: a clock that jumps ahead and back leaves starts for years") {
    for (const std::uint64_t jump :
         {kClockBelievedBefore - 1, kClockBelievedBefore, kIn2100, std::uint64_t{UINT32_MAX}, UINT64_MAX}) {
        const Directory state;
        state.start(kToday);
        const std::uint64_t there = state.start(jump);
        CHECK(there >= (kToday + 1) * kStart);
        CHECK((UINT64_MAX - there) / kStart > 30 * kYear);  // starts, one every second
        CHECK(state.start(kToday + 60) == std::max(there + kStart, (kToday + 60) * kStart));
    }
    // One that is not believed leaves the clock its say.
    const Directory state;
    state.start(kToday);
    CHECK(state.start(kIn2100) == (kToday + 1) * kStart);
    CHECK(state.start(kToday + kYear) == (kToday + kYear) * kStart);
}

TEST_CASE("initiation file: after the last numbers there are no more") {
    const std::uint64_t last = UINT64_MAX - (kStart - 1);
    CHECK(next_first_initiation(last - kStart, 0) == last);
    CHECK_FALSE(next_first_initiation(last, 0));
    CHECK_FALSE(next_first_initiation(last, kToday));
    CHECK_FALSE(next_first_initiation(UINT64_MAX, 0));
    CHECK(next_first_initiation(kStart + 1, 0) == 2 * kStart);  // never less than it was

    const Directory state;
    state.put(encode_initiation_file(last - kStart));
    CHECK(state.start(kToday) == last);
    state.refused("are used up");
    state.refused("move it and the file 'static.key' away");
}

TEST_CASE("initiation file: what is damaged, foreign or open to others is refused and left alone") {
    const Directory state;
    state.start(kToday);
    const std::string good = state.read();
    std::string damaged = good;
    damaged[12] = static_cast<char>(damaged[12] ^ 1);
    for (const std::string& content : {damaged, std::string(), good.substr(1), std::string(24, 'x')}) {
        state.put(content);
        state.refused("is damaged or was not written by chordd");
        state.refused("restore it from a backup");
    }
    state.put(good + "x");
    state.refused("larger than 24 bytes");
    state.put(good, 0644);
    state.refused("chmod 0600");
    state.put(good);
    CHECK(state.start(kToday) == (kToday + 1) * kStart);
}
