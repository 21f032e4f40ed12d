#include "node/daemon/local_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace chord::daemon {
namespace {

constexpr int kBacklog = 1024;  // a burst of as many clients as may be connected; the kernel may cap it

/// Sets the process's file creation mask while it lives. Only for the single-threaded start.
class UmaskScope {
public:
    explicit UmaskScope(mode_t mask) : before_(::umask(mask)) {}
    ~UmaskScope() { ::umask(before_); }
    UmaskScope(const UmaskScope&) = delete;
    UmaskScope& operator=(const UmaskScope&) = delete;

private:
    mode_t before_;
};

FileDescriptor stream_socket() {
    return FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

/// Removes a socket file that a dead daemon left at the address; a fault if anything else stands there.
std::optional<Fault> clear_stale(const std::string& path, const sockaddr_un& address) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return std::nullopt;
        return system_fault("cannot use the api path " + path, errno);
    }
    if (!S_ISSOCK(status.st_mode))
        return Fault{Exit::needs_operator, "the api path " + path +
                                               " is taken by a file that is not a socket; move it away or choose "
                                               "another --api"};
    const FileDescriptor probe = stream_socket();
    if (!probe) return system_fault("cannot make a Unix socket", errno);
    // A full backlog says EAGAIN: somebody lives there too.
    if (::connect(probe.number(), generic(address), sizeof address) == 0 || errno == EAGAIN)
        return Fault{Exit::unavailable,
                     "another process answers on " + path + "; stop it, or choose another --api (and --state-dir)"};
    if (errno != ECONNREFUSED) return system_fault("cannot probe the socket file " + path, errno);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return system_fault("cannot remove the stale socket file " + path, errno);
    return std::nullopt;
}

}  // namespace

LocalSocket::LocalSocket(FileDescriptor socket, std::string path, dev_t device, ino_t inode)
    : socket_(std::move(socket)), path_(std::move(path)), device_(device), inode_(inode) {}

LocalSocket::LocalSocket(LocalSocket&& other) noexcept
    : socket_(std::move(other.socket_)),
      path_(std::exchange(other.path_, {})),
      device_(other.device_),
      inode_(other.inode_) {}

LocalSocket::~LocalSocket() {
    struct stat status {};
    if (!path_.empty() && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_)
        ::unlink(path_.c_str());
}

OrFault<LocalSocket> LocalSocket::listen(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return Fault{Exit::needs_operator, "the api path " + path + " is longer than the " +
                                               std::to_string(sizeof address.sun_path - 1) +
                                               " bytes that the kernel allows; choose a shorter --api"};
    std::memcpy(address.sun_path, path.data(), path.size());

    if (std::optional<Fault> fault = clear_stale(path, address)) return *fault;
    FileDescriptor socket = stream_socket();
    if (!socket) return system_fault("cannot make a Unix socket", errno);
    {
        const UmaskScope scope(0117);
        if (::bind(socket.number(), generic(address), sizeof address) != 0) {
            if (errno == ENOENT)
                return Fault{Exit::needs_operator, "the directory of the api path " + path +
                                                       " does not exist; make it or choose another --api"};
            if (errno == EADDRINUSE)
                return Fault{Exit::unavailable, "another process has just taken the api path " + path};
            return system_fault("cannot make the socket " + path, errno, "choose another --api or mend its directory");
        }
    }
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return system_fault("cannot use the api path " + path, errno);
    LocalSocket bound(std::move(socket), path, status.st_dev, status.st_ino);
    if (::listen(bound.number(), kBacklog) != 0) return system_fault("cannot listen on " + path, errno);
    return bound;
}

std::optional<uid_t> peer_uid(int socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
    return credentials.uid;
}

}  // namespace chord::daemon
