#include "node/daemon/local_socket.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <optional>
#include <string>

#include "tests/support/temp_dir.hpp"

using namespace chord;
using namespace chord::daemon;

namespace {

FileDescriptor connect_to(const std::string& path) {
    FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
    return socket;
}

void refused(const std::string& path, Exit exit, const std::string& phrase) {
    OrFault<LocalSocket> socket = LocalSocket::listen(path);
    REQUIRE_FALSE(socket);
    CHECK(socket.fault().exit == exit);
    CHECK_MESSAGE(socket.fault().sentence.find(phrase) != std::string::npos, socket.fault().sentence);
}

bool exists(const std::string& path) {
    struct stat status {};
    return lstat(path.c_str(), &status) == 0;
}

}  // namespace

TEST_CASE("the socket file has mode 0660, whatever the umask, tells who connects and goes with its owner") {
    const test::TempDir dir;
    const std::string path = dir.path() + "/api";
    for (const mode_t mask : {mode_t{0}, mode_t{077}}) {
        const mode_t before = umask(mask);
        OrFault<LocalSocket> socket = LocalSocket::listen(path);
        CHECK(umask(before) == mask);  // put back
        REQUIRE(socket);
        struct stat status {};
        REQUIRE(stat(path.c_str(), &status) == 0);
        CHECK((status.st_mode & 07777) == 0660);
        const FileDescriptor client = connect_to(path);
        REQUIRE(client);
        CHECK(peer_uid(client.number()) == geteuid());
    }
    CHECK_FALSE(exists(path));
}

TEST_CASE("a live socket is left alone, a stale one replaced") {
    const test::TempDir dir;
    const std::string path = dir.path() + "/api";
    std::optional<OrFault<LocalSocket>> first(LocalSocket::listen(path));
    REQUIRE(*first);
    refused(path, Exit::unavailable, "another process answers on");
    CHECK(connect_to(path));

    const FileDescriptor dead((*first)->release());
    REQUIRE(::shutdown(dead.number(), SHUT_RDWR) == 0);  // as if its process had been killed: the file stays
    CHECK(exists(path));
    OrFault<LocalSocket> second = LocalSocket::listen(path);
    REQUIRE(second);
    first.reset();  // the file is no longer the one that it made
    CHECK(exists(path));
    CHECK(connect_to(path));
}

TEST_CASE("whatever else stands at the path stays and is a fault") {
    const test::TempDir dir;
    const std::string path = dir.path() + "/api";
    std::ofstream(path) << "precious";
    refused(path, Exit::needs_operator, "not a socket");
    CHECK(exists(path));
    refused(dir.path(), Exit::needs_operator, "not a socket");
    refused(dir.path() + "/none/api", Exit::needs_operator, "does not exist");
}

TEST_CASE("a path is as long as the kernel allows and no longer") {
    const test::TempDir dir;
    const std::string start = dir.path() + "/";
    const std::string longest = start + std::string(107 - start.size(), 'x');
    CHECK(LocalSocket::listen(longest));
    refused(longest + "x", Exit::needs_operator, "longer than the 107 bytes");
}

TEST_CASE("a descriptor that is no socket has no peer") {
    CHECK_FALSE(peer_uid(-1));
}
