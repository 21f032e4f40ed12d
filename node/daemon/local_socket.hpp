// LocalSocket: the listening Unix socket of the local interface and its file.
//
// Invariants
//  1. The file is never more open than 0660, not even for an instant: tailscale#19611 shows what a chmod after the bind
//     is worth.
//  2. Only a socket file that nobody answers on is replaced; any other file stays and is a fault.
//  3. At the end the file is removed only if it is still the one that was made here.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "node/host/fault.hpp"
#include "node/host/file_descriptor.hpp"

namespace chord::daemon {

class LocalSocket {
public:
    /// Binds `path` and listens on it, not blocking.
    static OrFault<LocalSocket> listen(const std::string& path);

    LocalSocket(LocalSocket&& other) noexcept;
    LocalSocket& operator=(LocalSocket&&) = delete;
    ~LocalSocket();

    int number() const { return socket_.number(); }
    /// Hands the listening descriptor over; the file stays this object's.
    int release() { return socket_.release(); }

private:
    LocalSocket(FileDescriptor socket, std::string path, dev_t device, ino_t inode);

    FileDescriptor socket_;
    std::string path_;  // empty after a move
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

/// The user at the other end of a connected Unix socket (SO_PEERCRED); nullopt when the kernel does not say.
std::optional<uid_t> peer_uid(int socket);

}  // namespace chord::daemon
