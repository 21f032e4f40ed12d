// The responses on the wire: one row for the tag, one layout for the fields.
#include "net/codec_elements.hpp"

namespace chord::net {

template <>
inline constexpr std::uint8_t kTag<Ack> = 1;
template <>
inline constexpr std::uint8_t kTag<Refusal> = 2;
template <>
inline constexpr std::uint8_t kTag<StateReply> = 3;
template <>
inline constexpr std::uint8_t kTag<StepReply> = 4;
template <>
inline constexpr std::uint8_t kTag<ReadReply> = 5;
template <>
inline constexpr std::uint8_t kTag<WriteReply> = 6;
template <>
inline constexpr std::uint8_t kTag<ReplicateReply> = 7;
template <>
inline constexpr std::uint8_t kTag<SyncReply> = 8;
template <>
inline constexpr std::uint8_t kTag<StateSame> = 9;
template <>
inline constexpr std::uint8_t kTag<OwnerReply> = 10;
template <>
inline constexpr std::uint8_t kTag<FingersReply> = 11;
template <>
inline constexpr std::uint8_t kTag<HeadReply> = 12;
template <>
inline constexpr std::uint8_t kTag<WatchReply> = 14;

void layout(auto&, Is<Ack> auto&) {}
void layout(auto&, Is<StateSame> auto&) {}

void layout(auto& codec, Is<Refusal> auto& refusal) {
    codec.error(refusal.error);
    codec.list(refusal.known, kKnownMax);
}

void layout(auto& codec, Is<StateReply> auto& state) {
    codec.optional(state.predecessor);
    codec.list(state.successors, kSuccessorsMax);
    codec.list(state.known, kKnownMax);
    codec.require(state.successors.size() + state.known.size() <= kReplyPeersMax);
}

void layout(auto& codec, Is<Candidate> auto& candidate) {
    layout(codec, candidate.peer);
    codec.route_source(candidate.source);
}

void layout(auto& codec, Is<StepReply> auto& step) {
    codec.boolean(step.found);
    codec.list(step.successors, kSuccessorsMax);
    codec.list(step.candidates, kCandidatesMax);
    codec.require(!step.found || !step.successors.empty());
    codec.require(step.successors.empty() || step.candidates.empty());
}

void layout(auto& codec, Is<OwnerReply> auto& reply) {
    codec.boolean(reply.owner);
    codec.optional(reply.predecessor);
}

void layout(auto& codec, Is<FingersReply> auto& reply) {
    codec.list(reply.fingers, kReplyPeersMax);
}

void layout(auto& codec, Is<ReadReply> auto& read) {
    codec.boolean(read.complete);
    codec.optional(read.record);
}

void layout(auto& codec, Is<WriteReply> auto& write) {
    layout(codec, write.version);
    codec.boolean(write.existed);
    codec.u8(write.copies);
    codec.u8(write.holders);
}

void layout(auto& codec, Is<ReplicateReply> auto& replicate) {
    layout(codec, replicate.version);
}

void layout(auto& codec, Is<WriteOutcome> auto& outcome) {
    layout(codec, outcome.version);
    codec.boolean(outcome.existed);
}

void layout(auto& codec, Is<HeadReply> auto& head) {
    codec.boolean(head.complete);
    codec.optional(head.version);
    codec.optional(head.outcome);
}

void layout(auto& codec, Is<Watching> auto& watching) {
    codec.choice(watching.status, WatchStatus::begun);
    layout(codec, watching.state);
}

void layout(auto& codec, Is<WatchReply> auto& reply) {
    codec.list(reply.items, kWatchItemsMax);
}

void layout(auto& codec, Is<SyncBucket> auto& bucket) {
    codec.id(bucket.to);
    codec.u32(bucket.count);
    codec.raw(bucket.fingerprint);
}

void layout(auto& codec, Is<SyncItem> auto& item) {
    codec.id(item.key);
    layout(codec, item.version);
}

/// Buckets or items: both together would not fit into a datagram.
void layout(auto& codec, Is<SyncReply> auto& sync) {
    codec.boolean(sync.complete);
    codec.choice(sync.place, SyncPlace::successor);
    codec.list(sync.buckets, kSyncBucketsMax);
    codec.list(sync.items, kSyncItemsMax);
    codec.require(sync.buckets.empty() || sync.items.empty());
}

std::vector<std::uint8_t> encode(const Response& response, const Departure& departure) {
    return encode_body(response, departure);
}

Result<Response> decode_response(std::span<const std::uint8_t> body, const Arrival& arrival) {
    Response response;
    const Status status = decode_body(body, arrival, response);
    if (!status) return status.error();
    return response;
}

}  // namespace chord::net
