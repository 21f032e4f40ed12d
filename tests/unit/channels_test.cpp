// Channels: sides on a wire that loses what a test wants lost. What gets through, under which session, after which
// handshake; and that to strangers and recordings nobody is there.
#include "net/channel/channels.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string_view>

#include "tests/support/channel_side.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/handshake_side.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ChannelSide;
using testing::kind_of;
using testing::node_id;
using testing::with_flipped_bit;
using Raw = std::vector<std::uint8_t>;

constexpr Duration kTick{1};

Endpoint endpoint(std::uint16_t host) {
    Endpoint made;
    made.ip = {0x20, 1, 0xd, 0xb8, 0, 0, static_cast<std::uint8_t>(host >> 8), static_cast<std::uint8_t>(host)};
    made.ip[15] = 1;
    made.port = 7400;
    return made;
}

const Endpoint kElsewhere = endpoint(666);

Raw raw(std::string_view text) {
    return {text.begin(), text.end()};
}

struct Sent {
    Endpoint from;
    Endpoint to;
    Raw bytes;
    bool handshake = false;
};

/// All sides of a test, the time, and every datagram that was ever sent. Nothing moves by itself.
class Wire {
public:
    Time now = Time(seconds(1000));
    std::vector<Sent> log;
    std::function<bool(const Sent&)> loses = [](const Sent&) { return false; };

    /// The node of this number at endpoint(number), or at `at`.
    ChannelSide& add(std::uint16_t number, const ChannelOptions& options = {}, std::uint64_t life = 1) {
        return add_at(endpoint(number), test_identity(node_id(number), life), options);
    }
    ChannelSide& add_at(const Endpoint& at, LocalIdentity identity, const ChannelOptions& options = {}) {
        names.emplace(at, Id::from_bytes(identity.credentials->own().data()));  // the first one there
        sides_.push_back(std::make_unique<ChannelSide>(at, std::move(identity), options));
        sides_.back()->who = [this](const Endpoint& address) {
            const auto found = names.find(address);
            return found == names.end() ? std::nullopt : std::optional(found->second);
        };
        return *sides_.back();
    }
    std::map<Endpoint, Id> names;  // whom everybody believes to be where
    /// It is switched off.
    void remove(const ChannelSide& side) {
        std::erase_if(sides_, [&side](const auto& each) { return each.get() == &side; });
    }

    std::vector<Sent> take() {
        std::vector<Sent> under_way;
        for (const auto& side : sides_) {
            for (Datagram& datagram : side->channels.take()) {
                const bool handshake = kind_of(datagram.bytes) != FrameKind::data;
                under_way.push_back({side->address, datagram.to, std::move(datagram.bytes), handshake});
            }
        }
        log.insert(log.end(), under_way.begin(), under_way.end());
        return under_way;
    }

    void deliver(const Sent& sent) {
        for (const auto& side : sides_) {
            if (side->address == sent.to) side->receive(sent.from, sent.bytes, now, side->address);
        }
    }

    /// Everything arrives, in no time, until nothing more is sent.
    void exchange() {
        for (int round = 0; round < 100; ++round) {
            const auto under_way = take();
            if (under_way.empty()) return;
            for (const Sent& sent : under_way) {
                if (!loses(sent)) deliver(sent);
            }
        }
        FAIL("they never fall silent");
    }

    /// How many datagrams a side would send in answer to this.
    std::size_t answers_to(ChannelSide& side, const Endpoint& from, const Raw& bytes) {
        side.receive(from, bytes, now, side.address);
        return side.channels.take().size();
    }

    std::size_t handshakes_since(std::size_t position) const {
        return static_cast<std::size_t>(std::count_if(log.begin() + static_cast<std::ptrdiff_t>(position), log.end(),
                                                      [](const Sent& sent) { return sent.handshake; }));
    }

private:
    std::vector<std::unique_ptr<ChannelSide>> sides_;
};

/// Whether a request gets there without any handshake and without a second transmission.
bool passes_at_once(Wire& wire, ChannelSide& from, ChannelSide& to, std::string_view text) {
    const std::size_t before = to.handed_up.size();
    from.send(to.address, raw(text), wire.now, 4242);
    const auto under_way = wire.take();
    for (const Sent& sent : under_way) wire.deliver(sent);
    return under_way.size() == 1 && !under_way[0].handshake && to.handed_up.size() == before + 1 &&
           to.handed_up.back().plaintext == raw(text);
}

/// A and Z, and A has opened.
struct Pair : Wire {
    ChannelSide& a;
    ChannelSide& z;

    explicit Pair(const ChannelOptions& of_a = {}, const ChannelOptions& of_z = {}) : a(add(1, of_a)), z(add(2, of_z)) {
        a.send(z.address, raw("first"), now);
        exchange();
        REQUIRE_EQ(z.handed_up.size(), 1);
        z.answer(a.address, raw("first answer"), now);
        exchange();
        REQUIRE_EQ(a.handed_up.size(), 1);
    }
};

std::uint64_t drops(const ChannelSide& side) {
    const RpcCounters& c = side.counters;
    return c.drops_truncated + c.drops_oversized + c.drops_version + c.drops_malformed + c.drops_unexpected +
           c.drops_own + c.drops_stranger + c.drops_session + c.drops_replayed + c.drops_load;
}

TEST_CASE("channels: what is sent to an unknown address waits for the handshake, and arrives under the sender's id") {
    Wire wire;
    ChannelSide& a = wire.add(1);
    ChannelSide& z = wire.add(2);
    CHECK_FALSE(a.is_open(z.address, wire.now));
    a.send(z.address, raw("one"), wire.now, 1);
    a.send(z.address, raw("two"), wire.now, 2);
    wire.exchange();
    REQUIRE_EQ(z.handed_up.size(), 2);
    CHECK((z.handed_up[0].sender == node_id(1)));
    CHECK_EQ(z.handed_up[0].plaintext, raw("one"));
    CHECK_EQ(z.handed_up[1].plaintext, raw("two"));
    CHECK(a.is_open(z.address, wire.now));
    CHECK(z.is_open(a.address, wire.now));
    CHECK_EQ(wire.log.size(), 5);  // three of the handshake, two of data
    z.answer(a.address, raw("back"), wire.now);
    wire.exchange();
    REQUIRE_EQ(a.handed_up.size(), 1);
    CHECK((a.handed_up[0].sender == node_id(2)));
    CHECK_EQ(a.counters.handshakes_opened, 1U);
    CHECK_EQ(a.counters.handshakes_done, 1U);
    CHECK_EQ(z.counters.handshakes_done, 1U);
    CHECK_EQ(drops(a) + drops(z), 0U);
    CHECK(passes_at_once(wire, a, z, "three"));
    CHECK(passes_at_once(wire, z, a, "four"));
}

