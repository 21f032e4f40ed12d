// FleetCredentials: the port `Credentials` as a fleet fills it. It shows this node's certificate (or, while it has
// none, its invite), judges what others show, and remembers whom it let in, so that they can be judged anew when the
// list or the time has moved on.
//
// It closes no sessions: rejudge() names those whose sessions the caller is to close, and whom it is to drop from its
// tables. It does not fetch lists, renew or admit (list_exchange.hpp, invite_desk.hpp).
//
// A guest holds an invite and no certificate. It gets an Id of its own kind, which is no ring position; the caller
// serves it nothing but enrolment (and the FleetList). Guests are let in only by a node whose desk can serve them.
//
// Fleet mode never falls back to trial mode: whatever is neither a certificate nor an invite is refused.
//
// Invariants
//  1. A device has one ring id here at a time: when it shows another of its positions, the former id is named by
//     rejudge(). So one certificate is one node, not eight.
//  2. Whoever was let in is remembered until forget(), or until rejudge() has named it. At most peers_max and
//     guests_max; beyond that the one heard of longest ago is dropped, and named by take_crowded_out().
//  3. Whoever is not remembered any more has no voice in FleetTime.
//  4. Signatures are checked once a certificate; judging a known one again takes none.
//
// The caller consults judge() only for a handshake message that is authentic and no replay (InitiationLog), for it
// changes what is remembered.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "net/admission/invite.hpp"
#include "net/admission/list_exchange.hpp"
#include "net/channel/credentials.hpp"

namespace chord::net::admission {

/// The id by which a guest is known; no ring position.
Id guest_id(const noise::PublicKey& static_key);

/// One and the same for all positions of a device, by its certificate's sign key; no ring position either.
Id device_id(const VerifyKey& sign_key);

struct FleetCredentialsOptions {
    VerifyKey fleet_key{};
    std::size_t peers_max = 1024;  // not below the session table's bound
    std::size_t guests_max = 16;
};

class FleetCredentials final : public Credentials {
public:
    /// `list` and `time` are the node's, kept up to date by the caller; they outlive this.
    FleetCredentials(const FleetCredentialsOptions& options, const ListKeeper& list, FleetTime& time);

    /// From now on this node shows that certificate and position. REQUIRES: position < certificate's positions.
    /// Errors: wrong_peer for another fleet's. Its standing is not judged: see own_standing().
    Status show(const SignedCertificate& certificate, std::uint8_t position);
    /// From now on this node shows that invite, as a guest with this static key.
    void show(const Invite& invite, const noise::PublicKey& static_key);

    /// Whether guests are let in: yes once this node has a desk, whose id this is (issuer_id of its device key).
    void open_desk(const IssuerId& own) { desk_ = own; }
    void close_desk() { desk_.reset(); }

    /// Node time as of which is judged; the caller sets it before it lets channels work.
    void set_now(Time now) { now_ = now; }

    std::span<const std::uint8_t> own() const override { return shown_; }
    /// As the port says; besides overloaded when peers_max ids wait for the next rejudge() or take_crowded_out().
    Result<Id> judge(std::span<const std::uint8_t> shown, const noise::PublicKey& static_key) override;

    /// Why judge() said wrong_peer the last time; for logs and metrics.
    Standing last_refusal() const { return last_refusal_; }
    /// How often it has said so.
    std::uint64_t refusals() const { return refusals_; }

    /// This node's own certificate; null while it is a guest or shows nothing.
    const SignedCertificate* own_certificate() const { return own_ ? &*own_ : nullptr; }
    /// Its standing, and whether it is time to renew it. REQUIRES: own_certificate().
    Standing own_standing() const;
    bool renewal_is_due() const;

    /// The certificate of a peer that was let in; null for others. The invite of a guest likewise.
    const SignedCertificate* certificate(const Id& peer) const;
    const InviteToken* guest(const Id& peer) const;
    /// The static key that the guest has proved to hold. REQUIRES: guest(peer).
    const noise::PublicKey& guest_key(const Id& peer) const { return guests_.at(peer).static_key; }

    /// Judges everybody that is remembered by list and time as they are now, forgets those that are not let in any
    /// more, and returns their ids, together with former positions of devices that have another one now, and with who
    /// has asked since the last call to be let in, and was expired or revoked: all these stand nowhere any more. A
    /// binary search or a few for each, no signatures.
    std::vector<Id> rejudge();
    /// Whether judge() has met somebody whom rejudge() would name.
    bool has_departed() const { return !departed_.empty() || !crowded_out_.empty(); }

    /// Who is not remembered any more for want of room, since the last call: nothing is wrong with them, but nobody
    /// would notice if there were, so their sessions are to be closed.
    std::vector<Id> take_crowded_out() { return std::exchange(crowded_out_, {}); }

    /// The peer's session has ended.
    void forget(const Id& peer);

private:
    struct Peer {
        SignedCertificate certificate;
        Id id;
        std::uint64_t heard = 0;  // a number that grows with each judgement
    };
    struct Guest {
        InviteToken token;
        noise::PublicKey static_key;
        std::uint64_t heard = 0;
    };

    Judgement by() const { return {options_.fleet_key, list_.list(), time_, now_}; }
    Result<Id> judge_certificate(std::span<const std::uint8_t> shown, const noise::PublicKey& static_key);
    Result<Id> judge_guest(std::span<const std::uint8_t> shown, const noise::PublicKey& static_key);
    Error refused(Standing standing);
    void note_outcast(const ShownCertificate& shown);
    void remember(const SignedCertificate& certificate, const Id& id);

    FleetCredentialsOptions options_;
    const ListKeeper& list_;
    FleetTime& time_;
    Time now_{};
    std::vector<std::uint8_t> shown_;
    std::optional<SignedCertificate> own_;
    std::optional<IssuerId> desk_;
    Standing last_refusal_ = Standing::admitted;
    std::uint64_t refusals_ = 0;
    std::uint64_t judgements_ = 0;
    std::map<VerifyKey, Peer> peers_;  // by sign key
    std::map<Id, VerifyKey> keys_;     // of each peer's id
    std::map<Id, Guest> guests_;
    std::vector<Id> departed_;
    std::vector<Id> crowded_out_;
};

}  // namespace chord::net::admission
