#include "node/core/data/writer.hpp"

#include <algorithm>

#include "node/core/base/hash.hpp"
#include "node/core/data/level.hpp"

namespace chord {

namespace {

constexpr int kVersionTries = 3;
constexpr Duration kRecallPatience = std::chrono::seconds(1);

struct Count {
    explicit Count(std::size_t& counter) : counter_(counter) { ++counter_; }
    ~Count() { --counter_; }
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;
    std::size_t& counter_;
};

// `live`: what stands under the key, unless that is a tombstone.
bool is_met(const Write& write, const Record* live) {
    switch (write.condition) {
        case Condition::always: return true;
        case Condition::if_absent: return live == nullptr;
        case Condition::if_present: return live != nullptr;
        case Condition::if_equal: return live != nullptr && hash256({live->value}) == write.expected_value;
        case Condition::if_version: return (live != nullptr ? live->version : Version{}) == write.expected_version;
    }
    return false;
}

// What a write that gets `version` descends from. Within one owner's sequence the base stays: the owner has seen
// nothing of others meanwhile. An owner that does not know what stands claims all that is below (conflict_log.hpp).
Version base_of(const Reader::Standing& before, const Version& version) {
    if (!before.certain) {
        return version;
    }
    if (!before.record) {
        return Version{};
    }
    return before.record->version.node == version.node ? before.record->base : before.record->version;
}

}  // namespace

Task<void> Writer::write(Write write, Done done) {
    if (under_way_ >= kWritesMax) {
        done(Error::overloaded);
        co_return;
    }
    const Count counted(under_way_);
    if (write.key.size() > kKeyBytesMax || write.value.size() > context_.options.value_bytes_max) {
        done(Error::too_big);
        co_return;
    }
    const Id key = key_id(write.key);
    Sending sending{.needed = holders_needed(context_, write.level, context_.options.write_quorum),
                    .operation = write.operation,
                    .reply = {}};
    if (context_.ring.successors().size() + 1 < sending.needed) {
        done(Error::no_quorum);  // whatever is there now; a ring that lost its majority may not know that either
        co_return;
    }
    if (write.repeated) {
        if (const std::optional<WriteOutcome> earlier = co_await recall(key, write.operation)) {
            sending.reply.version = earlier->version;
            sending.reply.existed = earlier->existed;
            co_await confirm(key, sending, done);
            co_return;
        }
    }
    Result<Reader::Standing> present = co_await reader_.standing(key);
    if (!present && present.error() == Error::try_again && write.condition == Condition::always && !write.tombstone) {
        present = Reader::Standing{};  // what was there does not matter; a replica that has it newer will say so
    }
    if (!present) {
        done(present.error());
        co_return;
    }
    WriteReply& reply = sending.reply;
    for (int attempt = 0; attempt < kVersionTries; ++attempt) {
        // A predecessor may have taken the key over while others were asked, or be unknown: then it is not this node's
        // yet.
        const bool place_known = context_.ring.predecessor() || context_.ring.alone() || keeper_.complete(key);
        if (!context_.ring.owns(key) || !place_known) {
            done(Error::not_owner);
            co_return;
        }
        // The answer above may be older than what has been written here while it was on its way.
        const Result<std::optional<Record>> here = records_.find(key);
        std::optional<Record>& standing = present->record;
        if (here && *here && (!standing || standing->version < (*here)->version)) {
            standing = *here;
        }
        if (attempt == 0) {
            reply.existed = standing && !standing->tombstone;
            if (!is_met(write, reply.existed ? &*standing : nullptr)) {
                done(Error::condition_failed);
                co_return;
            }
            if (write.tombstone && !reply.existed) {
                done(reply);  // nothing to delete
                co_return;
            }
        }
        Record record;
        record.key = write.key;
        record.value = write.value;
        record.version = records_.next_version(standing ? standing->version : Version{});
        if (standing && record.version <= standing->version) {
            break;  // a version at the very end of the clock: nothing can be written above it
        }
        record.base = base_of(*present, record.version);
        record.writer_uid = write.writer_uid;
        record.tombstone = write.tombstone;
        if (write.tombstone) {
            record.expires = context_.now() + Records::kTombstoneGrace;
        } else if (write.ttl) {
            record.expires = context_.now() + *write.ttl;
        }
        reply.version = record.version;
        const std::optional<Version> newer = co_await store_and_send(std::move(record), sending, done);
        if (!newer) {
            co_return;
        }
        keeper_.mark_dirty();
        if (write.condition != Condition::always) {
            records_.operations().forget(write.operation);
            break;  // decided on what was not the latest: the asker must look again
        }
        records_.witness(*newer);
        *present = Reader::Standing{};  // something newer stands, and only its version is known
    }
    done(Error::try_again);
}

// What has become of the operation at this node, or at one of those that were the replicas of the owner before it. The
// record of an outcome that only another knew is here then.
Task<std::optional<WriteOutcome>> Writer::recall(Id key, OperationId operation) {
    std::optional<WriteOutcome> known = records_.operations().find(operation, context_.now());
    std::vector<Peer> asked = context_.ring.successors();
    asked.resize(std::min(asked.size(), context_.options.replicas - 1));
    Gather heads(context_.calls, context_.durability);
    for (const Peer& peer : asked) {
        heads.start(peer, HeadQuery{key, operation});
    }
    const Time until = context_.now() + kRecallPatience;
    while (!known && heads.outstanding() > 0) {
        std::optional<Gather::Outcome> ended = co_await heads.next_until(until);
        if (!ended) {
            break;  // whoever is silent and alone in knowing of it is one loss too many beside the former owner
        }
        const Peer peer = asked[ended->index];
        const Result<HeadReply> head = expect<HeadReply>(std::move(ended->answer));
        if (!head || !head->outcome) {
            continue;
        }
        const Result<ReadReply> read = co_await context_.calls.ask<ReadReply>(peer, Fetch{key});
        if (read && read->record && key_id(read->record->key) == key) {
            records_.merge(key, *read->record);
            known = head->outcome;
        }
    }
    co_return known;
}

// The write took place before. All that is left is to have it, or what was written over it, where it must be.
Task<void> Writer::confirm(Id key, Sending sending, Done& done) {
    const Result<std::optional<Record>> held = records_.find(key);
    if (!held || !context_.ring.owns(key)) {
        done(held ? Error::not_owner : held.error());
        co_return;
    }
    if (!*held) {
        done(sending.reply);  // it has expired since
        co_return;
    }
    if ((*held)->version < sending.reply.version) {
        done(Error::try_again);
        co_return;
    }
    if ((*held)->version != sending.reply.version) {
        sending.operation = 0;
    }
    if (co_await store_and_send(**held, sending, done)) {
        done(Error::try_again);
    }
}

// A later write of this very node may have overtaken an earlier one on its way to a replica: nothing that is news.
bool Writer::holds(const Id& key, const Version& version) {
    const Result<std::optional<Record>> held = records_.find(key);
    return held && *held && !((*held)->version < version);
}

// Returns nothing when `done` was called, or the version of a newer write that a replica holds.
Task<std::optional<Version>> Writer::store_and_send(Record record, Sending sending, Done& done) {
    const std::vector<Peer>& successors = context_.ring.successors();
    const std::size_t replicas = std::min(successors.size(), context_.options.replicas - 1);
    WriteReply& reply = sending.reply;
    if (replicas + 1 < sending.needed) {
        done(Error::no_quorum);
        co_return std::nullopt;
    }
    reply.holders = static_cast<std::uint8_t>(replicas + 1);
    Gather holders(context_.calls, context_.durability);
    const Records::Merged merged = records_.merge(key_id(record.key), record);
    if (merged.version != record.version) {
        co_return merged.version;
    }
    records_.operations().note(sending.operation, WriteOutcome{record.version, reply.existed}, context_.now());
    holders.start_durable(merged.ticket);
    for (std::size_t i = 0; i < replicas; ++i) {
        holders.start(successors[i], Replicate{record, sending.operation, sending.operation != 0 && reply.existed});
    }
    std::optional<Error> own_error;
    bool own_durable = false;
    bool answered = false;
    while (holders.outstanding() > 0) {
        std::optional<Gather::Outcome> outcome = co_await holders.next();
        if (outcome->index == 0) {
            own_durable = outcome->answer.has_value();
            own_error = own_durable ? std::nullopt : std::optional(outcome->answer.error());
            if (own_error) {
                records_.operations().forget(sending.operation);
            }
            reply.copies = static_cast<std::uint8_t>(reply.copies + (own_durable ? 1 : 0));
        } else {
            const Result<ReplicateReply> replica = expect<ReplicateReply>(std::move(outcome->answer));
            if (!replica) {
                keeper_.mark_dirty();
                on_silent_replica_();
            } else if (replica->version > record.version && !holds(key_id(record.key), replica->version)) {
                if (!answered) {
                    co_return replica->version;
                }
                keeper_.mark_dirty();
            } else {
                ++reply.copies;
            }
        }
        if (!answered && own_error) {
            answered = true;
            done(*own_error);
        }
        if (!answered && own_durable && reply.copies >= sending.needed) {
            answered = true;
            done(reply);
        }
    }
    if (!answered) {
        done(Error::no_quorum);
    }
    co_return std::nullopt;
}

Task<void> Writer::replicate(Replicate replicate, std::function<void(Response)> reply) {
    if (under_way_ >= kWritesMax) {
        reply(Refusal{Error::overloaded, {}});
        co_return;
    }
    const Count counted(under_way_);
    const Record& record = replicate.record;
    const Id key = key_id(record.key);
    const Records::Merged merged = records_.merge(key, record);
    if (merged.version == record.version) {
        records_.operations().note(replicate.operation, WriteOutcome{record.version, replicate.existed},
                                   context_.now());
    }
    if (merged.news && context_.ring.owns(key)) {
        keeper_.mark_dirty();  // a stray or a latecomer: the owner sees to the other copies
    }
    Gather durable(context_.calls, context_.durability);
    durable.start_durable(merged.ticket);
    const std::optional<Gather::Outcome> outcome = co_await durable.next();
    if (outcome->answer) {
        reply(ReplicateReply{merged.version});
    } else {
        records_.operations().forget(replicate.operation);
        reply(Refusal{outcome->answer.error(), {}});
    }
}

}  // namespace chord
