#include "net/channel/opener.hpp"

#include <sodium.h>

#include <algorithm>
#include <string_view>

#include "net/address.hpp"
#include "net/guard/source.hpp"
#include "net/reader.hpp"
#include "net/writer.hpp"
#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

constexpr std::string_view kLabel = "chordd opener";

noise::Cipher cipher_of(const noise::SecretKey& network_key, const noise::PublicKey& ephemeral) {
    noise::SecretKey key;
    crypto_generichash_state state;
    crypto_generichash_init(&state, network_key.data(), noise::SecretKey::kBytes, noise::SecretKey::kBytes);
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(kLabel.data()), kLabel.size());
    crypto_generichash_update(&state, ephemeral.data(), ephemeral.size());
    crypto_generichash_final(&state, key.data(), noise::SecretKey::kBytes);
    sodium_memzero(&state, sizeof state);
    return noise::Cipher(std::move(key));
}

// The IPv4 address's four bytes, or the IPv6 address's sixteen.
std::span<const std::uint8_t> address_bytes(const Endpoint& endpoint) {
    return is_ipv4(endpoint) ? std::span(endpoint.ip).last(4) : std::span(endpoint.ip);
}

bool is_private(const Endpoint& endpoint) {
    const auto ip = address_bytes(endpoint);
    if (!is_ipv4(endpoint)) return (ip[0] & 0xfe) == 0xfc || (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80);
    if (ip[0] == 127 || (ip[0] == 169 && ip[1] == 254)) return true;  // a relay on this machine; a link
    return ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) || (ip[0] == 192 && ip[1] == 168) ||
           (ip[0] == 100 && (ip[1] & 0xc0) == 64);
}

bool in_one_network(const Endpoint& a, const Endpoint& b) {
    if (is_ipv4(a) != is_ipv4(b)) return false;
    const std::size_t bytes = is_ipv4(a) ? 2 : 6;
    return std::ranges::equal(address_bytes(a).first(bytes), address_bytes(b).first(bytes));
}

}  // namespace

std::array<std::uint8_t, kOpenerBytes> seal(const Opener& opener, const noise::SecretKey& network_key,
                                            const noise::PublicKey& ephemeral, const FrameHead& head) {
    std::array<std::uint8_t, kOpenerBytes> bytes{};
    Writer writer(bytes);
    writer.bytes(opener.static_key);
    writer.u64(opener.number);
    writer.bytes(bytes_of(opener.destination));
    CHORD_CHECK(!writer.failed() && writer.written().size() == kOpenerBytes - noise::kCipherTagBytes);
    const Status sealed = cipher_of(network_key, ephemeral).encrypt(0, encode(head), bytes);
    CHORD_CHECK(sealed.has_value());
    return bytes;
}

Result<Opener> open_opener(std::span<const std::uint8_t, kOpenerBytes> sealed, const noise::SecretKey& network_key,
                           const noise::PublicKey& ephemeral, const FrameHead& head) {
    std::array<std::uint8_t, kOpenerBytes> bytes{};
    std::ranges::copy(sealed, bytes.begin());
    const auto plain = cipher_of(network_key, ephemeral).decrypt(0, encode(head), bytes);
    if (!plain) return plain.error();
    Reader reader(*plain);
    Opener opener;
    std::ranges::copy(reader.bytes(opener.static_key.size()), opener.static_key.begin());
    opener.number = reader.u64();
    std::ranges::copy(reader.bytes(opener.destination.ip.size()), opener.destination.ip.begin());
    opener.destination.scope = reader.u32();
    opener.destination.port = reader.u16();
    CHORD_CHECK(reader.finish().has_value());
    return opener;
}

bool may_arrive_at(const Endpoint& destination, const Endpoint& at) {
    if (destination.port == 0 || at.port == 0) return true;
    if (destination.ip == at.ip) return destination.port == at.port;
    return is_private(at) && !in_one_network(destination, at);
}

}  // namespace chord::net
