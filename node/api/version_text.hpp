// Versions as text: 16 hex digits of clock, a dot, 16 of node, so that versions sort as their texts do.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "node/core/data/record.hpp"

namespace chord::api {

std::string version_text(const Version& version);

/// "0" is the version of what is not there. nullopt for anything that is no version's text.
std::optional<Version> parse_version(std::string_view text);

}  // namespace chord::api
