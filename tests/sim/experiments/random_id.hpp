// random_id: a point of the ring, each as likely as the next.
#pragma once

#include "node/core/base/id.hpp"
#include "node/core/base/rng.hpp"

namespace chord::sim {

inline Id random_id(Rng& rng) {
    return Id{{rng.next(), rng.next(), rng.next(), rng.next()}};
}

}  // namespace chord::sim
