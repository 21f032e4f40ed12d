#include "node/daemon/options.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "net/address.hpp"
#include "node/core/data/record.hpp"
#include "node/daemon/config_file.hpp"
#include "node/daemon/interfaces.hpp"
#include "storage/lmdb_environment.hpp"

namespace chord::daemon {
namespace {

// ---- How each value is checked and kept; each returns what is wrong, or nothing ------------------------------------

std::string wrong(const std::string& value, const std::string& why) {
    return "'" + value + "' " + why;
}

std::string store_path(std::string& path, const std::string& value) {
    if (value.size() > 4000) return "the path is too long";
    path = value;
    return {};
}

std::string store_config(Options& options, const std::string& value) {
    return store_path(options.config_file, value);
}
std::string store_state_dir(Options& options, const std::string& value) {
    return store_path(options.state_dir, value);
}
std::string store_api(Options& options, const std::string& value) {
    return store_path(options.api_path, value);
}
std::string store_network_key(Options& options, const std::string& value) {
    return store_path(options.network_key_file, value);
}

/// `list` grows by the address, or the problem is returned.
std::string store_endpoint(std::vector<Endpoint>& list, const std::string& value) {
    const std::optional<Endpoint> address = net::parse_endpoint(value);
    if (!address) return net::endpoint_problem(value);
    list.push_back(*address);
    return {};
}

std::string store_listen(Options& options, const std::string& value) {
    std::string problem = store_endpoint(options.listen, value);
    if (!problem.empty()) return problem;
    const Endpoint& added = options.listen.back();
    if (added.port != 0 && std::count(options.listen.begin(), options.listen.end(), added) > 1)
        return wrong(value, "is given twice");
    return {};
}

std::string store_peer(Options& options, const std::string& value) {
    std::string problem = store_endpoint(options.peers, value);
    if (problem.empty() && options.peers.back().port == 0) return wrong(value, "has no port that can be reached");
    return problem;
}

std::string store_profile(Options& options, const std::string& value) {
    if (value == "lan")
        options.profile = Profile::lan;
    else if (value == "default")
        options.profile = Profile::standard;
    else if (value == "metered")
        options.profile = Profile::metered;
    else
        return wrong(value, "is none of lan, default, metered");
    return {};
}

std::string store_discovery(Options& options, const std::string& value) {
    if (value != "on" && value != "off") return wrong(value, "is neither on nor off");
    options.discovery = value == "on";
    return {};
}

/// Names appear in JSON, in tables and in log lines: letters, digits and ".-_", at most 63 of them.
std::string store_name(std::string& name, const std::string& value) {
    const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == '_';
    });
    if (!plain || value.size() > 63)
        return wrong(value, "is not a name of at most 63 letters, digits, '.', '-' and '_'");
    name = value;
    return {};
}

std::string store_ring_name(Options& options, const std::string& value) {
    return store_name(options.ring_name, value);
}
std::string store_node_name(Options& options, const std::string& value) {
    return store_name(options.node_name, value);
}

constexpr std::uint64_t kMiB = 1024 * 1024;
/// The map lies in the address space, which 32-bit devices need for other things too.
constexpr bool kIs32Bit = sizeof(void*) == 4;
static_assert(storage::kMapBytesMin == kMiB && storage::kMapBytesMax == (kIs32Bit ? 1 : 1024) * 1024 * kMiB);

/// A number of bytes between `min` and `max`, else what is wrong with it; `range` in the words of people.
std::string parse_size(const std::string& value, std::uint64_t min, std::uint64_t max, const char* range,
                       std::uint64_t& size) {
    std::uint64_t number = 0;
    std::size_t digits = 0;
    while (digits < value.size() && digits < 16 && value[digits] >= '0' && value[digits] <= '9')
        number = number * 10 + static_cast<std::uint64_t>(value[digits++] - '0');
    const std::string unit = value.substr(digits);
    std::uint64_t scale = 0;
    if (unit.empty()) scale = 1;
    if (unit == "K") scale = 1024;
    if (unit == "M") scale = kMiB;
    if (unit == "G") scale = 1024 * kMiB;
    if (digits == 0 || scale == 0) return wrong(value, "is not a number of bytes, such as 67108864, 65536K, 64M or 1G");
    if (number > max / scale || number * scale < min) return wrong(value, std::string("is outside of ") + range);
    size = number * scale;
    return {};
}

std::string store_map_size(Options& options, const std::string& value) {
    return parse_size(value, storage::kMapBytesMin, storage::kMapBytesMax, kIs32Bit ? "1M to 1G" : "1M to 1024G",
                      options.map_bytes);
}

std::string store_max_value(Options& options, const std::string& value) {
    return parse_size(value, 1024, kValueBytesMax, "1K to 1M", options.value_bytes_max);
}

std::string store_log_level(Options& options, const std::string& value) {
    const std::optional<LogLevel> level = log_level_from_text(value);
    if (!level) return wrong(value, "is none of error, warning, notice, info, debug");
    options.log_level = *level;
    return {};
}

