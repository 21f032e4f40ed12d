#include "node/daemon/state_dir.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "tests/support/temp_dir.hpp"

using namespace chord;
using namespace chord::daemon;

namespace {

void refused(const std::string& path, Exit exit, const std::string& phrase) {
    const std::optional<Fault> fault = prepare_state_dir(path);
    REQUIRE(fault);
    CHECK(fault->exit == exit);
    CHECK_MESSAGE(fault->sentence.find(phrase) != std::string::npos, fault->sentence);
}

}  // namespace

TEST_CASE("a missing state directory is made with mode 0700, an existing one is taken") {
    const test::TempDir dir;
    const std::string path = dir.path() + "/state";
    CHECK_FALSE(prepare_state_dir(path));
    struct stat status {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0700);
    CHECK_FALSE(prepare_state_dir(path));
}

TEST_CASE("state directories that cannot serve") {
    const test::TempDir dir;
    const std::string file = dir.path() + "/file";
    std::ofstream(file) << "x";
    refused(file, Exit::needs_operator, "is not a directory");
    refused(file + "/below", Exit::io, "Not a directory");
    refused(dir.path() + "/none/below", Exit::needs_operator, "does not exist");
    REQUIRE(chmod(dir.path().c_str(), 0777) == 0);
    refused(dir.path(), Exit::needs_operator, "can be written to by others");
}
