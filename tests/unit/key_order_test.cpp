// Order of operations on one key.
#include "node/api/key_order.hpp"

#include <doctest/doctest.h>

using chord::api::KeyOrder;

TEST_CASE("two reads of a key do not wait for each other, a write waits for both and they for it") {
    KeyOrder order;
    CHECK_FALSE(order.must_wait("k", true));
    order.add(1, "k", false);
    CHECK_FALSE(order.must_wait("k", false));
    CHECK(order.must_wait("k", true));
    order.add(2, "w", true);
    CHECK(order.must_wait("w", false));
    CHECK(order.must_wait("w", true));
    CHECK_FALSE(order.must_wait("other", true));
}

TEST_CASE("what is over is forgotten, all keys of a slot at once") {
    KeyOrder order;
    order.add(1, "a", true);
    order.add(1, "b", true);
    order.add(2, "c", true);
    CHECK(order.size() == 3);
    order.remove(1);
    CHECK(order.size() == 1);
    CHECK_FALSE(order.must_wait("a", true));
    CHECK(order.must_wait("c", false));
}
