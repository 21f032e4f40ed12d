#include "net/admission/newcomer.hpp"

#include <algorithm>
#include <utility>

#include "net/admission/standing.hpp"
#include "node/core/base/check.hpp"

namespace chord::net::admission {

Newcomer::Newcomer(NewcomerOptions options, const SigningKey& device, const noise::PublicKey& static_key, Time now)
    : options_(std::move(options)),
      request_{device.public_key(), static_key, options_.capacity, options_.name, options_.tag},
      signed_request_(sign_request(request_, device)),
      static_key_(static_key),
      rng_(options_.seed),
      now_(now),
      list_(options_.invite.fleet_key),
      time_(options_.built, now),
      credentials_(std::make_shared<FleetCredentials>(FleetCredentialsOptions{.fleet_key = options_.invite.fleet_key},
                                                      list_, time_)),
      ask_at_(now) {
    credentials_->show(options_.invite, static_key);
}

LocalIdentity Newcomer::identity(noise::KeyPair static_key, std::uint64_t first_initiation, Dice dice) const {
    CHORD_CHECK(static_key.public_key() == static_key_);
    return {.static_key = std::move(static_key),
            .network_key = options_.invite.network_key.key.clone(),
            .credentials = credentials_,
            .first_initiation = first_initiation,
            .dice = std::move(dice)};
}

void Newcomer::begin_turn(Time now) {
    now_ = now;
    credentials_->set_now(now);
}

Time Newcomer::next_deadline() const {
    const bool idle = waits_ || status_.state == State::admitted || options_.invite.bootstrap.empty();
    return idle ? kNever : ask_at_;
}

std::optional<Newcomer::Question> Newcomer::next() {
    if (next_deadline() > now_) return std::nullopt;
    waits_ = true;
    if (desk_) return Question{*desk_, encode(FleetRequest(ListQuery{fetch_.wanted()}))};
    ++status_.attempts;
    const Bootstrap& addresses = options_.invite.bootstrap;
    return Question{addresses[turn_++ % addresses.size()], encode(FleetRequest(Enrol{signed_request_}))};
}

void Newcomer::on_failure(Error error) {
    waits_ = false;
    if (desk_) {
        fetch_ = {};
        ask_at_ = now_ + kPauseMin;
        if (++list_tries_ == kListTries) finish();  // it may do without, if the fleet key itself has signed
        return;
    }
    // What an inviter said tells more than the silence of the other addresses.
    if (error != Error::timeout || !status_.last_error) status_.last_error = error;
    ask_at_ = now_ + rng_.jittered(pause_);
    pause_ = std::min(2 * pause_, kPauseMax);
}

void Newcomer::on_answer(const Peer& from, View message) {
    const Result<FleetResponse> response = parse_fleet_response(message);
    if (!response) return on_failure(response.error());
    if (const auto* refused = std::get_if<Refused>(&*response)) return on_failure(refused->error);
    const auto* granted = std::get_if<Granted>(&*response);
    const auto* slice = std::get_if<ListSlice>(&*response);
    if (!desk_ && granted != nullptr) return take_certificate(from, granted->certificate);
    if (desk_ && slice != nullptr) return take_slice(*slice);
    on_failure(Error::bad_message);
}

void Newcomer::take_certificate(const Peer& from, View bytes) {
    const SignedCertificate* const desk = credentials_->certificate(from.id);
    if (desk == nullptr) return on_failure(Error::wrong_peer);
    const NetworkId network = network_id(options_.invite.fleet_key);
    const Result<SignedCertificate> granted = read_grant(bytes, request_, network, desk->content.sign_key);
    if (!granted) return on_failure(granted.error());
    waits_ = false;
    ask_at_ = now_;
    desk_ = from.address;
    files_[FleetItem::certificate] = encode(*granted);
    NetworkKeyring keyring(options_.invite.fleet_key);
    keyring.begin_with(NetworkKey{options_.invite.network_key.number, options_.invite.network_key.key.clone()});
    files_[FleetItem::network_keys] = keyring.saved();
}

void Newcomer::take_slice(const ListSlice& slice) {
    const Result<bool> whole = fetch_.take(slice);
    if (!whole) return on_failure(whole.error());
    waits_ = false;
    ask_at_ = now_;
    if (!*whole) return;
    const Result<bool> taken = list_.offer(fetch_.bytes());
    if (!taken || !*taken) return on_failure(Error::bad_message);
    finish();
}

// A certificate that no other device would take is none: its signer may have been a desk once, or its list have been
// kept from this device. Whether the time is right can be judged by those who know it.
void Newcomer::finish() {
    const auto granted = parse_certificate(files_[FleetItem::certificate]);
    CHORD_CHECK(granted.has_value());
    const Standing standing = standing_of(*granted, {options_.invite.fleet_key, list_.list(), time_, now_});
    if (standing != Standing::admitted && standing != Standing::expired && standing != Standing::not_yet) {
        desk_.reset();
        fetch_ = {};
        list_tries_ = 0;
        files_ = {};
        return on_failure(Error::wrong_peer);
    }
    files_[FleetItem::list].assign(list_.bytes().begin(), list_.bytes().end());
    status_.last_error.reset();
    status_.state = State::admitted;
}

}  // namespace chord::net::admission
