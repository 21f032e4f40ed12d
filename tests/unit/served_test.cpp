// Served: no request is carried out twice, and the memory for that is bounded in number, bytes and time.
#include "net/served.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::milliseconds;
using Raw = std::vector<std::uint8_t>;

Endpoint endpoint(std::uint16_t port) {
    Endpoint made;
    made.ip[15] = 1;
    made.port = port;
    return made;
}

Envelope request(std::uint64_t request_id, std::uint8_t attempt = 0) {
    Envelope made;
    made.request_id = request_id;
    made.attempt = attempt;
    made.sender.words = {0, 0, 0, 5};
    return made;
}

RpcOptions options(std::size_t served_max = 4, std::size_t bytes_max = 4096) {
    RpcOptions made;
    made.served_max = served_max;
    made.served_bytes_max = bytes_max;
    made.served_for = std::chrono::seconds(30);
    return made;
}

const Endpoint kFrom = endpoint(1);
constexpr Time kStart{};
constexpr bool kRepeatable = true;

ReplyToken admitted(Served& served, std::uint64_t request_id, bool repeatable = kRepeatable, Time now = kStart) {
    REQUIRE(served.find(request(request_id), now).state == Served::State::unknown);
    const auto token = served.admit(kFrom, request(request_id), repeatable, now);
    REQUIRE(token);
    return *token;
}

Served::State state_of(Served& served, std::uint64_t request_id, Time now = kStart) {
    return served.find(request(request_id), now).state;
}

TEST_CASE("served: unknown, then in progress, then answered with the same body") {
    Served served(options());
    const ReplyToken token = admitted(served, 1);
    CHECK(state_of(served, 1) == Served::State::in_progress);
    const auto answered = served.answer(token, Raw{7, 8}, kStart);
    REQUIRE(answered);
    CHECK(answered->asker.address == kFrom);
    CHECK_EQ(answered->request_id, 1U);
    CHECK_EQ(*answered->body, Raw{7, 8});
    const auto again = served.find(request(1, 2), kStart);
    CHECK(again.state == Served::State::answered);
    REQUIRE(again.body != nullptr);
    CHECK_EQ(*again.body, Raw{7, 8});
}

TEST_CASE("served: the answer echoes the attempt that was admitted") {
    Served served(options());
    const auto token = served.admit(kFrom, request(1, 2), kRepeatable, kStart);
    REQUIRE(token);
    CHECK_EQ(served.answer(*token, Raw{1}, kStart)->attempt, 2);
}

TEST_CASE("served: another sender or another id is another request, another address is not") {
    Served served(options());
    admitted(served, 1);
    Envelope other_sender = request(1);
    other_sender.sender.words[0] = 9;
    CHECK(served.find(request(1), kStart).state == Served::State::in_progress);  // whoever sends it once more
    CHECK(served.find(other_sender, kStart).state == Served::State::unknown);
    CHECK(served.find(request(2), kStart).state == Served::State::unknown);
}

TEST_CASE("served: a token is good for one answer") {
    Served served(options());
    const ReplyToken token = admitted(served, 1);
    CHECK(served.answer(token, Raw{1}, kStart));
    CHECK_FALSE(served.answer(token, Raw{2}, kStart));
    CHECK_FALSE(served.answer(ReplyToken{999}, Raw{2}, kStart));
    CHECK_EQ(*served.find(request(1), kStart).body, Raw{1});
}

TEST_CASE("served: a full table forgets the oldest answered request, never one in progress") {
    Served served(options(3));
    const ReplyToken first = admitted(served, 1);
    const ReplyToken second = admitted(served, 2);
    CHECK(served.answer(second, Raw{2}, kStart));
    const ReplyToken third = admitted(served, 3);
    admitted(served, 4);
    CHECK_EQ(served.size(), 3);
    CHECK(state_of(served, 1) == Served::State::in_progress);
    CHECK(state_of(served, 2) == Served::State::unknown);
    CHECK_EQ(served.bytes(), 0);

    CHECK_FALSE(served.admit(kFrom, request(5), kRepeatable, kStart));  // all in progress
    CHECK(served.answer(first, Raw{1}, kStart));
    CHECK(served.answer(third, Raw{3}, kStart));
    admitted(served, 5);
    CHECK(state_of(served, 1) == Served::State::unknown);  // answered first, so the oldest
    CHECK(state_of(served, 3) == Served::State::answered);
}

