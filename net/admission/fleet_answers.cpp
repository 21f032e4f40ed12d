// FleetMember: what it answers others.
#include <algorithm>

#include "net/admission/fleet_member.hpp"

namespace chord::net::admission {

std::vector<std::uint8_t> FleetMember::on_request(const Peer& from, View message) {
    const Result<FleetRequest> request = parse_fleet_request(message);
    FleetResponse response = Refused{Error::wrong_peer};
    if (!request) {
        response = Refused{request.error()};
    } else if (is_member(from.id)) {
        response = answer(from, *request);
    } else if (credentials_->guest(from.id) != nullptr) {
        response = answer_guest(from, *request);
    }
    counts_.refused += std::holds_alternative<Refused>(response) ? 1U : 0U;
    return encode(response);
}

FleetResponse FleetMember::answer(const Peer& from, const FleetRequest& request) {
    if (const auto* hello = std::get_if<Hello>(&request)) {
        take_hello(from, *hello);
        return own_hello();
    }
    if (const auto* query = std::get_if<ListQuery>(&request)) return list_.slice(query->offset);
    if (std::holds_alternative<NetworkKeysQuery>(request)) {
        NetworkKeys keys;
        for (std::size_t i = 0; i < keyring_.keys().size(); ++i) {
            const View record = keyring_.record(i);
            if (record.empty()) continue;
            keys.records.push_back(noise::Secret<kNetworkKeyBytes>::copy_of(record.first<kNetworkKeyBytes>()));
        }
        return keys;
    }
    if (std::holds_alternative<CertificateQuery>(request)) return Granted{encode(certificate())};
    if (!std::holds_alternative<Renew>(request) || !is_desk_) return Refused{Error::wrong_peer};
    const SignedCertificate& own = *credentials_->certificate(from.id);
    if (time_.estimate(now_) < own.content.renew_from()) return Refused{Error::condition_failed};
    if (!work_for_members_.take(device_id(own.content.sign_key), now_)) return Refused{Error::overloaded};
    return granted(desk_.renew(own, by()), false);
}

FleetResponse FleetMember::answer_guest(const Peer& from, const FleetRequest& request) {
    if (std::holds_alternative<Hello>(request)) {
        Hello hello = own_hello();
        hello.network_key = 0;  // not its business before it is a member
        return hello;
    }
    if (const auto* query = std::get_if<ListQuery>(&request)) return list_.slice(query->offset);
    const auto* enrol = std::get_if<Enrol>(&request);
    if (enrol == nullptr || !is_desk_) return Refused{Error::wrong_peer};
    const Result<Request> asked = parse_request(enrol->request);
    if (!asked) return Refused{asked.error()};
    if (asked->static_key != credentials_->guest_key(from.id)) return Refused{Error::bad_message};
    if (!work_for_guests_.take(from.id, now_)) return Refused{Error::overloaded};
    return granted(desk_.redeem(*credentials_->guest(from.id), enrol->request, credentials_->guest_key(from.id), by()),
                   true);
}

FleetResponse FleetMember::granted(Result<SignedCertificate> certificate, bool is_new) {
    if (!certificate) return Refused{certificate.error()};
    ++counts_.granted;
    if (is_new) note_issued(*certificate);
    return Granted{encode(*certificate)};
}

void FleetMember::note_issued(const SignedCertificate& certificate) {
    std::erase_if(issued_,
                  [&](const SignedCertificate& one) { return one.content.sign_key == certificate.content.sign_key; });
    if (issued_.size() == kIssuedMax) issued_.erase(issued_.begin());
    issued_.push_back(certificate);
}

}  // namespace chord::net::admission
