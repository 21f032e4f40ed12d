// InviteDesk: what an inviter does for newcomers and for those whose certificate runs out. The only place on a node
// where certificates are issued.
//
// Invariants
//  1. It issues nothing that its own delegation does not cover: what it answers, every node of the fleet accepts.
//  2. A device that asks again by the same invite, with the same two keys, gets the same use, name wishes aside, and
//     the same positions; with another static key it needs another use, for that is another certificate. The
//     nonce is a keyed hash of invite and device, which nobody but the desk can foresee and nobody can draw again.
//  3. A renewal changes times and issuer only: ring id, serial and sessions stay.
#pragma once

#include "net/admission/invite_ledger.hpp"
#include "net/admission/request.hpp"

namespace chord::net::admission {

class InviteDesk {
public:
    /// `own`: the inviter's device key, which the FleetList delegates.
    InviteDesk(const SigningKey& own, InviteLedger ledger) : own_(own.clone()), ledger_(std::move(ledger)) {}

    /// True when an invite is to be redeemed here: its counter is this node, or nobody.
    bool counts(const InviteToken& token) const;

    /// The certificate for the request of a guest that showed `token` and has proved to hold `static_key`.
    /// Errors: bad_message for a request that is no good or of another static key; wrong_peer when token or device are
    /// not to be let in, this node does not count the token, or may not issue (any more); overloaded when it is used
    /// up; those of the ledger's Save.
    Result<SignedCertificate> redeem(const InviteToken& token, View request, const noise::PublicKey& static_key,
                                     const Judgement& by);

    /// The same certificate with a new life as long as the old one, within the delegation, from now on.
    /// Errors: wrong_peer when it does not stand, or has roles or a tag that this node may not grant; condition_failed
    /// before two thirds of its life are over.
    Result<SignedCertificate> renew(const SignedCertificate& certificate, const Judgement& by) const;

    InviteLedger& ledger() { return ledger_; }

private:
    std::array<std::uint8_t, 16> nonce_of(std::uint32_t invite, const VerifyKey& device) const;

    SigningKey own_;
    InviteLedger ledger_;
};

}  // namespace chord::net::admission
