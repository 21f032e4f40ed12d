// The command table as a whole: sorted, complete, consistent.
#include "node/api/command_table.hpp"

#include <algorithm>
#include <set>

#include "node/api/argument.hpp"

#include <doctest/doctest.h>

using namespace chord::api;

TEST_CASE("the table is sorted, without doubles, and complete in every row") {
    const std::set<std::string_view> groups{"connection", "server", "string", "generic", "pubsub", "chord"};
    std::string_view before;
    for (const CommandSpec& spec : command_table()) {
        CAPTURE(spec.name);
        CHECK(before < spec.name);
        before = spec.name;
        CHECK(spec.name == lower_case(spec.name));
        CHECK((spec.handler != nullptr));
        CHECK(spec.arity != 0);
        CHECK(groups.count(spec.group) == 1);
        CHECK_FALSE(spec.since.empty());
        REQUIRE_FALSE(spec.summary.empty());
        CHECK(spec.summary.back() == '.');
        if (!spec.deviation.empty()) CHECK(spec.deviation.back() == '.');
        CHECK((spec.first_key == 0) == (spec.key_step == 0));
        CHECK(find_command(spec.name) == &spec);
        // Reads and writes of keys are told apart, and nothing is both: the order of operations depends on it.
        const bool reads = (spec.flags & kReadonly) != 0;
        const bool writes = (spec.flags & kWrite) != 0;
        if (spec.first_key > 0) CHECK(reads != writes);
    }
}

TEST_CASE("commands are found in any case of letters, and only by their whole name") {
    CHECK(find_command("GeT") == find_command("get"));
    CHECK(find_command("get") != nullptr);
    for (const std::string_view unknown : {"", "ge", "gets", "multi", "chord.", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
        CHECK(find_command(unknown) == nullptr);
    }
    CHECK(find_command(std::string_view("get\0", 4)) == nullptr);
}

TEST_CASE("a command cannot have fewer arguments than its keys need") {
    for (const CommandSpec& spec : command_table()) {
        if (spec.first_key == 0) continue;
        CAPTURE(spec.name);
        const auto least = static_cast<std::size_t>(std::abs(spec.arity));
        const KeyRange range = key_range(spec, least);
        CHECK(range.first < range.end);
        CHECK(range.end <= least);
    }
}

TEST_CASE("key ranges") {
    const KeyRange mset = key_range(*find_command("mset"), 5);
    CHECK(mset.first == 1);
    CHECK(mset.end == 5);
    CHECK(mset.step == 2);
    const KeyRange ping = key_range(*find_command("ping"), 1);
    CHECK(ping.first == ping.end);
}