TEST_CASE("channels: a handshake measures the path, of the side that opened") {
    Wire wire;
    ChannelSide& a = wire.add(1);
    ChannelSide& z = wire.add(2);
    a.send(z.address, raw("one"), wire.now);
    for (int i = 0; i < 4; ++i) {
        const auto under_way = wire.take();
        wire.now += milliseconds(5);
        for (const Sent& sent : under_way) wire.deliver(sent);
    }
    REQUIRE_EQ(a.measured.size(), 1);
    CHECK(a.measured[0].first == z.address);
    CHECK((a.measured[0].second == milliseconds(10)));
    CHECK(z.measured.empty());
}

TEST_CASE("channels: an answer leaves from the address that it is to leave from, those of a handshake too") {
    Wire wire;
    ChannelSide& a = wire.add(1);
    ChannelSide& z = wire.add(2);
    a.send(z.address, raw("one"), wire.now);
    z.receive(a.address, wire.take()[0].bytes, wire.now, z.address);
    const auto second = z.channels.take();
    REQUIRE_EQ(second.size(), 1);
    CHECK(second[0].from == z.address);
    CHECK(second[0].to == a.address);
}

TEST_CASE("channels: an eavesdropper sees no key, no id and nothing of what is said") {
    Pair pair;
    pair.z.send(pair.a.address, raw("and back"), pair.now);
    pair.exchange();
    pair.now += minutes(15);  // the rekey goes by IKpsk2
    pair.a.send(pair.z.address, raw("first"), pair.now);
    pair.exchange();
    std::set<FrameKind> kinds;
    for (const Sent& sent : pair.log) kinds.insert(kind_of(sent.bytes));
    CHECK_EQ(kinds.size(), 6);  // all but the cookie
    for (const std::uint16_t number : {std::uint16_t{1}, std::uint16_t{2}}) {
        const LocalIdentity identity = test_identity(node_id(number));
        const auto id = node_id(number).bytes();
        for (const Sent& sent : pair.log) {
            CHECK_FALSE(testing::contains(sent.bytes, identity.static_key.public_key()));
            CHECK_FALSE(testing::contains(sent.bytes, id));
            CHECK_FALSE(testing::contains(sent.bytes, raw("first")));
        }
    }
}

TEST_CASE("channels: two sessions of the same two have no secret in common") {
    const auto conversation = [](std::uint64_t life) {
        Wire wire;
        ChannelSide& a = wire.add(1, {}, life);
        ChannelSide& z = wire.add(2);
        a.send(z.address, Raw(100, 0), wire.now);
        wire.exchange();
        return wire.log.back().bytes;
    };
    const Raw one = conversation(1);
    const Raw two = conversation(2);
    CHECK_EQ(one, conversation(1));  // a function of the seed
    REQUIRE_EQ(one.size(), two.size());
    std::size_t equal = 0;
    for (std::size_t i = kFrameHeadBytes; i < one.size(); ++i) equal += one[i] == two[i] ? 1U : 0U;
    CHECK_LT(equal, 8);  // of 116 bytes, by chance

    // And the frames of a session mean nothing to the next one, even under its index and a counter to come.
    Pair pair;
    const Raw old = pair.a.sealed(pair.z.address, raw("old"), pair.now);
    pair.now += minutes(15);
    pair.a.send(pair.z.address, raw("rekey"), pair.now);
    pair.exchange();
    const Raw current = pair.a.sealed(pair.z.address, raw("new"), pair.now);
    CHECK((parse_frame_head(old)->receiver != parse_frame_head(current)->receiver));
    Raw patched = old;
    std::copy_n(current.begin(), kFrameHeadBytes, patched.begin());
    CHECK_FALSE(pair.z.receive(pair.a.address, patched, pair.now));
    CHECK(pair.z.receive(pair.a.address, current, pair.now));
}

// ---- Strangers and recordings ---------------------------------------------------------------------------------------

TEST_CASE("channels: a stranger's bytes are answered by nothing, of every kind and size, and change nothing") {
    Pair pair;
    pair.a.send(endpoint(3), raw("unanswered"), pair.now);  // so that a handshake is open
    pair.take();
    Rng rng(1);
    std::uint64_t tried = 0;
    const std::uint64_t dropped_before = drops(pair.z) + drops(pair.a);
    for (std::size_t size = 0; size <= kDatagramBytesMax + 1; ++size) {
        for (std::uint8_t kind = 0; kind < 10; ++kind) {
            Raw bytes(size);
            for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(rng.next());
            if (size > 0) bytes[0] = kWireVersion;
            if (size > 1) bytes[1] = kind;
            if (size >= kFrameHeadBytes && rng.chance(3, 4)) {  // a head that is well-formed
                const auto plausible = static_cast<FrameKind>(kind);
                const bool opens = plausible == FrameKind::xx_open || plausible == FrameKind::ik_open;
                std::fill_n(bytes.begin() + 2, opens ? 6 : 2, std::uint8_t{0});
                if (plausible != FrameKind::data) std::fill_n(bytes.begin() + 8, 4, std::uint8_t{0});
                const bool numbered = plausible != FrameKind::xx_finish && plausible != FrameKind::cookie;
                if (!numbered) std::fill_n(bytes.begin() + 12, 4, std::uint8_t{0});
            }
            for (ChannelSide* side : {&pair.a, &pair.z}) {
                ++tried;
                REQUIRE_EQ(pair.answers_to(*side, kElsewhere, bytes), 0);
            }
        }
    }
    CHECK_EQ(drops(pair.a) + drops(pair.z) - dropped_before, tried);
    CHECK_EQ(pair.a.handed_up.size() + pair.z.handed_up.size(), 2);
    CHECK_FALSE(pair.z.is_open(kElsewhere, pair.now));
    CHECK(passes_at_once(pair, pair.a, pair.z, "still"));
    CHECK(passes_at_once(pair, pair.z, pair.a, "there"));
}

