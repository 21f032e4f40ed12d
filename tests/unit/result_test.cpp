// Result and Error: the numbers are a wire format, the texts are what users read.
#include "node/core/base/result.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

namespace chord {
namespace {

constexpr int kErrorLast = static_cast<int>(Error::not_admitted);

TEST_CASE("error: the numbers are fixed, they travel on the wire") {
    CHECK_EQ(static_cast<int>(Error::timeout), 1);
    CHECK_EQ(static_cast<int>(Error::busy), 2);
    CHECK_EQ(static_cast<int>(Error::not_member), 3);
    CHECK_EQ(static_cast<int>(Error::not_owner), 4);
    CHECK_EQ(static_cast<int>(Error::no_quorum), 5);
    CHECK_EQ(static_cast<int>(Error::try_again), 6);
    CHECK_EQ(static_cast<int>(Error::too_big), 7);
    CHECK_EQ(static_cast<int>(Error::full), 8);
    CHECK_EQ(static_cast<int>(Error::condition_failed), 9);
    CHECK_EQ(static_cast<int>(Error::bad_message), 10);
    CHECK_EQ(static_cast<int>(Error::io), 11);
    CHECK_EQ(static_cast<int>(Error::corrupt), 12);
    CHECK_EQ(static_cast<int>(Error::foreign), 13);
    CHECK_EQ(static_cast<int>(Error::newer_schema), 14);
    CHECK_EQ(static_cast<int>(Error::wrong_peer), 15);
    CHECK_EQ(static_cast<int>(Error::overloaded), 16);
    CHECK_EQ(static_cast<int>(Error::shutting_down), 17);
    CHECK_EQ(static_cast<int>(Error::already_in_use), 18);
    CHECK_EQ(static_cast<int>(Error::not_admitted), 19);
}

TEST_CASE("error: every byte from the wire is itself or a malformed message") {
    for (int number = 0; number < 256; ++number) {
        const Error error = error_from_wire(static_cast<std::uint8_t>(number));
        const bool known = number >= 1 && number <= kErrorLast;
        CHECK_EQ(static_cast<int>(error), known ? number : static_cast<int>(Error::bad_message));
    }
}

TEST_CASE("error: every text is there, different, lower-case and without a full stop") {
    std::set<std::string_view> texts;
    for (int number = 1; number <= kErrorLast; ++number) {
        const std::string_view sentence = text(static_cast<Error>(number));
        REQUIRE_FALSE(sentence.empty());
        CHECK(sentence.front() >= 'a');
        CHECK(sentence.front() <= 'z');
        CHECK(sentence.back() != '.');
        CHECK(sentence != text(static_cast<Error>(kErrorLast + 1)));
        texts.insert(sentence);
    }
    CHECK_EQ(texts.size(), static_cast<std::size_t>(kErrorLast));
}

TEST_CASE("result: holds the value or the error") {
    const Result<std::string> good = std::string("value");
    CHECK(good.has_value());
    CHECK(static_cast<bool>(good));
    CHECK_EQ(*good, "value");
    CHECK_EQ(good->size(), 5U);

    const Result<std::string> bad = Error::full;
    CHECK_FALSE(bad.has_value());
    CHECK_FALSE(static_cast<bool>(bad));
    CHECK(bad.error() == Error::full);
}

TEST_CASE("result: an Error as the value type is told from the reason") {
    const Status done = Success{};
    CHECK(done.has_value());
    const Status failed = Error::io;
    CHECK(failed.error() == Error::io);
}

TEST_CASE("result: the value can be changed in place and moved out") {
    Result<std::unique_ptr<int>> result = std::make_unique<int>(1);
    **result = 2;
    const std::unique_ptr<int> taken = std::move(*result);
    CHECK_EQ(*taken, 2);
}

TEST_CASE("result: copies are independent") {
    Result<std::string> first = std::string("one");
    Result<std::string> second = first;
    second.value() = "two";
    CHECK_EQ(first.value(), "one");
    second = Error::timeout;
    CHECK(second.error() == Error::timeout);
    CHECK_EQ(first.value(), "one");
}

}  // namespace
}  // namespace chord
