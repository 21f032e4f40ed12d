// Reading and making small files that only their owner may see: the keys, and what is kept beside them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "node/core/base/bytes.hpp"
#include "node/host/fault.hpp"

namespace chord {

/// Whose hands a secret file comes from, and so what it may look like.
enum class Custody : std::uint8_t {
    own,  // nobody else may read or write it (mode 0600 or less)
    /// Lent by systemd (LoadCredential=, systemd.exec(5)) in a directory that only this service can enter. It is
    /// root's with mode 0400 and a line for this user in its access control list, whose mask stat() shows as if the
    /// group could read; or, where there are no such lists, this user's. So 0440 is allowed, and no more.
    credential,
};

/// The content of a regular file of at most `bytes_max` bytes that belongs to this user or to root and that is open to
/// nobody else; nullopt when there is no such file. `what` ("network key file") begins each fault's sentence. The
/// caller wipes what it was given.
OrFault<std::optional<Bytes>> read_secret_file(const std::string& what, const std::string& path, std::size_t bytes_max,
                                               Custody custody = Custody::own);

/// Makes `directory`/`name` with `content`, mode 0600: whole and on disk, or not at all. An existing file is never
/// replaced, not even one that appears meanwhile.
std::optional<Fault> create_secret_file(const std::string& what, const std::string& directory, const std::string& name,
                                        BytesView content);

/// The same, but replaces an existing file. Whenever the power goes, the old content or the new one is there, whole;
/// after success it is the new one. On a disk without room for a second file an existing one of the same length, at
/// most 512 bytes, is written over: one sector, which disks write as a whole.
std::optional<Fault> replace_secret_file(const std::string& what, const std::string& directory, const std::string& name,
                                         BytesView content);

/// Overwrites the bytes in a way that the compiler may not leave out.
void wipe(Bytes& secret);

}  // namespace chord