TEST_CASE("channels: to somebody with another network key nobody is there") {
    Wire wire;
    ChannelSide& z = wire.add(2);
    ChannelSide& stranger = wire.add_at(endpoint(1), test_identity(node_id(1), 1, 0x77));
    for (int attempt = 0; attempt < 8; ++attempt, wire.now += seconds(4)) {
        stranger.send(z.address, raw("hello"), wire.now, 1, attempt);
        for (const Sent& sent : wire.take()) CHECK_EQ(wire.answers_to(z, sent.from, sent.bytes), 0);
    }
    CHECK_EQ(z.counters.drops_stranger, 8U);
}

/// Goes through a whole conversation by both patterns and looks at each datagram just before it arrives.
void look_at_each(const std::function<void(Wire&, ChannelSide& receiver, const Sent&)>& look) {
    Wire wire;
    ChannelSide& a = wire.add(1);
    ChannelSide& z = wire.add(2);
    std::set<FrameKind> kinds;
    for (const Duration pause : {Duration(0), Duration(minutes(15))}) {
        wire.now += pause;
        a.send(z.address, raw("request"), wire.now);
        for (int round = 0; round < 10; ++round) {
            for (const Sent& sent : wire.take()) {
                kinds.insert(kind_of(sent.bytes));
                look(wire, sent.to == a.address ? a : z, sent);
                wire.deliver(sent);
            }
        }
        z.answer(a.address, raw("answer"), wire.now);
        for (const Sent& sent : wire.take()) {
            look(wire, a, sent);
            wire.deliver(sent);
        }
    }
    CHECK_EQ(kinds.size(), 6);  // all but the cookie
    CHECK_EQ(z.handed_up.size(), 2);
    CHECK_EQ(a.handed_up.size(), 2);
    CHECK_EQ(a.counters.handshakes_done, 2U);
    CHECK(passes_at_once(wire, a, z, "at the end"));
}

TEST_CASE("channels: a frame with one bit changed is answered by nothing, of every kind, and the right one passes") {
    look_at_each([](Wire& wire, ChannelSide& receiver, const Sent& sent) {
        const bool has_macs = sent.handshake;
        const std::size_t bits = 8 * (sent.bytes.size() - (has_macs ? kMacBytes : 0));  // mac2 counts under load
        for (std::size_t bit = 0; bit < bits; ++bit) {
            REQUIRE_EQ(wire.answers_to(receiver, sent.from, with_flipped_bit(sent.bytes, bit)), 0);
        }
        for (std::size_t size = 0; size < sent.bytes.size(); ++size) {
            const Raw cut(sent.bytes.begin(), sent.bytes.begin() + static_cast<std::ptrdiff_t>(size));
            REQUIRE_EQ(wire.answers_to(receiver, sent.from, cut), 0);
        }
    });
}

TEST_CASE("channels: every recording is answered by nothing, whoever sends it to whom, at once and later") {
    Pair pair;
    pair.now += minutes(15);
    pair.a.send(pair.z.address, raw("by the other pattern"), pair.now);
    pair.exchange();
    pair.z.answer(pair.a.address, raw("answer"), pair.now);
    pair.exchange();
    ChannelSide& other = pair.add(3);  // a member, at another address
    const std::vector<Sent> recorded = pair.log;
    std::set<FrameKind> kinds;
    for (const Sent& sent : recorded) kinds.insert(kind_of(sent.bytes));
    CHECK_EQ(kinds.size(), 6);
    const std::size_t handed_up = pair.a.handed_up.size() + pair.z.handed_up.size();
    for (const Duration wait :
         {Duration(0), Duration(milliseconds(30)), Duration(seconds(10)), Duration(minutes(30))}) {
        pair.now += wait;
        for (const Sent& sent : recorded) {
            for (ChannelSide* side : {&pair.a, &pair.z, &other}) {
                for (const Endpoint& from : {sent.from, sent.to, kElsewhere}) {
                    REQUIRE_EQ(pair.answers_to(*side, from, sent.bytes), 0);
                }
            }
        }
    }
    CHECK_EQ(pair.a.handed_up.size() + pair.z.handed_up.size(), handed_up);
    CHECK(other.handed_up.empty());
    for (ChannelSide* side : {&pair.a, &pair.z, &other}) CHECK_FALSE(side->channels.is_open(kElsewhere, pair.now));
}

TEST_CASE("channels: recordings leave a session as it is") {
    Pair pair;
    const std::vector<Sent> recorded = pair.log;
    for (const Sent& sent : recorded) {
        for (ChannelSide* side : {&pair.a, &pair.z}) {
            REQUIRE_EQ(pair.answers_to(*side, kElsewhere, sent.bytes), 0);
            REQUIRE_EQ(pair.answers_to(*side, sent.from, sent.bytes), 0);
        }
    }
    CHECK(passes_at_once(pair, pair.a, pair.z, "still"));
    CHECK(passes_at_once(pair, pair.z, pair.a, "there"));
}

TEST_CASE("channels: a recorded opener is answered neither by another member at another address nor later by its own") {
    Wire wire;
    ChannelSide& a = wire.add(1);
    ChannelSide& z = wire.add(2);
    ChannelSide& y = wire.add(3);
    a.send(z.address, raw("one"), wire.now);
    const Sent opening = wire.take().at(0);
    CHECK((kind_of(opening.bytes) == FrameKind::xx_open));
    CHECK_EQ(wire.answers_to(y, a.address, opening.bytes), 0);
    CHECK_EQ(wire.answers_to(y, kElsewhere, opening.bytes), 0);
    CHECK_EQ(y.counters.drops_replayed, 2U);
    CHECK_EQ(wire.answers_to(z, a.address, opening.bytes), 1);
    wire.now += seconds(1);
    CHECK_EQ(wire.answers_to(z, a.address, opening.bytes), 0);
}

