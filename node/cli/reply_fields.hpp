// Reading the fields of a daemon's answer, whatever it lacks: what is not there, or of another kind, shows as "-", 0 or
// nothing. Text is made printable.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "node/api/resp_reply.hpp"

namespace chord::cli {

/// The value at the end of a path of map keys; nullptr when a step is missing or null.
const api::Reply* at(const api::Reply& reply, std::initializer_list<std::string_view> path);

std::string text_at(const api::Reply& reply, std::initializer_list<std::string_view> path,
                    std::string_view missing = "-");

/// Numbers come as integers or reals; a text that is not there, or not a number, is no number.
std::optional<double> number_at(const api::Reply& reply, std::initializer_list<std::string_view> path);

/// The same, rounded, and 0 for what is none or negative.
std::int64_t count_at(const api::Reply& reply, std::initializer_list<std::string_view> path);

/// nullopt also when the daemon says that it does not know.
std::optional<bool> flag_at(const api::Reply& reply, std::initializer_list<std::string_view> path);

/// The first 8 digits of an id.
std::string id_at(const api::Reply& reply, std::initializer_list<std::string_view> path);

}  // namespace chord::cli
