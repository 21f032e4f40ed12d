// KeyHistory: what was asked of each key and what became of it, and the judge of what is read in the end. It knows
// which sides of a split could hear each other, which no node knows; nothing here is used by the product.
//
// Rules, each of which a reading can break
//  1. Lost: the version that stands is at least the greatest that was acknowledged. A delete that wins leaves a
//     tombstone, which counts as a version like any other; "nothing at all" is below every acknowledged one.
//  2. Foreign: what stands was asked for: the value is that of an attempt on this key, of the very one when the version
//     was acknowledged, and of none that was refused for its condition.
//  3. Unlisted: an acknowledged write that does not stand was overwritten knowingly, or some node lists it in its
//     conflicts. Knowingly: by a write that began after the loser had been acknowledged, on the same side of the same
//     split, or after the whole ring had settled meanwhile.
//  4. Stale: a read answers at least what had been acknowledged when it began. It is for the caller to ask this only
//     while all could hear each other and nobody missed anything (strays.hpp says why a merge is no such time).
//
// Exceptions to rule 3, counted and never silent
//  1. `claimed`: a greater known version claims to descend from the loser although the history cannot prove that it
//     does: limits 1 and 2 of conflict_log.hpp, and versions of one owner, which are its own sequence; or both are
//     deletes, which is its limit 3. `claimed_apart` are those of them of which a greater one was acknowledged on
//     another side of the same split, so that the claim is wrong: what the limits cost.
//  2. `unproven`: an attempt without an answer may stand between loser and winner, and what it descends from is not
//     known.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "node/core/client.hpp"

namespace chord::sim {

/// Who could hear whom when something was done: the number of the split or healing since which it is so, and the side.
struct Side {
    std::uint32_t era = 0;
    std::uint8_t side = 0;

    friend bool operator==(const Side&, const Side&) = default;
};

class KeyHistory {
public:
    /// A write, or a delete when there is no value, is about to be asked for. No two values of a key are the same.
    /// Returns the attempt's number.
    std::size_t begin(const std::string& key, std::optional<std::string> value, Side side, Time at);
    /// Its answer; an attempt that never gets one may have taken place or not. `base` is that of the record written.
    void end(std::size_t attempt, const Result<WriteReply>& reply, std::optional<Version> base, Time at);
    /// The whole ring agrees on everything: what begins from now on knows what was acknowledged before.
    void note_settled(Time at) { settled_.push_back(at); }
    /// A node lists this.
    void note_conflict(const Conflict& conflict);

    /// The greatest acknowledged version of the key; zero when there is none.
    Version acknowledged(const std::string& key) const;
    std::vector<std::string> keys() const;

    struct Findings {
        std::vector<std::string> lost, foreign, unlisted, stale;  // a sentence each
        std::uint64_t listed = 0;                                 // losers that a node lists
        std::uint64_t claimed = 0, unproven = 0;                  // losers that none lists: the exceptions to rule 3
        std::uint64_t claimed_apart = 0;                          // of those claimed
    };
    /// What stands under the key when all is quiet, tombstones included; nullopt: nothing at all.
    void judge(const std::string& key, const std::optional<Record>& standing, Findings& findings) const;

    /// Rule 4 for a read that began when `floor` was what acknowledged() told, and has just ended.
    void judge_read(const std::string& key, const Version& floor, const std::optional<Record>& read,
                    Findings& findings) const;

    struct Totals {
        std::uint64_t attempts = 0, acknowledged = 0, refused = 0, unanswered = 0;
    };
    Totals totals() const;

private:
    enum class Fate : std::uint8_t { unknown, acknowledged, refused, nothing };
    struct Attempt {
        std::string key;
        std::optional<std::string> value;
        Side side;
        Time began{};
        Time ended = kNever;
        Fate fate = Fate::unknown;
        Version version;              // when acknowledged
        std::optional<Version> base;  // of the record, when it was found
        std::optional<Error> error;
    };

    std::vector<const Attempt*> acknowledged_of(const std::string& key) const;
    bool settled_between(Time from, Time to) const;
    bool knows(const Attempt& later, const Attempt& earlier) const;
    bool is_listed(const std::string& key, const Version& version) const;
    std::optional<std::string> foreign(const std::string& key, const Record& standing) const;
    void judge_losers(const std::string& key, const Record& standing, Findings& findings) const;
    std::string story(const std::string& key) const;

    std::vector<Attempt> attempts_;
    std::map<std::string, std::vector<std::size_t>> by_key_;
    std::vector<Time> settled_;
    std::map<std::pair<std::string, Version>, Record> listed_;  // by key and version of the loser
};

/// "12.3@n5": the clock's reading since the beginning of 2026, in milliseconds and counts, and the owner's id.
std::string text(const Version& version);

}  // namespace chord::sim