TEST_CASE(
    "channels: no datagram is answered by more than three times its bytes, nor by more than one handshake frame") {
    look_at_each([](Wire&, ChannelSide& receiver, const Sent& sent) {
        // A twin that has not seen anything answers openings; what the receiver itself sends is seen below.
        if (!sent.handshake) return;
        Wire apart;
        ChannelSide& twin =
            apart.add_at(receiver.address, test_identity(node_id(receiver.address == endpoint(1) ? 1 : 2)));
        twin.receive(sent.from, sent.bytes, apart.now, twin.address);
        const auto answers = twin.channels.take();
        const FrameKind kind = kind_of(sent.bytes);
        const bool opens = kind == FrameKind::xx_open || kind == FrameKind::ik_open;
        REQUIRE_EQ(answers.size(), opens ? 1 : 0);
        for (const Datagram& answer : answers) CHECK_LE(answer.bytes.size(), 3 * sent.bytes.size());
    });
}

// ---- Loss and crossing ----------------------------------------------------------------------------------------------

/// One request from A to Z, sent again each half second.
/// Returns how many transmissions it took.
int transmissions_until_heard(Wire& wire, ChannelSide& a, ChannelSide& z, int transmissions_max = 8) {
    const std::size_t before = z.handed_up.size();
    for (int attempt = 0; attempt < transmissions_max; ++attempt, wire.now += milliseconds(500)) {
        a.send(z.address, raw("request"), wire.now, 1, attempt);
        wire.exchange();
        if (z.handed_up.size() > before) return attempt + 1;
    }
    return 0;
}

TEST_CASE("channels: each message of a handshake may get lost once, and the next transmission makes up for it") {
    for (const FrameKind lost : {FrameKind::xx_open, FrameKind::xx_answer, FrameKind::xx_finish}) {
        CAPTURE(static_cast<int>(lost));
        Wire wire;
        ChannelSide& a = wire.add(1);
        ChannelSide& z = wire.add(2);
        int losses = 0;
        wire.loses = [&](const Sent& sent) { return kind_of(sent.bytes) == lost && losses++ == 0; };
        CHECK_EQ(transmissions_until_heard(wire, a, z), 2);
        CHECK_EQ(losses, 2);  // one of them not lost
        z.answer(a.address, raw("answer"), wire.now);
        wire.exchange();
        CHECK_EQ(a.handed_up.size(), 1);
        CHECK(passes_at_once(wire, a, z, "on"));
        CHECK(passes_at_once(wire, z, a, "and back"));
    }
}

TEST_CASE("channels: the third message goes before each repetition until the peer is heard, and not after") {
    Wire wire;
    ChannelSide& a = wire.add(1);
    ChannelSide& z = wire.add(2);
    wire.loses = [](const Sent& sent) { return kind_of(sent.bytes) == FrameKind::xx_finish; };
    a.send(z.address, raw("request"), wire.now, 1, 0);
    wire.exchange();
    CHECK(z.handed_up.empty());
    CHECK_EQ(z.counters.drops_session, 1U);
    wire.now += milliseconds(500);
    wire.loses = [](const Sent&) { return false; };
    a.send(z.address, raw("request"), wire.now, 1, 1);
    const auto repeated = wire.take();
    REQUIRE_EQ(repeated.size(), 2);
    CHECK((kind_of(repeated[0].bytes) == FrameKind::xx_finish));
    CHECK((kind_of(repeated[1].bytes) == FrameKind::data));
    for (const Sent& sent : repeated) wire.deliver(sent);
    REQUIRE_EQ(z.handed_up.size(), 1);
    z.answer(a.address, raw("answer"), wire.now);
    wire.exchange();
    a.send(z.address, raw("request"), wire.now, 2, 1);
    CHECK_EQ(wire.take().size(), 1);
}

TEST_CASE("channels: when the answer of a rekey gets lost, the old session carries on") {
    Pair pair;
    pair.now += minutes(15);
    pair.loses = [](const Sent& sent) { return kind_of(sent.bytes) == FrameKind::ik_answer; };
    pair.a.send(pair.z.address, raw("one"), pair.now);
    pair.exchange();
    CHECK_EQ(pair.z.handed_up.back().plaintext, raw("one"));
    pair.loses = [](const Sent&) { return false; };
    pair.z.answer(pair.a.address, raw("answer"), pair.now);
    pair.exchange();
    CHECK_EQ(pair.a.handed_up.back().plaintext, raw("answer"));
    pair.now += seconds(1);
    pair.a.send(pair.z.address, raw("two"), pair.now);
    pair.exchange();
    CHECK_EQ(pair.z.handed_up.back().plaintext, raw("two"));
    CHECK_EQ(pair.a.counters.handshakes_done, 2U);
}

TEST_CASE("channels: both sides open at once, and both directions have a session that works") {
    Wire wire;
    ChannelSide& a = wire.add(1);
    ChannelSide& z = wire.add(2);
    a.send(z.address, raw("from a"), wire.now);
    z.send(a.address, raw("from z"), wire.now);
    wire.exchange();
    REQUIRE_EQ(a.handed_up.size(), 1);
    REQUIRE_EQ(z.handed_up.size(), 1);
    CHECK_EQ(a.handed_up[0].plaintext, raw("from z"));
    CHECK_EQ(z.handed_up[0].plaintext, raw("from a"));
    for (int i = 0; i < 3; ++i) {
        CHECK(passes_at_once(wire, a, z, "once more"));
        CHECK(passes_at_once(wire, z, a, "and back"));
        wire.now += minutes(4);
    }
}

TEST_CASE("channels: both sides open at once, first or anew, in whatever order the datagrams come") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        CAPTURE(seed);
        Rng rng(seed);
        Wire wire;
        ChannelSide& a = wire.add(1);
        ChannelSide& z = wire.add(2);
        for (const Duration pause : {Duration(0), Duration(minutes(17))}) {  // both may rekey then
            wire.now += pause;
            a.handed_up.clear();
            z.handed_up.clear();
            a.send(z.address, raw("from a"), wire.now);
            z.send(a.address, raw("from z"), wire.now);
            std::vector<Sent> under_way = wire.take();
            while (!under_way.empty()) {
                const auto next = under_way.begin() + static_cast<std::ptrdiff_t>(rng.below(under_way.size()));
                const Sent sent = *next;
                under_way.erase(next);
                wire.deliver(sent);
                const auto more = wire.take();
                under_way.insert(under_way.end(), more.begin(), more.end());
            }
            // A data frame that overtakes the third message is lost, and its repetition is not.
            for (ChannelSide* side : {&a, &z}) {
                ChannelSide& there = side == &a ? z : a;
                if (!there.handed_up.empty()) continue;
                wire.now += milliseconds(500);
                side->send(there.address, raw("again"), wire.now, 1, 1);
                wire.exchange();
                CHECK_EQ(there.handed_up.size(), 1);
            }
            REQUIRE(passes_at_once(wire, a, z, "once more"));
            REQUIRE(passes_at_once(wire, z, a, "and back"));
            REQUIRE(passes_at_once(wire, a, z, "still"));
        }
    }
}

