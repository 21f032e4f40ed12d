// FleetMember: its own certificate and how it is renewed.
#include <algorithm>

#include "net/admission/fleet_member.hpp"
#include "node/core/base/check.hpp"

namespace chord::net::admission {

void FleetMember::renew_if_due() {
    if (is_desk_ || !credentials_->renewal_is_due() || now_ < renew_at_) return;
    const Status asked = renew_now();
    static_cast<void>(asked);  // no desk known yet: the next Hello may name one
}

Status FleetMember::renew_now() {
    if (!credentials_->renewal_is_due()) return Error::condition_failed;
    if (is_asking(Purpose::renew)) return Error::already_in_use;
    if (is_desk_ || desks_.empty()) return Error::wrong_peer;
    renew_at_ = now_ + rng_.jittered(renew_pause_);
    renew_pause_ = std::min(2 * renew_pause_, kRenewPauseMax);
    if (!ask(Purpose::renew, desks_[rng_.below(desks_.size())], Renew{})) return Error::already_in_use;
    return Success{};
}

void FleetMember::take_renewed(View certificate) {
    const Result<SignedCertificate> renewed = parse_certificate(certificate);
    const Result<bool> taken = renewed ? take_certificate(*renewed) : Result<bool>(renewed.error());
    counts_.renewal_error = taken ? std::nullopt : std::optional(taken.error());
    if (taken && *taken) renew_pause_ = kRound;
}

Result<bool> FleetMember::take_certificate(const SignedCertificate& renewed) {
    if (renewed == certificate()) return false;
    if (!is_renewal(certificate().content, renewed.content)) return Error::wrong_peer;
    if (standing_of(renewed, by()) != Standing::admitted) return Error::wrong_peer;
    if (renewed.content.issuer == issuer_id(options_.fleet_key)) time_.learn_signed(renewed.content.not_before, now_);
    save(FleetItem::certificate, encode(renewed));
    const Status shown = credentials_->show(renewed, options_.position);
    CHORD_CHECK(shown.has_value());
    ++counts_.renewed;
    judge_all();
    return true;
}

}  // namespace chord::net::admission
