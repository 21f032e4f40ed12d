#include "tests/sim/command_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace chord::sim {

namespace {

constexpr std::size_t kHelpColumn = 26;
constexpr std::uint64_t kMicro = 1'000'000;
constexpr std::uint64_t kDaysMax = 3'650;

// A decimal number of at most six places, in millionths; `rest` is what follows it.
std::optional<std::uint64_t> millionths(std::string_view text, std::string_view& rest) {
    std::uint64_t whole = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, whole);
    if (error != std::errc{} || whole > UINT64_MAX / kMicro - 1) {
        return std::nullopt;
    }
    std::uint64_t value = whole * kMicro;
    const char* at = stop;
    if (at != end && *at == '.') {
        for (std::uint64_t place = kMicro / 10; ++at != end && *at >= '0' && *at <= '9'; place /= 10) {
            value += place * static_cast<std::uint64_t>(*at - '0');
        }
    }
    rest = std::string_view(at, static_cast<std::size_t>(end - at));
    return value;
}

}  // namespace

std::optional<std::string> parse(const std::vector<Option>& options, const std::vector<std::string>& arguments) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::size_t equals = arguments[i].find('=');
        const std::string written = arguments[i].substr(0, equals);
        const std::string name = written == "-h" ? "--help" : written;
        const auto option =
            std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == name; });
        if (option == options.end()) {
            return "unknown option '" + name + "' (see --help)";
        }
        std::string text;
        if (equals != std::string::npos) {
            if (option->value.empty()) {
                return name + " takes no value";
            }
            text = arguments[i].substr(equals + 1);
        } else if (!option->value.empty()) {
            if (i + 1 == arguments.size()) {
                return name + " needs " + option->value;
            }
            text = arguments[++i];
        }
        if (const std::optional<std::string> wanted = option->take(text)) {
            return name + " must be " + *wanted + ", not '" + text + "'";
        }
    }
    return std::nullopt;
}

std::string help(const std::vector<Option>& options) {
    std::string lines;
    for (const Option& option : options) {
        std::string line = "  " + option.name + (option.value.empty() ? "" : " " + option.value);
        line.resize(std::max(line.size() + 2, kHelpColumn), ' ');
        lines += line + option.help + "\n";
    }
    return lines;
}

std::function<std::optional<std::string>(const std::string&)> number(std::uint64_t& into, std::uint64_t min,
                                                                     std::uint64_t max) {
    return [&into, min, max](const std::string& text) -> std::optional<std::string> {
        std::uint64_t value = 0;
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, value);
        if (error != std::errc{} || stop != end || value < min || value > max) {
            return "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
        }
        into = value;
        return std::nullopt;
    };
}

std::function<std::optional<std::string>(const std::string&)> number(std::optional<std::uint64_t>& into,
                                                                     std::uint64_t min, std::uint64_t max) {
    return [&into, min, max](const std::string& text) {
        std::uint64_t value = 0;
        std::optional<std::string> wanted = number(value, min, max)(text);
        into = wanted ? into : value;
        return wanted;
    };
}

std::function<std::optional<std::string>(const std::string&)> share(std::uint32_t& into) {
    return [&into](const std::string& text) -> std::optional<std::string> {
        std::string_view rest;
        const std::optional<std::uint64_t> value = millionths(text, rest);
        if (!value || !rest.empty() || *value > kMicro) {
            return "a share from 0 to 1";
        }
        into = static_cast<std::uint32_t>(*value);
        return std::nullopt;
    };
}

std::function<std::optional<std::string>(const std::string&)> duration(std::optional<Duration>& into) {
    return [&into](const std::string& text) -> std::optional<std::string> {
        struct Unit {
            std::string_view name;
            std::uint64_t micros;
        };
        static constexpr std::array<Unit, 5> kUnits{{
            {"ms", 1'000},
            {"s", kMicro},
            {"min", 60 * kMicro},
            {"h", 3'600 * kMicro},
            {"d", 86'400 * kMicro},
        }};
        constexpr std::uint64_t kMost = kDaysMax * 86'400 * kMicro;
        std::string_view rest;
        const std::optional<std::uint64_t> value = millionths(text, rest);
        for (const Unit& unit : kUnits) {
            if (value && rest == unit.name && *value / kMicro <= kMost / unit.micros) {
                const std::uint64_t micros = *value / kMicro * unit.micros + *value % kMicro * unit.micros / kMicro;
                if (micros > 0 && micros <= kMost) {
                    into = Duration(static_cast<std::int64_t>(micros));
                    return std::nullopt;
                }
            }
        }
        return "a time above 0 and at most " + std::to_string(kDaysMax) + "d, such as 250ms, 90s, 1.5min, 1h or 2d";
    };
}

std::function<std::optional<std::string>(const std::string&)> flag(bool& into) {
    return [&into](const std::string&) -> std::optional<std::string> {
        into = true;
        return std::nullopt;
    };
}

}  // namespace chord::sim
