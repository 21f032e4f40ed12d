#include "node/host/secret_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/temp_dir.hpp"

using namespace chord;
using namespace chord;

namespace {

std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

mode_t mode_of(const std::string& path) {
    struct stat status {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

bool exists(const std::string& path) {
    return access(path.c_str(), F_OK) == 0;
}

}  // namespace

TEST_CASE("secret file: one that is made has mode 0600, and an existing one is not replaced") {
    const test::TempDir dir;
    CHECK_FALSE(create_secret_file("key file", dir.path(), "key", "first"));
    CHECK(mode_of(dir.path() + "/key") == 0600);
    const std::optional<Fault> fault = create_secret_file("key file", dir.path(), "key", "second");
    REQUIRE(fault);
    CHECK(fault->sentence == "cannot make the key file " + dir.path() + "/key: File exists");
    CHECK(read(dir.path() + "/key") == "first");
    CHECK_FALSE(exists(dir.path() + "/key.new"));
}

TEST_CASE("secret file: replacing takes the old one away in one step, and makes a missing one") {
    const test::TempDir dir;
    const std::string path = dir.path() + "/number";
    CHECK_FALSE(replace_secret_file("file", dir.path(), "number", "first"));
    CHECK(read(path) == "first");

    // Who has the old one open goes on reading it: it is replaced as a whole and not written to.
    std::ifstream old(path, std::ios::binary);
    REQUIRE(chmod(path.c_str(), 0644) == 0);
    CHECK_FALSE(replace_secret_file("file", dir.path(), "number", "2"));
    CHECK(read(path) == "2");
    CHECK(std::string(std::istreambuf_iterator<char>(old), {}) == "first");
    CHECK(mode_of(path) == 0600);
    CHECK_FALSE(exists(path + ".new"));
}

TEST_CASE("secret file: what a power cut left, or somebody planted, under the temporary name is not written through") {
    const test::TempDir dir;
    const std::string victim = dir.path() + "/victim";
    std::ofstream(victim) << "precious";
    REQUIRE(symlink(victim.c_str(), (dir.path() + "/number.new").c_str()) == 0);
    CHECK_FALSE(replace_secret_file("file", dir.path(), "number", "2"));
    CHECK(read(victim) == "precious");
    CHECK(read(dir.path() + "/number") == "2");
}

TEST_CASE("secret file: a failure is a fault and leaves nothing behind") {
    const test::TempDir dir;
    REQUIRE(mkdir((dir.path() + "/number").c_str(), 0700) == 0);
    const std::optional<Fault> fault = replace_secret_file("file", dir.path(), "number", "2");
    REQUIRE(fault);
    CHECK_MESSAGE(fault->sentence.starts_with("cannot make the file " + dir.path() + "/number: "), fault->sentence);
    CHECK_FALSE(exists(dir.path() + "/number.new"));
    CHECK(replace_secret_file("file", dir.path() + "/none", "number", "2"));
}

TEST_CASE("secret file: a credential may look as systemd makes it and no looser, a file of ours is nobody else's") {
    const test::TempDir dir;
    const std::string path = dir.path() + "/secret";
    std::ofstream(path) << "x";
    struct Case {
        mode_t mode;
        bool own, credential;
    };
    for (const Case& c :
         {Case{0400, true, true}, Case{0600, true, true}, Case{0440, false, true}, Case{0460, false, false},
          Case{0450, false, false}, Case{0404, false, false}, Case{0402, false, false}, Case{0401, false, false}}) {
        REQUIRE(chmod(path.c_str(), c.mode) == 0);
        CHECK_MESSAGE(static_cast<bool>(read_secret_file("file", path, 1)) == c.own, c.mode);
        CHECK_MESSAGE(static_cast<bool>(read_secret_file("file", path, 1, Custody::credential)) == c.credential,
                      c.mode);
    }
    REQUIRE(chmod(path.c_str(), 0444) == 0);
    OrFault<std::optional<Bytes>> loose = read_secret_file("credential", path, 1, Custody::credential);
    REQUIRE_FALSE(loose);
    CHECK(loose.fault().sentence.find("(mode 0444); let systemd's LoadCredential= make it") != std::string::npos);
}
