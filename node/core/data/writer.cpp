#include "node/core/data/writer.hpp"

#include <algorithm>

#include "node/core/base/hash.hpp"

namespace chord {

namespace {

constexpr int kVersionTries = 3;

struct Count {
    explicit Count(std::size_t& counter) : counter_(counter) { ++counter_; }
    ~Count() { --counter_; }
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;
    std::size_t& counter_;
};

bool holds(Condition condition, bool existed) {
    switch (condition) {
        case Condition::always: return true;
        case Condition::if_absent: return !existed;
        case Condition::if_present: return existed;
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

std::size_t Writer::quorum() const {
    return std::min<std::size_t>(context_.options.write_quorum,
                                 std::max<std::uint64_t>(1, context_.ring_size_confirmed));
}

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
    if (context_.ring.successors().size() + 1 < quorum()) {
        done(Error::no_quorum);  // whatever is there now; a ring that lost its majority may not know that either
        co_return;
    }
    Result<Reader::Standing> present = co_await reader_.standing(key);
    if (!present && present.error() == Error::try_again && write.condition == Condition::always && !write.tombstone) {
        present = Reader::Standing{};  // what was there does not matter; a replica that has it newer will say so
    }
    if (!present) {
        done(present.error());
        co_return;
    }
    WriteReply reply;
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
            if (!holds(write.condition, reply.existed)) {
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
        const std::optional<Version> newer = co_await store_and_send(std::move(record), reply, done);
        if (!newer) {
            co_return;
        }
        keeper_.mark_dirty();
        if (write.condition != Condition::always) {
            break;  // decided on what was not the latest: the asker must look again
        }
        records_.witness(*newer);
        *present = Reader::Standing{};  // something newer stands, and only its version is known
    }
    done(Error::try_again);
}

// Returns nothing when `done` was called, or the version of a newer write that a replica holds.
Task<std::optional<Version>> Writer::store_and_send(Record record, WriteReply reply, Done& done) {
    const std::vector<Peer>& successors = context_.ring.successors();
    const std::size_t replicas = std::min(successors.size(), context_.options.replicas - 1);
    const std::size_t needed = quorum();
    if (replicas + 1 < needed) {
        done(Error::no_quorum);
        co_return std::nullopt;
    }
    reply.version = record.version;
    reply.holders = static_cast<std::uint8_t>(replicas + 1);
    Gather holders(context_.calls, context_.durability);
    const Records::Merged merged = records_.merge(key_id(record.key), record);
    if (merged.version != record.version) {
        co_return merged.version;
    }
    holders.start_durable(merged.ticket);
    for (std::size_t i = 0; i < replicas; ++i) {
        holders.start(successors[i], Replicate{record});
    }
    std::optional<Error> own_error;
    bool own_durable = false;
    bool answered = false;
    while (holders.outstanding() > 0) {
        std::optional<Gather::Outcome> outcome = co_await holders.next();
        if (outcome->index == 0) {
            own_durable = outcome->answer.has_value();
            own_error = own_durable ? std::nullopt : std::optional(outcome->answer.error());
            reply.copies = static_cast<std::uint8_t>(reply.copies + (own_durable ? 1 : 0));
        } else {
            const Result<ReplicateReply> replica = expect<ReplicateReply>(std::move(outcome->answer));
            if (!replica) {
                keeper_.mark_dirty();
                on_silent_replica_();
            } else if (replica->version > record.version) {
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
        if (!answered && own_durable && reply.copies >= needed) {
            answered = true;
            done(reply);
        }
    }
    if (!answered) {
        done(Error::no_quorum);
    }
    co_return std::nullopt;
}

Task<void> Writer::replicate(Record record, std::function<void(Response)> reply) {
    if (under_way_ >= kWritesMax) {
        reply(Refusal{Error::overloaded, {}});
        co_return;
    }
    const Count counted(under_way_);
    const Id key = key_id(record.key);
    const Records::Merged merged = records_.merge(key, record);
    if (merged.news && context_.ring.owns(key)) {
        keeper_.mark_dirty();  // a stray or a latecomer: the owner sees to the other copies
    }
    Gather durable(context_.calls, context_.durability);
    durable.start_durable(merged.ticket);
    const std::optional<Gather::Outcome> outcome = co_await durable.next();
    if (outcome->answer) {
        reply(ReplicateReply{merged.version});
    } else {
        reply(Refusal{outcome->answer.error(), {}});
    }
}

}  // namespace chord
