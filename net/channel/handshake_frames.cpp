#include "net/channel/handshake_frames.hpp"

#include <sodium.h>

#include <algorithm>
#include <string_view>

namespace chord::net {

namespace {

std::span<const std::uint8_t> bytes_of_text(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

constexpr std::string_view kPrologue = "chordd wire 2";
constexpr std::string_view kMacLabel = "chordd wire 2 macs";

}  // namespace

ResponderKey mac_key_of(const noise::SecretKey& network_key) {
    ResponderKey key{};
    const auto label = bytes_of_text(kMacLabel);
    crypto_generichash(key.data(), key.size(), label.data(), label.size(), network_key.data(),
                       noise::SecretKey::kBytes);
    return key;
}

noise::Handshake begin_handshake(const LocalIdentity& identity, const noise::SecretKey& network_key,
                                 const noise::Pattern& pattern, Role role, const std::optional<PeerKey>& responder) {
    noise::SecretKey ephemeral;
    identity.dice(ephemeral.writable());
    return noise::Handshake({.pattern = pattern,
                             .role = role,
                             .prologue = bytes_of_text(kPrologue),
                             .static_key = identity.static_key,
                             .pre_shared_key = network_key,
                             .ephemeral = std::move(ephemeral),
                             .remote_static = responder});
}

std::vector<std::uint8_t> begin_frame(const FrameHead& head, std::span<const std::uint8_t> behind) {
    const auto bytes = encode(head);
    std::vector<std::uint8_t> frame;
    frame.reserve(512);
    frame.insert(frame.end(), bytes.begin(), bytes.end());
    frame.insert(frame.end(), behind.begin(), behind.end());
    return frame;
}

std::span<std::uint8_t> noise_message(std::span<std::uint8_t> frame, std::size_t skipped) {
    const std::size_t before = kFrameHeadBytes + skipped;
    if (frame.size() < before + kMacsBytes) return {};
    return frame.subspan(before, frame.size() - before - kMacsBytes);
}

SessionIndex random_index(const Dice& dice) {
    std::array<std::uint8_t, 4> bytes{};
    std::uint32_t index = 0;
    while (index == 0) {  // 0 stands for "none yet"
        dice(bytes);
        for (const std::uint8_t byte : bytes) index = index << 8 | byte;
    }
    return SessionIndex{index};
}

}  // namespace chord::net
