#include "net/discovery/beacon.hpp"

#include <sodium.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "net/channel/frame.hpp"
#include "net/reader.hpp"
#include "net/writer.hpp"
#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

constexpr std::string_view kLabel = "chordd beacon";
/// No kind of a frame (net/channel/frame.hpp), should a beacon go to a node's own port.
constexpr std::array<std::uint8_t, kBeaconHeadBytes> kHead = {kWireVersion, 0xbe};

noise::Cipher cipher_of(const noise::SecretKey& network_key, std::span<const std::uint8_t> nonce) {
    noise::SecretKey key;
    crypto_generichash_state state;
    crypto_generichash_init(&state, network_key.data(), noise::SecretKey::kBytes, noise::SecretKey::kBytes);
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(kLabel.data()), kLabel.size());
    crypto_generichash_update(&state, nonce.data(), nonce.size());
    crypto_generichash_final(&state, key.data(), noise::SecretKey::kBytes);
    sodium_memzero(&state, sizeof state);
    return noise::Cipher(std::move(key));
}

}  // namespace

Beacon seal_beacon(const Peer& self, const noise::SecretKey& network_key, const BeaconNonce& nonce) {
    CHORD_CHECK(self.address.port != 0);
    Beacon beacon{};
    Writer writer(beacon);
    writer.bytes(kHead);
    writer.bytes(nonce);
    writer.bytes(self.id.bytes());
    writer.bytes(self.address.ip);
    writer.u16(self.address.port);
    CHORD_CHECK(!writer.failed() && writer.written().size() == kBeaconBytes - noise::kCipherTagBytes);
    const auto sealed = std::span(beacon).subspan(kBeaconHeadBytes + kBeaconNonceBytes);
    CHORD_CHECK(cipher_of(network_key, nonce).encrypt(0, kHead, sealed).has_value());
    return beacon;
}

std::optional<Peer> open_beacon(std::span<const std::uint8_t> datagram, const noise::SecretKey& network_key,
                                const Endpoint& from) {
    if (datagram.size() != kBeaconBytes || !std::equal(kHead.begin(), kHead.end(), datagram.begin()))
        return std::nullopt;
    const auto nonce = datagram.subspan(kBeaconHeadBytes, kBeaconNonceBytes);
    std::array<std::uint8_t, kBeaconPlainBytes + noise::kCipherTagBytes> sealed{};
    const auto rest = datagram.subspan(kBeaconHeadBytes + kBeaconNonceBytes);
    std::copy(rest.begin(), rest.end(), sealed.begin());
    const auto plain = cipher_of(network_key, nonce).decrypt(0, kHead, sealed);
    if (!plain) return std::nullopt;
    Reader reader(*plain);
    Peer peer;
    peer.id = Id::from_bytes(reader.bytes(Id::kBytes).data());
    const auto ip = reader.bytes(peer.address.ip.size());
    std::copy(ip.begin(), ip.end(), peer.address.ip.begin());
    peer.address.scope = from.scope;
    peer.address.port = reader.u16();
    CHORD_CHECK(reader.finish().has_value());
    if (peer.address.ip != from.ip || peer.address.port == 0) return std::nullopt;
    return peer;
}

}  // namespace chord::net
