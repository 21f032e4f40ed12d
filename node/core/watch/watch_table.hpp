// WatchTable: at a key's owner, who wants to be told what becomes of the key, and the telling.
//
// A change is told once it is on this node's disk. Changes to one key are told to one watcher one after the other, each
// with the state that it took the place of, so that the watcher knows whether it has missed any. The latest few are
// kept for slow watchers; whoever falls further behind is told what stands now, as a gap.
//
// Invariants
//  1. A watcher is told nothing twice and nothing older than what it has confirmed, and at last what stands.
//  2. At most kWatchersMax watchers; kRecentMax changes of a key and kRecentBytesMax of values are kept.
//  3. A watcher that has not come back for kLease is forgotten. It may be told of changes by an owner that has lost the
//     key since; it takes them only from the one that it asked last.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "node/core/context.hpp"

namespace chord {

/// What a record, or none, is to a watcher.
KeyState state_of(const std::optional<Record>& record, Time now);

class WatchTable {
public:
    static constexpr Duration kLease = std::chrono::seconds(15);
    static constexpr std::size_t kWatchersMax = 16384;
    static constexpr std::size_t kRecentMax = 16;
    static constexpr std::size_t kRecentBytesMax = 4 * 1024 * 1024;

    /// `find` reads a key here; `answers_for` says whether this node may tell what stands under it; `here` takes what
    /// is told to this node itself, and answers as a peer would.
    WatchTable(Context& context, std::function<Result<std::optional<Record>>(const Id&)> find,
               std::function<bool(const Id&)> answers_for, std::function<Response(const Peer&, const Changed&)> here)
        : context_(context),
          find_(std::move(find)),
          answers_for_(std::move(answers_for)),
          here_(std::move(here)),
          wake_(context.scheduler) {}

    /// Goes on for the life of the node: tells of what expires, and forgets who does not come back.
    Task<void> run();

    WatchReply on_watch(const Peer& watcher, const Watch& watch);

    /// `record` stands under the key now, and is on disk when `ticket` is.
    void on_stored(const Id& key, const Record& record, Ticket ticket);

    std::size_t watchers() const { return watchers_; }

private:
    struct Change {
        Changed told;  // its value apart
        std::shared_ptr<const Bytes> value;
        bool durable = false;
    };
    struct Watcher {
        Peer peer;
        KeyState state;  // what it has confirmed
        Time until{};
        bool telling = false;
    };
    struct Watched {
        std::vector<Watcher> watchers;
        std::deque<Change> recent;
        KeyState state;  // what stands, durable or not
        Time expires = kNever;
    };

    Watching watch(const Peer& watcher, const WatchItem& item);
    Watcher* find_watcher(const Id& key, const Id& watcher);
    void note(Watched& watched, Change change, Time expires);
    void expire(const Id& key, Watched& watched);
    void tell_all(const Id& key, Watched& watched);
    static const Change* following(const Watched& watched, const Watcher& watcher);
    std::optional<Changed> next_for(const Id& key, Watched& watched, const Watcher& watcher);
    bool look_at_store(const Id& key, Watched& watched, std::optional<Record>& record);
    Task<void> await_disk(Id key, Version version, Ticket ticket);
    Task<void> tell(Id key, Id watcher);
    void drop_recent(Watched& watched);
    void forget_late();

    Context& context_;
    std::function<Result<std::optional<Record>>(const Id&)> find_;
    std::function<bool(const Id&)> answers_for_;
    std::function<Response(const Peer&, const Changed&)> here_;
    Signal wake_;
    std::map<Id, Watched> keys_;
    std::size_t watchers_ = 0;
    std::size_t recent_bytes_ = 0;
};

}  // namespace chord
