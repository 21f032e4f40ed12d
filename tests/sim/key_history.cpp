#include "tests/sim/key_history.hpp"

#include <algorithm>

#include "tests/sim/report.hpp"

namespace chord::sim {

namespace {

std::string milliseconds(Time at) {
    return at == kNever ? "never" : std::to_string((at - Time{}).count() / 1000) + " ms";
}

std::string shown(const std::optional<std::string>& value) {
    return value ? "'" + *value + "'" : "a delete";
}

}  // namespace

std::string text(const Version& version) {
    return std::to_string(version.clock >> 16) + "." + std::to_string(version.clock & 0xffff) + "@" +
           hex(version.node).substr(0, 4);
}

std::size_t KeyHistory::begin(const std::string& key, std::optional<std::string> value, Side side, Time at) {
    Attempt attempt;
    attempt.key = key;
    attempt.value = std::move(value);
    attempt.side = side;
    attempt.began = at;
    by_key_[key].push_back(attempts_.size());
    attempts_.push_back(std::move(attempt));
    return attempts_.size() - 1;
}

void KeyHistory::end(std::size_t number, const Result<WriteReply>& reply, std::optional<Version> base, Time at) {
    Attempt& attempt = attempts_[number];
    attempt.ended = at;
    if (!reply) {
        attempt.error = reply.error();
        attempt.fate = reply.error() == Error::condition_failed ? Fate::refused : Fate::unknown;
        return;
    }
    attempt.fate = reply->version == Version{} ? Fate::nothing : Fate::acknowledged;
    attempt.version = reply->version;
    attempt.base = base;
}

void KeyHistory::note_conflict(const Conflict& conflict) {
    listed_.emplace(std::pair(conflict.loser.key, conflict.loser.version), conflict.loser);
}

std::vector<const KeyHistory::Attempt*> KeyHistory::acknowledged_of(const std::string& key) const {
    std::vector<const Attempt*> found;
    const auto numbers = by_key_.find(key);
    for (const std::size_t number : numbers == by_key_.end() ? std::vector<std::size_t>{} : numbers->second) {
        if (attempts_[number].fate == Fate::acknowledged) {
            found.push_back(&attempts_[number]);
        }
    }
    return found;
}

Version KeyHistory::acknowledged(const std::string& key) const {
    Version greatest;
    for (const Attempt* attempt : acknowledged_of(key)) {
        greatest = std::max(greatest, attempt->version);
    }
    return greatest;
}

std::vector<std::string> KeyHistory::keys() const {
    std::vector<std::string> keys;
    for (const auto& entry : by_key_) {
        keys.push_back(entry.first);
    }
    return keys;
}

KeyHistory::Totals KeyHistory::totals() const {
    Totals totals;
    for (const Attempt& attempt : attempts_) {
        ++totals.attempts;
        totals.acknowledged += attempt.fate == Fate::acknowledged || attempt.fate == Fate::nothing ? 1U : 0U;
        totals.refused += attempt.fate == Fate::refused ? 1U : 0U;
        totals.unanswered += attempt.fate == Fate::unknown ? 1U : 0U;
    }
    return totals;
}

bool KeyHistory::settled_between(Time from, Time to) const {
    return std::any_of(settled_.begin(), settled_.end(), [&](Time at) { return from <= at && at <= to; });
}

bool KeyHistory::knows(const Attempt& later, const Attempt& earlier) const {
    return earlier.ended <= later.began && (earlier.side == later.side || settled_between(earlier.ended, later.began));
}

bool KeyHistory::is_listed(const std::string& key, const Version& version) const {
    return listed_.contains(std::pair(key, version));
}

std::optional<std::string> KeyHistory::foreign(const std::string& key, const Record& standing) const {
    const std::optional<std::string> value = standing.tombstone ? std::nullopt : std::optional(standing.value);
    bool possible = false;
    for (const std::size_t number : by_key_.at(key)) {
        const Attempt& attempt = attempts_[number];
        if (attempt.fate == Fate::acknowledged && attempt.version == standing.version) {
            return attempt.value == value ? std::nullopt : std::optional(shown(value) + " stands under its version");
        }
        // An acknowledged attempt may have left an earlier try of its own under another version.
        possible = possible || (attempt.value == value && attempt.fate != Fate::refused);
    }
    return possible ? std::nullopt : std::optional(shown(value) + " stands, which nobody wrote");
}

void KeyHistory::judge_losers(const std::string& key, const Record& standing, Findings& findings) const {
    const std::optional<std::string> value = standing.tombstone ? std::nullopt : std::optional(standing.value);
    struct Known {
        Version version, base;
        bool tombstone = false;
    };
    std::vector<Known> known{{standing.version, standing.base, standing.tombstone}};
    for (const auto& [name, loser] : listed_) {
        if (name.first == key) {
            known.push_back({loser.version, loser.base, loser.tombstone});
        }
    }
    std::vector<const Attempt*> writes = acknowledged_of(key);
    std::sort(writes.begin(), writes.end(), [](const Attempt* a, const Attempt* b) { return b->version < a->version; });
    std::vector<const Attempt*> accounted;  // greater ones that stand or whose loss is accounted for
    for (const Attempt* write : writes) {
        if (write->base) {
            known.push_back({write->version, *write->base, !write->value});
        }
        const bool stands = write->value == value;  // another try of the same attempt counts
        const bool overwritten = std::any_of(accounted.begin(), accounted.end(),
                                             [&](const Attempt* later) { return knows(*later, *write); });
        const auto claims = [&](const Known& winner) {
            return winner.version > write->version &&
                   (winner.version.node == write->version.node || write->version <= winner.base ||
                    (winner.tombstone && !write->value));
        };
        const auto apart = [&](const Attempt* other) {
            return other->version > write->version && other->side.era == write->side.era &&
                   other->side.side != write->side.side;
        };
        if (stands || overwritten) {
            accounted.push_back(write);
        } else if (is_listed(key, write->version)) {
            ++findings.listed;
            accounted.push_back(write);
        } else if (std::any_of(known.begin(), known.end(), claims)) {
            ++findings.claimed;
            findings.claimed_apart += std::any_of(writes.begin(), writes.end(), apart) ? 1U : 0U;
        } else if (std::any_of(by_key_.at(key).begin(), by_key_.at(key).end(),
                               [&](std::size_t number) { return attempts_[number].fate == Fate::unknown; })) {
            ++findings.unproven;
        } else {
            findings.unlisted.push_back("unlisted: " + key + ": " + text(write->version) +
                                        " was overwritten unseen and no node lists it; " + text(standing.version) +
                                        " with base " + text(standing.base) + " stands\n" + story(key));
        }
    }
}

void KeyHistory::judge(const std::string& key, const std::optional<Record>& standing, Findings& findings) const {
    const Version greatest = acknowledged(key);
    const Version version = standing ? standing->version : Version{};
    if (version < greatest) {
        findings.lost.push_back("lost: " + key + ": " + (standing ? text(version) : "nothing") + " stands where " +
                                text(greatest) + " was acknowledged\n" + story(key));
        return;
    }
    if (!standing) {
        return;
    }
    if (const std::optional<std::string> sentence = foreign(key, *standing)) {
        findings.foreign.push_back("foreign: " + key + ": " + *sentence + " (" + text(version) + ")\n" + story(key));
        return;
    }
    judge_losers(key, *standing, findings);
}

void KeyHistory::judge_read(const std::string& key, const Version& floor, const std::optional<Record>& read,
                            Findings& findings) const {
    bool may_be_gone = floor == Version{};
    for (const std::size_t number : by_key_.at(key)) {
        const Attempt& attempt = attempts_[number];
        const bool stands =
            attempt.fate == Fate::unknown || (attempt.fate == Fate::acknowledged && attempt.version >= floor);
        may_be_gone = may_be_gone || (!attempt.value && stands);
    }
    if (read ? read->version < floor : !may_be_gone) {
        findings.stale.push_back("stale: " + key + ": " + (read ? text(read->version) : "nothing") +
                                 " was read although " + text(floor) + " had been acknowledged before\n" + story(key));
    }
}

// The history of one key, a line an attempt.
std::string KeyHistory::story(const std::string& key) const {
    std::string lines;
    for (const std::size_t number : by_key_.at(key)) {
        const Attempt& attempt = attempts_[number];
        lines += "      " + milliseconds(attempt.began) + " to " + milliseconds(attempt.ended) + ", era " +
                 std::to_string(attempt.side.era) + " side " + std::to_string(attempt.side.side) + ": " +
                 shown(attempt.value);
        switch (attempt.fate) {
            case Fate::acknowledged: lines += " is " + text(attempt.version); break;
            case Fate::refused: lines += " refused for its condition"; break;
            case Fate::nothing: lines += " found nothing to delete"; break;
            case Fate::unknown:
                lines += attempt.error ? " ended: " + std::string(chord::text(*attempt.error)) : " never ended";
                break;
        }
        if (attempt.base) {
            lines += ", base " + text(*attempt.base);
        }
        lines += is_listed(key, attempt.version) ? ", listed\n" : "\n";
    }
    return lines;
}

}  // namespace chord::sim
