// Error replies: their words and their texts.
#include "node/api/failure.hpp"

#include <doctest/doctest.h>

using namespace chord;
using namespace chord::api;

TEST_CASE("the first word of an error reply is stable") {
    const std::vector<std::pair<Error, std::string>> words = {
        {Error::timeout, "TIMEOUT"},
        {Error::no_quorum, "NOQUORUM"},
        {Error::try_again, "TRYAGAIN"},
        {Error::busy, "TRYAGAIN"},
        {Error::not_owner, "TRYAGAIN"},
        {Error::overloaded, "TRYAGAIN"},
        {Error::too_big, "TOOBIG"},
        {Error::full, "FULL"},
        {Error::not_member, "NOTJOINED"},
        {Error::shutting_down, "NOTJOINED"},
        {Error::io, "ERR"},
        {Error::corrupt, "ERR"},
    };
    for (const auto& [error, word] : words) {
        CHECK(failure_text(error) == word + " " + std::string(text(error)));
    }
}

TEST_CASE("a failure on several keys names them, a few of many") {
    CHECK(failure_text({{"a", Error::timeout}}, 1) == "TIMEOUT no answer in time");
    CHECK(failure_text({{"a", Error::timeout}, {"b\n", Error::full}}, 3) ==
          "TIMEOUT no answer in time for 2 of 3 keys: 'a', 'b\\x0a'");
    const std::vector<FailedKey> many(9, FailedKey{"k", Error::full});
    CHECK(failure_text(many, 9) ==
          "FULL the store is full: no room within --map-size, or on the disk of --state-dir for 9 of 9 keys: 'k', 'k', "
          "'k', 'k', 'k', 'k', 'k', 'k', ...");
}

TEST_CASE("sizes over the limit are told with the limit") {
    CHECK_FALSE(key_too_big(4096).has_value());
    CHECK(key_too_big(4097) == "TOOBIG key is 4097 bytes, limit 4096");
    CHECK_FALSE(value_too_big(1024, 1024).has_value());
    CHECK(value_too_big(1025, 1024) == "TOOBIG value is 1025 bytes, limit 1024");
}
