// Messages of every kind, random or as large as can be, for the tests of what carries them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "node/core/base/rng.hpp"
#include "node/core/message.hpp"

namespace chord::testing {

/// Rolls messages. Lifetimes are whole milliseconds from `now`, link-local addresses carry `scope`, so that the message
/// comes back equal from the wire.
class MessageDice {
public:
    MessageDice(Rng& rng, Time now, std::uint32_t scope) : rng_(rng), now_(now), scope_(scope) {}

    /// Every list full, every byte string at its limit, every address a scoped IPv6 one.
    bool largest = false;
    std::size_t key_bytes_max = 256;
    std::size_t value_bytes_max = 1400;

    Request request(std::size_t kind) { return of_kind<Request>(kind); }
    Response response(std::size_t kind) { return of_kind<Response>(kind); }
    Request any_request() { return request(rng_.below(std::variant_size_v<Request>)); }
    Response any_response() { return response(rng_.below(std::variant_size_v<Response>)); }

    Endpoint endpoint() {
        Endpoint made;
        made.port = static_cast<std::uint16_t>(1 + rng_.below(65535));
        const std::uint64_t family = largest ? 2 : rng_.below(3);
        for (std::uint8_t& byte : made.ip) byte = byte_of_dice();
        if (family == 0) {
            std::fill(made.ip.begin(), made.ip.begin() + 10, std::uint8_t{0});
            made.ip[10] = made.ip[11] = 0xff;
            made.ip[12] = static_cast<std::uint8_t>(1 + rng_.below(223));
        } else if (family == 1) {
            made.ip[0] = 0xfd;
        } else {
            made.ip[0] = 0xfe;
            made.ip[1] = 0x80;
            made.scope = scope_;
        }
        return made;
    }

    Id id() {
        Id made;
        for (std::uint64_t& word : made.words) word = rng_.next();
        return made;
    }

    Peer peer() { return {id(), endpoint()}; }
    Version version() { return {rng_.next() & kVersionClockMax, rng_.next()}; }

