// Rpc: bodies that do not fit into one datagram.
#include <algorithm>
#include <optional>
#include <string>

#include "net/codec.hpp"
#include "net/envelope.hpp"
#include "net/message/frame.hpp"
#include "node/core/base/rng.hpp"
#include "tests/support/rpc_pair.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Host;
using testing::host_id;
using testing::host_options;
using testing::Pair;
using testing::Strangers;
using Raw = std::vector<std::uint8_t>;

Write write_of(std::size_t value_bytes) {
    Write write;
    write.key = "k";
    write.value.assign(value_bytes, 'v');
    return write;
}

ReadReply reply_of(std::size_t value_bytes) {
    return {Record{"k", Bytes(value_bytes, 'r'), Version{1, 2}, kNever, 0, false, {}}, true};
}

/// `host` gets the datagram.
void deliver(Host& host, const Endpoint& from, const Datagram& datagram) {
    Raw bytes = datagram.bytes;
    host.rpc.receive(from, bytes);
}

void call(Strangers& pair, std::uint64_t id, Request request, Priority priority = Priority::foreground) {
    pair.a.rpc.call(CallId{id}, Callee(pair.z.address, pair.z.id), std::move(request), priority);
}

/// Time passes until nothing is to be done any more, or until `is_over`; each datagram of A for which `lost` is true
/// does not arrive.
template <typename IsOver, typename Lost>
void run(Strangers& pair, IsOver is_over, Lost lost) {
    const Time end = pair.now + std::chrono::minutes(5);
    while (!is_over()) {
        for (const Datagram& each : pair.a.rpc.take_datagrams()) {
            if (!lost(each)) pair.to_z(each.bytes);
        }
        for (const Datagram& each : pair.z.rpc.take_datagrams()) pair.to_a(each.bytes);
        const Time next = std::min(pair.a.rpc.next_deadline(), pair.z.rpc.next_deadline());
        REQUIRE_LT(next, end);
        if (next > pair.now) pair.at(next);
        pair.a.rpc.tick();
        pair.z.rpc.tick();
    }
}

template <typename IsOver>
void run(Strangers& pair, IsOver is_over) {
    run(pair, is_over, [](const Datagram&) { return false; });
}

void serve_silently(Strangers& pair) {
    pair.z.answer_at_once = false;
}

TEST_CASE("rpc: what is a byte too long for a datagram goes as a message, and is answered") {
    Pair pair;
    // tag, lifetime, uid, condition, tombstone, level, operation, repeated and the two lengths: 31 bytes beside key and
    // value.
    call(pair, 1, write_of(kBodyBytesMax - 32));
    auto datagrams = pair.a.rpc.take_datagrams();
    REQUIRE_EQ(datagrams.size(), 1);
    CHECK_EQ(datagrams[0].bytes.size(), kBaseDatagramBytes);
    CHECK_EQ(datagrams[0].label[0], static_cast<int>(Kind::request));
    pair.to_z(datagrams[0].bytes);

    call(pair, 2, write_of(kBodyBytesMax - 31));
    datagrams = pair.a.rpc.take_datagrams();
    REQUIRE_EQ(datagrams.size(), 2);
    for (const Datagram& each : datagrams) {
        CHECK_EQ(each.label[0], kMessageLabel);
        CHECK_LE(each.bytes.size(), kBaseDatagramBytes);
        pair.to_z(each.bytes);
    }
    pair.exchange();
    REQUIRE_EQ(pair.z.requests.size(), 2);
    CHECK((pair.z.requests[1].request == Request(write_of(kBodyBytesMax - 31))));
    CHECK((pair.z.requests[1].from == Peer{pair.a.id, pair.a.address}));
    REQUIRE_EQ(pair.a.answers.size(), 2);
    CHECK(pair.a.answers[1].second);
}

TEST_CASE("rpc: what comes to one of several own addresses is acknowledged from there") {
    Pair pair;
    const Endpoint second = testing::host_endpoint(77);
    call(pair, 1, write_of(5000));
    std::size_t acks = 0;
    for (int round = 0; round < 8; ++round) {
        for (const Datagram& each : pair.a.rpc.take_datagrams()) {
            Raw bytes = each.bytes;
            pair.z.rpc.receive(pair.a.address, bytes, second);
        }
        for (const Datagram& each : pair.z.rpc.take_datagrams()) {
            CHECK_EQ(each.from, second);
            acks += each.label[0] == kMessageLabel ? 1U : 0U;
            pair.to_a(each.bytes);
        }
    }
    CHECK_GT(acks, 0);
    CHECK_EQ(pair.z.requests.size(), 1);
}

