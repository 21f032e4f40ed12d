// The requests on the wire: one row for the tag, one layout for the fields.
#include "net/codec_elements.hpp"

namespace chord::net {

template <>
inline constexpr std::uint8_t kTag<Ping> = 1;
template <>
inline constexpr std::uint8_t kTag<StateQuery> = 2;
template <>
inline constexpr std::uint8_t kTag<Notify> = 3;
template <>
inline constexpr std::uint8_t kTag<Nudge> = 4;
template <>
inline constexpr std::uint8_t kTag<Step> = 5;
template <>
inline constexpr std::uint8_t kTag<LeaveNotice> = 6;
template <>
inline constexpr std::uint8_t kTag<Hint> = 7;
template <>
inline constexpr std::uint8_t kTag<Read> = 8;
template <>
inline constexpr std::uint8_t kTag<Write> = 9;
template <>
inline constexpr std::uint8_t kTag<Replicate> = 10;
template <>
inline constexpr std::uint8_t kTag<Fetch> = 11;
template <>
inline constexpr std::uint8_t kTag<SyncQuery> = 12;
template <>
inline constexpr std::uint8_t kTag<OwnerQuery> = 13;
template <>
inline constexpr std::uint8_t kTag<Witness> = 14;
template <>
inline constexpr std::uint8_t kTag<Vouch> = 15;
template <>
inline constexpr std::uint8_t kTag<FingersQuery> = 16;
template <>
inline constexpr std::uint8_t kTag<AlsoAt> = 18;
template <>
inline constexpr std::uint8_t kTag<HeadQuery> = 19;
template <>
inline constexpr std::uint8_t kTag<Watch> = 21;
template <>
inline constexpr std::uint8_t kTag<Changed> = 22;

void layout(auto&, Is<Ping> auto&) {}
void layout(auto&, Is<Nudge> auto&) {}
void layout(auto&, Is<FingersQuery> auto&) {}

void layout(auto& codec, Is<Notify> auto& notify) {
    codec.boolean(notify.holds_its_arc);
}

void layout(auto& codec, Is<StateQuery> auto& query) {
    codec.u64(query.seen);
    codec.optional(query.notify);
}

void layout(auto& codec, Is<Step> auto& step) {
    codec.id(step.target);
    codec.u8(step.wanted);
}

void layout(auto& codec, Is<LeaveNotice> auto& notice) {
    codec.optional(notice.predecessor);
    codec.list(notice.successors, kSuccessorsMax);
}

void layout(auto& codec, Is<Hint> auto& hint) {
    layout(codec, hint.candidate);
    codec.u8(hint.hops_left);
}

void layout(auto& codec, Is<Read> auto& read) {
    codec.id(read.key);
}

void layout(auto& codec, Is<Write> auto& write) {
    codec.lifetime(write.ttl);
    codec.u32(write.writer_uid);
    codec.choice(write.condition, Condition::if_version);
    if (write.condition == Condition::if_equal) codec.id(write.expected_value);
    if (write.condition == Condition::if_version) layout(codec, write.expected_version);
    codec.boolean(write.tombstone);
    codec.choice(write.level, Level::all);
    codec.u64(write.operation);
    codec.boolean(write.repeated);
    codec.require(!write.repeated || write.operation != 0);
    codec.key(write.key);
    codec.value(write.value);
    codec.require(!write.tombstone || (write.value.empty() && !write.ttl));
}

void layout(auto& codec, Is<Replicate> auto& replicate) {
    codec.u64(replicate.operation);
    codec.boolean(replicate.existed);
    codec.require(replicate.operation != 0 || !replicate.existed);
    layout(codec, replicate.record);
}

void layout(auto& codec, Is<HeadQuery> auto& query) {
    codec.id(query.key);
    codec.u64(query.operation);
    codec.boolean(query.durable);
}

void layout(auto& codec, Is<Fetch> auto& fetch) {
    codec.id(fetch.key);
}

void layout(auto& codec, Is<SyncQuery> auto& query) {
    codec.id(query.from);
    codec.id(query.to);
}

void layout(auto& codec, Is<OwnerQuery> auto& query) {
    codec.id(query.target);
}

void layout(auto& codec, Is<Witness> auto& witness) {
    layout(codec, witness.peer);
    codec.optional(witness.notify);
}

void layout(auto& codec, Is<Vouch> auto& vouch) {
    layout(codec, vouch.notifier);
    layout(codec, vouch.notify);
}

void layout(auto& codec, Is<AlsoAt> auto& also_at) {
    codec.list(also_at.addresses, kAlsoAtMax);
}

void layout(auto& codec, Is<WatchItem> auto& item) {
    codec.id(item.key);
    codec.optional(item.seen);
}

void layout(auto& codec, Is<Watch> auto& watch) {
    codec.list(watch.items, kWatchItemsMax);
}

void layout(auto& codec, Is<Changed> auto& changed) {
    codec.id(changed.key);
    codec.choice(changed.kind, ChangeKind::expired);
    layout(codec, changed.version);
    layout(codec, changed.before);
    codec.boolean(changed.gap);
    codec.value(changed.value);
    codec.require(changed.kind == ChangeKind::set || changed.value.empty());
}

std::vector<std::uint8_t> encode(const Request& request, const Departure& departure) {
    return encode_body(request, departure);
}

Result<Request> decode_request(std::span<const std::uint8_t> body, const Arrival& arrival) {
    Request request;
    const Status status = decode_body(body, arrival, request);
    if (!status) return status.error();
    return request;
}

}  // namespace chord::net