    Record record() {
        Record made;
        made.tombstone = coin() && !largest;
        made.key = bytes(key_bytes_max);
        if (!made.tombstone) made.value = bytes(value_bytes_max);
        made.version = version();
        made.base = {rng_.below(made.version.clock + 1), 0};
        if (largest || coin()) made.expires = now_ + lifetime();
        made.writer_uid = static_cast<std::uint32_t>(rng_.next());
        return made;
    }

private:
    bool coin() { return rng_.chance(1, 2); }
    std::uint8_t byte_of_dice() { return static_cast<std::uint8_t>(rng_.below(256)); }
    Duration lifetime() { return std::chrono::milliseconds(1 + rng_.below(1'000'000'000)); }
    std::size_t up_to(std::size_t max) { return largest ? max : rng_.below(max + 1); }

    Bytes bytes(std::size_t max) {
        Bytes made(up_to(max), '\0');
        for (char& c : made) c = static_cast<char>(byte_of_dice());
        return made;
    }

    template <typename Make>
    auto several(std::size_t max, Make make) {
        std::vector<decltype(make())> made;
        for (std::size_t n = up_to(max); n > 0; --n) made.push_back(make());
        return made;
    }

    std::vector<Peer> peers(std::size_t max) {
        return several(max, [this] { return peer(); });
    }

    std::optional<Peer> perhaps_peer() { return largest || coin() ? std::optional(peer()) : std::nullopt; }

    void fill(Ping&) {}
    void fill(StateQuery& m) {
        m.seen = rng_.next();
        if (largest || coin()) m.notify = Notify{coin()};
    }
    void fill(Notify& m) { m.holds_its_arc = coin(); }
    void fill(Nudge&) {}
    void fill(Step& m) {
        m.target = id();
        m.wanted = static_cast<std::uint8_t>(rng_.below(256));
    }
    void fill(LeaveNotice& m) { m = {perhaps_peer(), peers(kSuccessorsMax)}; }
    void fill(Hint& m) { m = {peer(), byte_of_dice()}; }
    void fill(Read& m) { m.key = id(); }
    void fill(Write& m) {
        m.tombstone = coin() && !largest;
        m.key = bytes(key_bytes_max);
        if (!m.tombstone) m.value = bytes(value_bytes_max);
        if (!m.tombstone && (largest || coin())) m.ttl = lifetime();
        m.condition = static_cast<Condition>(rng_.below(5));
        if (m.condition == Condition::if_equal) m.expected_value = id();
        if (m.condition == Condition::if_version) m.expected_version = version();
        m.level = static_cast<Level>(rng_.below(4));
        m.operation = rng_.next();
        m.repeated = m.operation != 0 && coin();
        m.writer_uid = static_cast<std::uint32_t>(rng_.next());
    }
    void fill(Replicate& m) {
        m.record = record();
        m.operation = largest || coin() ? 1 + rng_.below(1U << 30) : 0;
        m.existed = m.operation != 0 && coin();
    }
    KeyState key_state() { return {version(), coin()}; }
    void fill(Watch& m) {
        m.items = several(kWatchItemsMax, [this] {
            return WatchItem{id(), largest || coin() ? std::optional(key_state()) : std::nullopt};
        });
    }
    void fill(Changed& m) {
        m = {id(), static_cast<ChangeKind>(rng_.below(3)), version(), key_state(), coin(), {}};
        if (m.kind == ChangeKind::set) m.value = bytes(value_bytes_max);
    }
    void fill(WatchReply& m) {
        m.items = several(kWatchItemsMax, [this] {
            return Watching{static_cast<WatchStatus>(rng_.below(3)), key_state()};
        });
    }
    void fill(HeadQuery& m) { m = {id(), rng_.next(), coin()}; }
    void fill(HeadReply& m) {
        m.complete = coin();
        if (largest || coin()) m.version = version();
        if (largest || coin()) m.outcome = WriteOutcome{version(), coin()};
    }
    void fill(Fetch& m) { m.key = id(); }
    void fill(SyncQuery& m) { m = {id(), id()}; }
    void fill(OwnerQuery& m) { m.target = id(); }
    void fill(Witness& m) {
        m.peer = peer();
        if (largest || coin()) m.notify = Notify{coin()};
    }
    void fill(Vouch& m) { m = {peer(), Notify{coin()}}; }

    void fill(FingersQuery&) {}
    void fill(AlsoAt& m) {
        m.addresses = several(kAlsoAtMax, [this] { return endpoint(); });
    }

    void fill(Ack&) {}
    void fill(Refusal& m) { m = {error_from_wire(static_cast<std::uint8_t>(rng_.below(20))), peers(kKnownMax)}; }
    void fill(StateReply& m) {
        m.predecessor = perhaps_peer();
        m.successors = peers(kSuccessorsMax);
        m.known = peers(std::min(kKnownMax, kReplyPeersMax - m.successors.size()));
    }
    void fill(StateSame&) {}
    void fill(FingersReply& m) { m.fingers = peers(kReplyPeersMax); }
    void fill(OwnerReply& m) { m = {coin(), perhaps_peer()}; }
    void fill(StepReply& m) {
        if (largest || coin()) {
            m.successors = peers(kSuccessorsMax);
            m.found = !m.successors.empty() && coin();
            return;
        }
        m.candidates = several(kCandidatesMax, [this] {
            return Candidate{peer(), RouteSource{static_cast<std::uint16_t>(rng_.next())}};
        });
    }
    void fill(ReadReply& m) {
        m.complete = coin();
        if (largest || coin()) m.record = record();
    }
    void fill(WriteReply& m) { m = {version(), coin(), byte_of_dice(), byte_of_dice()}; }
    void fill(ReplicateReply& m) { m.version = version(); }
    void fill(SyncReply& m) {
        m.complete = coin();
        m.place = SyncPlace{static_cast<std::uint8_t>(rng_.below(3))};
        if (largest || coin()) {
            m.buckets = several(kSyncBucketsMax, [this] {
                SyncBucket bucket{id(), static_cast<std::uint32_t>(rng_.next()), {}};
                for (std::uint8_t& byte : bucket.fingerprint) byte = byte_of_dice();
                return bucket;
            });
        } else {
            m.items = several(kSyncItemsMax, [this] { return SyncItem{id(), version()}; });
        }
    }

    template <typename Message, std::size_t kIndex = 0>
    Message of_kind(std::size_t kind) {
        if constexpr (kIndex + 1 < std::variant_size_v<Message>) {
            if (kind != kIndex) return of_kind<Message, kIndex + 1>(kind);
        }
        std::variant_alternative_t<kIndex, Message> made;
        fill(made);
        return made;
    }

    Rng& rng_;
    Time now_;
    std::uint32_t scope_;
};

}  // namespace chord::testing