TEST_CASE("channels: over a link that loses a quarter, requests of both sides arrive sooner or later") {
    int transmissions = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        Rng rng(seed);
        Wire wire;
        ChannelSide& a = wire.add(1);
        ChannelSide& z = wire.add(2);
        wire.loses = [&rng](const Sent&) { return rng.chance(1, 4); };
        const int there = transmissions_until_heard(wire, a, z, 30);
        const int back = transmissions_until_heard(wire, z, a, 30);
        CHECK_GT(there, 0);
        CHECK_GT(back, 0);
        transmissions += there + back;
    }
    CHECK_LT(transmissions, 400 * 2);
}

// ---- Restarts and moves ---------------------------------------------------------------------------------------------

TEST_CASE("channels: beside the third transmission a handshake is opened, and not before") {
    Pair pair;
    for (int attempt = 0; attempt < 4; ++attempt) {
        pair.a.send(pair.z.address, raw("lost"), pair.now, 7, attempt);
        const auto sent = pair.take();
        REQUIRE_EQ(sent.size(), attempt < Channels::kDoubtfulAttempt ? 1 : 2);
        CHECK((kind_of(sent[0].bytes) == FrameKind::data));
        if (sent.size() == 2) {
            CHECK((kind_of(sent[1].bytes) == (attempt == 2 ? FrameKind::ik_open : FrameKind::xx_open)));
        }
        pair.now += seconds(1);
    }
}

TEST_CASE(
    "channels: a peer that restarted is reached at the third transmission, at the second if it was quiet before") {
    for (const bool was_quiet : {false, true}) {
        Pair pair;
        if (was_quiet) pair.now += Channels::kQuietFor;
        pair.remove(pair.z);
        CHECK_EQ(transmissions_until_heard(pair, pair.a, pair.add(2, {}, 2)), was_quiet ? 2 : 3);
    }
    Pair pair;
    pair.remove(pair.z);
    ChannelSide& again = pair.add(2, {}, 2);
    CHECK_EQ(transmissions_until_heard(pair, pair.a, again), 3);
    CHECK((again.handed_up.back().sender == node_id(1)));
    CHECK(passes_at_once(pair, pair.a, again, "on"));
    CHECK(passes_at_once(pair, again, pair.a, "and back"));
}

TEST_CASE("channels: another node at the address is reached at the fourth, and takes the place of the one before") {
    Pair pair;
    pair.remove(pair.z);
    ChannelSide& other = pair.add_at(endpoint(2), test_identity(node_id(3)));
    pair.a.send(endpoint(2), raw("meant for node 2"), pair.now, 1, Channels::kDoubtfulAttempt + 1);
    pair.exchange();
    pair.now += seconds(10);
    CHECK(other.handed_up.empty());  // whom it is not meant for
    pair.a.who = nullptr;
    CHECK_LE(transmissions_until_heard(pair, pair.a, other), 4);
    CHECK(passes_at_once(pair, pair.a, other, "on"));
    other.answer(pair.a.address, raw("answer"), pair.now);
    pair.exchange();
    CHECK((pair.a.handed_up.back().sender == node_id(3)));
}

TEST_CASE("channels: a peer that moved keeps its session, and is known at its new address at once") {
    Pair pair;
    const std::size_t before = pair.log.size();
    pair.a.address = endpoint(9);
    pair.names[endpoint(9)] = node_id(1);
    CHECK(passes_at_once(pair, pair.a, pair.z, "from elsewhere"));
    CHECK((pair.z.handed_up.back().sender == node_id(1)));
    pair.z.answer(endpoint(9), raw("answer"), pair.now);
    pair.exchange();
    CHECK_EQ(pair.a.handed_up.back().plaintext, raw("answer"));
    CHECK(passes_at_once(pair, pair.z, pair.a, "request"));
    CHECK_EQ(pair.handshakes_since(before), 0);
}

TEST_CASE("channels: what comes late, and from elsewhere, is handed up but makes no address known") {
    Pair pair;
    const Raw late = pair.a.sealed(pair.z.address, raw("late"), pair.now);
    const Raw newest = pair.a.sealed(pair.z.address, raw("newest"), pair.now);
    CHECK(pair.z.receive(pair.a.address, newest, pair.now));
    CHECK(pair.z.receive(kElsewhere, late, pair.now));
    CHECK_EQ(pair.z.handed_up.back().plaintext, raw("late"));
    CHECK_FALSE(pair.z.is_open(kElsewhere, pair.now));
}

TEST_CASE("channels: an address in a datagram is no proof: nothing meant for one node is sealed for another") {
    Pair pair;
    ChannelSide& other = pair.add(3);
    other.send(pair.z.address, raw("hello"), pair.now);
    pair.exchange();
    // A member writes the address of a into its own frame.
    CHECK(pair.z.receive(pair.a.address, other.sealed(pair.z.address, raw("as if from a"), pair.now), pair.now));
    CHECK((pair.z.handed_up.back().sender == node_id(3)));
    pair.z.send(pair.a.address, raw("for a"), pair.now);
    const auto sent = pair.take();
    REQUIRE_EQ(sent.size(), 1);
    CHECK_FALSE(other.receive(pair.z.address, sent[0].bytes, pair.now));
    CHECK(pair.a.receive(pair.z.address, sent[0].bytes, pair.now));
    CHECK_EQ(pair.a.handed_up.back().plaintext, raw("for a"));
    CHECK((pair.z.channels.peer_of(Callee(pair.a.address, node_id(1)), pair.now) == node_id(1)));
}

