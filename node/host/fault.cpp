#include "node/host/fault.hpp"

#include <cerrno>
#include <system_error>

namespace chord {

Fault system_fault(std::string what, int error_number, std::string remedy) {
    Fault fault;
    switch (error_number) {
        case EACCES:
        case EPERM:
        case EROFS: fault.exit = Exit::no_permission; break;
        case ENOSPC:
        case EDQUOT: fault.exit = Exit::store_full; break;
        default: fault.exit = Exit::io; break;
    }
    fault.sentence = std::move(what) + ": " + std::generic_category().message(error_number);
    if (!remedy.empty()) fault.sentence += "; " + remedy;
    return fault;
}

}  // namespace chord
