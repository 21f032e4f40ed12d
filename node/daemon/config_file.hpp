// The config file: `key = value` lines under the names of the options, `# comments`, and [sections] that must fit the
// option (a line before the first section may hold any option). Next to FILE, all FILE.d/*.conf are read after it in
// the order of their names; there a single value replaces an earlier one and a list grows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/daemon/options.hpp"
#include "node/host/fault.hpp"

namespace chord::daemon {

inline constexpr const char* kConfigFile = "/etc/chordd/chordd.conf";
inline constexpr std::size_t kConfigBytesMax = 64 * 1024;
inline constexpr std::size_t kConfigFilesMax = 64;

/// The settings of one file's `text`. Every fault names `file` and the line.
OrFault<std::vector<Setting>> parse_config(const std::string& file, std::string_view text);

/// FILE and its FILE.d. A file that does not exist is a fault only if `required`.
OrFault<std::vector<Setting>> read_config(const std::string& file, bool required);

}  // namespace chord::daemon
