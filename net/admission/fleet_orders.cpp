// FleetMember: what people order on the device itself.
#include <algorithm>

#include "net/admission/fleet_member.hpp"
#include "node/core/base/check.hpp"

namespace chord::net::admission {

FleetStatus FleetMember::status() const {
    FleetStatus status = counts_;
    const FleetList& list = list_.list();
    status.fleet_key = options_.fleet_key;
    status.network = network_id(options_.fleet_key);
    status.list_number = list.number;
    status.list_issued = list.issued;
    status.revocations = list.revocations.size();
    status.delegations = list.delegations.size();
    for (const NetworkKey& key : keyring_.keys()) status.network_keys.push_back(key.number);
    status.time = time_.estimate(now_);
    status.time_known = time_.is_known();
    status.certificate = certificate();
    status.position = options_.position;
    status.standing = standing_;
    status.is_desk = is_desk_;
    status.renewal_is_due = credentials_->renewal_is_due();
    status.last_refusal = credentials_->last_refusal();
    status.peers_refused = credentials_->refusals();
    return status;
}

Result<bool> FleetMember::offer_list(View signed_list) {
    return take_list(signed_list);
}

Result<bool> FleetMember::offer_network_key(View record) {
    return take_network_key_records({&record, 1});
}

Result<bool> FleetMember::offer_certificate(const SignedCertificate& certificate) {
    return take_certificate(certificate);
}

Result<Invite> FleetMember::invite(const InviteOrder& order, const Dice& secret_dice) const {
    const Delegation* const delegation = list_.list().delegation(issuer_id(device_.public_key()));
    if (delegation == nullptr || !is_in()) return Error::wrong_peer;
    if (!is_name(order.fleet_name) || order.bootstrap.size() > kBootstrapMax ||
        !std::all_of(order.bootstrap.begin(), order.bootstrap.end(), is_carried)) {
        return Error::bad_message;
    }
    InviteTerms terms;
    std::array<std::uint8_t, 4> number{};
    do {
        secret_dice(number);
        terms.number = Reader(number).u32();
    } while (terms.number == 0);
    terms.not_after = time_.estimate(now_) + std::min(order.expires_in, kSecondsMax / 2);
    terms.uses = order.uses;
    terms.roles = order.roles;
    terms.lifetime = std::min(order.lifetime, delegation->lifetime_max);
    terms.counter = order.any_desk ? IssuerId{} : issuer_id(device_.public_key());
    terms.tag = order.tag.empty() ? delegation->tag : order.tag;
    if (!is_well_formed(terms)) return Error::bad_message;
    Invite made;
    made.fleet_name = order.fleet_name;
    made.fleet_key = options_.fleet_key;
    secret_dice(made.secret.writable());
    made.network_key.number = keyring_.keys().front().number;
    made.network_key.key = keyring_.keys().front().key.clone();
    made.token = make_token(network_id(options_.fleet_key), made.secret, terms, device_);
    made.bootstrap = order.bootstrap;
    if (standing_of(made.token, by()) != Standing::admitted) return Error::wrong_peer;
    return made;
}

Result<std::vector<std::uint8_t>> FleetMember::admit(View request, const std::string& name, const std::string& tag,
                                                     std::uint32_t lifetime, const Bootstrap& bootstrap,
                                                     const Dice& secret_dice) {
    const Delegation* const delegation = list_.list().delegation(issuer_id(device_.public_key()));
    if (delegation == nullptr || !is_in()) return Error::wrong_peer;
    if (bootstrap.size() > kBootstrapMax || !std::all_of(bootstrap.begin(), bootstrap.end(), is_carried)) {
        return Error::bad_message;
    }
    if (keyring_.record(0).empty()) return Error::condition_failed;
    const Result<Request> asked = read_request(request);
    if (!asked) return asked.error();
    AdmissionTerms terms;
    terms.network = network_id(options_.fleet_key);
    terms.name = name;
    terms.tag = tag.empty() ? delegation->tag : tag;
    terms.issued = std::max(time_.estimate(now_), delegation->from);
    terms.lifetime = std::min(lifetime, delegation->lifetime_max);
    secret_dice(terms.nonce);
    std::array<std::uint8_t, 4> use{};
    secret_dice(use);
    terms.use = Reader(use).u32();
    const Result<SignedCertificate> certificate = chord::net::admission::admit(*asked, terms, device_);
    if (!certificate) return certificate.error();
    if (standing_of(*certificate, by()) != Standing::admitted) return Error::wrong_peer;
    noise::SecretKey ephemeral;
    secret_dice(ephemeral.writable());
    AdmissionFile file;
    file.fleet_key = options_.fleet_key;
    file.certificate = *certificate;
    file.bootstrap = bootstrap;
    file.list.assign(list_.bytes().begin(), list_.bytes().end());
    const auto made =
        admission_file(file, keyring_.record(0).first<kNetworkKeyBytes>(), noise::KeyPair(std::move(ephemeral)));
    if (made) note_issued(*certificate);
    return made;
}

void FleetMember::ask_certificate(const Peer& peer, std::function<void(Result<SignedCertificate>)> done) {
    const auto asking = std::count_if(calls_.begin(), calls_.end(),
                                      [](const auto& call) { return call.second.purpose == Purpose::certificate; });
    // Half of the room is left to what the fleet lives by.
    if (calls_.size() >= kCallsMax || static_cast<std::size_t>(asking) >= kCallsMax / 2) {
        done(Error::overloaded);
        return;
    }
    ask(Purpose::certificate, peer, CertificateQuery{}, std::move(done));
}

FleetFiles first_files(const OpenedAdmission& opened) {
    FleetFiles files;
    files[FleetItem::certificate] = encode(opened.file.certificate);
    files[FleetItem::list] = opened.file.list;
    files[FleetItem::network_keys].assign(opened.network_key.bytes().begin(), opened.network_key.bytes().end());
    return files;
}

}  // namespace chord::net::admission
