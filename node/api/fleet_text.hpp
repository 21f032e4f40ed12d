// What the local API says of fleets: the words of errors and phases, and the pairs of replies.
#pragma once

#include <string>

#include "node/api/fleet_port.hpp"
#include "node/api/resp_writer.hpp"

namespace chord::api {

/// "unadmitted", "enrolling", "ready" or "shut_out": what CHORD.STATUS gives as `state` while it is not `ready`.
std::string_view phase_text(FleetPhase phase);

/// The text of an error reply: "REFUSED the invite is used up".
std::string fault_text(const FleetFault& fault);

/// Why a device in this phase serves nothing, and what to do. REQUIRES: not member.
std::string not_admitted_sentence(FleetPhase phase, std::string_view standing);

/// The pairs of a certificate, inside a map begun by the caller: kCertificatePairs of them.
inline constexpr std::size_t kCertificatePairs = 10;
void write_certificate_pairs(RespWriter& out, const net::admission::SignedCertificate& certificate);

/// Lower-case hex.
std::string hex(net::admission::View bytes);

}  // namespace chord::api
