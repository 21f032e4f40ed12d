#include "node/daemon/wall_clock.hpp"

#include <sys/timex.h>

#include "node/daemon/clock.hpp"

namespace chord::daemon {

net::admission::Seconds release_time_floor() {
    return CHORD_TIME_FLOOR;
}

net::admission::WallClock read_wall_clock() {
    timex kernel{};  // modes 0: it is only read
    const int state = ::adjtimex(&kernel);
    return {.seconds = Clock::wall_us() / 1'000'000,
            .synchronised = state >= 0 && state != TIME_ERROR && (kernel.status & STA_UNSYNC) == 0};
}

}  // namespace chord::daemon
