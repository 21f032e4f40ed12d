// Standing: may the holder of this certificate be here, now? The one place that weighs certificate, fleet key, list and
// time together.
#pragma once

#include <string_view>

#include "net/admission/fleet_list.hpp"
#include "net/admission/fleet_time.hpp"

namespace chord::net::admission {

enum class Standing : std::uint8_t {
    admitted,
    other_fleet,        // another network's certificate
    expired,            //
    not_yet,            // the time is known, and it begins more than a day later
    revoked,            // its key, itself, or the invite by which it came
    unknown_issuer,     // neither the fleet key nor one that the list delegates (or does so no more)
    beyond_delegation,  // roles, lifetime, time or tag that the issuer may not give
    forged,             // the signature is not the issuer's
};

/// One line for logs and `chordctl certs`, in lower case and without a full stop.
std::string_view text(Standing standing);

struct Judgement {
    const VerifyKey& fleet_key;
    const FleetList& list;
    const FleetTime& time;
    Time now{};
};

/// The certificate's standing. The signature is checked last, and only when all else is right; not at all with
/// `signature_known`: a certificate whose signature was once found right is judged anew in a microsecond.
Standing standing_of(const SignedCertificate& certificate, const Judgement& by, bool signature_known = false);

/// The key that may have issued things with this issuer id: the fleet key's or a delegation's; null when there is none.
const VerifyKey* issuer_key(const IssuerId& issuer, const VerifyKey& fleet_key, const FleetList& list);

/// True when `certificate` grants no more than that delegation allows: roles, lifetime, time of issue, tag.
bool is_within(const Certificate& certificate, const Delegation& delegation);

}  // namespace chord::net::admission
