// Ending: what is to be done when a loop has ended.
#pragma once

#include <cstdint>

namespace chord::daemon {

enum class Ending : std::uint8_t {
    over,       // the process ends, as asked
    begin_anew  // the device has been admitted: everything is opened again, as what it is now
};

}  // namespace chord::daemon
