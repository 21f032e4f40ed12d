// The word that people and programs see for a node's phase.
#pragma once

#include <string_view>

#include "node/core/client.hpp"

namespace chord::api {

constexpr std::string_view phase_text(Phase phase) {
    switch (phase) {
        case Phase::joining: return "joining";
        case Phase::solo: return "solo";
        case Phase::member: return "ready";
        case Phase::leaving: return "leaving";
        case Phase::gone: return "gone";
    }
    return "gone";
}

}  // namespace chord::api
