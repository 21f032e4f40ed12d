// FakeClient: a Client over a std::map, for tests of node/api. Operations end at once, or when and in the order that
// the test says.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "node/core/client.hpp"

namespace chord::testing {

class FakeClient : public Client {
public:
    void read(BytesView key, const ReadOptions& options, Callback<Found> done) override;
    void write(Write write, Callback<WriteReply> done) override;
    void await_copies(BytesView key, const Version& version, std::size_t wanted, Duration patience,
                      Callback<std::size_t> done) override;
    Result<WatchId> watch(BytesView key, const std::optional<Version>& from, WatchListener listener) override;
    void unwatch(WatchId id) override { watches.erase(id); }
    void lookup(const Id& target, Callback<LookupTrace> done) override;
    void leave(Callback<Success> done) override;
    void walk(std::size_t count, Callback<std::vector<WalkedNode>> done) override;
    NodeView view() const override { return shown; }
    std::vector<Conflict> conflicts() const override { return lost; }
    Time now() const override { return time; }

    /// Ends the operation that began first, or last, of those held back. REQUIRES: held.
    void end_first();
    void end_last();
    std::size_t held_back() const { return held_.size(); }

    std::map<Bytes, Record> records;
    std::map<Bytes, Error> failing;  // operations on these keys fail
    std::vector<Write> writes;       // as they began
    std::vector<ReadOptions> reads;  // likewise
    struct Awaited {
        Bytes key;
        Version version;
        std::size_t wanted = 0;
        Duration patience{};
    };
    std::vector<Awaited> awaited;
    struct Watched {
        Bytes key;
        std::optional<Version> from;
        WatchListener listener;
    };
    std::map<WatchId, Watched> watches;
    std::size_t copies = 2;  // what await_copies() finds
    bool hold = false;       // operations wait for end_first() or end_last()
    Time time{};
    NodeView shown;
    Result<LookupTrace> trace = LookupTrace{};
    Result<std::vector<WalkedNode>> walked = std::vector<WalkedNode>{};
    std::size_t walk_count = 0;  // that was asked for last
    std::vector<Conflict> lost;
    bool left = false;

private:
    void begin(std::function<void()> operation);
    Result<std::optional<Record>> found(const Bytes& key) const;
    Result<WriteReply> written(const Write& write);

    std::deque<std::function<void()>> held_;
    std::uint64_t clock_ = 0;
};

/// A peer whose id begins with `first_byte` and is zero otherwise, at 10.0.0.`first_byte` port 7400.
Peer test_peer(std::uint8_t first_byte);

}  // namespace chord::testing
