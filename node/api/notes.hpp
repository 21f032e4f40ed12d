// What an operator should know about the node now, beside its figures.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "node/api/context.hpp"

namespace chord::api {

inline constexpr std::string_view kLeftText = "this node has left the ring; restart chordd to rejoin";

/// One sentence each, with the remedy where there is one; none while all is well.
std::vector<std::string> notes(const ApiContext& context, const NodeView& view);

/// Nodes that a node which is alone misses: they fell silent and did not leave. At least so many: it counts up to R.
std::uint64_t missing_nodes(const NodeView& view);

/// A counter of the view by its name; 0 if there is none.
std::uint64_t counter(const NodeView& view, std::string_view name);

}  // namespace chord::api
