#include "node/core/base/hash.hpp"

#include <sodium.h>

namespace chord {

Id hash256(std::initializer_list<BytesView> parts) {
    crypto_generichash_state state;
    crypto_generichash_init(&state, nullptr, 0, Id::kBytes);
    for (const BytesView part : parts) {
        crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(part.data()), part.size());
    }
    std::array<std::uint8_t, Id::kBytes> digest{};
    crypto_generichash_final(&state, digest.data(), digest.size());
    return Id::from_bytes(digest.data());
}

Id key_id(BytesView key) {
    return hash256({key});
}

Id position_id(BytesView network_id, BytesView nonce, BytesView public_key, std::uint8_t index) {
    const char last = static_cast<char>(index);
    return hash256({"pos", network_id, nonce, public_key, BytesView(&last, 1)});
}

}  // namespace chord