TEST_CASE("channels: what waits for one node is not sent to another that answers in its place") {
    Wire wire;
    ChannelSide& a = wire.add(1);
    wire.names[endpoint(2)] = node_id(2);
    ChannelSide& other = wire.add_at(endpoint(2), test_identity(node_id(3)));
    a.send(endpoint(2), raw("for node 2"), wire.now);
    wire.exchange();
    CHECK_EQ(a.counters.handshakes_done, 1U);
    CHECK(other.handed_up.empty());
    a.channels.send_request(Callee(endpoint(2)), 2, 0, ChannelSide::frame_of(raw("for anybody")), wire.now);
    wire.exchange();
    REQUIRE_EQ(other.handed_up.size(), 1);
    CHECK_EQ(other.handed_up[0].plaintext, raw("for anybody"));
}

TEST_CASE("channels: a flood from many addresses under one session makes no peer forgotten") {
    Pair pair;
    ChannelSide& other = pair.add(3);
    other.send(pair.z.address, raw("hello"), pair.now);
    pair.exchange();
    for (std::uint16_t i = 0; i < 6000; ++i) {
        pair.z.receive(endpoint(static_cast<std::uint16_t>(1000 + i)), other.sealed(pair.z.address, raw("x"), pair.now),
                       pair.now);
    }
    CHECK(passes_at_once(pair, pair.z, pair.a, "still"));
}

TEST_CASE("channels: to a peer without a session goes no answer") {
    Pair pair;
    pair.z.channels.send_answer(Asker(kElsewhere, SessionIndex{1}), {}, ChannelSide::frame_of(raw("nobody")), pair.now);
    CHECK(pair.take().empty());
    pair.now += minutes(20);
    pair.z.answer(pair.a.address, raw("too late"), pair.now);
    CHECK(pair.take().empty());
}

// ---- Age ------------------------------------------------------------------------------------------------------------

TEST_CASE("channels: in two hours of calls not one is lost or repeated, over eight handshakes") {
    for (const bool answered : {true, false}) {
        CAPTURE(answered);
        Pair pair;
        const std::size_t before = pair.log.size();
        for (int i = 0; i < 720; ++i) {
            pair.now += seconds(10);
            const std::size_t handed_up = pair.z.handed_up.size();
            pair.a.send(pair.z.address, raw("request"), pair.now, 1);
            if (i % 2 == 0) {
                pair.exchange();
            } else {  // what was sent under the old session comes last
                auto under_way = pair.take();
                std::ranges::reverse(under_way);
                for (const Sent& sent : under_way) pair.deliver(sent);
                pair.exchange();
            }
            REQUIRE_EQ(pair.z.handed_up.size(), handed_up + 1);
            if (answered) {
                pair.z.answer(pair.a.address, raw("answer"), pair.now);
                pair.exchange();
                REQUIRE_EQ(pair.a.handed_up.size(), static_cast<std::size_t>(i) + 2);
            }
        }
        CHECK_EQ(pair.a.counters.handshakes_opened, 1 + 8U);
        CHECK_EQ(pair.handshakes_since(before), 2 * 8);
        CHECK_EQ(drops(pair.a) + drops(pair.z), 0U);
    }
}

TEST_CASE("channels: a session is renewed by who opened it after 15 minutes, by the other one after 16") {
    Pair pair;
    pair.now += minutes(15) - kTick;
    CHECK(passes_at_once(pair, pair.a, pair.z, "fresh"));
    pair.now += kTick;
    CHECK(passes_at_once(pair, pair.z, pair.a, "not the other's turn"));
    pair.now += minutes(1) - kTick;
    CHECK(passes_at_once(pair, pair.z, pair.a, "nor now"));
    pair.now += kTick;
    pair.z.send(pair.a.address, raw("now"), pair.now);
    const auto sent = pair.take();
    REQUIRE_EQ(sent.size(), 2);
    CHECK((kind_of(sent[0].bytes) == FrameKind::data));
    CHECK((kind_of(sent[1].bytes) == FrameKind::ik_open));
    for (const Sent& each : sent) pair.deliver(each);
    pair.exchange();
    CHECK(passes_at_once(pair, pair.z, pair.a, "renewed"));
    CHECK(passes_at_once(pair, pair.a, pair.z, "for both"));
}

TEST_CASE("channels: after 20 minutes nothing is sent or taken under a session; a call begins a new one") {
    Pair pair;
    const Raw recent = pair.a.sealed(pair.z.address, raw("recent"), pair.now);
    const Raw old = pair.a.sealed(pair.z.address, raw("old"), pair.now);
    pair.now += minutes(20) - kTick;
    CHECK(pair.z.receive(pair.a.address, recent, pair.now));
    CHECK(pair.a.is_open(pair.z.address, pair.now));
    pair.now += kTick;
    CHECK_FALSE(pair.a.is_open(pair.z.address, pair.now));
    CHECK_FALSE(pair.z.is_open(pair.a.address, pair.now));
    const std::uint64_t over = pair.z.counters.drops_session;
    CHECK_EQ(pair.answers_to(pair.z, pair.a.address, old), 0);
    CHECK_EQ(pair.z.counters.drops_session, over + 1);
    pair.take();
    const std::size_t before = pair.log.size();
    pair.a.send(pair.z.address, raw("anew"), pair.now);
    pair.exchange();
    CHECK_EQ(pair.z.handed_up.back().plaintext, raw("anew"));
    CHECK_EQ(pair.handshakes_since(before), 2);  // it is known who is there
}

TEST_CASE("channels: keys that are over are wiped when the next datagram comes, whoever sent it, or goes") {
    for (const bool comes : {true, false}) {
        CAPTURE(comes);
        Pair pair;
        const Time young = pair.now;
        const auto something_happens = [&] {
            if (comes) {
                CHECK_EQ(pair.answers_to(pair.a, kElsewhere, Raw(50, 1)), 0);
            } else {
                pair.a.send(endpoint(77), raw("nobody"), pair.now);
                pair.take();
            }
        };
        pair.now = young + minutes(20) - kTick;
        something_happens();
        CHECK(pair.a.is_open(pair.z.address, young));
        pair.now += Channels::kSweepPeriod;
        // Asked as of the past, since as of now it is no longer open, wiped or not.
        CHECK(pair.a.is_open(pair.z.address, young));
        something_happens();
        CHECK_FALSE(pair.a.is_open(pair.z.address, young));
    }
}

