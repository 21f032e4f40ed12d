// The values of the fleet verbs' flags, each with the sentence that a bad one gets (exit code usage).
#pragma once

#include <string_view>

#include "net/admission/bootstrap.hpp"
#include "net/admission/fields.hpp"
#include "node/cli/verbs.hpp"

namespace chord::cli {

/// What is signed lives at most so long: a shorter list of revocations, and FleetTime::kLeapMax.
inline constexpr net::admission::Seconds kSignedLifeMax = 5 * 366 * net::admission::Seconds{86400};
inline constexpr net::admission::Seconds kDaySeconds = 86400;

/// A duration of 1 s to five years, "90d"; `otherwise` without the flag.
Outcome<net::admission::Seconds> seconds_flag(const Call& call, std::string_view flag,
                                              net::admission::Seconds otherwise);

/// An instant: a date, or a duration from `now` on; `otherwise` without the flag.
Outcome<net::admission::Seconds> until_flag(const Call& call, std::string_view flag, net::admission::Seconds now,
                                            net::admission::Seconds otherwise);

/// --name and --tag; empty without the flag.
Outcome<std::string> name_flag(const Call& call);
Outcome<std::string> tag_flag(const Call& call);

/// --roles inviter,admin; 0 without.
Outcome<std::uint8_t> roles_flag(const Call& call);

/// --bootstrap ADDRESS,…, up to four.
Outcome<net::admission::Bootstrap> bootstrap_flag(const Call& call);
/// The same as people see them.
std::string bootstrap_text(const net::admission::Bootstrap& bootstrap);

}  // namespace chord::cli
