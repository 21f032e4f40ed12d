#include "node/host/secret_file.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "node/host/file_descriptor.hpp"

namespace chord {
namespace {

std::string octal(mode_t mode) {
    std::string digits = "0";
    for (const unsigned shift : {6U, 3U, 0U}) digits.push_back(static_cast<char>('0' + ((mode >> shift) & 7U)));
    return digits;
}

bool write_all(int fd, BytesView bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// The temporary file next to its final name; gone when this goes, unless it was never made.
struct Temporary {
    std::string path;
    ~Temporary() {
        const int error_number = errno;
        ::unlink(path.c_str());
        errno = error_number;
    }
};

/// Writes over the one sector of a file that is as long as the content; false when it cannot.
bool write_over(const std::string& path, BytesView content) {
    constexpr std::size_t kSectorBytes = 512;
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
    struct stat status {};
    return content.size() <= kSectorBytes && file && ::fstat(file.number(), &status) == 0 && S_ISREG(status.st_mode) &&
           status.st_size == static_cast<off_t>(content.size()) && write_all(file.number(), content) &&
           ::fsync(file.number()) == 0;
}

/// Writes the content beside `directory`/`name` and, when it is on disk, gives it that name by `publish`.
std::optional<Fault> write_file(const std::string& what, const std::string& directory, const std::string& name,
                                BytesView content, int (*publish)(const char*, const char*)) {
    const std::string path = directory + "/" + name;
    const auto failed = [&] { return system_fault("cannot make the " + what + " " + path, errno); };

    const FileDescriptor folder(::open(directory.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
    if (!folder) return failed();
    const Temporary temporary{path + ".new"};
    ::unlink(temporary.path.c_str());  // left by a power cut
    const FileDescriptor file(::open(temporary.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return failed();
    if (!write_all(file.number(), content) || ::fsync(file.number()) != 0) return failed();
    if (publish(temporary.path.c_str(), path.c_str()) != 0) return failed();
    if (::fsync(folder.number()) != 0) return failed();
    return std::nullopt;
}

}  // namespace

OrFault<std::optional<Bytes>> read_secret_file(const std::string& what, const std::string& path, std::size_t bytes_max,
                                               Custody custody) {
    const std::string subject = what + " " + path;
    // O_NONBLOCK: a fifo in the file's place must not hang the start.
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file) {
        if (errno == ENOENT) return std::optional<Bytes>();
        return system_fault("cannot read the " + subject, errno);
    }
    struct stat status {};
    if (::fstat(file.number(), &status) != 0) return system_fault("cannot read the " + subject, errno);
    if (!S_ISREG(status.st_mode)) return Fault{Exit::needs_operator, "the " + subject + " is not a regular file"};
    if (status.st_uid != ::geteuid() && status.st_uid != 0) {
        return Fault{Exit::needs_operator, "the " + subject + " belongs to another user (uid " +
                                               std::to_string(status.st_uid) +
                                               "); give it to the user of this program"};
    }
    const mode_t for_others = custody == Custody::own ? 077U : 037U;
    if ((status.st_mode & for_others) != 0) {
        return Fault{Exit::needs_operator,
                     "the " + subject + " is open to others (mode " + octal(status.st_mode) + "); " +
                         (custody == Custody::own ? "run: chmod 0600 " + path
                                                  : "let systemd's LoadCredential= make it, with mode 0400")};
    }
    Bytes content(bytes_max + 1, '\0');
    std::size_t size = 0;
    while (size < content.size()) {
        const ssize_t got = ::read(file.number(), content.data() + size, content.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_fault("cannot read the " + subject, errno);
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size > bytes_max) {
        wipe(content);
        return Fault{Exit::needs_operator,
                     "the " + subject + " is larger than " + std::to_string(bytes_max) + " bytes; it is not ours"};
    }
    content.resize(size);
    return std::optional<Bytes>(std::move(content));
}

std::optional<Fault> create_secret_file(const std::string& what, const std::string& directory, const std::string& name,
                                        BytesView content) {
    // link() instead of rename(): it fails where something stands already.
    return write_file(what, directory, name, content, ::link);
}

std::optional<Fault> replace_secret_file(const std::string& what, const std::string& directory, const std::string& name,
                                         BytesView content) {
    std::optional<Fault> fault = write_file(what, directory, name, content, std::rename);
    if (fault && fault->exit == Exit::store_full && write_over(directory + "/" + name, content)) return std::nullopt;
    return fault;
}

void wipe(Bytes& secret) {
    sodium_memzero(secret.data(), secret.size());
}

}  // namespace chord