template <bool Options::*kSwitch>
std::string store_switch(Options& options, const std::string&) {
    options.*kSwitch = true;
    return {};
}

constexpr std::array<OptionSpec, 17> kTable{{
    {"config", "FILE", "", "",
     "config file, with FILE.d/*.conf after it (default /etc/chordd/chordd.conf if it exists)", 1, store_config},
    {"state-dir", "DIR", "node", "/var/lib/chordd", "directory of the identity and the store", 1, store_state_dir},
    {"node-name", "NAME", "node", "",
     "how people call this node (default the host's name); in a fleet its certificate says it", 1, store_node_name},
    {"ring-name", "NAME", "ring", "default",
     "how people call the ring: a label only; in a fleet, the fleet's name comes first", 1, store_ring_name},
    {"network-key", "FILE", "ring", "",
     "file of mode 0600 with 64 hex digits, the same on all nodes of a trial ring; not in a fleet", 1,
     store_network_key},
    {"peer", "ADDR:PORT", "ring", "", "a node to join through", 64, store_peer},
    {"listen", "ADDR:PORT", "network", "[::]:7400 0.0.0.0:7400", "UDP address to be reached at", 16, store_listen},
    {"profile", "PROFILE", "network", "default", "lan, default or metered: traffic spent on upkeep", 1, store_profile},
    {"discovery", "on|off", "network", "",
     "find nodes of the ring on the local network by multicast (default on; off in profile metered)", 1,
     store_discovery},
    {"api", "PATH", "api", "/run/chordd/chordd.sock", "Unix socket of the local interface", 1, store_api},
    {"map-size", "BYTES", "store", kIs32Bit ? "256M" : "1G", "the most that the store may hold (K, M, G)", 1,
     store_map_size},
    {"max-value", "BYTES", "store", "64K",
     "the longest value that clients may write; the same on all nodes of the ring", 1, store_max_value},
    {"log-level", "LEVEL", "log", "notice", "error, warning, notice, info or debug", 1, store_log_level},
    {"check-config", "", "", "", "check options, config files and network key, then exit", 1,
     store_switch<&Options::check_config>},
    {"dump-config", "", "", "", "print the options in force as a config file, then exit", 1,
     store_switch<&Options::dump_config>},
    {"version", "", "", "", "print the version, then exit", 1, store_switch<&Options::version>},
    {"help", "", "", "", "print this text, then exit", 1, store_switch<&Options::help>},
}};

std::string host_name() {
    std::array<char, 65> name{};
    Options probe;
    // A host name outside of our alphabet is no reason not to start.
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0' ||
        !store_name(probe.node_name, name.data()).empty())
        return "node";
    return probe.node_name;
}

std::vector<Setting> defaults_of(const OptionSpec& option) {
    std::vector<Setting> settings;
    if (option.name == "node-name") return {Setting{&option, host_name(), "default"}};
    std::string_view rest = option.default_value;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        settings.push_back(Setting{&option, std::string(rest.substr(0, end)), "default"});
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return settings;
}

std::vector<Setting> of_option(const std::vector<Setting>& settings, const OptionSpec& option) {
    std::vector<Setting> own;
    std::copy_if(settings.begin(), settings.end(), std::back_inserter(own),
                 [&](const Setting& setting) { return setting.option == &option; });
    // Of a single value the last one counts: a drop-in file replaces what the main file says.
    if (option.values_max == 1 && own.size() > 1) own.erase(own.begin(), own.end() - 1);
    return own;
}

/// What is in force for one option: the command line's values, else the file's, else the default.
std::vector<Setting> in_force(const OptionSpec& option, const std::vector<Setting>& file,
                              const std::vector<Setting>& command_line) {
    std::vector<Setting> settings = of_option(command_line, option);
    if (settings.empty()) settings = of_option(file, option);
    if (settings.empty()) settings = defaults_of(option);
    return settings;
}

bool is_from_command_line(const Setting& setting) {
    return setting.origin.compare(0, 2, "--") == 0;
}

Fault bad_value(const Setting& setting, const std::string& what) {
    const Exit exit = is_from_command_line(setting) ? Exit::usage : Exit::needs_operator;
    return Fault{exit, setting.origin + ": " + what};
}

bool has_switch(const std::vector<Setting>& settings, std::string_view name) {
    return std::any_of(settings.begin(), settings.end(),
                       [&](const Setting& setting) { return setting.option->name == name; });
}

/// The settings of the config files that the command line asks for.
OrFault<std::vector<Setting>> file_settings(const std::vector<Setting>& command_line) {
    for (const Setting& setting : command_line)
        if (setting.option->name == "config") return read_config(setting.value, true);
    return read_config(kConfigFile, false);
}

}  // namespace

std::span<const OptionSpec> option_table() {
    return {kTable.data(), kTable.size()};
}

