// SessionToken: what a connection must not fall behind, and as text.
#include "node/api/session_token.hpp"

#include <doctest/doctest.h>

namespace chord::api {
namespace {

constexpr Time kNow = Time(std::chrono::hours(5));
constexpr Version kOne{1, 7}, kTwo{2, 7};

Id id(std::uint64_t number) {
    return Id{{number, 0, 0, 0}};
}

TEST_CASE("the greatest version of a key is demanded until its record ends, or for an hour") {
    SessionToken token;
    token.note(id(1), kTwo, kNever, kNow);
    token.note(id(1), kOne, kNever, kNow);
    token.note(id(2), kOne, kNow + std::chrono::seconds(5), kNow);
    CHECK(token.demand(id(1), Level::one, kNow).at_least == kTwo);
    CHECK(token.demand(id(1), Level::one, kNow).level == Level::one);
    CHECK(token.demand(id(1), Level::one, kNow).at_least_until == kNow + SessionToken::kLife);
    CHECK(token.demand(id(2), Level::one, kNow).at_least == kOne);
    CHECK(token.demand(id(2), Level::one, kNow + std::chrono::seconds(5)).at_least == Version{});
    CHECK(token.demand(id(1), Level::one, kNow + SessionToken::kLife).at_least == Version{});
    CHECK(token.demand(id(3), Level::one, kNow).at_least == Version{});
}

TEST_CASE("sixty-four keys are remembered, the latest used") {
    SessionToken token;
    for (std::uint64_t i = 0; i < SessionToken::kKeysMax; ++i) token.note(id(i), kOne, kNever, kNow);
    token.note(id(0), kTwo, kNever, kNow);
    token.note(id(1000), kOne, kNever, kNow);
    CHECK(token.demand(id(0), Level::one, kNow).at_least == kTwo);
    CHECK(token.demand(id(1), Level::one, kNow).at_least == Version{});
    CHECK(token.demand(id(2), Level::one, kNow).at_least == kOne);
}

TEST_CASE("a token goes from one connection to another as text") {
    SessionToken first;
    first.note(id(1), kOne, kNever, kNow);
    first.note(id(2), kTwo, kNow + std::chrono::seconds(5), kNow);
    SessionToken second;
    second.note(id(1), kTwo, kNever, kNow);
    REQUIRE(second.adopt(first.text(kNow), kNow));
    CHECK(second.demand(id(1), Level::one, kNow).at_least == kTwo);
    CHECK(second.demand(id(2), Level::one, kNow).at_least == kTwo);
    CHECK(second.demand(id(2), Level::one, kNow + std::chrono::seconds(5)).at_least == Version{});
    CHECK(SessionToken{}.text(kNow).empty());
    CHECK(SessionToken{}.adopt("", kNow));
}

TEST_CASE("what is no token is taken for none, as a whole") {
    SessionToken token;
    const std::string key = id(1).hex();
    const std::string good = key + ":0000000000000001.0000000000000007:5000";
    for (const std::string& bad :
         {std::string("x"), std::string(":::"), key, key + ":0000000000000001.0000000000000007", good + "x",
          key + ":0000000000000001.0000000000000007:0", key + ":0000000000000001.0000000000000007:3600001",
          key + ":ffffffffffffffff.0000000000000007:5000", key.substr(1) + good.substr(64), good + ",x"}) {
        CAPTURE(bad);
        CHECK_FALSE(token.adopt(bad, kNow));
    }
    CHECK(token.text(kNow).empty());
    std::string many = good;
    for (std::size_t i = 0; i < SessionToken::kKeysMax; ++i) many += ',' + good;
    CHECK_FALSE(token.adopt(many, kNow));
    CHECK(token.adopt(good, kNow));
    CHECK(token.text(kNow) == good);
}

}  // namespace
}  // namespace chord::api
