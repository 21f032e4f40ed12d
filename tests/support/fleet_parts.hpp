// A fleet for the tests of admission: keys that follow from a number, and certificates, lists and invites made of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/admission/fleet_key.hpp"
#include "net/admission/invite.hpp"
#include "net/admission/request.hpp"
#include "node/core/base/rng.hpp"

namespace chord::testing {

namespace admission = net::admission;

inline constexpr admission::Seconds kDay = 86400;
inline constexpr admission::Seconds kIssued = 1'790'000'000;  // September 2026
inline constexpr std::uint32_t kYear = 366 * 86400;

/// Bytes that follow from the seed.
template <std::size_t kSize>
std::array<std::uint8_t, kSize> rolled(std::uint64_t seed) {
    Rng rng(seed);
    std::array<std::uint8_t, kSize> made{};
    for (std::uint8_t& byte : made) byte = static_cast<std::uint8_t>(rng.next());
    return made;
}

inline admission::SigningKey signing_key(std::uint64_t seed) {
    return admission::SigningKey(admission::SigningKey::Seed::copy_of(rolled<32>(seed)));
}

inline net::noise::KeyPair key_pair(std::uint64_t seed) {
    return net::noise::KeyPair(net::noise::SecretKey::copy_of(rolled<32>(1000 + seed)));
}

/// What one device has.
struct Device {
    explicit Device(std::uint64_t seed) : key(signing_key(seed)), static_key(key_pair(seed)) {}

    admission::Request request(std::string name = {}, std::string tag = {}) const {
        return {key.public_key(), static_key.public_key(), 2, std::move(name), std::move(tag)};
    }
    std::vector<std::uint8_t> signed_request(std::string name = {}, std::string tag = {}) const {
        return sign_request(request(std::move(name), std::move(tag)), key);
    }

    admission::SigningKey key;
    net::noise::KeyPair static_key;
};

/// The operator.
struct Fleet {
    explicit Fleet(std::uint64_t seed = 1) : key(signing_key(seed)), network(admission::network_id(key.public_key())) {
        list.network = network;
        list.number = 1;
        list.issued = kIssued;
    }

    admission::AdmissionTerms terms() const {
        admission::AdmissionTerms made;
        made.network = network;
        made.issued = kIssued;
        made.lifetime = kYear;
        made.nonce = rolled<16>(7);
        made.use = 5;
        return made;
    }
    admission::SignedCertificate admit(const Device& device, std::string name = "pump-1", std::string tag = "barn",
                                       std::uint8_t roles = 0) const {
        admission::AdmissionTerms granted = terms();
        granted.name = std::move(name);
        granted.tag = std::move(tag);
        granted.roles = roles;
        return *admission::admit(device.request(), granted, key);
    }
    /// The right to admit for 90 days, certificates of 60 days, any tag.
    admission::Delegation delegation(const Device& inviter) const {
        return {inviter.key.public_key(), 0, 60 * kDay, kIssued, kIssued + 90 * kDay, ""};
    }
    std::vector<std::uint8_t> signed_list() const { return sign_list(list, key); }

    admission::InviteTerms invite_terms() const {
        admission::InviteTerms made;
        made.number = 0x01020304;
        made.not_after = kIssued + 2 * kDay;
        made.uses = 2;
        made.lifetime = 30 * kDay;
        made.tag = "barn";
        return made;
    }

    admission::SigningKey key;
    admission::NetworkId network;
    admission::FleetList list;
};

inline admission::InviteSecret invite_secret(std::uint64_t seed = 3) {
    return admission::InviteSecret::copy_of(rolled<16>(seed));
}

inline admission::Invite invite(const Fleet& fleet, const admission::InviteTerms& terms) {
    admission::Invite made;
    made.fleet_name = "farm";
    made.fleet_key = fleet.key.public_key();
    made.secret = invite_secret();
    made.network_key.number = 4;
    made.network_key.key = net::noise::SecretKey::copy_of(rolled<32>(9));
    made.token = make_token(fleet.network, made.secret, terms, fleet.key);
    Endpoint four;
    four.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 168, 7, 14};
    four.port = 7400;
    Endpoint six;
    six.ip = {0xfd};
    six.ip[15] = 0x31;
    six.port = 7400;
    made.bootstrap = {four, six};
    return made;
}

/// `bytes` with one bit flipped.
inline std::vector<std::uint8_t> flipped(std::vector<std::uint8_t> bytes, std::size_t bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 1U << bit % 8);
    return bytes;
}

}  // namespace chord::testing
