// Order of replies.
#include "node/api/reply_queue.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

using namespace chord::api;

namespace {

void reply(ReplyQueue& queue, ReplyQueue::Slot slot, std::int64_t number) {
    queue.writer(slot).integer(number);
    queue.close(slot);
}

}  // namespace

TEST_CASE("replies leave in the order of opening, whatever the order of closing") {
    std::vector<int> order{0, 1, 2, 3, 4};
    do {
        ReplyQueue queue;
        std::vector<ReplyQueue::Slot> slots;
        for (int i = 0; i < 5; ++i) slots.push_back(queue.open(Protocol::resp2));
        std::string out;
        for (const int i : order) {
            reply(queue, slots[static_cast<std::size_t>(i)], i);
            out += queue.take_output();
        }
        REQUIRE(out == ":0\r\n:1\r\n:2\r\n:3\r\n:4\r\n");
        REQUIRE(queue.waiting() == 0);
        REQUIRE(queue.bytes() == 0);
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("a reply waits for those before it, and its bytes are counted") {
    ReplyQueue queue;
    const auto first = queue.open(Protocol::resp2);
    const auto second = queue.open(Protocol::resp3);
    queue.writer(second).null();
    queue.close(second);
    CHECK(queue.take_output().empty());
    CHECK(queue.bytes() == 3);
    CHECK(queue.output_bytes() == 0);
    CHECK(queue.is_open(first));
    CHECK_FALSE(queue.is_open(second));
    reply(queue, first, 1);
    CHECK(queue.take_output() == ":1\r\n_\r\n");
    CHECK_FALSE(queue.is_open(first));
}

TEST_CASE("after abandon nothing is open and nothing is left") {
    ReplyQueue queue;
    const auto first = queue.open(Protocol::resp2);
    const auto second = queue.open(Protocol::resp2);
    reply(queue, second, 2);
    queue.abandon();
    CHECK_FALSE(queue.is_open(first));
    CHECK(queue.bytes() == 0);
    CHECK(queue.waiting() == 0);
    const auto third = queue.open(Protocol::resp2);
    CHECK(third != first);
    CHECK(third != second);
}