TEST_CASE("served: when the bytes run out, a repeatable request is forgotten and a write is only remembered") {
    Served served(options(10, 2000));
    CHECK(served.answer(admitted(served, 1, kRepeatable), Raw(900, 1), kStart));
    CHECK(served.answer(admitted(served, 2, !kRepeatable), Raw(900, 2), kStart));
    CHECK_EQ(served.bytes(), 1800);
    CHECK(served.answer(admitted(served, 3, kRepeatable), Raw(1000, 3), kStart));
    CHECK_EQ(served.bytes(), 1900);
    CHECK(state_of(served, 1) == Served::State::unknown);
    CHECK(served.find(request(2), kStart).body != nullptr);

    CHECK(served.answer(admitted(served, 4, kRepeatable), Raw(1000, 4), kStart));
    CHECK_EQ(served.bytes(), 2000);
    const auto write = served.find(request(2), kStart);
    CHECK(write.state == Served::State::answered);
    CHECK(write.body == nullptr);
    CHECK(served.find(request(3), kStart).body != nullptr);
}

TEST_CASE("served: a full table forgets a write without body before any answer with one") {
    Served served(options(2, kBodyBytesMax));
    CHECK(served.answer(admitted(served, 1, !kRepeatable), Raw(kBodyBytesMax, 1), kStart));
    CHECK(served.answer(admitted(served, 2, kRepeatable), Raw(kBodyBytesMax, 2), kStart));
    CHECK(state_of(served, 1) == Served::State::answered);
    admitted(served, 3);
    CHECK(state_of(served, 1) == Served::State::unknown);
    CHECK(state_of(served, 2) == Served::State::answered);
    CHECK_EQ(served.bytes(), kBodyBytesMax);
}

TEST_CASE("served: everything is forgotten 30 s after it came or was answered") {
    Served served(options(10, kBodyBytesMax));
    const Time last = kStart + std::chrono::seconds(30) - milliseconds(1);
    const Time over = kStart + std::chrono::seconds(30);
    const ReplyToken slow = admitted(served, 1, !kRepeatable);
    CHECK(served.answer(admitted(served, 2, !kRepeatable), Raw(kBodyBytesMax, 2), kStart));
    CHECK(served.answer(admitted(served, 3, !kRepeatable), Raw(kBodyBytesMax, 3), kStart));
    CHECK(state_of(served, 1, last) == Served::State::in_progress);
    CHECK(state_of(served, 2, last) == Served::State::answered);
    CHECK(state_of(served, 3, last) == Served::State::answered);
    CHECK(state_of(served, 1, over) == Served::State::unknown);
    CHECK(state_of(served, 2, over) == Served::State::unknown);
    CHECK(state_of(served, 3, over) == Served::State::unknown);
    CHECK_EQ(served.size(), 0);
    CHECK_EQ(served.bytes(), 0);
    CHECK_FALSE(served.answer(slow, Raw{1}, over));
}

TEST_CASE("served: the age of an answered request counts from its answer") {
    Served served(options());
    const ReplyToken token = admitted(served, 1);
    CHECK(served.answer(token, Raw{1}, kStart + std::chrono::seconds(20)));
    CHECK(state_of(served, 1, kStart + std::chrono::seconds(49)) == Served::State::answered);
    CHECK(state_of(served, 1, kStart + std::chrono::seconds(50)) == Served::State::unknown);
}

TEST_CASE("served: tens of thousands of requests stay within every bound") {
    Served served(options(100, 10'000));
    std::vector<ReplyToken> open;
    for (std::uint64_t id = 1; id <= 20'000; ++id) {
        const Time now = kStart + milliseconds(id);
        if (const auto token = served.admit(kFrom, request(id), id % 3 != 0, now)) open.push_back(*token);
        if (open.size() > 20) {
            CHECK(served.answer(open[id % 20], Raw(1 + id % 1100, 1), now));
            open.erase(open.begin() + static_cast<std::ptrdiff_t>(id % 20));
        }
        REQUIRE_LE(served.size(), 100);
        REQUIRE_LE(served.bytes(), 10'000);
    }
}

}  // namespace
}  // namespace chord::net
