// Text of fleets for people: dates, devices, certificates; and the tables of `certs` and `fleet status`.
#pragma once

#include <string>
#include <string_view>

#include "net/admission/fleet_list.hpp"
#include "node/api/resp_reply.hpp"
#include "node/cli/fleet/reply_map.hpp"

namespace chord::cli {

/// "2026-11-30", in UTC.
std::string date_text(net::admission::Seconds seconds);
/// The reverse, midnight; nullopt for anything else.
std::optional<net::admission::Seconds> parse_date(std::string_view text);

/// A span of whole seconds: "366d", "2d4h".
std::string span_text(net::admission::Seconds seconds);

/// "pump-1 (d0a1b2c3)", the id being that of the first position.
std::string device_text(const net::admission::Certificate& certificate);

/// "inviter,admin", or "-".
std::string roles_text(std::uint8_t roles);
/// The reverse, of names between commas. nullopt for an unknown one.
std::optional<std::uint8_t> parse_roles(std::string_view text);

/// "01020304": how people see an invite's number.
std::string invite_number_text(std::uint32_t number);
std::optional<std::uint32_t> parse_invite_number(std::string_view text);

std::string_view reason_text(net::admission::Reason reason);

/// A device as members of a JSON object.
ReplyMap device_map(const net::admission::Certificate& certificate);

/// The human text of CHORD.CERTS, CHORD.FLEET, and of what CHORD.JOIN and CHORD.RENEW answer.
std::string show_certs(const api::Reply& certs, bool colour);
std::string show_fleet_status(const api::Reply& fleet, bool colour);
std::string show_admission(const api::Reply& admission, bool colour);

}  // namespace chord::cli
