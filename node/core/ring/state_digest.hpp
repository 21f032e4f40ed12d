// The digest by which a StateQuery names the state that its asker remembers (message.hpp), so that an unchanged ring
// costs a few bytes a period: FNV-1a over 64-bit words. Not a defence: a peer that lies about its state needs no
// collision for it.
#pragma once

#include "node/core/message.hpp"

namespace chord {

/// Never 0. The order of fields is that of net/WIRE.md; the length of each list goes before it.
inline std::uint64_t digest(const StateReply& state) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    const auto add = [&hash](std::uint64_t word) { hash = (hash ^ word) * 0x100000001b3ULL ^ hash >> 29; };
    const auto add_peer = [&add](const Peer& peer) {
        for (const std::uint64_t word : peer.id.words) {
            add(word);
        }
        for (std::size_t i = 0; i < peer.address.ip.size(); i += 8) {
            std::uint64_t word = 0;
            for (std::size_t k = 0; k < 8; ++k) {
                word = word << 8 | peer.address.ip[i + k];
            }
            add(word);
        }
        add(std::uint64_t{peer.address.port});
    };
    add(state.predecessor ? 1 : 0);
    if (state.predecessor) {
        add_peer(*state.predecessor);
    }
    for (const auto* list : {&state.successors, &state.known}) {
        add(list->size());
        for (const Peer& peer : *list) {
            add_peer(peer);
        }
    }
    return hash == 0 ? 1 : hash;
}

}  // namespace chord