TEST_CASE("channels: a session is renewed and refused by the number of its messages, too") {
    ChannelOptions few;
    few.rekey.rekey_after_messages = 8;
    few.rekey.refuse_after_messages = 16;
    Pair pair(few, few);  // one message was sent each way
    pair.remove(pair.z);
    std::vector<std::size_t> data;
    std::vector<std::size_t> openings;
    for (std::size_t i = 1; i < 20; ++i, pair.now += seconds(1)) {
        pair.a.send(endpoint(2), raw("lost"), pair.now, i);
        for (const Sent& sent : pair.take()) (sent.handshake ? openings : data).push_back(i);
    }
    REQUIRE_FALSE(data.empty());
    CHECK_EQ(data.back(), 15);  // of the counters 0 … 15
    CHECK_EQ(data.size(), 15);
    REQUIRE_FALSE(openings.empty());
    CHECK_EQ(openings.front(), 8);
    CHECK_FALSE(pair.a.is_open(endpoint(2), pair.now));
}

TEST_CASE("channels: who sends more messages under a session than are allowed is not heard") {
    ChannelOptions few;
    few.rekey.rekey_after_messages = 4;
    few.rekey.refuse_after_messages = 8;
    Pair pair({}, few);
    int heard = 0;
    for (int i = 1; i < 20; ++i) {
        heard += pair.z.receive(pair.a.address, pair.a.sealed(pair.z.address, raw("more"), pair.now), pair.now);
        CHECK(pair.z.channels.take().empty());
    }
    CHECK_EQ(heard, 8);  // the counters 1 … 8; with the last one it is over
    CHECK_FALSE(pair.z.is_open(pair.a.address, pair.now));
}

// ---- Load and bounds ------------------------------------------------------------------------------------------------

TEST_CASE("channels: when more than twenty open at once, all get through in no time, the rest by a cookie") {
    Wire wire;
    ChannelSide& z = wire.add(2);
    std::vector<ChannelSide*> others;
    for (std::uint16_t i = 0; i < 30; ++i) {
        others.push_back(&wire.add(static_cast<std::uint16_t>(100 + i)));
        others.back()->send(z.address, raw("join"), wire.now);
    }
    wire.exchange();
    CHECK_EQ(z.handed_up.size(), 30);
    CHECK_EQ(z.counters.cookies_sent, 10U);
    CHECK_EQ(z.counters.handshakes_done, 30U);
    for (const ChannelSide* other : others) CHECK(z.is_open(other->address, wire.now));
}

TEST_CASE("channels: a forged cookie does nothing, to an open handshake or to none") {
    Wire wire;
    ChannelSide& z = wire.add(2);
    for (std::uint16_t i = 0; i < 20; ++i) {
        wire.add(static_cast<std::uint16_t>(100 + i)).send(z.address, raw("join"), wire.now);
    }
    wire.exchange();
    ChannelSide& late = wire.add(50);
    late.send(z.address, raw("join"), wire.now);
    for (const Sent& sent : wire.take()) wire.deliver(sent);
    const Sent cookie = wire.take().at(0);
    REQUIRE((kind_of(cookie.bytes) == FrameKind::cookie));
    for (std::size_t bit = 0; bit < 8 * cookie.bytes.size(); ++bit) {
        REQUIRE_EQ(wire.answers_to(late, z.address, with_flipped_bit(cookie.bytes, bit)), 0);
    }
    CHECK_EQ(wire.answers_to(wire.add(51), z.address, cookie.bytes), 0);
    wire.deliver(cookie);
    wire.exchange();
    CHECK((z.handed_up.back().sender == node_id(50)));
    CHECK_EQ(wire.answers_to(late, z.address, cookie.bytes), 0);
}

TEST_CASE("channels: more peers than there is room for, and the one heard longest ago has to shake hands again") {
    ChannelOptions small;
    small.sessions = {.confirmed_max = 4, .unconfirmed_max = 2};
    Wire wire;
    ChannelSide& z = wire.add(2, small);
    std::vector<ChannelSide*> others;
    for (std::uint16_t i = 0; i < 6; ++i) {
        others.push_back(&wire.add(static_cast<std::uint16_t>(100 + i)));
        others.back()->send(z.address, raw("join"), wire.now);
        wire.exchange();
        wire.now += seconds(1);
        if (i == 3) CHECK(passes_at_once(wire, *others[0], z, "I am here"));
    }
    std::vector<bool> open;
    for (const ChannelSide* other : others) open.push_back(z.is_open(other->address, wire.now));
    CHECK_EQ(open, std::vector<bool>{true, false, false, true, true, true});
    const std::size_t before = z.handed_up.size();
    CHECK_EQ(transmissions_until_heard(wire, *others[1], z), 3);
    CHECK_EQ(z.handed_up.size(), before + 1);
}

TEST_CASE("channels: openings that are not followed up push no peer out") {
    ChannelOptions small;
    small.sessions = {.confirmed_max = 4, .unconfirmed_max = 2};
    Pair pair({}, small);
    const PeerKey key_of_z = test_identity(node_id(2)).static_key.public_key();
    for (std::uint16_t i = 0; i < 40; ++i, pair.now += milliseconds(100)) {
        testing::HandshakeSide other(endpoint(static_cast<std::uint16_t>(100 + i)),
                                     test_identity(node_id(static_cast<std::uint64_t>(100 + i))));
        const auto opening =
            other.initiator.open(pair.z.address, i % 2 == 0 ? std::optional(key_of_z) : std::nullopt, pair.now);
        REQUIRE(opening);
        CHECK_EQ(pair.answers_to(pair.z, other.address, *opening), 1);
        CHECK_FALSE(pair.z.is_open(other.address, pair.now));
    }
    CHECK(passes_at_once(pair, pair.a, pair.z, "still"));
    CHECK(passes_at_once(pair, pair.z, pair.a, "there"));
}

