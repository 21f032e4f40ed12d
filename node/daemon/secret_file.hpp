// Reading and making small files that only their owner may see: the identity and the network key.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "node/core/base/bytes.hpp"
#include "node/daemon/fault.hpp"

namespace chord::daemon {

/// The content of a regular file of at most `bytes_max` bytes that belongs to this user or to root and that nobody else
/// may read or write; nullopt when there is no such file. `what` ("network key file") begins each fault's sentence.
/// The caller wipes what it was given.
OrFault<std::optional<Bytes>> read_secret_file(const std::string& what, const std::string& path, std::size_t bytes_max);

/// Makes `directory`/`name` with `content`, mode 0600: whole and on disk, or not at all. An existing file is never
/// replaced, not even one that appears meanwhile.
std::optional<Fault> create_secret_file(const std::string& what, const std::string& directory, const std::string& name,
                                        BytesView content);

/// Overwrites the bytes in a way that the compiler may not leave out.
void wipe(Bytes& secret);

}  // namespace chord::daemon
