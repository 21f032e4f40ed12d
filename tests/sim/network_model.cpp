#include "tests/sim/network_model.hpp"

namespace chord::sim {

NetworkModel::Copies NetworkModel::send() {
    Copies copies;
    if (happens(conditions_.loss)) {
        return copies;
    }
    copies.delays[copies.count++] = delay();
    if (happens(conditions_.duplicate)) {
        copies.delays[copies.count++] = delay();
    }
    return copies;
}

Duration NetworkModel::delay() {
    const auto spread = static_cast<std::uint64_t>(conditions_.jitter.count()) * 2 + 1;
    Duration delay = conditions_.latency - conditions_.jitter + Duration(static_cast<std::int64_t>(rng_.below(spread)));
    if (happens(conditions_.reorder)) {
        delay += Duration(
            static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(conditions_.reorder_delay.count()) + 1)));
    }
    return delay;
}

Endpoint address_of(std::size_t index) {
    Endpoint address;
    address.ip[10] = address.ip[11] = 0xff;
    address.ip[12] = 10;
    address.ip[13] = static_cast<std::uint8_t>(index >> 16);
    address.ip[14] = static_cast<std::uint8_t>(index >> 8);
    address.ip[15] = static_cast<std::uint8_t>(index);
    address.port = 4000;
    return address;
}

std::size_t index_of(const Endpoint& address) {
    return std::size_t{address.ip[13]} << 16 | std::size_t{address.ip[14]} << 8 | address.ip[15];
}

Duration exponential(Rng& rng, Duration mean) {
    // The whole part rises with each descending run of even length; the first roll of the odd one is the fraction.
    for (std::int64_t whole = 0;; ++whole) {
        const std::uint64_t first = rng.next() >> 32;
        std::uint64_t previous = first;
        bool odd = true;
        while (true) {
            const std::uint64_t roll = rng.next() >> 32;
            if (roll >= previous) {
                break;
            }
            previous = roll;
            odd = !odd;
        }
        if (odd) {
            const std::int64_t fraction = (mean.count() >> 16) * static_cast<std::int64_t>(first >> 16);
            return mean * whole + Duration(fraction);
        }
    }
}

}  // namespace chord::sim
