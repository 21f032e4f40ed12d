#include "storage/open_fault.hpp"

#include <lmdb.h>

#include <cerrno>

namespace chord::storage {

OpenFault system_fault(std::string_view what, const std::string& path, int code, std::string_view remedy) {
    std::string sentence = "cannot ";
    sentence.append(what).append(" ").append(path).append(": ").append(mdb_strerror(code));
    if (!remedy.empty()) sentence.append("; ").append(remedy);
    return {error_of(code), std::move(sentence)};
}

Error error_of(int code) {
    switch (code) {
        case MDB_MAP_FULL:
        case MDB_TXN_FULL:
        case MDB_CURSOR_FULL:
        case ENOSPC:
        case EDQUOT:
        case EFBIG: return Error::full;
        case MDB_CORRUPTED:
        case MDB_PAGE_NOTFOUND: return Error::corrupt;
        case MDB_INVALID:
        case MDB_VERSION_MISMATCH:
        case MDB_INCOMPATIBLE: return Error::foreign;
        default: return Error::io;
    }
}

}  // namespace chord::storage
