#include "tests/sim/report.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace chord::sim {

void Report::add(std::string name, const std::optional<Duration>& value) {
    add_json(std::move(name), value ? seconds(*value) : "null");
}

void Report::add_decimal(std::string name, double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", value);
    add_json(std::move(name), text);
}

void Report::add_text(std::string name, const std::string& value) {
    add_json(std::move(name), quoted(value));
}

void Report::add_object(std::string name, std::string json) {
    values_.push_back({std::move(name), std::move(json), false});
}

int Report::print(bool json, std::FILE* out) const {
    if (json) {
        print_json(out);
    } else {
        print_lines(out);
    }
    return complaints_.empty() ? 0 : kViolation;
}

void Report::print_json(std::FILE* out) const {
    std::string object =
        "{\"v\":1,\"command\":" + quoted(command_) + ",\"ok\":" + (complaints_.empty() ? "true" : "false");
    for (const Value& value : values_) {
        object += "," + quoted(value.name) + ":" + value.json;
    }
    object += ",\"violations\":[";
    for (const std::string& complaint : complaints_) {
        object += (object.back() == '[' ? "" : ",") + quoted(complaint);
    }
    std::fprintf(out, "%s]}\n", object.c_str());
}

void Report::print_lines(std::FILE* out) const {
    for (const Value& value : values_) {
        if (value.for_people) {
            std::fprintf(out, "  %-28s %s\n", value.name.c_str(), value.json.c_str());
        }
    }
    for (const std::string& complaint : complaints_) {
        std::fprintf(out, "VIOLATION: %s\n", complaint.c_str());
    }
    if (complaints_.empty()) {
        std::fputs("ok\n", out);
    } else {
        std::fprintf(out, "reproduce with: %s\n", command_.c_str());
    }
}

std::string quoted(const std::string& text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '\n') {
            quoted += "\\n";
        } else {
            quoted += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
        }
    }
    return quoted + "\"";
}

std::string hex(std::uint64_t value) {
    char text[20];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
    return text;
}

std::string seconds(Duration duration) {
    char text[32];
    std::snprintf(text, sizeof text, "%lld.%03lld", static_cast<long long>(duration.count() / 1'000'000),
                  static_cast<long long>(duration.count() / 1'000 % 1'000));
    return text;
}

std::string command_line(const std::string& command, std::vector<std::string> arguments, std::uint64_t seed) {
    const bool seeded = std::any_of(arguments.begin(), arguments.end(), [](const std::string& argument) {
        return argument == "--seed" || argument.starts_with("--seed=");
    });
    if (!seeded) {
        arguments.insert(arguments.begin(), {"--seed", std::to_string(seed)});
    }
    std::string line = "chord_sim " + command;
    for (const std::string& argument : arguments) {
        line += " " + argument;
    }
    return line;
}

void announce(const std::string& line, bool json, std::FILE* out, std::FILE* err) {
    std::fprintf(json ? err : out, "%s\n", line.c_str());
    std::fflush(json ? err : out);
}

int bad_usage(const std::string& sentence, std::FILE* err) {
    std::fprintf(err, "chord_sim: %s\n", sentence.c_str());
    return kUsage;
}

int unwritten(const std::string& what, std::FILE* err) {
    std::fprintf(err, "chord_sim: %s cannot be written: %s\n", what.c_str(), std::strerror(errno));
    return kUnwritten;
}

}  // namespace chord::sim
