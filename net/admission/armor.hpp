// Text for what goes through people's hands: armour for files (RFC 7468's form: labels, base64 lines), and base32 with
// a checksum for strings that are pasted or read out.
//
// Neither protects anything: what they carry is signed. The checksum only tells a mistyped invite from a refused one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/admission/keys.hpp"

namespace chord::net::admission {

inline constexpr std::size_t kArmorBytesMax = 64 * 1024;  // of what is carried

inline constexpr std::string_view kRequestArmor = "CHORD REQUEST";
inline constexpr std::string_view kCertificateArmor = "CHORD CERTIFICATE";
inline constexpr std::string_view kFleetListArmor = "CHORD FLEET LIST";
inline constexpr std::string_view kFleetKeyArmor = "CHORD FLEET KEY";

/// "-----BEGIN label-----", base64 in lines of 64, "-----END label-----", each line with its line feed.
/// REQUIRES: at most kArmorBytesMax bytes. Whoever armours a secret wipes the text.
std::string armored(std::string_view label, View bytes);

/// What the armour with this label carries. Text before and after it is ignored, as are white space and carriage
/// returns within it. nullopt when there is no such armour, its base64 is bad, or it carries more than kArmorBytesMax.
std::optional<std::vector<std::uint8_t>> unarmored(std::string_view label, std::string_view text);

/// Crockford's base32 in lower case (0–9, a–z without i, l, o, u), five bits a letter, the last one filled with zeros.
std::string base32(View bytes);

/// The reverse. Capitals count as small letters, o as 0, i and l as 1; hyphens and white space are skipped, since
/// people and mail programs break lines. nullopt for other letters, for a letter too many, and for filling bits that
/// are not zero.
std::optional<std::vector<std::uint8_t>> from_base32(std::string_view text);

/// A fingerprint to compare by eye: the first 20 bytes of BLAKE2b-256("chordd fingerprint" ‖ key), 160 bits, in base32
/// capitals, eight groups of four letters: "5RTQ-9KXW-…".
std::string fingerprint(const VerifyKey& key);

}  // namespace chord::net::admission
