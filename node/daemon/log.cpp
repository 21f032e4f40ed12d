#include "node/daemon/log.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <utility>

namespace chord::daemon {
namespace {

constexpr std::array<std::pair<LogLevel, std::string_view>, 5> kLevelNames{{
    {LogLevel::error, "error"},
    {LogLevel::warning, "warning"},
    {LogLevel::notice, "notice"},
    {LogLevel::info, "info"},
    {LogLevel::debug, "debug"},
}};

/// "2026-08-01T12:00:00.123Z".
std::string timestamp(WallMs wall) {
    const auto ms = static_cast<std::uint64_t>(wall);
    const auto seconds = static_cast<std::time_t>(ms / 1000);
    std::tm parts{};
    if (gmtime_r(&seconds, &parts) == nullptr) return "-";
    std::array<char, 32> day{};
    const std::size_t length = std::strftime(day.data(), day.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    const std::string fraction = std::to_string(1000 + ms % 1000);
    return std::string(day.data(), length) + "." + fraction.substr(1) + "Z";
}

}  // namespace

std::optional<LogLevel> log_level_from_text(std::string_view name) {
    for (const auto& [level, text] : kLevelNames)
        if (name == text) return level;
    return std::nullopt;
}

std::string_view text(LogLevel level) {
    for (const auto& [known, text] : kLevelNames)
        if (level == known) return text;
    return "?";
}

Log::Log(LogLevel level, Style style, Clocks clocks, Sink sink)
    : level_(level), style_(style), clocks_(std::move(clocks)), sink_(std::move(sink)) {}

Log::Limit& Log::limit_of(std::string_view id, Time now) {
    for (std::size_t i = 0; i < limits_used_; ++i)
        if (limits_[i].id == id) return limits_[i];
    if (limits_used_ == kIdsMax) return limits_[kIdsMax - 1];
    Limit& fresh = limits_[limits_used_++];
    fresh = Limit{id, now, 0, 0};
    return fresh;
}

void Log::write(LogLevel level, std::string_view id, std::string_view line) {
    if (!enabled(level)) return;
    const Time now = clocks_.now();
    Limit& limit = limit_of(id, now);
    if (now - limit.window_start >= kWindow) {
        const std::uint64_t suppressed = std::exchange(limit.suppressed, 0);
        limit.window_start = now;
        limit.lines = 0;
        if (suppressed > 0) emit(level, "suppressed " + std::to_string(suppressed) + " more of: " + std::string(id));
    }
    if (limit.lines == kBurst) {
        ++limit.suppressed;
        return;
    }
    ++limit.lines;
    emit(level, line);
}

void Log::emit(LogLevel level, std::string_view line) {
    std::string out;
    if (style_ == Style::journal) {
        out = "<" + std::to_string(static_cast<int>(level)) + ">";
    } else {
        out = timestamp(clocks_.wall()) + " ";
        out.append(text(level)).append(" ");
    }
    for (const char c : line) {
        const auto byte = static_cast<unsigned char>(c);
        out.push_back(byte < 0x20 || byte == 0x7f ? '?' : c);
    }
    out.push_back('\n');
    sink_(out);
}

Log::Style log_style_of_stderr() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (stream == nullptr || fstat(STDERR_FILENO, &status) != 0) return Log::Style::timestamp;
    // A child whose stderr was redirected inherits the variable too; only the same device and inode count.
    const std::string ours = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
    return ours == stream ? Log::Style::journal : Log::Style::timestamp;
}

Log::Sink stderr_sink() {
    return [](std::string_view line) {
        while (!line.empty()) {
            const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
            if (written <= 0) return;
            line.remove_prefix(static_cast<std::size_t>(written));
        }
    };
}

}  // namespace chord::daemon
