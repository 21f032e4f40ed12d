// The version of Redis whose behaviour the supported subset follows; clients look at it to see what they may ask for.
#pragma once

#include <string_view>

namespace chord::api {

inline constexpr std::string_view kRedisVersion = "7.2.4";

}  // namespace chord::api
