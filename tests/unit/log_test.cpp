#include "node/daemon/log.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace chord;
using namespace chord::daemon;

namespace {

/// A log whose lines land in a vector and whose clocks are set by the test.
struct Bench {
    Time now{};
    WallMs wall{0};
    std::vector<std::string> lines;
    Log log;

    explicit Bench(LogLevel level, Log::Style style = Log::Style::journal)
        : log(level, style, {[this] { return now; }, [this] { return wall; }},
              [this](std::string_view line) { lines.emplace_back(line); }) {}
};

}  // namespace

TEST_CASE("journal lines begin with syslog's number") {
    Bench bench(LogLevel::debug);
    bench.log.error("a", "one");
    bench.log.warning("b", "two");
    bench.log.notice("c", "three");
    bench.log.info("d", "four");
    bench.log.debug("e", "five");
    CHECK(bench.lines == std::vector<std::string>{"<3>one\n", "<4>two\n", "<5>three\n", "<6>four\n", "<7>five\n"});
}

TEST_CASE("other lines begin with UTC time and level") {
    Bench bench(LogLevel::notice, Log::Style::timestamp);
    bench.wall = WallMs(951'782'400'007);
    bench.log.notice("a", "hello");
    CHECK(bench.lines == std::vector<std::string>{"2000-02-29T00:00:00.007Z notice hello\n"});
}

TEST_CASE("what is below the level is not written") {
    Bench bench(LogLevel::notice);
    bench.log.info("a", "quiet");
    CHECK(bench.lines.empty());
    bench.log.set_level(LogLevel::info);
    bench.log.info("a", "loud");
    CHECK(bench.lines.size() == 1);
}

TEST_CASE("control characters cannot forge a line") {
    Bench bench(LogLevel::notice);
    bench.log.notice("a", "one\n<3>two\x1b[31m\x7f\r");
    CHECK(bench.lines == std::vector<std::string>{"<5>one?<3>two?[31m??\n"});
}

TEST_CASE("a message that repeats is held back and counted, for itself alone") {
    Bench bench(LogLevel::notice);
    for (std::uint32_t i = 0; i < Log::kBurst + 7; ++i) bench.log.warning("noise", "again");
    CHECK(bench.lines.size() == Log::kBurst);
    bench.log.warning("other", "heard");
    CHECK(bench.lines.size() == Log::kBurst + 1);

    bench.now += Log::kWindow - Duration(1);
    bench.log.warning("noise", "still too early");
    CHECK(bench.lines.size() == Log::kBurst + 1);

    bench.now += Duration(1);
    bench.lines.clear();
    bench.log.warning("noise", "back");
    CHECK(bench.lines == std::vector<std::string>{"<4>suppressed 8 more of: noise\n", "<4>back\n"});
}

TEST_CASE("more message ids than the table holds are limited together") {
    Bench bench(LogLevel::notice);
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < Log::kIdsMax + 40; ++i) ids.push_back("id" + std::to_string(i));
    for (const std::string& id : ids) bench.log.notice(id, "x");
    CHECK(bench.lines.size() == Log::kIdsMax + Log::kBurst - 1);
}

TEST_CASE("levels have names") {
    for (const LogLevel level : {LogLevel::error, LogLevel::warning, LogLevel::notice, LogLevel::info, LogLevel::debug})
        CHECK(log_level_from_text(text(level)) == level);
    CHECK_FALSE(log_level_from_text("loud"));
    CHECK_FALSE(log_level_from_text(""));
}
