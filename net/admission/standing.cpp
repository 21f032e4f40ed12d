#include "net/admission/standing.hpp"

#include "node/core/base/check.hpp"

namespace chord::net::admission {

std::string_view text(Standing standing) {
    switch (standing) {
        case Standing::admitted: return "admitted";
        case Standing::other_fleet: return "of another fleet";
        case Standing::expired: return "expired";
        case Standing::not_yet: return "not valid yet";
        case Standing::revoked: return "revoked";
        case Standing::unknown_issuer: return "issued by a key that may not issue, or not any more";
        case Standing::beyond_delegation: return "beyond what its issuer may grant";
        case Standing::forged: return "not signed by its issuer";
    }
    CHORD_CHECK(false);
}

const VerifyKey* issuer_key(const IssuerId& issuer, const VerifyKey& fleet_key, const FleetList& list) {
    if (issuer == issuer_id(fleet_key)) return &fleet_key;
    const Delegation* delegation = list.delegation(issuer);
    return delegation != nullptr ? &delegation->inviter : nullptr;
}

bool is_within(const Certificate& certificate, const Delegation& delegation) {
    return (certificate.roles & ~delegation.roles) == 0 && certificate.lifetime <= delegation.lifetime_max &&
           certificate.not_before >= delegation.from && certificate.not_before <= delegation.until &&
           (delegation.tag.empty() || certificate.tag == delegation.tag);
}

Standing standing_of(const SignedCertificate& certificate, const Judgement& by, bool signature_known) {
    const Certificate& content = certificate.content;
    if (content.network != network_id(by.fleet_key)) return Standing::other_fleet;
    if (by.time.is_expired(content.not_after(), by.now)) return Standing::expired;
    if (by.time.is_not_yet(content.not_before, by.now)) return Standing::not_yet;
    if (by.list.revocation_of(content) != nullptr) return Standing::revoked;
    const VerifyKey* issuer = issuer_key(content.issuer, by.fleet_key, by.list);
    if (issuer == nullptr) return Standing::unknown_issuer;
    if (*issuer != by.fleet_key && !is_within(content, *by.list.delegation(content.issuer))) {
        return Standing::beyond_delegation;
    }
    if (!signature_known && !is_issued_by(certificate, *issuer)) return Standing::forged;
    return Standing::admitted;
}

}  // namespace chord::net::admission
