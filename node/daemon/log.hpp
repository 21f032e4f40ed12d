// Log: lines on stderr for people and for the journal. notice = lifecycle, info = membership, debug = packets; never
// one line per operation above debug, never a secret or a value's bytes.
//
// Invariants
//  1. At most kBurst lines per message id and window of kWindow; what was held back is counted and told.
//  2. A line holds no control characters, whatever the text was.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "node/core/base/time.hpp"

namespace chord::daemon {

/// The numbers are syslog's, which the journal understands as "<N>".
enum class LogLevel : std::uint8_t { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

std::optional<LogLevel> log_level_from_text(std::string_view name);
std::string_view text(LogLevel level);

class Log {
public:
    static constexpr std::uint32_t kBurst = 10;
    static constexpr Duration kWindow = std::chrono::seconds(30);
    static constexpr std::size_t kIdsMax = 64;  // ids are constants of the program; later ones share the last slot

    /// How a line begins: "<5>" for the journal, a UTC timestamp and the level's name otherwise.
    enum class Style : std::uint8_t { journal, timestamp };

    struct Clocks {
        std::function<Time()> now;
        std::function<WallMs()> wall;
    };
    using Sink = std::function<void(std::string_view line)>;  // the line ends in '\n'

    Log(LogLevel level, Style style, Clocks clocks, Sink sink);

    void set_level(LogLevel level) { level_ = level; }
    bool enabled(LogLevel level) const { return level <= level_; }

    /// `id` names the message for the rate limit and must be a string literal.
    void write(LogLevel level, std::string_view id, std::string_view line);

    void error(std::string_view id, std::string_view line) { write(LogLevel::error, id, line); }
    void warning(std::string_view id, std::string_view line) { write(LogLevel::warning, id, line); }
    void notice(std::string_view id, std::string_view line) { write(LogLevel::notice, id, line); }
    void info(std::string_view id, std::string_view line) { write(LogLevel::info, id, line); }
    void debug(std::string_view id, std::string_view line) { write(LogLevel::debug, id, line); }

private:
    struct Limit {
        std::string_view id;
        Time window_start{};
        std::uint32_t lines = 0;
        std::uint64_t suppressed = 0;
    };

    Limit& limit_of(std::string_view id, Time now);
    void emit(LogLevel level, std::string_view line);

    LogLevel level_;
    Style style_;
    Clocks clocks_;
    Sink sink_;
    std::array<Limit, kIdsMax> limits_{};
    std::size_t limits_used_ = 0;
};

/// Style::journal when stderr is the journal: JOURNAL_STREAM names the device and inode of fd 2 (systemd.exec(5)).
Log::Style log_style_of_stderr();

/// A sink that writes whole lines to fd 2 and ignores that it may be gone.
Log::Sink stderr_sink();

}  // namespace chord::daemon
