// Addresses as people write them: "192.0.2.7:7400", "[fd00::1]:7400", "[fe80::1%eth0]:7400".
//
// Numbers only; host names are refused, since looking them up takes a resolver and time. The one thing that is asked of
// the kernel is the number of an interface.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "node/core/base/peer.hpp"

namespace chord::net {

inline constexpr std::uint16_t kDefaultPort = 7400;

/// The endpoint that the text names; without a port, kDefaultPort. Port 0 ("any free one") is allowed. nullopt for
/// anything else.
std::optional<Endpoint> parse_endpoint(std::string_view text);

/// Why parse_endpoint() refuses the text: one sentence, in lower case and without a full stop. Empty when it does not
/// refuse it.
std::string endpoint_problem(std::string_view text);

/// The canonical text, with the port; parse_endpoint() reads it back.
std::string to_text(const Endpoint& endpoint);

/// The address ::ffff:a.b.c.d, which is how an IPv4 address is held.
bool is_ipv4(const Endpoint& endpoint);

}  // namespace chord::net
