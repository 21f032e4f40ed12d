// Finding the device that a person means: by name, by ring id or a beginning of it, or by its admission file.
#pragma once

#include <string>

#include "net/admission/fleet_list.hpp"
#include "node/cli/fleet/key_file.hpp"
#include "node/cli/fleet/register.hpp"
#include "node/cli/fleet/ring_side.hpp"

namespace chord::cli {

/// The certificate of the device that `word` names, among those of the register, those that the ring shows and, for a
/// word that fits none of these, the admission file of that name. What a node says is believed only if the fleet key or
/// an inviter of `list` signed it. Failure: usage when it fits none or several devices; these are named.
Outcome<net::admission::SignedCertificate> find_device(Call& call, const KeyFile& key, const Register& known,
                                                       const net::admission::FleetList& list, RingSide& ring,
                                                       const std::string& word);

}  // namespace chord::cli
