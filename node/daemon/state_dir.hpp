// The state directory: made at the first start, refused with a sentence when it cannot serve.
#pragma once

#include <optional>
#include <string>

#include "node/host/fault.hpp"
#include "node/host/file_descriptor.hpp"

namespace chord::daemon {

/// Makes `path` (its last component only) with mode 0700 if it is missing, and checks that it is a directory that this
/// user may write to and that others may not.
std::optional<Fault> prepare_state_dir(const std::string& path);

/// Held by a process that uses a state directory without a store in it: one that was not admitted yet. It is the
/// store's own lock (storage/lmdb_environment.cpp), so neither starts beside the other.
class StateLock {
public:
    /// REQUIRES: prepare_state_dir(path).
    static OrFault<StateLock> take(const std::string& path);

private:
    explicit StateLock(FileDescriptor file) : file_(std::move(file)) {}
    FileDescriptor file_;
};

}  // namespace chord::daemon