const OptionSpec* find_option(std::string_view name) {
    const auto* found = std::find_if(kTable.begin(), kTable.end(), [&](const auto& o) { return o.name == name; });
    return found == kTable.end() ? nullptr : found;
}

bool uses_discovery(const Options& options) {
    return options.discovery.value_or(options.profile != Profile::metered) && !is_loopback_only(options.listen);
}

OrFault<std::vector<Setting>> parse_command_line(std::span<const char* const> arguments) {
    std::vector<Setting> settings;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        const auto bad = [&](const std::string& what) {
            return Fault{Exit::usage, what + "; chordd --help lists all options"};
        };
        if (argument.size() < 3 || argument.substr(0, 2) != "--")
            return bad("'" + std::string(argument) + "' is not an option");
        const std::size_t equals = argument.find('=');
        const std::string_view name = argument.substr(2, equals == std::string_view::npos ? equals : equals - 2);
        const std::string origin = "--" + std::string(name);
        const OptionSpec* option = find_option(name);
        if (option == nullptr) return bad("unknown option " + origin);
        const auto given = std::count_if(settings.begin(), settings.end(),
                                         [&](const Setting& setting) { return setting.option == option; });
        if (option->values_max == 1 && given > 0) return bad(origin + " is given twice");

        std::string value;
        if (option->form.empty()) {
            if (equals != std::string_view::npos) return bad(origin + " takes no value");
        } else {
            if (equals != std::string_view::npos)
                value = argument.substr(equals + 1);
            else if (i + 1 < arguments.size())
                value = arguments[++i];
            if (value.empty()) return bad(origin + " needs a value (" + std::string(option->form) + ")");
        }
        settings.push_back(Setting{option, value, origin});
    }
    return settings;
}

OrFault<Options> make_options(const std::vector<Setting>& file, const std::vector<Setting>& command_line) {
    Options options;
    for (const OptionSpec& option : kTable) {
        const std::vector<Setting> settings = in_force(option, file, command_line);
        if (settings.size() > option.values_max)
            return bad_value(settings[option.values_max],
                             wrong(settings[option.values_max].value,
                                   "is one too many; at most " + std::to_string(option.values_max) + " can be given"));
        for (const Setting& setting : settings) {
            const std::string problem = option.store(options, setting.value);
            if (!problem.empty()) return bad_value(setting, problem);
            if (option.name == "listen") options.listen_is_default = setting.origin == "default";
        }
        if (!option.form.empty()) options.in_force.insert(options.in_force.end(), settings.begin(), settings.end());
    }
    return options;
}

OrFault<Options> load_options(std::span<const char* const> arguments) {
    OrFault<std::vector<Setting>> command_line = parse_command_line(arguments);
    if (!command_line) return command_line.fault();
    // Help and version must work whatever the config file holds.
    if (has_switch(*command_line, "help") || has_switch(*command_line, "version"))
        return make_options({}, *command_line);
    OrFault<std::vector<Setting>> file = file_settings(*command_line);
    if (!file) return file.fault();
    return make_options(*file, *command_line);
}

std::string dump_config(const Options& options) {
    std::string text;
    std::string_view section;
    for (const OptionSpec& option : kTable) {
        if (option.section.empty()) continue;
        if (option.section != section) {
            if (!section.empty()) text += "\n";
            text += "[" + std::string(option.section) + "]\n";
            section = option.section;
        }
        const std::vector<Setting> settings = of_option(options.in_force, option);
        if (settings.empty()) text += "# " + std::string(option.name) + " =\n";
        for (const Setting& setting : settings) text += std::string(option.name) + " = " + setting.value + "\n";
    }
    return text;
}

std::string help_text() {
    constexpr std::size_t kColumn = 24;
    std::string text =
        "chordd: a node of a Chord ring that keeps keys on several devices.\n"
        "usage: chordd [option…]\n\n"
        "Without --network-key the node belongs to the fleet that has admitted this device, or waits until one does:\n"
        "chordctl join INVITE, or chordctl request and chordctl join FILE.\n\n";
    for (const OptionSpec& option : kTable) {
        std::string line = "  --" + std::string(option.name);
        if (!option.form.empty()) line += " " + std::string(option.form);
        line.append(line.size() < kColumn ? kColumn - line.size() : 1, ' ');
        line += option.help;
        if (!option.default_value.empty()) line += " (default " + std::string(option.default_value) + ")";
        if (option.values_max > 1) line += "; may be repeated";
        text += line + "\n";
    }
    text +=
        "\nEvery option that takes a value, except --config, is also a line \"name = value\" in the config file.\n"
        "Signals: TERM, INT leave the ring and end; HUP reads the log level again; USR1 logs the node's state.\n"
        "Exit status: 0 ended on request, 2 bad command line, 69 address or directory in use, 73 no room, 74 disk or\n"
        "kernel error, 77 not permitted, 78 bad configuration or files of somebody else.\n";
    return text;
}

}  // namespace chord::daemon
