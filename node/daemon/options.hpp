// Options: what the operator can choose. One table (option_table) says each option's name, value, default and help; the
// parser of the command line, the config file, --help, --dump-config and --check-config all come from it.
//
// The command line wins over the config file, the file over the defaults. A list (--listen, --peer) given on the
// command line replaces the file's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/core/base/peer.hpp"
#include "node/daemon/log.hpp"
#include "node/host/fault.hpp"

namespace chord::daemon {

/// How much traffic the node may spend on its own upkeep.
enum class Profile : std::uint8_t { lan, standard, metered };

struct OptionSpec;

/// One value of one option and where it was said ("--listen", "/etc/chordd/chordd.conf:12: listen", "default").
struct Setting {
    const OptionSpec* option = nullptr;
    std::string value;
    std::string origin;
};

struct Options {
    std::string config_file;  // as named by --config; empty: kConfigFile if it exists
    std::string state_dir;
    std::vector<Endpoint> listen;
    bool listen_is_default = true;  // then one family that the host lacks is no fault
    std::string api_path;
    std::vector<Endpoint> peers;
    std::string network_key_file;  // empty: none was named
    Profile profile = Profile::standard;
    std::optional<bool> discovery;  // nullopt: as uses_discovery() decides
    std::string ring_name;
    std::string node_name;
    std::uint64_t map_bytes = 0;
    std::uint64_t value_bytes_max = 0;
    LogLevel log_level = LogLevel::notice;

    // What to do instead of running.
    bool check_config = false;
    bool dump_config = false;
    bool version = false;
    bool help = false;

    /// All of the above but switches, as texts, in the order of the table.
    std::vector<Setting> in_force;
};

/// Whether the node looks for others on its links: as the operator says, else unless traffic is metered; and never when
/// it listens on the loopback only, where nobody else can reach it.
bool uses_discovery(const Options& options);

struct OptionSpec {
    std::string_view name;           // the same on the command line (after "--") and in the file
    std::string_view form;           // "DIR"; empty for a switch
    std::string_view section;        // of the config file; empty: command line only
    std::string_view default_value;  // for a list: separated by spaces; empty: none
    std::string_view help;
    std::size_t values_max;  // 1, or the most that a list may hold
    /// Puts a value into the options; returns what is wrong with it ("'x' is not a number"), empty if nothing.
    std::string (*store)(Options&, const std::string& value);
};

std::span<const OptionSpec> option_table();
const OptionSpec* find_option(std::string_view name);

/// `arguments` without the program's name. Forms: --name VALUE, --name=VALUE, --switch.
OrFault<std::vector<Setting>> parse_command_line(std::span<const char* const> arguments);

/// Lays defaults, file and command line over each other and checks every value.
OrFault<Options> make_options(const std::vector<Setting>& file, const std::vector<Setting>& command_line);

/// All of it: the command line, the config files that it names, the defaults.
OrFault<Options> load_options(std::span<const char* const> arguments);

/// The text of --help.
std::string help_text();

/// The text of --dump-config: every option in force as a config file.
std::string dump_config(const Options& options);

}  // namespace chord::daemon