TEST_CASE("rpc: requests and answers of the largest value cross in both directions") {
    RpcOptions large_a = host_options(1);
    RpcOptions large_z = host_options(2);
    for (RpcOptions* each : {&large_a, &large_z}) {
        each->messages.reassembly.message_bytes_max = kMessageBytesMax;
        each->messages.reassembly.peer_bytes_max = 2 * kMessageBytesMax;
    }
    Pair pair(large_a, large_z);
    serve_silently(pair);
    call(pair, 1, write_of(kValueBytesMax));
    run(pair, [&] { return !pair.z.requests.empty(); });
    CHECK((pair.z.requests[0].request == Request(write_of(kValueBytesMax))));
    pair.z.rpc.reply(pair.z.requests[0].token, WriteReply{});
    run(pair, [&] { return !pair.a.answers.empty(); });
    CHECK(pair.a.answers[0].second);

    call(pair, 2, Read{});
    run(pair, [&] { return pair.z.requests.size() == 2; });
    pair.z.rpc.reply(pair.z.requests[1].token, reply_of(kValueBytesMax));
    run(pair, [&] { return pair.a.answers.size() == 2; });
    REQUIRE(pair.a.answers[1].second);
    CHECK((pair.a.answers[1].second->response == Response(reply_of(kValueBytesMax))));
    CHECK((pair.a.answers[1].second->from == Peer{pair.z.id, pair.z.address}));
    // That of the announcement: what takes long measures no path.
    CHECK((pair.a.rpc.rtt(pair.z.address) == std::optional(Duration{})));
}

