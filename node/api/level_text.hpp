// Levels as the commands spell them.
#pragma once

#include <optional>
#include <string_view>

#include "node/core/message.hpp"

namespace chord::api {

/// "default", "one", "quorum" or "all", in any case.
std::optional<Level> parse_level(std::string_view text);
std::string_view level_text(Level level);

inline constexpr std::string_view kBadLevel = "ERR a level is one, quorum, all or default";

}  // namespace chord::api
