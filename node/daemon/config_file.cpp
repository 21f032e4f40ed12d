#include "node/daemon/config_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "node/host/file_descriptor.hpp"

namespace chord::daemon {
namespace {

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// A '#' begins a comment at the start of a line and after white space; inside a word it is an ordinary character.
std::string_view without_comment(std::string_view line) {
    for (std::size_t i = 0; i < line.size(); ++i)
        if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) return line.substr(0, i);
    return line;
}

bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t' && c != '\r') || byte == 0x7f;
    });
}

bool is_section(std::string_view name) {
    const auto table = option_table();
    return !name.empty() &&
           std::any_of(table.begin(), table.end(), [&](const OptionSpec& option) { return option.section == name; });
}

std::string quoted(std::string_view text) {
    return "'" + std::string(text) + "'";
}

Fault bad_line(const std::string& place, const std::string& what) {
    return Fault{Exit::needs_operator, place + ": " + what};
}

/// One "key = value" line, already without comment and surrounding space.
OrFault<Setting> parse_setting(const std::string& place, std::string_view section, std::string_view line) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return bad_line(place, quoted(line) + " is not of the form key = value");
    const std::string_view key = trimmed(line.substr(0, equals));
    const std::string_view value = trimmed(line.substr(equals + 1));
    const OptionSpec* option = find_option(key);
    if (option == nullptr) return bad_line(place, "unknown key " + quoted(key) + "; chordd --help lists all keys");
    if (option->section.empty()) return bad_line(place, quoted(key) + " can only be given on the command line");
    if (!section.empty() && option->section != section)
        return bad_line(place, quoted(key) + " belongs into [" + std::string(option->section) + "], not into [" +
                                   std::string(section) + "]");
    if (value.empty()) return bad_line(place, quoted(key) + " needs a value");
    return Setting{option, std::string(value), place + ": " + std::string(key)};
}

OrFault<std::optional<std::string>> read_text(const std::string& file) {
    const std::string what = "cannot read the config file " + file;
    const FileDescriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!descriptor) {
        if (errno == ENOENT) return std::optional<std::string>();
        return system_fault(what, errno);
    }
    struct stat status {};
    if (::fstat(descriptor.number(), &status) != 0) return system_fault(what, errno);
    if (!S_ISREG(status.st_mode)) return Fault{Exit::needs_operator, what + ": it is not a regular file"};
    std::string content(kConfigBytesMax + 1, '\0');
    std::size_t size = 0;
    while (size < content.size()) {
        const ssize_t got = ::read(descriptor.number(), content.data() + size, content.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_fault(what, errno);
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size > kConfigBytesMax)
        return Fault{Exit::needs_operator, what + ": it is larger than " + std::to_string(kConfigBytesMax) + " bytes"};
    content.resize(size);
    return std::optional<std::string>(std::move(content));
}

/// FILE.d/*.conf in the order of their names; none when there is no such directory.
OrFault<std::vector<std::string>> drop_ins(const std::string& file) {
    const std::string folder = file + ".d";
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), &::closedir);
    std::vector<std::string> files;
    if (!directory) {
        if (errno == ENOENT || errno == ENOTDIR) return files;
        return system_fault("cannot read the config directory " + folder, errno);
    }
    constexpr std::string_view kSuffix = ".conf";
    while (const dirent* entry = ::readdir(directory.get())) {
        const std::string name = entry->d_name;
        const bool is_config = name.front() != '.' && name.size() > kSuffix.size() &&
                               name.compare(name.size() - kSuffix.size(), kSuffix.size(), kSuffix) == 0;
        if (is_config) files.push_back(folder + "/" + name);
        if (files.size() > kConfigFilesMax)
            return Fault{Exit::needs_operator, "the config directory " + folder + " holds more than " +
                                                   std::to_string(kConfigFilesMax) + " files"};
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

OrFault<std::vector<Setting>> parse_config(const std::string& file, std::string_view text) {
    std::vector<Setting> settings;
    std::string_view section;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(without_comment(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::string place = file + ":" + std::to_string(number);

        if (line.empty()) continue;
        if (has_control_character(line)) return bad_line(place, "the line holds a control character");
        if (line.front() == '[') {
            if (line.back() != ']') return bad_line(place, "the section has no closing bracket");
            section = trimmed(line.substr(1, line.size() - 2));
            if (!is_section(section)) return bad_line(place, "unknown section [" + std::string(section) + "]");
            continue;
        }
        OrFault<Setting> setting = parse_setting(place, section, line);
        if (!setting) return setting.fault();
        const bool repeated = setting->option->values_max == 1 &&
                              std::any_of(settings.begin(), settings.end(),
                                          [&](const Setting& earlier) { return earlier.option == setting->option; });
        if (repeated) return bad_line(place, quoted(setting->option->name) + " is set twice in this file");
        settings.push_back(std::move(*setting));
    }
    return settings;
}

OrFault<std::vector<Setting>> read_config(const std::string& file, bool required) {
    OrFault<std::vector<std::string>> more = drop_ins(file);
    if (!more) return more.fault();
    std::vector<std::string> files{file};
    files.insert(files.end(), more->begin(), more->end());

    std::vector<Setting> all;
    for (const std::string& path : files) {
        OrFault<std::optional<std::string>> text = read_text(path);
        if (!text) return text.fault();
        if (!text->has_value()) {
            if (path == file && required) return Fault{Exit::needs_operator, "there is no config file " + file};
            continue;
        }
        OrFault<std::vector<Setting>> settings = parse_config(path, **text);
        if (!settings) return settings.fault();
        std::move(settings->begin(), settings->end(), std::back_inserter(all));
    }
    return all;
}

}  // namespace chord::daemon
