// The head of an LMDB data file, read without LMDB: LMDB trusts the file that it maps, so that garbage can end the
// process. What passes here can be mapped and walked.
//
// Only looks: neither the file nor its times change (but for the time of last access).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "storage/open_fault.hpp"

namespace chord::storage {

struct LmdbFile {
    std::uint32_t page_size = 0;
    std::uint64_t pages = 0;  // the pages that the newest commit refers to, all of them inside the file
};

/// nullopt: there is no file at `path`. Faults: foreign (not a data file that this machine's LMDB could have
/// written), corrupt (cut short), io (not readable, not writable).
std::variant<std::optional<LmdbFile>, OpenFault> inspect_lmdb_file(const std::string& path);

}  // namespace chord::storage