TEST_CASE("rpc: who asks in the background and hears that a long answer is coming asks again after 10 s") {
    for (const Priority priority : {Priority::foreground, Priority::background}) {
        Pair pair;
        serve_silently(pair);
        call(pair, 1, Read{}, priority);
        pair.exchange();
        pair.z.rpc.reply(pair.z.requests.at(0).token, reply_of(60'000));
        pair.to_a(pair.z.rpc.take_datagrams().at(0).bytes);
        REQUIRE_EQ(pair.a.coming.size(), 1);
        const Duration pause = pair.a.rpc.next_deadline() - pair.now;
        CHECK_EQ(pause == seconds(10), priority == Priority::background);
        CHECK_LE(pause, seconds(10));
    }
}

TEST_CASE("rpc: a repetition that comes late, when the asker has the long answer, is not served again") {
    Pair pair;
    serve_silently(pair);
    call(pair, 1, Read{});
    const auto first = pair.a.rpc.take_datagrams();
    REQUIRE_EQ(first.size(), 1);
    pair.to_z(first[0].bytes);
    const auto late = pair.repeat();  // stays on the way
    REQUIRE_EQ(late.size(), 1);
    pair.z.rpc.reply(pair.z.requests.at(0).token, reply_of(60'000));
    run(pair, [&] { return !pair.a.answers.empty(); });
    pair.exchange();
    pair.to_z(late[0]);
    CHECK_EQ(pair.z.requests.size(), 1);
    CHECK(pair.z.rpc.take_datagrams().empty());
}

TEST_CASE("rpc: an answer that stands in line behind others is waited for as long as the peer says that it will come") {
    Pair pair;
    serve_silently(pair);
    call(pair, 1, Read{});
    const Time began = pair.now;
    std::size_t replied = 0;
    while (pair.a.answers.empty()) {
        for (const Datagram& each : pair.a.rpc.take_datagrams()) pair.to_z(each.bytes);
        for (; replied < pair.z.requests.size(); ++replied) {
            pair.z.rpc.reply(pair.z.requests[replied].token, reply_of(60'000));
        }
        const bool is_its_turn = pair.now - began > std::chrono::minutes(1);
        for (const Datagram& each : pair.z.rpc.take_datagrams()) {
            if (is_its_turn || each.label[0] != kMessageLabel) pair.to_a(each.bytes);
        }
        pair.at(std::max(pair.now, std::min(pair.a.rpc.next_deadline(), pair.z.rpc.next_deadline())));
        pair.a.rpc.tick();
        pair.z.rpc.tick();
    }
    CHECK(pair.a.answers[0].second);
    CHECK_GT(pair.now - began, std::chrono::minutes(1));
}

TEST_CASE("rpc: over the peer's limit a request is refused, over one's own an answer is") {
    RpcOptions small = host_options(2);
    small.messages.reassembly.message_bytes_max = 10'000;
    small.messages.reassembly.peer_bytes_max = 20'000;
    Pair pair(host_options(1), small);
    call(pair, 1, write_of(12'000));
    pair.exchange();
    REQUIRE_EQ(pair.a.answers.size(), 1);
    CHECK_EQ(pair.a.answers[0].second.error(), Error::too_big);
    CHECK(pair.z.requests.empty());

    serve_silently(pair);
    call(pair, 2, Read{});
    pair.exchange();
    REQUIRE_EQ(pair.z.requests.size(), 1);
    pair.z.rpc.reply(pair.z.requests[0].token, reply_of(12'000));
    pair.exchange();
    REQUIRE_EQ(pair.a.answers.size(), 2);
    REQUIRE(pair.a.answers[1].second);
    CHECK((pair.a.answers[1].second->response == Response(Refusal{Error::too_big, {}})));

    call(pair, 3, write_of(80'000));  // over the limit of this node itself
    pair.a.rpc.tick();
    REQUIRE_EQ(pair.a.answers.size(), 3);
    CHECK_EQ(pair.a.answers[2].second.error(), Error::too_big);
}

TEST_CASE("rpc: a long request waits for the handshake and then leaves at once, once") {
    Strangers pair;
    call(pair, 1, write_of(5000));
    auto first = pair.a.rpc.take_datagrams();
    REQUIRE_EQ(first.size(), 1);
    CHECK(testing::is_handshake(first[0]));
    pair.to_z(first[0].bytes);
    pair.exchange();
    CHECK_EQ(pair.z.requests.size(), 1);
    REQUIRE_EQ(pair.a.answers.size(), 1);
    CHECK(pair.a.answers[0].second);
}

TEST_CASE("rpc: a long request to nobody ends as a timeout; its handshake is tried several times") {
    Strangers pair;
    call(pair, 1, write_of(5000));
    std::size_t handshakes = 0;
    run(
        pair, [&] { return !pair.a.answers.empty(); },
        [&](const Datagram& each) { return handshakes += testing::is_handshake(each) ? 1U : 0U, true; });
    CHECK_EQ(pair.a.answers[0].second.error(), Error::timeout);
    CHECK_GE(handshakes, 3);
    CHECK_EQ(pair.a.count(&RpcCounters::timeouts), 1);
}

TEST_CASE("rpc: a lost short answer to a long request is asked for, and the request carried out once") {
    Pair pair;
    call(pair, 1, write_of(3000));
    for (const Datagram& each : pair.a.rpc.take_datagrams()) pair.to_z(each.bytes);
    CHECK_EQ(pair.z.requests.size(), 1);
    for (const Datagram& each : pair.z.rpc.take_datagrams()) {
        if (each.label[0] == kMessageLabel) pair.to_a(each.bytes);  // the acks; the answer is lost
    }
    CHECK(pair.a.answers.empty());
    std::size_t asked = 0;
    run(
        pair, [&] { return !pair.a.answers.empty(); },
        [&](const Datagram& each) {
            asked += each.label[0] == static_cast<int>(Kind::again) && each.bytes.size() < 100 ? 1U : 0U;
            return false;
        });
    CHECK_EQ(asked, 1);
    CHECK_EQ(pair.z.requests.size(), 1);
    REQUIRE_EQ(pair.a.answers.size(), 1);
    CHECK(pair.a.answers[0].second);
}

TEST_CASE("rpc: who has forgotten a long request does not answer for it") {
    Pair pair;
    serve_silently(pair);
    call(pair, 1, write_of(3000));
    for (const Datagram& each : pair.a.rpc.take_datagrams()) pair.to_z(each.bytes);
    for (const Datagram& each : pair.z.rpc.take_datagrams()) pair.to_a(each.bytes);
    pair.pass(seconds(31));  // served_for
    pair.a.rpc.tick();
    const std::uint64_t before = pair.z.rpc.counters().drops_unexpected;
    pair.exchange();
    CHECK_GT(pair.z.rpc.counters().drops_unexpected, before);
    run(pair, [&] { return !pair.a.answers.empty(); });
    CHECK_EQ(pair.a.answers[0].second.error(), Error::timeout);
    CHECK_EQ(pair.z.requests.size(), 1);
}

TEST_CASE(
    "rpc: a peer that works on a long request is waited for longer, as long as its like would take on a slow path") {
    for (const bool is_long : {false, true}) {
        Pair pair;
        serve_silently(pair);
        call(pair, 1, write_of(is_long ? 65'536 : 100));
        const Time began = pair.now;
        run(pair, [&] { return !pair.a.answers.empty(); });
        CHECK_EQ(pair.a.answers[0].second.error(), Error::timeout);
        CHECK_GT(pair.now - began, seconds(is_long ? 30 : 10));
        CHECK_LT(pair.now - began, seconds(is_long ? 60 : 20));
        CHECK_EQ(pair.z.requests.size(), 1);
    }
}

TEST_CASE("rpc: a long answer is announced, not sent twice for a repeated request, and waited for while it comes") {
    Pair pair;
    serve_silently(pair);
    call(pair, 1, Read{});
    pair.exchange();
    pair.z.rpc.reply(pair.z.requests.at(0).token, reply_of(60'000));
    auto answer = pair.z.rpc.take_datagrams();
    REQUIRE_GE(answer.size(), 2);
    CHECK_EQ(answer[0].label[0], static_cast<int>(Kind::coming));
    pair.to_a(answer[0].bytes);
    CHECK_EQ(pair.a.coming.size(), 1);
    CHECK(pair.a.coming.at(0) == CallId{1});
    // The request is repeated while the fragments are under way: it is not served anew.
    pair.at(pair.a.rpc.next_deadline());
    pair.a.rpc.tick();
    for (const Datagram& each : pair.a.rpc.take_datagrams()) {
        CHECK_EQ(each.label[0], static_cast<int>(Kind::request));
        pair.to_z(each.bytes);
    }
    CHECK_EQ(pair.z.requests.size(), 1);
    const auto said = pair.z.rpc.take_datagrams();
    CHECK(std::any_of(said.begin(), said.end(),
                      [](const Datagram& each) { return each.label[0] == static_cast<int>(Kind::coming); }));
    for (const Datagram& each : said) pair.to_a(each.bytes);
    for (std::size_t i = 1; i < answer.size(); ++i) pair.to_a(answer[i].bytes);
    run(pair, [&] { return !pair.a.answers.empty(); });
    REQUIRE(pair.a.answers[0].second);
    CHECK((pair.a.answers[0].second->response == Response(reply_of(60'000))));
    pair.exchange();
    CHECK_EQ(pair.z.rpc.next_deadline(), kNever);  // nothing of it is left
}

TEST_CASE("rpc: an asker that has gone in the middle of a long answer costs its sender nothing for long") {
    Pair pair;
    serve_silently(pair);
    call(pair, 1, Read{});
    pair.exchange();
    pair.z.rpc.reply(pair.z.requests.at(0).token, reply_of(60'000));
    std::size_t sent = 0;
    const Time end = pair.now + std::chrono::minutes(1);
    while (pair.now < end) {
        sent += pair.z.rpc.take_datagrams().size();
        pair.at(std::clamp(pair.z.rpc.next_deadline(), pair.now, end));
        pair.z.rpc.tick();
    }
    CHECK_LE(sent, 30);  // a first window, some timeouts, handshakes beside them
    call(pair, 2, Read{});
    for (const Datagram& each : pair.a.rpc.take_datagrams()) pair.to_z(each.bytes);
    CHECK_EQ(pair.z.requests.size(), 2);  // and it serves on
}

TEST_CASE("rpc: a peer that restarted in the middle of a long request answers the next one") {
    Pair pair;
    call(pair, 1, write_of(60'000));
    (void)pair.a.rpc.take_datagrams();
    Host again(2, host_options(2), {.life = 2});
    again.rpc.begin_turn(pair.now);
    const Time end = pair.now + std::chrono::minutes(5);
    while (pair.a.answers.empty()) {
        for (const Datagram& each : pair.a.rpc.take_datagrams()) deliver(again, pair.a.address, each);
        for (const Datagram& each : again.rpc.take_datagrams()) pair.to_a(each.bytes);
        const Time next = std::min(pair.a.rpc.next_deadline(), again.rpc.next_deadline());
        REQUIRE_LT(next, end);
        pair.at(std::max(pair.now, next));
        again.rpc.begin_turn(pair.now);
        pair.a.rpc.tick();
        again.rpc.tick();
    }
    CHECK(pair.a.answers[0].second);  // the handshake runs beside the repetitions
    CHECK_EQ(again.requests.size(), 1);
}

TEST_CASE("rpc: another member cannot put its bytes into the message of a peer, whatever address it writes on them") {
    Pair pair;
    Host insider(3);
    insider.rpc.begin_turn(pair.now);
    insider.rpc.call(CallId{1}, Callee(pair.z.address, pair.z.id), Ping{});
    for (bool moved = true; moved;) {
        moved = false;
        for (const Datagram& each : insider.rpc.take_datagrams()) {
            moved = true, deliver(pair.z, insider.address, each);
        }
        for (const Datagram& each : pair.z.rpc.take_datagrams()) {
            moved = true, deliver(insider, pair.z.address, each);
        }
    }
    pair.z.requests.clear();
    call(pair, 1, write_of(3000));
    const auto right = pair.a.rpc.take_datagrams();
    // The insider's message has the same number and length, and comes from A's address.
    Write evil = write_of(3000);
    evil.value.assign(3000, 'e');
    insider.rpc.call(CallId{2}, Callee(pair.z.address, pair.z.id), evil);
    const auto wrong = insider.rpc.take_datagrams();
    REQUIRE_EQ(right.size(), wrong.size());
    for (std::size_t i = 0; i < right.size(); ++i) {
        deliver(pair.z, pair.a.address, wrong[i]);
        deliver(pair.z, pair.a.address, right[i]);
    }
    REQUIRE_EQ(pair.z.requests.size(), 2);
    for (const Inbound& each : pair.z.requests) {
        const char letter = each.from.id == pair.a.id ? 'v' : 'e';
        CHECK(std::get<Write>(each.request).value == Bytes(3000, letter));
    }
}

// A writes `address` on its datagrams, and Z has long answers for it; what Z sends goes to whoever is there. The bytes
// that A wrote and that Z sent to that address.
struct Exchanged {
    std::size_t asked = 0, sent = 0;
};
Exchanged exchange_from(Pair& pair, const Endpoint& address, bool is_there) {
    Exchanged bytes;
    for (int round = 0; round < 40; ++round) {
        for (const Datagram& each : pair.a.rpc.take_datagrams()) {
            Raw copy = each.bytes;
            bytes.asked += copy.size();
            pair.z.rpc.receive(address, copy);
        }
        while (!pair.z.requests.empty()) {
            pair.z.rpc.reply(pair.z.requests.back().token, reply_of(20'000));
            pair.z.requests.pop_back();
        }
        for (const Datagram& each : pair.z.rpc.take_datagrams()) {
            bytes.sent += each.to == address ? each.bytes.size() : 0;
            Raw copy = each.bytes;
            if (is_there) pair.a.rpc.receive(pair.z.address, copy, address);
        }
    }
    return bytes;
}

TEST_CASE("rpc: a long answer goes to where the asker has been reached, not to where it says that it is") {
    Pair pair;
    serve_silently(pair);
    const Endpoint victim = testing::host_endpoint(99);
    pair.a.rpc.call(CallId{1}, Callee(pair.z.address, pair.z.id), Fetch{});
    const Exchanged forged = exchange_from(pair, victim, false);
    CHECK_LE(forged.sent, 3 * forged.asked);
    CHECK_EQ(pair.z.count(&RpcCounters::answers_unproven), 1);
    CHECK(pair.a.answers.empty());
}

TEST_CASE("rpc: a peer that has a new address has its long answers there after a handshake") {
    Pair pair;
    serve_silently(pair);
    const Endpoint moved = testing::host_endpoint(99);
    pair.a.rpc.call(CallId{1}, Callee(pair.z.address, pair.z.id), Fetch{});
    exchange_from(pair, moved, true);
    CHECK(pair.a.answers.empty());
    pair.at(pair.a.rpc.next_deadline());
    pair.a.rpc.tick();
    exchange_from(pair, moved, true);
    REQUIRE_EQ(pair.a.answers.size(), 1);
    REQUIRE(pair.a.answers[0].second);
    CHECK_EQ(std::get<ReadReply>(pair.a.answers[0].second->response).record->value.size(), 20'000);
    CHECK_EQ(pair.z.count(&RpcCounters::answers_unproven), 1);
}

TEST_CASE("rpc: what nobody waits for yields to what somebody does") {
    Pair pair;
    serve_silently(pair);
    call(pair, 1, write_of(60'000), Priority::background);
    call(pair, 2, write_of(60'000));
    run(pair, [&] { return !pair.z.requests.empty(); });
    pair.z.rpc.reply(pair.z.requests[0].token, WriteReply{});
    run(pair, [&] { return !pair.a.answers.empty(); });
    CHECK(pair.a.answers[0].first == CallId{2});
    run(pair, [&] { return pair.z.requests.size() == 2; });
}

TEST_CASE("rpc: when a peer is closed its long calls end, and nothing is kept of what it was sending") {
    Pair pair;
    call(pair, 1, write_of(60'000));
    pair.z.rpc.call(CallId{5}, Callee(pair.a.address, pair.a.id), write_of(60'000));
    for (const Datagram& each : pair.z.rpc.take_datagrams()) pair.to_a(each.bytes);
    pair.a.rpc.close(pair.z.id);
    CHECK(pair.a.answers.empty());  // not from inside close()
    CHECK(pair.a.rpc.next_deadline() <= pair.now);
    pair.a.rpc.tick();
    REQUIRE_EQ(pair.a.answers.size(), 1);
    CHECK_EQ(pair.a.answers[0].second.error(), Error::wrong_peer);
    CHECK(pair.a.rpc.take_datagrams().empty());
    CHECK(pair.a.rpc.next_deadline() == kNever);
}

TEST_CASE("rpc: more long requests than there is room for end as overloaded, and all others are answered") {
    RpcOptions small = host_options(1);
    small.messages.queued_max = 8;  // half of it for one node
    Pair pair(small, host_options(2));
    for (std::uint64_t id = 1; id <= 6; ++id) call(pair, id, write_of(5000));
    run(pair, [&] { return pair.a.answers.size() == 6; });
    const auto failed = std::count_if(pair.a.answers.begin(), pair.a.answers.end(), [](const auto& each) {
        return !each.second && each.second.error() == Error::overloaded;
    });
    CHECK_EQ(failed, 2);
    CHECK_EQ(pair.z.requests.size(), 4);
}

TEST_CASE("rpc: over a link that loses 5 % each way long writes are answered, and none is carried out twice") {
    Pair pair;
    Rng dice(7);
    constexpr std::uint64_t kCalls = 200;
    const auto lost = [&](const Datagram&) { return dice.chance(5, 100); };
    for (std::uint64_t id = 1; id <= kCalls; ++id) {
        call(pair, id, write_of(2000 + dice.below(30'000)));
        const Time end = pair.now + std::chrono::minutes(5);
        while (pair.a.answers.size() < id) {
            for (const Datagram& each : pair.a.rpc.take_datagrams()) {
                if (!lost(each)) pair.to_z(each.bytes);
            }
            for (const Datagram& each : pair.z.rpc.take_datagrams()) {
                if (!lost(each)) pair.to_a(each.bytes);
            }
            const Time next = std::min(pair.a.rpc.next_deadline(), pair.z.rpc.next_deadline());
            REQUIRE_LT(next, end);
            pair.at(std::max(pair.now, next));
            pair.a.rpc.tick();
            pair.z.rpc.tick();
        }
        CHECK(pair.a.answers.back().second);
    }
    CHECK_EQ(pair.z.requests.size(), kCalls);
}

}  // namespace
}  // namespace chord::net
