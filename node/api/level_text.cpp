#include "node/api/level_text.hpp"

#include <array>

#include "node/api/argument.hpp"

namespace chord::api {
namespace {

constexpr std::array<std::string_view, 4> kNames{"default", "one", "quorum", "all"};  // by Level

}  // namespace

std::optional<Level> parse_level(std::string_view text) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (equals_ignoring_case(text, kNames[i])) return static_cast<Level>(i);
    }
    return std::nullopt;
}

std::string_view level_text(Level level) {
    return kNames[static_cast<std::size_t>(level)];
}

}  // namespace chord::api
