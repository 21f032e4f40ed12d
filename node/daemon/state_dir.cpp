#include "node/daemon/state_dir.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace chord::daemon {

std::optional<Fault> prepare_state_dir(const std::string& path) {
    const std::string subject = "the state directory " + path;
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
        if (errno == ENOENT)
            return Fault{Exit::needs_operator, "the parent of " + subject +
                                                   " does not exist; make it or choose "
                                                   "another --state-dir"};
        return system_fault("cannot make " + subject, errno, "choose another --state-dir or mend its parent");
    }
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return system_fault("cannot use " + subject, errno);
    if (!S_ISDIR(status.st_mode))
        return Fault{Exit::needs_operator, subject +
                                               " is not a directory; move the file away or choose another "
                                               "--state-dir"};
    // Somebody who can plant or swap files here can become this node.
    if ((status.st_mode & 022U) != 0)
        return Fault{Exit::needs_operator, subject + " can be written to by others; run: chmod go-w " + path};
    // The effective user counts, and a read-only mount counts even for root.
    if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0)
        return system_fault("cannot write to " + subject, errno,
                            "give it to the user of chordd or choose another "
                            "--state-dir");
    return std::nullopt;
}

OrFault<StateLock> StateLock::take(const std::string& path) {
    const std::string name = path + "/chordd.lock";
    FileDescriptor file(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return system_fault("cannot open " + name, errno, "give it to the user of chordd");
    if (::flock(file.number(), LOCK_EX | LOCK_NB) == 0) return StateLock(std::move(file));
    if (errno != EWOULDBLOCK) return system_fault("cannot lock " + name, errno);
    return Fault{Exit::unavailable,
                 path + " is in use by another process; stop that one or choose another --state-dir"};
}

}  // namespace chord::daemon
