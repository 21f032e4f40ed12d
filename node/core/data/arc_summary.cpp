#include "node/core/data/arc_summary.hpp"

#include "node/core/base/hash.hpp"

namespace chord {

namespace {

// The sum of two ids modulo 2^256.
Id plus(const Id& a, const Id& b) {
    Id sum;
    std::uint64_t carry = 0;
    for (std::size_t i = 4; i-- > 0;) {
        const std::uint64_t partial = a.words[i] + carry;
        sum.words[i] = partial + b.words[i];
        carry = (partial < carry ? 1U : 0U) + (sum.words[i] < partial ? 1U : 0U);
    }
    return sum;
}

// A sixteenth of the length of the arc, the whole ring counting as 2^256.
Id sixteenth(const Arc& arc) {
    if (arc.from == arc.to) {
        return Id{}.plus_power_of_two(Id::kBits - 4);
    }
    Id length = arc.to.distance_from(arc.from);
    for (std::size_t i = 4; i-- > 0;) {
        length.words[i] = length.words[i] >> 4 | (i > 0 ? length.words[i - 1] << 60 : 0);
    }
    return length;
}

std::string big_endian(std::uint64_t value) {
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8) {
        bytes += static_cast<char>(static_cast<unsigned char>(value >> shift));
    }
    return bytes;
}

BytesView view(const std::array<std::uint8_t, Id::kBytes>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// One record's share of a fingerprint. The version names the value: no two writes ever carry the same one.
Id element(const Id& key, const Version& version) {
    return hash256({view(key.bytes()), big_endian(version.clock), big_endian(version.node)});
}

Fingerprint fingerprint(const Id& sum, std::uint32_t count) {
    const auto digest = hash256({view(sum.bytes()), big_endian(count)}).bytes();
    Fingerprint out{};
    std::copy(digest.begin(), digest.begin() + out.size(), out.begin());
    return out;
}

}  // namespace

std::vector<Arc> split(const Arc& arc) {
    const Id step = sixteenth(arc);
    if (step == Id{}) {
        return {arc};
    }
    std::vector<Arc> parts;
    Id from = arc.from;
    for (std::size_t i = 0; i + 1 < kSyncBucketsMax; ++i) {
        const Id to = plus(from, step);
        parts.push_back(Arc{from, to});
        from = to;
    }
    parts.push_back(Arc{from, arc.to});
    return parts;
}

Result<ArcSummary> summarize(Store& store, const Arc& arc, Time now) {
    const std::vector<Arc> parts = split(arc);
    ArcSummary summary;
    std::vector<Id> sums(parts.size());
    for (const Arc& part : parts) {
        summary.buckets.push_back(SyncBucket{part.to, 0, {}});
    }
    std::size_t part = 0;
    const Status scanned = store.scan(arc.from, arc.to, [&](const Id& key, const RecordHead& head) {
        if (head.expires <= now) {
            return true;
        }
        // Keys come clockwise, so the bucket only ever moves on.
        while (part + 1 < parts.size() && !in_open_closed(key, parts[part].from, parts[part].to)) {
            ++part;
        }
        sums[part] = plus(sums[part], element(key, head.version));
        ++summary.buckets[part].count;
        if (++summary.count <= kSyncItemsMax) {
            summary.items.push_back(SyncItem{key, head.version});
        }
        return true;
    });
    if (!scanned) {
        return scanned.error();
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        summary.buckets[i].fingerprint = fingerprint(sums[i], summary.buckets[i].count);
    }
    return summary;
}

Result<std::map<Id, Version>> versions_in(Store& store, const Arc& arc, Time now) {
    std::map<Id, Version> versions;
    const Status scanned = store.scan(arc.from, arc.to, [&](const Id& key, const RecordHead& head) {
        if (head.expires > now) {
            versions.emplace_hint(versions.end(), key, head.version);
        }
        return true;
    });
    if (!scanned) {
        return scanned.error();
    }
    return versions;
}

}  // namespace chord
