#include "node/daemon/fleet_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "node/core/base/hash.hpp"
#include "tests/support/temp_dir.hpp"

using namespace chord;
using namespace chord::daemon;

namespace {

constexpr std::array kAll{FleetFile::fleet, FleetFile::certificate,   FleetFile::network_keys, FleetFile::list,
                          FleetFile::time,  FleetFile::invite_ledger, FleetFile::invite};
constexpr net::admission::NetworkId kNetwork{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

void put(const std::string& path, std::string_view content, mode_t mode = 0600) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    REQUIRE(chmod(path.c_str(), mode) == 0);
}

/// Content with the right check for whatever it begins with.
Bytes checked(Bytes content) {
    const auto digest = hash256({content}).bytes();
    return content + Bytes(digest.begin(), digest.begin() + 8);
}

}  // namespace

TEST_CASE("fleet files: the format, byte by byte") {
    const Bytes bytes = encode_fleet_file(FleetFile::list, kNetwork, "abc");
    CHECK(bytes == checked(Bytes("chordli1\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20") + "abc"));
    std::string why;
    const auto decoded = decode_fleet_file(FleetFile::list, bytes, why);
    REQUIRE(decoded);
    CHECK(decoded->network == kNetwork);
    CHECK(decoded->content == "abc");
}

TEST_CASE("fleet files: each flipped bit and each cut is noticed, and no kind passes for another") {
    for (const FleetFile file : kAll) {
        const Bytes good = encode_fleet_file(file, kNetwork, "what it holds");
        std::string why;
        REQUIRE(decode_fleet_file(file, good, why));
        for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
            Bytes damaged = good;
            damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
            why.clear();
            CHECK_FALSE(decode_fleet_file(file, damaged, why));
            CHECK_FALSE(why.empty());
        }
        for (std::size_t size = 0; size < good.size(); ++size)
            CHECK_FALSE(decode_fleet_file(file, good.substr(0, size), why));
        CHECK_FALSE(decode_fleet_file(file, good + "x", why));
        for (const FleetFile other : kAll) CHECK(decode_fleet_file(other, good, why).has_value() == (other == file));
    }
}

TEST_CASE("fleet files: what is wrong is told apart") {
    const Bytes good = encode_fleet_file(FleetFile::time, kNetwork, "12345");
    std::string why;
    Bytes later = good.substr(0, good.size() - 8);
    later[7] = '2';
    CHECK_FALSE(decode_fleet_file(FleetFile::time, checked(later), why));
    CHECK(why == "was written by a later chordd");
    for (const char never : {'0', ':', 'x', '\xff'}) {  // what no version has, though its check be right
        Bytes odd = later;
        odd[7] = never;
        CHECK_FALSE(decode_fleet_file(FleetFile::time, checked(odd), why));
        CHECK(why == "is damaged");
    }
    CHECK_FALSE(decode_fleet_file(FleetFile::time, "# some notes of mine\n", why));
    CHECK(why == "was not written by chordd");
    CHECK_FALSE(decode_fleet_file(FleetFile::time, good.substr(0, 20), why));
    CHECK(why == "is damaged");
}

TEST_CASE("fleet files: written with mode 0600, replaced, wiped") {
    const test::TempDir dir;
    for (const FleetFile file : kAll) {
        OrFault<std::optional<FleetFileContent>> none = read_fleet_file(dir.path(), file);
        REQUIRE(none);
        CHECK_FALSE(none->has_value());
        for (const char* content : {"first", "second, which is longer", "3"}) {
            REQUIRE_FALSE(write_fleet_file(dir.path(), file, kNetwork, content));
            OrFault<std::optional<FleetFileContent>> read = read_fleet_file(dir.path(), file);
            REQUIRE(read);
            REQUIRE(read->has_value());
            CHECK((*read)->content == content);
            CHECK((*read)->network == kNetwork);
        }
    }
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
        struct stat status {};
        REQUIRE(::stat(entry.path().c_str(), &status) == 0);
        CHECK((status.st_mode & 07777U) == 0600U);
        ++files;
    }
    CHECK(files == kAll.size());

    // Whoever has the file open, or another name for it, sees zeros afterwards.
    const std::string kept = dir.path() + "/kept";
    std::filesystem::create_hard_link(dir.path() + "/invite", kept);
    wipe_fleet_file(dir.path(), FleetFile::invite);
    CHECK_FALSE(std::filesystem::exists(dir.path() + "/invite"));
    CHECK(read(kept) == std::string(read(kept).size(), '\0'));
    CHECK_FALSE(read(kept).empty());
    wipe_fleet_file(dir.path(), FleetFile::invite);  // there is none
}

TEST_CASE("fleet files: a bad one is one sentence with its path and what to do, and stays as it is") {
    const test::TempDir dir;
    const std::string path = dir.path() + "/certificate";
    REQUIRE_FALSE(write_fleet_file(dir.path(), FleetFile::certificate, kNetwork, "content"));
    const std::string good = read(path);
    const auto refused = [&](const std::string& phrase) {
        const std::string before = read(path);
        OrFault<std::optional<FleetFileContent>> refusal = read_fleet_file(dir.path(), FleetFile::certificate);
        REQUIRE_FALSE(refusal);
        CHECK(refusal.fault().exit == Exit::needs_operator);
        const std::string& sentence = refusal.fault().sentence;
        CHECK_MESSAGE(sentence.find(phrase) != std::string::npos, sentence);
        CHECK_MESSAGE(sentence.find(path) != std::string::npos, sentence);
        CHECK_MESSAGE(sentence.find("; ") != std::string::npos, sentence);
        CHECK(read(path) == before);
    };
    put(path, good.substr(0, good.size() - 1));
    refused("is damaged");
    put(path, std::string(2000, 'x'));
    refused("larger than");
    put(path, "x");
    refused("was not written by chordd");
    put(path, good, 0640);
    refused("is open to others (mode 0640)");
    put(path, good);
    CHECK(read_fleet_file(dir.path(), FleetFile::certificate));
}
