#include "net/admission/fleet_credentials.hpp"

#include <algorithm>
#include <utility>

#include "node/core/base/check.hpp"
#include "node/core/base/hash.hpp"

namespace chord::net::admission {
namespace {

template <typename Map>
auto heard_longest_ago(Map& map) {
    return std::min_element(map.begin(), map.end(),
                            [](const auto& a, const auto& b) { return a.second.heard < b.second.heard; });
}

}  // namespace

Id guest_id(const noise::PublicKey& static_key) {
    return hash256({"chordd guest", BytesView(reinterpret_cast<const char*>(static_key.data()), static_key.size())});
}

Id device_id(const VerifyKey& sign_key) {
    return hash256({"chordd device", BytesView(reinterpret_cast<const char*>(sign_key.data()), sign_key.size())});
}

FleetCredentials::FleetCredentials(const FleetCredentialsOptions& options, const ListKeeper& list, FleetTime& time)
    : options_(options), list_(list), time_(time) {
    CHORD_CHECK(options.peers_max > 0 && options.guests_max > 0);
}

Status FleetCredentials::show(const SignedCertificate& certificate, std::uint8_t position) {
    if (certificate.content.network != network_id(options_.fleet_key)) return Error::wrong_peer;
    shown_ = shown_form(certificate, position);
    own_ = certificate;
    return Success{};
}

void FleetCredentials::show(const Invite& invite, const noise::PublicKey& static_key) {
    shown_ = shown_form(invite.token, invite.secret, static_key);
    own_.reset();
}

Result<Id> FleetCredentials::judge(std::span<const std::uint8_t> shown, const noise::PublicKey& static_key) {
    if (shown.empty() || shown.size() > kCredentialBytesMax) return Error::bad_message;
    if (std::max(departed_.size(), crowded_out_.size()) >= options_.peers_max) return Error::overloaded;
    if (shown[0] == kCertificateKind) return judge_certificate(shown, static_key);
    if (shown[0] == kInviteKind) return judge_guest(shown, static_key);
    return Error::bad_message;
}

Result<Id> FleetCredentials::judge_certificate(View shown, const noise::PublicKey& static_key) {
    const Result<ShownCertificate> parsed = parse_shown_certificate(shown);
    if (!parsed) return parsed.error();
    const SignedCertificate& certificate = parsed->certificate;
    if (certificate.content.static_key != static_key) return Error::bad_message;
    const auto known = peers_.find(certificate.content.sign_key);
    const bool signature_known = known != peers_.end() && known->second.certificate == certificate;
    const Standing standing = standing_of(certificate, by(), signature_known);
    if (standing != Standing::admitted) {
        if (standing == Standing::expired || standing == Standing::revoked) note_outcast(*parsed);
        return refused(standing);
    }
    const bool from_fleet_key = certificate.content.issuer == issuer_id(options_.fleet_key);
    if (from_fleet_key) time_.learn_signed(certificate.content.not_before, now_);
    const Id id = certificate.content.position(parsed->position);
    remember(certificate, id);
    return id;
}

Result<Id> FleetCredentials::judge_guest(View shown, const noise::PublicKey& static_key) {
    if (!desk_) return refused(Standing::unknown_issuer);
    const Result<InviteToken> token = parse_shown_invite(shown, static_key);
    if (!token) return token.error();
    const bool counted_here = token->terms.counter == IssuerId{} || token->terms.counter == *desk_;
    if (!counted_here) return refused(Standing::unknown_issuer);
    const Standing standing = standing_of(*token, by());
    if (standing != Standing::admitted) return refused(standing);
    const Id id = guest_id(static_key);
    if (guests_.size() >= options_.guests_max && guests_.find(id) == guests_.end()) {
        const auto oldest = heard_longest_ago(guests_);
        crowded_out_.push_back(oldest->first);
        guests_.erase(oldest);
    }
    guests_[id] = {*token, static_key, ++judgements_};
    return id;
}

Error FleetCredentials::refused(Standing standing) {
    ++refusals_;
    last_refusal_ = standing;
    return standing == Standing::forged ? Error::bad_message : Error::wrong_peer;
}

// Whoever remembers it from before this node heard that it is out (on disk, say) is to drop it. The signature is looked
// at here: else anybody who has the network key could name ids.
void FleetCredentials::note_outcast(const ShownCertificate& shown) {
    const Certificate& content = shown.certificate.content;
    const VerifyKey* const issuer = issuer_key(content.issuer, options_.fleet_key, list_.list());
    if (issuer == nullptr || peers_.contains(content.sign_key) || !is_issued_by(shown.certificate, *issuer)) return;
    const Id id = content.position(shown.position);
    if (std::find(departed_.begin(), departed_.end(), id) == departed_.end()) departed_.push_back(id);
}

void FleetCredentials::remember(const SignedCertificate& certificate, const Id& id) {
    const VerifyKey& key = certificate.content.sign_key;
    const auto known = peers_.find(key);
    if (known != peers_.end()) {
        if (known->second.id != id) {
            departed_.push_back(known->second.id);
            keys_.erase(known->second.id);
        }
    } else if (peers_.size() >= options_.peers_max) {
        const auto oldest = heard_longest_ago(peers_);
        crowded_out_.push_back(oldest->second.id);
        keys_.erase(oldest->second.id);
        time_.forget(device_id(oldest->first));
        peers_.erase(oldest);
    }
    peers_[key] = {certificate, id, ++judgements_};
    keys_[id] = key;
    std::erase(crowded_out_, id);
    std::erase(departed_, id);  // back at its former position before anybody asked
}

Standing FleetCredentials::own_standing() const {
    CHORD_CHECK(own_.has_value());
    return standing_of(*own_, by());
}

bool FleetCredentials::renewal_is_due() const {
    CHORD_CHECK(own_.has_value());
    return time_.estimate(now_) >= own_->content.renew_from();
}

const SignedCertificate* FleetCredentials::certificate(const Id& peer) const {
    const auto key = keys_.find(peer);
    return key == keys_.end() ? nullptr : &peers_.at(key->second).certificate;
}

const InviteToken* FleetCredentials::guest(const Id& peer) const {
    const auto found = guests_.find(peer);
    return found == guests_.end() ? nullptr : &found->second.token;
}

std::vector<Id> FleetCredentials::rejudge() {
    std::vector<Id> out = std::exchange(departed_, {});
    for (auto peer = peers_.begin(); peer != peers_.end();) {
        if (standing_of(peer->second.certificate, by(), true) == Standing::admitted) {
            ++peer;
            continue;
        }
        out.push_back(peer->second.id);
        keys_.erase(peer->second.id);
        time_.forget(device_id(peer->first));
        peer = peers_.erase(peer);
    }
    for (auto guest = guests_.begin(); guest != guests_.end();) {
        if (standing_of(guest->second.token, by(), true) == Standing::admitted) {
            ++guest;
            continue;
        }
        out.push_back(guest->first);
        guest = guests_.erase(guest);
    }
    return out;
}

void FleetCredentials::forget(const Id& peer) {
    guests_.erase(peer);
    const auto key = keys_.find(peer);
    if (key == keys_.end()) return;
    time_.forget(device_id(key->second));
    peers_.erase(key->second);
    keys_.erase(key);
}

}  // namespace chord::net::admission