TEST_CASE("channels: of more peers than there is room for the ones met last are known") {
    ChannelOptions small;
    small.peers_max = 8;
    Wire wire;
    ChannelSide& z = wire.add(2, small);
    for (std::uint16_t i = 0; i < 20; ++i, wire.now += seconds(1)) {
        wire.add(static_cast<std::uint16_t>(100 + i)).send(z.address, raw("join"), wire.now);
        wire.exchange();
    }
    CHECK_EQ(z.handed_up.size(), 20);
    for (std::uint16_t i = 0; i < 20; ++i) {
        CHECK_EQ(z.is_open(endpoint(static_cast<std::uint16_t>(100 + i)), wire.now), i >= 12);
    }
}

TEST_CASE("channels: a silent address costs openings at growing pauses, and a bounded backlog") {
    Wire wire;
    ChannelSide& a = wire.add(1);
    std::vector<std::int64_t> openings;
    const Time began = wire.now;
    for (std::uint64_t i = 0; i < 2000; ++i, wire.now += milliseconds(10)) {
        a.send(endpoint(2), Raw(1000, 1), wire.now, i);
        for (const Sent& sent : wire.take()) {
            CHECK(sent.handshake);
            openings.push_back((sent.bytes.empty() ? Duration(0) : wire.now - began) / milliseconds(1));
        }
    }
    CHECK_EQ(openings, std::vector<std::int64_t>{0, 100, 300, 700, 1500, 3100, 6100, 9100, 12100, 15100, 18100});
    // What was kept of it arrives when somebody is there.
    ChannelSide& z = wire.add(2);
    a.send(z.address, raw("last"), wire.now + seconds(3), 1'000'000);
    wire.now += seconds(3);
    wire.exchange();
    CHECK_GT(z.handed_up.size(), 0);
    CHECK_LE(z.handed_up.size(), Backlog::kPerAddressMax);
}

noise::SecretKey key_of(std::uint8_t byte) {
    noise::SecretKey key;
    std::ranges::fill(key.writable(), byte);
    return key;
}

TEST_CASE("channels: of two network keys each is answered, the chosen one begun with, and a former one ends") {
    const noise::SecretKey before = key_of(0x5a);
    const noise::SecretKey after = key_of(0x77);
    const std::array both{&after, &before};
    Wire wire;
    ChannelSide& z = wire.add(1);
    z.channels.use_network_keys(both, 1);
    ChannelSide& old_one = wire.add(2);
    ChannelSide& new_one = wire.add_at(endpoint(3), test_identity(node_id(3), 1, 0x77));
    for (ChannelSide* side : {&old_one, &new_one}) {
        side->send(z.address, raw("hello"), wire.now);
        wire.exchange();
    }
    REQUIRE_EQ(z.handed_up.size(), 2);
    CHECK((z.handed_up[0].sender == node_id(2)));
    CHECK((z.handed_up[1].sender == node_id(3)));

    // What Z begins, it begins with the key that was chosen.
    ChannelSide& other_old = wire.add(4);
    ChannelSide& other_new = wire.add_at(endpoint(5), test_identity(node_id(5), 1, 0x77));
    z.send(other_old.address, raw("to old"), wire.now);
    z.send(other_new.address, raw("to new"), wire.now);
    wire.exchange();
    CHECK_EQ(other_old.handed_up.size(), 1);
    CHECK(other_new.handed_up.empty());
    CHECK_EQ(other_new.counters.drops_stranger, 1U);
    z.channels.use_network_keys(both, 0);
    wire.now += seconds(1);
    z.send(other_new.address, raw("to new"), wire.now);
    wire.exchange();
    CHECK_FALSE(other_new.handed_up.empty());

    // The former key is given up: sessions live on, handshakes under it are a stranger's.
    z.channels.use_network_keys(std::array{&after}, 0);
    CHECK(passes_at_once(wire, old_one, z, "still here"));
    ChannelSide& late = wire.add(6);
    late.send(z.address, raw("too late"), wire.now);
    wire.exchange();
    CHECK_EQ(z.counters.drops_stranger, 1U);
    CHECK_FALSE(late.is_open(z.address, wire.now));
}

TEST_CASE("channels: a change of network keys does not end the handshake that is under way") {
    const noise::SecretKey before = key_of(0x5a);
    const noise::SecretKey after = key_of(0x77);
    const std::array both{&after, &before};
    Wire wire;
    ChannelSide& a = wire.add(1);
    ChannelSide& z = wire.add(2);
    a.send(z.address, raw("hello"), wire.now);
    for (const Sent& sent : wire.take()) wire.deliver(sent);
    for (ChannelSide* side : {&a, &z}) side->channels.use_network_keys(both, 0);
    wire.exchange();
    REQUIRE_EQ(z.handed_up.size(), 1);
    CHECK_EQ(z.handed_up[0].plaintext, raw("hello"));
    CHECK_EQ(drops(a) + drops(z), 0U);
}

TEST_CASE("channels: a peer is closed: nothing of its sessions and handshakes is left; others do not notice") {
    Pair pair;
    const Raw under_way = pair.a.sealed(pair.z.address, raw("under way"), pair.now);
    // A rekey besides, that has not been finished.
    pair.now += minutes(16);
    ChannelSide& other = pair.add(3);
    other.send(pair.z.address, raw("other"), pair.now);
    pair.exchange();
    pair.a.send(pair.z.address, raw("again"), pair.now, 7);
    for (const Sent& sent : pair.take()) pair.deliver(sent);
    REQUIRE(pair.z.channels.has_session(node_id(1)));
    const std::size_t handed_up = pair.z.handed_up.size();

    pair.z.channels.close(node_id(1));
    CHECK_FALSE(pair.z.channels.has_session(node_id(1)));
    CHECK(pair.z.channels.has_session(node_id(3)));
    CHECK_FALSE(pair.z.is_open(pair.a.address, pair.now));
    pair.z.receive(pair.a.address, under_way, pair.now, pair.z.address);
    CHECK_EQ(pair.z.handed_up.size(), handed_up);
    CHECK(pair.z.counters.drops_session > 0U);
    pair.exchange();  // the answer to the rekey, which leads nowhere
    CHECK_FALSE(pair.z.channels.has_session(node_id(1)));
    CHECK(passes_at_once(pair, other, pair.z, "still here"));
    pair.z.channels.close(node_id(9));  // nobody
    CHECK(pair.z.channels.has_session(node_id(3)));
}

}  // namespace
}  // namespace chord::net
