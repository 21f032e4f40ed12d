// Identities for tests and simulations: a node is whoever it says, and all its secrets follow from its id and a seed.
#pragma once

#include <algorithm>
#include <array>
#include <memory>

#include "net/channel/local_identity.hpp"
#include "node/core/base/rng.hpp"

namespace chord {

/// Shows the ring id, and believes the one that is shown.
class ShownId final : public net::Credentials {
public:
    explicit ShownId(const Id& id) : bytes_(id.bytes()) {}

    std::span<const std::uint8_t> own() const override { return bytes_; }
    Result<Id> judge(std::span<const std::uint8_t> shown, const net::noise::PublicKey&) override {
        if (shown.size() != Id::kBytes) return Error::bad_message;
        return Id::from_bytes(shown.data());
    }

private:
    std::array<std::uint8_t, Id::kBytes> bytes_;
};

inline net::Dice test_dice(std::uint64_t seed) {
    return [rng = Rng(seed)](std::span<std::uint8_t> bytes) mutable {
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            if (i % 8 == 0) word = rng.next();
            bytes[i] = static_cast<std::uint8_t>(word >> 8 * (i % 8));
        }
    };
}

/// `life`: 1 for the first start of this node, then 2, …; `network`: nodes of different ones do not hear each other.
inline net::LocalIdentity test_identity(const Id& id, std::uint64_t life = 1, std::uint8_t network = 0x5a) {
    net::noise::SecretKey private_key;
    test_dice(id.words[0] ^ id.words[3])(private_key.writable());
    net::noise::SecretKey network_key;
    std::ranges::fill(network_key.writable(), network);
    return {.static_key = net::noise::KeyPair(std::move(private_key)),
            .network_key = std::move(network_key),
            .credentials = std::make_shared<ShownId>(id),
            .first_initiation = life << 32,
            .dice = test_dice(id.words[1] ^ life)};
}

}  // namespace chord
