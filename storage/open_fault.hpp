// OpenFault: why a store cannot be opened. The sentence is for the operator: what is wrong with which path, and
// what to do; lower case, without a full stop.
#pragma once

#include <string>
#include <string_view>

#include "node/core/base/result.hpp"

namespace chord::storage {

struct OpenFault {
    Error error = Error::io;
    std::string sentence;
};

/// The fault behind errno (or LMDB's return code): "cannot <what> <path>: <the system's text>; <remedy>".
OpenFault system_fault(std::string_view what, const std::string& path, int code, std::string_view remedy);

/// What errno or an LMDB return code means to the writer of a record: full, corrupt, or io.
Error error_of(int code);

}  // namespace chord::storage
