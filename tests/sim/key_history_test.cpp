// KeyHistory: each of its rules can fail, and what is no fault is none.
#include "tests/sim/key_history.hpp"

#include <doctest/doctest.h>

namespace chord::sim {
namespace {

constexpr Side kWhole{0, 0};
constexpr Side kLeft{1, 0};
constexpr Side kRight{1, 1};

Time at(int second) {
    return Time{} + std::chrono::seconds(second);
}

// A history of one key, "k", in which things happen a second each.
struct OneKey {
    std::size_t attempt(const std::string& value, Side side) {
        return history.begin("k", value.empty() ? std::nullopt : std::optional(value), side, at(second++));
    }
    void acknowledge(std::size_t number, Version version, std::optional<Version> base = std::nullopt) {
        WriteReply reply;
        reply.version = version;
        history.end(number, reply, base, at(second++));
    }
    /// `value` is empty for a delete.
    void write(const std::string& value, Version version, Side side, std::optional<Version> base = std::nullopt) {
        acknowledge(attempt(value, side), version, base);
    }
    static Record record(const std::string& value, Version version, Version base = {}) {
        Record made;
        made.key = "k";
        made.value = value;
        made.version = version;
        made.base = base;
        made.tombstone = value.empty();
        return made;
    }
    KeyHistory::Findings judge(const std::optional<Record>& standing) const {
        KeyHistory::Findings findings;
        history.judge("k", standing, findings);
        return findings;
    }
    KeyHistory::Findings judge_read(const std::optional<Record>& read) const {
        KeyHistory::Findings findings;
        history.judge_read("k", history.acknowledged("k"), read, findings);
        return findings;
    }

    KeyHistory history;
    int second = 0;
};

std::size_t faults(const KeyHistory::Findings& findings) {
    return findings.lost.size() + findings.foreign.size() + findings.unlisted.size() + findings.stale.size();
}

TEST_CASE("key_history: what was acknowledged last on one side stands, and nothing is wrong") {
    OneKey key;
    key.write("a", {1, 1}, kWhole);
    key.write("b", {2, 2}, kWhole);
    CHECK(faults(key.judge(OneKey::record("b", {2, 2}, {1, 1}))) == 0);
    CHECK(key.history.totals().acknowledged == 2);
}

TEST_CASE("key_history, rule 1: a smaller version, or nothing, where a greater was acknowledged is a loss") {
    OneKey key;
    key.write("a", {1, 1}, kWhole);
    key.write("b", {2, 2}, kWhole);
    CHECK(key.judge(OneKey::record("a", {1, 1})).lost.size() == 1);
    CHECK(key.judge(std::nullopt).lost.size() == 1);
    key.write("", {3, 2}, kWhole);
    CHECK(key.judge(std::nullopt).lost.size() == 1);  // the tombstone is gone
    CHECK(faults(key.judge(OneKey::record("", {3, 2}, {2, 2}))) == 0);
}

TEST_CASE("key_history, rule 2: a value that nobody wrote, another one's version, and a refused one") {
    OneKey key;
    key.write("a", {1, 1}, kWhole);
    CHECK(key.judge(OneKey::record("x", {2, 2})).foreign.size() == 1);
    CHECK(key.judge(OneKey::record("x", {1, 1})).foreign.size() == 1);
    key.history.end(key.attempt("refused", kWhole), Error::condition_failed, std::nullopt, at(key.second));
    CHECK(key.judge(OneKey::record("refused", {2, 2})).foreign.size() == 1);
    key.history.end(key.attempt("unknown", kWhole), Error::timeout, std::nullopt, at(key.second));
    CHECK(key.judge(OneKey::record("unknown", {2, 2}, {1, 1})).foreign.empty());
}

TEST_CASE("key_history, rule 3: of two sides the loser must be listed") {
    OneKey key;
    key.write("left", {1, 1}, kLeft);
    key.write("right", {2, 2}, kRight);
    const Record standing = OneKey::record("right", {2, 2});
    CHECK(key.judge(standing).unlisted.size() == 1);
    key.history.note_conflict({OneKey::record("left", {1, 1}), Version{2, 2}});
    CHECK(faults(key.judge(standing)) == 0);
    CHECK(key.judge(standing).listed == 1);
}

TEST_CASE("key_history, rule 3: what its own side overwrote, or the settled ring, need not be listed") {
    OneKey key;
    key.write("first", {1, 1}, kLeft);
    key.write("second", {2, 3}, kLeft);
    key.write("right", {3, 2}, kRight);
    const Record right = OneKey::record("right", {3, 2});
    CHECK(key.judge(right).unlisted.size() == 2);  // nothing accounts for the second, so nothing for the first
    key.history.note_conflict({OneKey::record("second", {2, 3}), Version{3, 2}});
    CHECK(faults(key.judge(right)) == 0);

    OneKey settled;
    settled.write("left", {1, 1}, kLeft);
    settled.history.note_settled(at(settled.second++));
    settled.write("later", {2, 2}, {3, 0});
    CHECK(faults(settled.judge(OneKey::record("later", {2, 2}))) == 0);
}

TEST_CASE("key_history, rule 3: a write that began before the other had ended does not account for it") {
    OneKey key;
    const std::size_t one = key.attempt("one", kLeft);
    const std::size_t two = key.attempt("two", kLeft);
    key.acknowledge(one, {1, 1});
    key.acknowledge(two, {2, 2});
    CHECK(key.judge(OneKey::record("two", {2, 2})).unlisted.size() == 1);
}

TEST_CASE("key_history: the exceptions of rule 3 are counted") {
    OneKey claimed;
    claimed.write("left", {1, 1}, kLeft);
    claimed.write("right", {2, 2}, kRight);
    CHECK(claimed.judge(OneKey::record("right", {2, 2}, {1, 1})).claimed == 1);
    CHECK(claimed.judge(OneKey::record("right", {2, 2}, {2, 2})).claimed == 1);

    CHECK(claimed.judge(OneKey::record("right", {2, 2}, {1, 1})).claimed_apart == 1);
    OneKey sequence;
    sequence.write("before the split", {1, 1}, kWhole);
    sequence.write("right", {2, 1}, kRight);
    CHECK(sequence.judge(OneKey::record("right", {2, 1})).claimed == 1);
    CHECK(sequence.judge(OneKey::record("right", {2, 1})).claimed_apart == 0);

    OneKey unproven;
    unproven.write("left", {1, 1}, kLeft);
    unproven.write("right", {2, 2}, kRight);
    unproven.attempt("never answered", kRight);
    CHECK(unproven.judge(OneKey::record("right", {2, 2})).unproven == 1);
}

TEST_CASE("key_history, rule 4: a read of less than was acknowledged before is stale") {
    OneKey key;
    key.write("a", {1, 1}, kWhole);
    key.write("b", {2, 2}, kWhole);
    CHECK(key.judge_read(OneKey::record("a", {1, 1})).stale.size() == 1);
    CHECK(key.judge_read(std::nullopt).stale.size() == 1);
    CHECK(key.judge_read(OneKey::record("b", {2, 2})).stale.empty());
    key.write("", {3, 2}, kWhole);
    CHECK(key.judge_read(std::nullopt).stale.empty());
}

}  // namespace
}  // namespace chord::sim
