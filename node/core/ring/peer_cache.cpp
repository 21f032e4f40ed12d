#include "node/core/ring/peer_cache.hpp"

#include <algorithm>

namespace chord {

namespace {

constexpr std::size_t kPeerBytes = 32 + 16 + 4 + 2;

void append_big_endian(Bytes& out, std::uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
        out += static_cast<char>(static_cast<unsigned char>(value >> shift));
    }
}

std::uint64_t read_big_endian(const std::uint8_t* bytes, int count) {
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i) {
        value = value << 8 | bytes[i];
    }
    return value;
}

}  // namespace

std::vector<PeerCache::Entry>::const_iterator PeerCache::at_or_behind(const Id& point) const {
    return std::lower_bound(entries_.begin(), entries_.end(), point,
                            [](const Entry& entry, const Id& id) { return entry.peer.id < id; });
}

void PeerCache::heard_from(const Peer& peer, Time now) {
    suspects_.erase(peer.id);
    insert(peer, now);
}

void PeerCache::heard_of(const Peer& peer) {
    const auto known = at_or_behind(peer.id);
    if (!names_a_place(peer.address)) {
        return;  // nothing to find back by
    }
    if (entries_.size() < kPeersMax && (known == entries_.end() || known->peer.id != peer.id)) {
        insert(peer, Time{});
    }
}

void PeerCache::forget(const Id& peer) {
    suspects_.erase(peer);
    revision_ += std::erase_if(entries_, [&](const Entry& entry) { return entry.peer.id == peer; }) > 0 ? 1U : 0U;
}

void PeerCache::insert(const Peer& peer, Time heard) {
    if (peer.id == self_) {
        return;
    }
    auto place = entries_.begin() + (at_or_behind(peer.id) - entries_.begin());
    if (place != entries_.end() && place->peer.id == peer.id) {
        revision_ += place->peer != peer ? 1U : 0U;
        *place = Entry{peer, heard};
        return;
    }
    if (entries_.size() == kPeersMax) {
        const auto oldest = std::min_element(entries_.begin(), entries_.end(),
                                             [](const Entry& a, const Entry& b) { return a.heard < b.heard; });
        place -= oldest < place ? 1 : 0;
        entries_.erase(oldest);
    }
    entries_.insert(place, Entry{peer, heard});
    ++revision_;
}

void PeerCache::silent(const Id& peer, Time suspect_until) {
    if (suspects_.size() == kSuspectsMax && !suspects_.contains(peer)) {
        suspects_.erase(std::min_element(suspects_.begin(), suspects_.end(),
                                         [](const auto& a, const auto& b) { return a.second < b.second; }));
    }
    suspects_[peer] = suspect_until;
}

std::optional<Peer> PeerCache::find(const Id& peer) const {
    const auto known = at_or_behind(peer);
    return known != entries_.end() && known->peer.id == peer ? std::optional(known->peer) : std::nullopt;
}

bool PeerCache::heard_after(const Id& peer, Time since) const {
    const auto known = at_or_behind(peer);
    return known != entries_.end() && known->peer.id == peer && known->heard > since;
}

bool PeerCache::is_suspect(const Id& peer, Time now) const {
    const auto found = suspects_.find(peer);
    return found != suspects_.end() && now < found->second;
}

std::vector<Peer> PeerCache::peers() const {
    std::vector<Peer> all;
    all.reserve(entries_.size());
    for (const Entry& entry : entries_) {
        all.push_back(entry.peer);
    }
    return all;
}

std::vector<Peer> PeerCache::peers_near(const Id& point, std::size_t count) const {
    std::vector<Peer> near;
    auto next = at_or_behind(point);
    if (next != entries_.end() && next->peer.id == point) {
        ++next;
    }
    for (std::size_t i = 0; i < std::min(count, entries_.size()); ++i, ++next) {
        if (next == entries_.end()) {
            next = entries_.begin();
        }
        near.push_back(next->peer);
    }
    return near;
}

std::vector<Peer> PeerCache::sample(std::size_t count, Rng& rng) const {
    std::vector<Peer> all = peers();
    // Fisher-Yates, as far as needed; std::shuffle differs between standard libraries.
    const std::size_t wanted = std::min(count, all.size());
    for (std::size_t i = 0; i < wanted; ++i) {
        std::swap(all[i], all[i + rng.below(all.size() - i)]);
    }
    all.resize(wanted);
    return all;
}

Bytes PeerCache::serialized() const {
    Bytes out;
    out.reserve(entries_.size() * kPeerBytes);
    for (const Entry& entry : entries_) {
        for (const std::uint8_t byte : entry.peer.id.bytes()) {
            out += static_cast<char>(byte);
        }
        for (const std::uint8_t byte : entry.peer.address.ip) {
            out += static_cast<char>(byte);
        }
        append_big_endian(out, entry.peer.address.scope, 4);
        append_big_endian(out, entry.peer.address.port, 2);
    }
    return out;
}

void PeerCache::restore(BytesView bytes) {
    if (bytes.size() % kPeerBytes != 0) {
        return;
    }
    for (; !bytes.empty(); bytes.remove_prefix(kPeerBytes)) {
        const auto* raw = reinterpret_cast<const std::uint8_t*>(bytes.data());
        Peer peer;
        peer.id = Id::from_bytes(raw);
        std::copy(raw + 32, raw + 48, peer.address.ip.begin());
        peer.address.scope = static_cast<std::uint32_t>(read_big_endian(raw + 48, 4));
        peer.address.port = static_cast<std::uint16_t>(read_big_endian(raw + 52, 2));
        heard_of(peer);
    }
}

}  // namespace chord
