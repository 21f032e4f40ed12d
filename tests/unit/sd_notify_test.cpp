#include "node/daemon/sd_notify.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "node/host/file_descriptor.hpp"
#include "tests/support/temp_dir.hpp"

using namespace chord;
using namespace chord::daemon;

namespace {

/// What the service manager at `name` ('@' for abstract ones) is told.
std::string told(const std::string& name, std::string_view state) {
    const FileDescriptor manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(manager.number(), reinterpret_cast<const sockaddr*>(&address), length) == 0);

    REQUIRE(setenv("NOTIFY_SOCKET", name.c_str(), 1) == 0);
    sd_notify(state);
    REQUIRE(unsetenv("NOTIFY_SOCKET") == 0);

    std::array<char, 256> buffer{};
    const ssize_t size = ::recv(manager.number(), buffer.data(), buffer.size(), 0);
    return size < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(size));
}

}  // namespace

TEST_CASE("the service manager hears, on a path and on an abstract name") {
    const test::TempDir dir;
    CHECK(told(dir.path() + "/notify", "READY=1") == "READY=1");
    CHECK(told("@chordd-test-" + std::to_string(getpid()), "STOPPING=1\nSTATUS=bye") == "STOPPING=1\nSTATUS=bye");
}

TEST_CASE("no manager, a dead one or nonsense in the environment changes nothing") {
    unsetenv("NOTIFY_SOCKET");
    sd_notify("READY=1");
    for (const std::string& name : {std::string(), std::string("@"), std::string("/"), std::string("relative"),
                                    std::string("/nowhere/at/all"), "/" + std::string(500, 'x')}) {
        setenv("NOTIFY_SOCKET", name.c_str(), 1);
        sd_notify("READY=1");
    }
    unsetenv("NOTIFY_SOCKET");
}
