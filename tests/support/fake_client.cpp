#include "tests/support/fake_client.hpp"

#include <utility>

#include "node/core/base/hash.hpp"

namespace chord::testing {

void FakeClient::begin(std::function<void()> operation) {
    if (hold) {
        held_.push_back(std::move(operation));
    } else {
        operation();
    }
}

void FakeClient::end_first() {
    const auto operation = std::move(held_.front());
    held_.pop_front();
    operation();
}

void FakeClient::end_last() {
    const auto operation = std::move(held_.back());
    held_.pop_back();
    operation();
}

Result<std::optional<Record>> FakeClient::found(const Bytes& key) const {
    if (const auto failure = failing.find(key); failure != failing.end()) return failure->second;
    const auto place = records.find(key);
    if (place == records.end() || place->second.expires <= time) return std::optional<Record>{};
    return std::optional(place->second);
}

Result<WriteReply> FakeClient::written(const Write& write) {
    const auto before = found(write.key);
    if (!before) return before.error();
    const bool existed = before->has_value();
    const Version standing = existed ? (*before)->version : Version{};
    if ((write.condition == Condition::if_absent && existed) ||
        (write.condition == Condition::if_present && !existed) ||
        (write.condition == Condition::if_equal && !(existed && hash256({(*before)->value}) == write.expected_value)) ||
        (write.condition == Condition::if_version && standing != write.expected_version)) {
        return Error::condition_failed;
    }
    const Version version{++clock_, 7};
    if (write.tombstone) {
        records.erase(write.key);
    } else {
        const Time expires = write.ttl ? time + *write.ttl : kNever;
        records[write.key] = Record{write.key, write.value, version, expires, write.writer_uid, false, {}};
    }
    return WriteReply{version, existed, 2, 3};
}

void FakeClient::read(BytesView key, const ReadOptions& options, Callback<Found> done) {
    reads.push_back(options);
    begin([this, key = Bytes(key), done = std::move(done)] {
        Result<std::optional<Record>> record = found(key);
        done(record ? Result<Found>(Found{std::move(*record), shown.self, 2, 3}) : record.error());
    });
}

void FakeClient::write(Write write, Callback<WriteReply> done) {
    writes.push_back(write);
    begin([this, write = std::move(write), done = std::move(done)] { done(written(write)); });
}

void FakeClient::await_copies(BytesView key, const Version& version, std::size_t wanted, Duration patience,
                              Callback<std::size_t> done) {
    awaited.push_back({Bytes(key), version, wanted, patience});
    begin([this, done = std::move(done)] { done(copies); });
}

Result<WatchId> FakeClient::watch(BytesView key, const std::optional<Version>& from, WatchListener listener) {
    const auto id = static_cast<WatchId>(++clock_);
    watches.emplace(id, Watched{Bytes(key), from, std::move(listener)});
    return id;
}

void FakeClient::lookup(const Id&, Callback<LookupTrace> done) {
    begin([this, done = std::move(done)] { done(trace); });
}

void FakeClient::leave(Callback<Success> done) {
    left = true;
    begin([done = std::move(done)] { done(Success{}); });
}

void FakeClient::walk(std::size_t count, Callback<std::vector<WalkedNode>> done) {
    walk_count = count;
    begin([this, done = std::move(done)] { done(walked); });
}

Peer test_peer(std::uint8_t first_byte) {
    Peer peer;
    peer.id.words[0] = std::uint64_t{first_byte} << 56;
    peer.address.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, first_byte};
    peer.address.port = 7400;
    return peer;
}

}  // namespace chord::testing
