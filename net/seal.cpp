#include "net/seal.hpp"

#include <sodium.h>

#include <string_view>

#include "net/envelope.hpp"
#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

/// Keeps this use of the network key apart from every other one.
constexpr std::string_view kKeyLabel = "chordd wire 1 datagram mac";

std::array<std::uint8_t, kTagBytes> tag_of(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> key) {
    std::array<std::uint8_t, kTagBytes> tag{};
    crypto_generichash(tag.data(), tag.size(), bytes.data(), bytes.size(), key.data(), key.size());
    return tag;
}

}  // namespace

MacSeal::MacSeal(const std::array<std::uint8_t, 32>& network_key) {
    CHORD_CHECK(sodium_init() >= 0);  // chooses the fastest BLAKE2b for this processor; harmless when repeated
    crypto_generichash(key_.data(), key_.size(), reinterpret_cast<const unsigned char*>(kKeyLabel.data()),
                       kKeyLabel.size(), network_key.data(), network_key.size());
}

MacSeal::~MacSeal() {
    sodium_memzero(key_.data(), key_.size());
}

void MacSeal::seal(const Endpoint&, std::vector<std::uint8_t>& datagram) {
    const auto tag = tag_of(datagram, key_);
    datagram.insert(datagram.end(), tag.begin(), tag.end());
}

Result<std::span<const std::uint8_t>> MacSeal::open(const Endpoint&, std::span<const std::uint8_t> datagram) {
    if (datagram.size() < kTagBytes) return Error::bad_message;
    const auto sealed = datagram.first(datagram.size() - kTagBytes);
    const auto tag = datagram.last(kTagBytes);
    if (crypto_verify_16(tag_of(sealed, key_).data(), tag.data()) != 0) return Error::bad_message;
    return sealed;
}

}  // namespace chord::net
