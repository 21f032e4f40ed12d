#include "node/daemon/sd_notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "node/host/file_descriptor.hpp"

namespace chord::daemon {

void sd_notify(std::string_view state) {
    const char* path = std::getenv("NOTIFY_SOCKET");
    if (path == nullptr) return;
    const std::size_t length = std::strlen(path);
    sockaddr_un address{};
    if ((path[0] != '/' && path[0] != '@') || length < 2 || length >= sizeof address.sun_path) return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = '\0';  // the abstract name space

    const FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return;
    // The name is counted, not terminated: an abstract one would otherwise end in a zero byte of its own.
    const auto address_length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
    ::sendto(socket.number(), state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
             address_length);
}

}  // namespace chord::daemon
