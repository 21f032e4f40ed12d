#include "net/admission/invite_desk.hpp"

#include <sodium.h>

#include <algorithm>

namespace chord::net::admission {
namespace {

/// The time to write into a certificate. A desk whose clock lags stays within its delegation at least.
Seconds issue_time(const Delegation& delegation, const Judgement& by) {
    return std::max(by.time.estimate(by.now), delegation.from);
}

}  // namespace

bool InviteDesk::counts(const InviteToken& token) const {
    return token.terms.counter == IssuerId{} || token.terms.counter == issuer_id(own_.public_key());
}

std::array<std::uint8_t, 16> InviteDesk::nonce_of(std::uint32_t invite, const VerifyKey& device) const {
    constexpr std::string_view kLabel = "chordd position nonce";
    std::array<std::uint8_t, 4> number{};
    Writer(number).u32(invite);
    std::array<std::uint8_t, 16> nonce{};
    const SigningKey::Seed seed = own_.seed();
    crypto_generichash_state state;
    crypto_generichash_init(&state, seed.data(), SigningKey::Seed::kBytes, nonce.size());
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(kLabel.data()), kLabel.size());
    crypto_generichash_update(&state, number.data(), number.size());
    crypto_generichash_update(&state, device.data(), device.size());
    crypto_generichash_final(&state, nonce.data(), nonce.size());
    sodium_memzero(&state, sizeof state);
    return nonce;
}

Result<SignedCertificate> InviteDesk::redeem(const InviteToken& token, View request, const noise::PublicKey& static_key,
                                             const Judgement& by) {
    const Delegation* delegation = by.list.delegation(issuer_id(own_.public_key()));
    if (delegation == nullptr || !counts(token)) return Error::wrong_peer;
    if (standing_of(token, by) != Standing::admitted) return Error::wrong_peer;
    const Result<Request> asked = read_request(request);
    if (!asked) return asked.error();
    if (asked->static_key != static_key) return Error::bad_message;
    if (by.list.revocation_of_key(asked->sign_key) != nullptr || by.list.revocation_of_key(static_key) != nullptr) {
        return Error::wrong_peer;
    }
    AdmissionTerms terms;
    terms.network = token.network;
    terms.tag = token.terms.tag;
    terms.roles = token.terms.roles;
    terms.issued = issue_time(*delegation, by);
    terms.lifetime = std::min(token.terms.lifetime, delegation->lifetime_max);
    terms.nonce = nonce_of(token.terms.number, asked->sign_key);
    terms.invite = token.terms.number;
    // Tried before a use is taken, since a use cannot be given back.
    const Result<SignedCertificate> trial = admit(*asked, terms, own_);
    if (!trial) return trial.error();
    if (!is_within(trial->content, *delegation)) return Error::wrong_peer;
    ledger_.forget_expired(by.time.floor());
    const Result<std::uint32_t> use = ledger_.take(token.terms, key_pair_id(asked->sign_key, static_key));
    if (!use) return use.error();
    terms.use = *use;
    return admit(*asked, terms, own_);
}

Result<SignedCertificate> InviteDesk::renew(const SignedCertificate& certificate, const Judgement& by) const {
    const Delegation* delegation = by.list.delegation(issuer_id(own_.public_key()));
    if (delegation == nullptr || standing_of(certificate, by) != Standing::admitted) return Error::wrong_peer;
    if (by.time.estimate(by.now) < certificate.content.renew_from()) return Error::condition_failed;
    Certificate renewed = certificate.content;
    renewed.not_before = issue_time(*delegation, by);
    renewed.lifetime = std::min(renewed.lifetime, delegation->lifetime_max);
    if (!is_well_formed(renewed) || !is_within(renewed, *delegation)) return Error::wrong_peer;
    return issue(std::move(renewed), own_);
}

}  // namespace chord::net::admission
