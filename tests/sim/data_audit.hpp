// DataAudit: sessions of clients that read, write, delete, decide by conditions and watch a few keys all the time, each
// through one device, and the checks of what they are told.
//
// What is checked besides KeyHistory's rules 1 and 2 (lost, foreign)
//  1. Sessions: a session reads nothing older than it has read or written (read your writes, monotonic reads).
//  2. Once: no value is ever seen under two versions; each attempt has a value of its own.
//  3. Conditions: of two writes that both wanted one version to stand, at most one is acknowledged.
//  4. Lifetimes: a value with a lifetime is there until it ends, and is gone in the end.
//  5. Watches: versions rise, nothing comes twice, and in the end each watcher was told what stands.
//
// Exceptions: 2, 3 and 5's order are promised while nobody takes another for dead who is not, so they are violations
// only where the caller says that the faults allow it, and are counted always.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/key_history.hpp"
#include "tests/sim/world.hpp"

namespace chord::sim {

class DataAudit {
public:
    struct Counts {
        std::uint64_t reads = 0, reads_failed = 0;
        std::uint64_t twice = 0;          // values seen under two versions
        std::uint64_t decided_twice = 0;  // versions that two conditional writes replaced
        std::uint64_t events = 0, resyncs = 0;
    };

    /// The world must outlive it.
    DataAudit(World& world, std::uint64_t seed, std::size_t sessions, std::size_t keys);
    ~DataAudit();

    /// A random session that waits for nothing does something. REQUIRES: some device lives.
    void act();
    std::size_t outstanding() const;
    /// Watches are begun anew where their device has gone; to be called often.
    void tend();

    /// When everybody is settled and nothing is asked any more. `strict`: see above.
    std::vector<std::string> judge(bool strict);
    Counts counts() const;
    KeyHistory::Totals totals() const;

private:
    struct Session;
    struct State;

    void read(const std::shared_ptr<Session>& session, const std::string& key);
    void write(const std::shared_ptr<Session>& session, const std::string& key);
    void judge_standing(const std::string& key, std::vector<std::string>& violations);
    void judge_watches(std::vector<std::string>& violations);
    std::optional<Record> standing(const std::string& key, std::vector<std::string>& violations) const;

    World& world_;
    Rng rng_;
    std::shared_ptr<State> state_;  // shared with the callbacks, which may come after the audit
};

}  // namespace chord::sim
