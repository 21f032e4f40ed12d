// Rpc: two endpoints, A and Z, driven datagram by datagram in virtual time.
#include "net/rpc.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "net/codec.hpp"
#include "net/envelope.hpp"
#include "tests/support/channel_side.hpp"
#include "tests/support/random_message.hpp"
#include "tests/support/rpc_pair.hpp"
#include "tests/support/test_identity.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ChannelSide;
using testing::Host;
using testing::Incarnation;
using testing::is_handshake;
using testing::Pair;
using testing::Strangers;
using Raw = std::vector<std::uint8_t>;

Endpoint endpoint(std::uint8_t host) {
    return testing::host_endpoint(host);
}

Id id_of(std::uint8_t host) {
    return testing::host_id(host);
}

RpcOptions options_of(std::uint8_t host) {
    return testing::host_options(host);
}

Write write_of(Bytes key) {
    Write write;
    write.key = std::move(key);
    write.value = "v";
    return write;
}

/// Somebody with the network key and a session with `target`, who seals what no Rpc would.
class Insider {
public:
    Insider(Host& target, Time now, const Endpoint& at, LocalIdentity identity)
        : target_(target), now_(now), side_(at, std::move(identity)) {
        side_.connect(
            target.address, now, [this](const Raw& datagram) { deliver(datagram); },
            [this] { return target_.rpc.take_datagrams(); });
        target.start_counting();
    }

    /// Holds the keys of host `number`, and speaks from its address.
    Insider(Host& target, Time now, std::uint8_t number)
        : Insider(target, now, endpoint(number), test_identity(id_of(number), 2)) {}

    Raw sealed(const Envelope& envelope, const Raw& body) {
        return side_.sealed(target_.address, envelope, body, now_);
    }

    void deliver(Raw datagram) { target_.rpc.receive(side_.address, datagram); }
    void send(const Envelope& envelope, const Raw& body) { deliver(sealed(envelope, body)); }

    struct Said {
        Envelope envelope;
        Raw body;
    };
    /// What a datagram of the target says.
    Said opened(Raw datagram) {
        REQUIRE(side_.receive(target_.address, std::move(datagram), now_));
        const auto& handed_up = side_.handed_up.back();
        const auto parcel = parse_parcel(handed_up.sender, handed_up.plaintext);
        REQUIRE(parcel);
        return {parcel->envelope, {parcel->body.begin(), parcel->body.end()}};
    }

private:
    Host& target_;
    Time now_;
    ChannelSide side_;
};

Envelope request_of_insider(std::uint64_t request_id = 77, std::uint8_t attempt = 0) {
    return Envelope{Kind::request, false, attempt, request_id, {}};
}

Envelope response_to(std::uint64_t request_id) {
    return Envelope{Kind::response, false, 0, request_id, {}};
}

TEST_CASE("rpc: a call is handed up there and its answer here, with who and from where") {
    Pair pair;
    pair.a.rpc.set_member(true);
    pair.to_z(pair.call(7, Step{Id{{1, 2, 3, 4}}}));
    REQUIRE_EQ(pair.z.requests.size(), 1);
    const Inbound& request = pair.z.requests.front();
    CHECK((request.from == Peer{pair.a.id, pair.a.address}));
    CHECK(request.from_member);
    CHECK((request.request == Request(Step{Id{{1, 2, 3, 4}}})));

    pair.pass(milliseconds(3));
    CHECK(pair.a.answers.empty());
    pair.to_a(pair.z.only_datagram());
    REQUIRE_EQ(pair.a.answers.size(), 1);
    CHECK(pair.a.answers[0].first == CallId{7});
    const auto& answer = pair.a.answers[0].second;
    REQUIRE(answer);
    CHECK((answer->from == Peer{pair.z.id, pair.z.address}));
    CHECK((answer->response == Response(ReplicateReply{Version{1, 0}})));
    CHECK(pair.a.rpc.rtt(pair.z.address) == milliseconds(3));
    CHECK(pair.a.rpc.next_deadline() == kNever);
}

TEST_CASE("rpc: every answer leaves from the own address at which its request came") {
    Pair pair;
    pair.z.answer_at_once = false;
    const Endpoint asked = endpoint(9);
    const auto receive = [&](Raw datagram, const Endpoint& at) { pair.z.rpc.receive(pair.a.address, datagram, at); };
    const auto only_from = [&] {
        const auto datagrams = pair.z.rpc.take_datagrams();
        REQUIRE_EQ(datagrams.size(), 1);
        return datagrams.front().from;
    };
    receive(pair.call(1), asked);
    receive(pair.repeat().at(0), endpoint(8));  // a repetition is "working" on it, and is asked for elsewhere
    CHECK((only_from() == endpoint(8)));
    pair.z.rpc.reply(pair.z.requests.at(0).token, ReplicateReply{});
    CHECK((only_from() == asked));
    pair.pass(milliseconds(500));
    receive(pair.repeat().at(0), endpoint(8));  // the kept answer
    CHECK((only_from() == endpoint(8)));

    pair.a.rpc.call(CallId{2}, Callee(pair.z.address, pair.z.id),
                    Read{});  // what the node asks of itself leaves from anywhere
    CHECK((pair.a.rpc.take_datagrams().at(0).from == Endpoint{}));

    Insider insider(pair.z, pair.now, 3);
    Raw refused = insider.sealed(request_of_insider(), Raw{0xff});
    pair.z.rpc.receive(endpoint(3), refused, asked);
    CHECK((only_from() == asked));
}

TEST_CASE("rpc: the answers of a handshake leave from the own address at which it was opened") {
    Strangers pair;
    Raw opening = pair.call(1);
    pair.z.rpc.receive(pair.a.address, opening, pair.z.address);
    const auto answers = pair.z.rpc.take_datagrams();
    REQUIRE_EQ(answers.size(), 1);
    CHECK((answers[0].from == pair.z.address));
}

TEST_CASE("rpc: a captured write that somebody sends from elsewhere is not carried out again") {
    Pair pair;
    Raw write = pair.call(1, write_of("k"));
    pair.to_z(write);
    CHECK_EQ(pair.z.rpc.take_datagrams().size(), 1);
    for (const std::uint8_t host : Raw{1, 66}) {
        Raw captured = write;
        pair.z.rpc.receive(endpoint(host), captured);
    }
    CHECK_EQ(pair.z.count(&RpcCounters::drops_replayed), 2U);
    CHECK(pair.z.rpc.take_datagrams().empty());
    // Nor when it was held back, so that it comes for the first time.
    Raw held_back = pair.repeat().at(0);
    pair.z.rpc.receive(endpoint(66), held_back);
    CHECK_EQ(pair.z.count(&RpcCounters::duplicates), 1U);
    CHECK_EQ(pair.z.requests.size(), 1);
}

TEST_CASE("rpc: who is no member does not say so") {
    Pair pair;
    pair.to_z(pair.call(1));
    CHECK_FALSE(pair.z.requests[0].from_member);
    pair.a.rpc.set_member(true);
    pair.to_z(pair.call(2));
    CHECK(pair.z.requests[1].from_member);
    pair.a.rpc.set_member(false);
    pair.to_z(pair.call(3));
    CHECK_FALSE(pair.z.requests[2].from_member);
}

TEST_CASE("rpc: sends again after 500, 1000 and 2000 ms and gives up after 6500 ms, once") {
    Pair pair;
    const Time start = pair.now;
    pair.call(7);
    std::vector<std::int64_t> sent;
    std::vector<std::int64_t> opened;  // a handshake goes beside the third transmission and the fourth
    while (pair.a.rpc.next_deadline() != kNever) {
        pair.at(pair.a.rpc.next_deadline());
        pair.a.rpc.tick();
        for (const Datagram& datagram : pair.a.rpc.take_datagrams()) {
            (is_handshake(datagram) ? opened : sent).push_back((pair.now - start).count());
        }
    }
    CHECK((sent == std::vector<std::int64_t>{500'000, 1'500'000, 3'500'000}));
    CHECK((opened == std::vector<std::int64_t>{1'500'000, 3'500'000}));
    CHECK(pair.now - start == milliseconds(6500));
    REQUIRE_EQ(pair.a.answers.size(), 1);
    CHECK_EQ(pair.a.answers[0].second.error(), Error::timeout);
    CHECK_EQ(pair.a.count(&RpcCounters::timeouts), 1U);
    CHECK_EQ(pair.a.count(&RpcCounters::retransmissions), 3U);
}

TEST_CASE("rpc: an answer that comes after the end is dropped and counted") {
    Pair pair;
    pair.to_z(pair.call(7));
    const Raw late = pair.z.only_datagram();
    pair.pass(seconds(10));
    while (pair.a.rpc.next_deadline() <= pair.now) {
        pair.a.rpc.tick();
        pair.pass(seconds(10));
    }
    REQUIRE_EQ(pair.a.answers.size(), 1);
    pair.to_a(late);
    CHECK_EQ(pair.a.answers.size(), 1);
    CHECK_EQ(pair.a.count(&RpcCounters::drops_unexpected), 1U);
}

TEST_CASE("rpc: a repeated request is handed up once, and each of its answers counts") {
    Pair pair;
    const Raw first = pair.call(7, write_of("k"));
    const Raw second = pair.repeat().at(0);
    pair.pass(milliseconds(500));
    const Raw third = pair.repeat().at(0);
    CHECK_NE(first, second);

    pair.to_z(second);
    const Raw answer = pair.z.only_datagram();
    pair.to_z(first);
    const Raw again = pair.z.only_datagram();
    pair.to_z(third);
    CHECK_NE(pair.z.only_datagram(), again);
    CHECK_EQ(pair.z.requests.size(), 1);
    CHECK_EQ(pair.z.count(&RpcCounters::duplicates), 2U);
    pair.to_z(first);
    CHECK(pair.z.rpc.take_datagrams().empty());
    CHECK_EQ(pair.z.count(&RpcCounters::drops_replayed), 1U);

    pair.to_a(again);
    pair.to_a(answer);
    REQUIRE_EQ(pair.a.answers.size(), 1);
    CHECK((pair.a.answers[0].second->response == Response(ReplicateReply{Version{1, 0}})));
    CHECK_EQ(pair.a.count(&RpcCounters::drops_unexpected), 1U);
}

TEST_CASE("rpc: a repeated request is answered alike each time, but for the attempt") {
    Host z{2};
    z.rpc.begin_turn(Time(seconds(1)));
    Insider insider(z, Time(seconds(1)), 1);
    const Raw body = encode(Request(write_of("k")), {});
    const Raw answer = encode(Response(ReplicateReply{Version{1, 0}}), {});
    for (const std::uint8_t attempt : Raw{1, 0, 0, 7}) {
        insider.send(request_of_insider(77, attempt), body);
        const Insider::Said said = insider.opened(z.only_datagram());
        CHECK((said.envelope == Envelope{Kind::response, false, attempt, 77, z.id}));
        CHECK_EQ(said.body, answer);
    }
    CHECK_EQ(z.requests.size(), 1);
    CHECK_EQ(z.count(&RpcCounters::duplicates), 3U);
}

TEST_CASE("rpc: while the answer is being made a repetition is told so, and handed up once") {
    Pair pair;
    pair.z.answer_at_once = false;
    pair.to_z(pair.call(7, write_of("k")));
    CHECK(pair.z.rpc.take_datagrams().empty());
    pair.to_z(pair.repeat().at(0));
    pair.to_a(pair.z.only_datagram());
    CHECK_EQ(pair.z.requests.size(), 1);
    CHECK_EQ(pair.z.count(&RpcCounters::duplicates), 1U);
    CHECK_EQ(pair.a.count(&RpcCounters::working), 1U);
    CHECK(pair.a.answers.empty());

    pair.pass(milliseconds(400));
    pair.z.rpc.reply(pair.z.requests[0].token, Ack{});
    pair.to_a(pair.z.only_datagram());
    REQUIRE_EQ(pair.a.answers.size(), 1);
    CHECK_FALSE(pair.a.rpc.rtt(pair.z.address));  // a disk's time is not the path's

    pair.z.rpc.reply(pair.z.requests[0].token, Ack{});  // a second reply goes nowhere
    CHECK(pair.z.rpc.take_datagrams().empty());
}

TEST_CASE("rpc: a peer that says that it is working is waited for, but not for ever") {
    Pair pair;
    pair.z.answer_at_once = false;
    pair.to_z(pair.call(7, write_of("k")));
    const Time began = pair.now;
    while (pair.a.answers.empty() && pair.now < began + seconds(60)) {
        pair.at(pair.a.rpc.next_deadline());
        pair.a.rpc.tick();
        pair.exchange();
    }
    REQUIRE_EQ(pair.a.answers.size(), 1);
    CHECK_EQ(pair.a.answers[0].second.error(), Error::timeout);
    CHECK_EQ(pair.z.requests.size(), 1);
    // Six and a half seconds are the end without a sign of life (see above); ten are the patience with one, and then
    // the tries run out.
    CHECK_GT(pair.now - began, seconds(10));
    CHECK_LT(pair.now - began, seconds(20));
}

TEST_CASE("rpc: a reply to a request that was forgotten is dropped") {
    Pair pair;
    pair.z.answer_at_once = false;
    pair.to_z(pair.call(1));
    pair.pass(seconds(31));
    pair.to_z(pair.call(2));  // ages are looked at when something comes
    pair.z.rpc.reply(pair.z.requests[0].token, Ack{});
    CHECK(pair.z.rpc.take_datagrams().empty());
    pair.z.rpc.reply(pair.z.requests[1].token, Ack{});
    CHECK_EQ(pair.z.rpc.take_datagrams().size(), 1);
}

TEST_CASE("rpc: an answer counts from the peer that was asked, wherever it is by now") {
    for (const Endpoint& moved_to : {endpoint(9), Endpoint{endpoint(2).ip, 0, 7401}}) {
        Pair pair;
        pair.to_z(pair.call(7));
        Raw answer = pair.z.only_datagram();
        Raw copy = answer;
        pair.a.rpc.receive(moved_to, answer);
        REQUIRE_EQ(pair.a.answers.size(), 1);
        REQUIRE(pair.a.answers[0].second);
        CHECK((pair.a.answers[0].second->from == Peer{pair.z.id, moved_to}));
        pair.a.rpc.receive(pair.z.address, copy);
        CHECK_EQ(pair.a.count(&RpcCounters::drops_replayed), 1U);
        CHECK_EQ(pair.a.answers.size(), 1);
    }
}

TEST_CASE("rpc: an answer from somebody else does not count") {
    Pair pair;
    Insider other(pair.a, pair.now, 3);
    pair.call(7);  // its request id is 1000
    const Raw ack = encode(Response(Ack{}), pair.now);
    other.send(response_to(1000), ack);
    CHECK(pair.a.answers.empty());
    CHECK_EQ(pair.a.count(&RpcCounters::drops_unexpected), 1U);

    // Nor does one of Z's when an address was asked at which Z was never heard.
    pair.pass(InitiationLog::kPause);
    pair.a.rpc.call(CallId{8}, endpoint(5), Ping{});  // 1001
    Insider z(pair.a, pair.now, 2);
    z.send(response_to(1001), ack);
    CHECK(pair.a.answers.empty());
    CHECK_EQ(pair.a.count(&RpcCounters::drops_unexpected), 1U);
    z.send(response_to(1000), ack);
    CHECK_EQ(pair.a.answers.size(), 1);
}

TEST_CASE("rpc: each kind of bad datagram is a drop of its own and gets no answer") {
    Pair pair;
    const Raw good = pair.call(7);

    pair.to_z({});
    pair.to_z(Raw(good.begin(), good.begin() + kDataOverheadBytes - 1));
    CHECK_EQ(pair.z.count(&RpcCounters::drops_truncated), 2U);

    Raw bytes = good;
    bytes.resize(kDatagramBytesMax + 1);
    pair.to_z(bytes);
    CHECK_EQ(pair.z.count(&RpcCounters::drops_oversized), 1U);

    bytes = good;
    bytes[0] = 0xc1;
    pair.to_z(bytes);
    CHECK_EQ(pair.z.count(&RpcCounters::drops_version), 1U);

    bytes = good;
    bytes.back() ^= 1;
    pair.to_z(bytes);
    CHECK_EQ(pair.z.count(&RpcCounters::drops_session), 1U);

    bytes = good;
    bytes[1] = 0;  // no kind of frame
    pair.to_z(bytes);
    CHECK_EQ(pair.z.count(&RpcCounters::drops_malformed), 1U);

    CHECK(pair.z.requests.empty());
    CHECK(pair.z.rpc.take_datagrams().empty());
    CHECK_EQ(pair.z.count(&RpcCounters::rx_datagrams), 6U);
    pair.to_z(good);
    CHECK_EQ(pair.z.requests.size(), 1);
    pair.to_z(good);
    CHECK_EQ(pair.z.requests.size(), 1);
    CHECK_EQ(pair.z.count(&RpcCounters::drops_replayed), 1U);
}

TEST_CASE("rpc: an insider's plaintext without an envelope is dropped, and so is what seems to come from oneself") {
    Host z{2};
    z.rpc.begin_turn(Time(seconds(1)));
    Insider insider(z, Time(seconds(1)), 1);
    const auto head = encode(request_of_insider());
    ChannelSide side(endpoint(4), test_identity(id_of(4)));
    side.connect(
        z.address, Time(seconds(1)), [&](Raw datagram) { z.rpc.receive(side.address, datagram); },
        [&] { return z.rpc.take_datagrams(); });
    z.start_counting();
    for (Raw plaintext : {Raw{}, Raw(head.begin(), head.end() - 1), Raw{1, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 77, 1}}) {
        Raw sealed = side.sealed(z.address, plaintext, Time(seconds(1)));
        z.rpc.receive(side.address, sealed);
    }
    CHECK_EQ(z.count(&RpcCounters::drops_malformed), 3U);

    LocalIdentity mirror = test_identity(id_of(5));
    mirror.credentials = std::make_shared<ShownId>(z.id);
    Insider twin(z, Time(seconds(1)), endpoint(5), std::move(mirror));
    twin.send(request_of_insider(), encode(Request(Ping{}), {}));
    CHECK_EQ(z.count(&RpcCounters::drops_own), 1U);
    CHECK(z.requests.empty());
    CHECK(z.rpc.take_datagrams().empty());
}

TEST_CASE("rpc: every flipped bit of a request is dropped") {
    Pair pair;
    const Raw good = pair.call(7);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        Raw bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << bit % 8);
        pair.to_z(bad);
    }
    CHECK(pair.z.requests.empty());
    CHECK(pair.z.rpc.take_datagrams().empty());
    CHECK_EQ(pair.z.count(&RpcCounters::drops_version), 8U);
    CHECK_EQ(pair.z.count(&RpcCounters::drops_version) + pair.z.count(&RpcCounters::drops_malformed) +
                 pair.z.count(&RpcCounters::drops_stranger) + pair.z.count(&RpcCounters::drops_session) +
                 pair.z.count(&RpcCounters::drops_replayed),
             good.size() * 8);
    CHECK_GE(pair.z.count(&RpcCounters::drops_session), (good.size() - kFrameHeadBytes) * 8);
    pair.to_z(good);
    CHECK_EQ(pair.z.requests.size(), 1);
}

TEST_CASE("rpc: another network's datagrams are dropped") {
    Strangers pair(options_of(1), options_of(2), Incarnation{.network = 0x43});
    pair.to_z(pair.call(7));
    CHECK(pair.z.requests.empty());
    CHECK(pair.z.rpc.take_datagrams().empty());
    CHECK_EQ(pair.z.rpc.counters().drops_stranger, 1U);
}

TEST_CASE("rpc: an insider's request that is not understood is refused with the reason") {
    Host z{2};
    const Time now = Time(seconds(1));
    z.rpc.begin_turn(now);
    Insider insider(z, now, 1);
    std::uint64_t request_id = 77;
    const auto refusal_to = [&](const Raw& body) {
        insider.send(request_of_insider(++request_id), body);
        const Raw bytes = z.only_datagram();
        CHECK_LE(bytes.size(), kDataOverheadBytes + kEnvelopeBytes + body.size() + 3);  // no amplification to speak of
        const Insider::Said said = insider.opened(bytes);
        const auto response = decode_response(said.body, {now, z.address});
        REQUIRE(response);
        return std::get<Refusal>(*response).error;
    };
    CHECK_EQ(refusal_to({200}), Error::bad_message);
    CHECK_EQ(refusal_to({1, 0}), Error::bad_message);
    CHECK_EQ(refusal_to({}), Error::bad_message);
    Raw too_big(1300, 0);
    too_big[0] = 9;
    too_big[25] = 0x20;  // a key of 8,192 bytes
    CHECK_EQ(refusal_to(too_big), Error::too_big);
    CHECK(z.requests.empty());
    CHECK_EQ(z.count(&RpcCounters::drops_malformed), 4U);
}

TEST_CASE("rpc: a malformed answer is dropped and the call goes on") {
    Pair pair;
    pair.call(7);
    pair.pass(InitiationLog::kPause);
    Insider z(pair.a, pair.now, 2);
    z.send(response_to(1000), Raw{99});
    CHECK(pair.a.answers.empty());
    CHECK_EQ(pair.a.count(&RpcCounters::drops_malformed), 1U);
    z.send(response_to(1000), encode(Response(Ack{}), pair.now));
    CHECK_EQ(pair.a.answers.size(), 1);
}

TEST_CASE("rpc: calls beyond the bound end as overloaded, at the next tick and not before") {
    RpcOptions small = options_of(1);
    small.calls_max = 2;
    Pair pair(small, options_of(2));
    for (std::uint64_t id = 1; id <= 4; ++id) pair.a.rpc.call(CallId{id}, Callee(pair.z.address, pair.z.id), Ping{});
    CHECK(pair.a.answers.empty());
    CHECK_EQ(pair.a.rpc.take_datagrams().size(), 2);
    CHECK(pair.a.rpc.next_deadline() == pair.now);
    pair.a.rpc.tick();
    REQUIRE_EQ(pair.a.answers.size(), 2);
    CHECK(pair.a.answers[0].first == CallId{3});
    CHECK(pair.a.answers[1].first == CallId{4});
    CHECK_EQ(pair.a.answers[0].second.error(), Error::overloaded);
    CHECK(pair.a.rpc.next_deadline() == pair.now + milliseconds(500));
    CHECK_EQ(pair.a.count(&RpcCounters::drops_overloaded), 2U);
}

TEST_CASE("rpc: requests beyond the bound are dropped while all that are remembered are in progress") {
    RpcOptions small = options_of(2);
    small.served_max = 3;
    Pair pair(options_of(1), small);
    pair.z.answer_at_once = false;
    for (std::uint64_t id = 1; id <= 5; ++id) pair.to_z(pair.call(id));
    CHECK_EQ(pair.z.requests.size(), 3);
    CHECK_EQ(pair.z.count(&RpcCounters::drops_overloaded), 2U);
    pair.z.rpc.reply(pair.z.requests[0].token, Ack{});
    pair.to_z(pair.call(6));
    CHECK_EQ(pair.z.requests.size(), 4);
}

TEST_CASE("rpc: after the kept answers are gone a read is served again and a write is not") {
    RpcOptions small = options_of(2);
    small.served_bytes_max = kBodyBytesMax;
    Pair pair(options_of(1), small);
    pair.z.answer_at_once = false;
    pair.to_z(pair.call(1, Read{}));
    pair.to_z(pair.call(2, write_of("k")));
    pair.z.rpc.reply(pair.z.requests[0].token, Ack{});
    pair.z.rpc.reply(pair.z.requests[1].token, Ack{});
    CHECK_EQ(pair.z.rpc.take_datagrams().size(), 2);
    const Record record{std::string(256, 'k'), std::string(800, 'v'), {}, kNever, 0, false, {}};
    for (std::size_t i = 2; i < 4; ++i) {  // the second of them pushes everything else out
        pair.to_z(pair.call(1 + i));
        pair.z.rpc.reply(pair.z.requests[i].token, ReadReply{record});
        CHECK_EQ(pair.z.rpc.take_datagrams().size(), 1);
    }

    const std::vector<Raw> repeated = pair.repeat();
    REQUIRE_EQ(repeated.size(), 4);
    pair.to_z(repeated[1]);  // the write
    CHECK_EQ(pair.z.requests.size(), 4);
    CHECK(pair.z.rpc.take_datagrams().empty());
    pair.to_z(repeated[0]);
    CHECK_EQ(pair.z.requests.size(), 5);
}

TEST_CASE("rpc: calls from inside on_answer are taken") {
    struct Chain final : RpcEvents {
        void on_request(Inbound) override {}
        void on_answer(CallId, Result<Answer> answer) override {
            REQUIRE_FALSE(answer);
            if (++ended < 5) rpc->call(CallId{static_cast<std::uint64_t>(ended)}, endpoint(2), Ping{});
        }
        int ended = 0;
        Rpc* rpc = nullptr;
    };
    Chain chain;
    Rpc rpc(options_of(1), test_identity(id_of(1)), chain);
    chain.rpc = &rpc;
    rpc.call(CallId{0}, endpoint(2), Ping{});
    while (rpc.next_deadline() != kNever) {
        rpc.begin_turn(rpc.next_deadline());
        rpc.tick();
    }
    CHECK_EQ(chain.ended, 5);
    const auto datagrams = rpc.take_datagrams();  // nobody is there, so nothing but openings of handshakes
    CHECK_GE(datagrams.size(), 5);
    CHECK_LT(datagrams.size(), 20);
    CHECK(std::ranges::all_of(datagrams, is_handshake));
}

TEST_CASE("rpc: a record's lifetime counts down on its way") {
    Pair pair;
    const Record record{"k", "v", {}, pair.now + seconds(60), 0, false, {}};
    pair.to_z(pair.call(1, Replicate{record}));
    CHECK((std::get<Replicate>(pair.z.requests[0].request).record.expires == pair.now + seconds(60)));
}

// ---- Sessions under calls -------------------------------------------------------------------------------------------

TEST_CASE("rpc: the first call to an unknown address waits for the handshake, whose round trip is the path's sample") {
    Strangers pair;
    pair.a.rpc.call(CallId{7}, Callee(pair.z.address, pair.z.id), Read{});
    const auto step = [&pair](Host& from, std::size_t datagrams) {
        auto under_way = from.rpc.take_datagrams();
        REQUIRE_EQ(under_way.size(), datagrams);
        pair.pass(milliseconds(3));
        for (Datagram& datagram : under_way) {
            &from == &pair.a ? pair.to_z(datagram.bytes) : pair.to_a(datagram.bytes);
        }
        return under_way;
    };
    CHECK(is_handshake(step(pair.a, 1)[0]));
    CHECK(is_handshake(step(pair.z, 1)[0]));
    CHECK(pair.a.rpc.rtt(pair.z.address) == milliseconds(6));
    CHECK(pair.z.requests.empty());
    const auto third = step(pair.a, 2);  // at once
    CHECK(is_handshake(third[0]));
    CHECK_FALSE(is_handshake(third[1]));
    REQUIRE_EQ(pair.z.requests.size(), 1);
    step(pair.z, 1);
    REQUIRE_EQ(pair.a.answers.size(), 1);
    REQUIRE(pair.a.answers[0].second);
    CHECK((pair.a.answers[0].second->from == Peer{pair.z.id, pair.z.address}));
    CHECK_EQ(pair.a.rpc.counters().retransmissions, 0U);
    CHECK(pair.a.rpc.rtt(pair.z.address) == milliseconds(6));  // a sample of 12 ms would have moved it

    pair.a.rpc.call(CallId{8}, Callee(pair.z.address, pair.z.id), Read{});  // and this one measures again
    step(pair.a, 1);
    pair.pass(milliseconds(8));
    step(pair.z, 1);
    CHECK(pair.a.rpc.rtt(pair.z.address) == microseconds((7 * 6'000 + 14'000) / 8));
}

TEST_CASE("rpc: calls that wait for one handshake all go out when it is done") {
    Strangers pair;
    for (std::uint64_t id = 1; id <= 5; ++id)
        pair.a.rpc.call(CallId{id}, Callee(pair.z.address, pair.z.id), Step{Id{{id}}});
    pair.exchange();
    REQUIRE_EQ(pair.z.requests.size(), 5);
    for (std::uint64_t id = 1; id <= 5; ++id) {
        CHECK((pair.z.requests[id - 1].request == Request(Step{Id{{id}}})));
    }
    CHECK_EQ(pair.a.answers.size(), 5);
    CHECK_EQ(pair.a.rpc.counters().handshakes_opened, 1U);
}

/// Calls Z, or who else is meant at its address, until the call has ended; `there` is who is at it by now.
void call_until_the_end(Pair& pair, Host& there, const std::optional<Id>& meant) {
    there.rpc.begin_turn(pair.now);
    pair.a.rpc.call(CallId{7}, Callee(pair.z.address, meant), Read{});
    while (pair.a.answers.empty()) {
        for (bool moved = true; moved;) {
            moved = false;
            for (Datagram& datagram : pair.a.rpc.take_datagrams()) {
                moved = true;
                there.rpc.receive(pair.a.address, datagram.bytes);
            }
            for (Datagram& datagram : there.rpc.take_datagrams()) {
                moved = true;
                pair.to_a(datagram.bytes);
            }
        }
        if (!pair.a.answers.empty()) break;
        pair.at(pair.a.rpc.next_deadline());
        there.rpc.begin_turn(pair.now);
        pair.a.rpc.tick();
    }
    REQUIRE_EQ(pair.a.answers.size(), 1);
}

TEST_CASE("rpc: a peer that restarted and knows of no session is reached within one call") {
    Pair pair;
    Host again(2, options_of(2), Incarnation{.life = 2});
    const Time began = pair.now;
    call_until_the_end(pair, again, pair.z.id);
    REQUIRE(pair.a.answers[0].second);
    CHECK((pair.a.answers[0].second->from == Peer{pair.z.id, pair.z.address}));
    CHECK(pair.now - began == milliseconds(1500));  // at the third transmission
    CHECK_EQ(again.requests.size(), 1);
    CHECK_EQ(again.rpc.counters().drops_session, 3U);  // the frames under the session that it does not know
    CHECK_EQ(pair.a.count(&RpcCounters::handshakes_done), 1U);
}

TEST_CASE("rpc: another node at the address learns of no call that is not meant for it; who means anybody finds it") {
    Pair pair;
    Host other(2, options_of(3));
    call_until_the_end(pair, other, pair.z.id);
    CHECK_EQ(pair.a.answers[0].second.error(), Error::timeout);
    CHECK(other.requests.empty());
    CHECK_EQ(pair.a.count(&RpcCounters::handshakes_done), 1U);  // it was not for want of a session

    pair.a.answers.clear();
    call_until_the_end(pair, other, std::nullopt);
    REQUIRE(pair.a.answers[0].second);
    CHECK((pair.a.answers[0].second->from == Peer{id_of(3), pair.z.address}));
    CHECK_EQ(other.requests.size(), 1);
}

TEST_CASE("rpc: who restarted is answered, though the other side holds a session with its last life") {
    Pair pair;
    Host again(1, options_of(1), Incarnation{.life = 2});
    again.rpc.begin_turn(pair.now);
    again.rpc.call(CallId{1}, Callee(pair.z.address, pair.z.id), Read{});
    for (int round = 0; round < 4; ++round) {
        for (Datagram& datagram : again.rpc.take_datagrams()) pair.to_z(datagram.bytes);
        for (Datagram& datagram : pair.z.rpc.take_datagrams()) again.rpc.receive(pair.z.address, datagram.bytes);
    }
    REQUIRE_EQ(again.answers.size(), 1);
    CHECK(again.answers[0].second);
}

TEST_CASE("rpc: every datagram is received, dropped for one reason, or a handshake's") {
    Strangers pair;
    Rng rng(7);
    for (int i = 0; i < 20'000; ++i) {
        Raw bytes(rng.below(kDatagramBytesMax + 10));
        for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(rng.next());
        if (!bytes.empty() && i % 2 == 0) bytes[0] = kWireVersion;
        if (bytes.size() > kFrameHeadBytes && i % 4 == 0) {
            bytes[1] = static_cast<std::uint8_t>(i / 4 % 9);
            std::fill_n(bytes.begin() + 2, 10, std::uint8_t{0});
            if (i % 5 == 0) std::fill_n(bytes.begin() + 12, 4, std::uint8_t{0});
        }
        pair.to_z(bytes);
    }
    CHECK(pair.z.rpc.take_datagrams().empty());
    const RpcCounters& c = pair.z.rpc.counters();
    CHECK_EQ(c.drops_truncated + c.drops_oversized + c.drops_version + c.drops_malformed + c.drops_unexpected +
                 c.drops_own + c.drops_stranger + c.drops_session + c.drops_replayed + c.drops_load,
             20'000U);
    CHECK_GT(c.drops_stranger, 1000U);
}

// ---- A link that loses, doubles and reorders ------------------------------------------------------------------------

/// Percentages per datagram; delays are uniform between the bounds, so that datagrams overtake each other.
struct LinkOptions {
    std::uint64_t loss = 0;
    std::uint64_t duplication = 0;
    Duration delay_min = milliseconds(1);
    Duration delay_max = milliseconds(20);
};

struct LinkResult {
    std::size_t answered = 0;
    std::size_t timed_out = 0;
    std::size_t handed_up = 0;
    std::size_t handed_up_twice = 0;
    std::size_t ended_twice = 0;
    std::size_t never_ended = 0;
    std::size_t wrong_answers = 0;
    std::uint64_t trace = 0;  // of every event; equal for equal seeds
};

/// `count` writes from A to Z over the link, several at a time. Z answers some late.
template <typename Ends = Pair>
class LinkRun final {
public:
    LinkRun(const LinkOptions& link, std::uint64_t seed) : link_(link), rng_(seed) {}

    LinkResult run(std::uint64_t count) {
        std::map<std::uint64_t, int> ended;
        std::set<Bytes> keys;
        std::uint64_t next = 1;
        pair_.z.answer_at_once = false;
        while (next <= count || !in_flight_.empty() || outstanding_ > 0) {
            while (next <= count && outstanding_ < 16) {
                pair_.a.rpc.call(CallId{next}, Callee(pair_.z.address, pair_.z.id), write_of(std::to_string(next)));
                ++next;
                ++outstanding_;
            }
            carry();
            Time due = std::min(pair_.a.rpc.next_deadline(), pair_.z.rpc.next_deadline());
            if (!in_flight_.empty()) due = std::min(due, in_flight_.begin()->first);
            if (!replies_.empty()) due = std::min(due, replies_.begin()->first);
            REQUIRE(due != kNever);
            pair_.at(due);
            deliver_due();
            pair_.a.rpc.tick();
            pair_.z.rpc.tick();

            for (const Inbound& request : pair_.z.requests) {
                ++result_.handed_up;
                if (!keys.insert(std::get<Write>(request.request).key).second) ++result_.handed_up_twice;
                const Duration work = rng_.chance(1, 10) ? milliseconds(rng_.below(200)) : Duration(0);
                replies_.emplace(pair_.now + work, std::pair(request.token, std::get<Write>(request.request).key));
            }
            pair_.z.requests.clear();
            for (const auto& [id, answer] : pair_.a.answers) {
                const auto number = static_cast<std::uint64_t>(id);
                --outstanding_;
                if (++ended[number] > 1) ++result_.ended_twice;
                note(number);
                if (!answer) {
                    ++result_.timed_out;
                } else {
                    ++result_.answered;
                    if (!(answer->response == Response(WriteReply{Version{number, 0}}))) ++result_.wrong_answers;
                }
            }
            pair_.a.answers.clear();
        }
        result_.never_ended = count - ended.size();
        return result_;
    }

private:
    void note(std::uint64_t event) {
        result_.trace = (result_.trace ^ event ^ static_cast<std::uint64_t>(pair_.now.time_since_epoch().count())) *
                        0x9e3779b97f4a7c15ULL;
    }

    void carry() {
        for (Host* host : {&pair_.a, &pair_.z}) {
            for (const Datagram& datagram : host->rpc.take_datagrams()) {
                const bool doubled = rng_.below(100) < link_.duplication;
                for (int copies = doubled ? 2 : 1; copies > 0; --copies) {
                    if (rng_.below(100) < link_.loss) continue;
                    const auto spread = static_cast<std::uint64_t>((link_.delay_max - link_.delay_min).count());
                    const Duration delay = link_.delay_min + Duration(static_cast<std::int64_t>(rng_.below(spread)));
                    in_flight_.emplace(pair_.now + delay, std::pair(host == &pair_.a, datagram.bytes));
                }
            }
        }
    }

    void deliver_due() {
        while (!in_flight_.empty() && in_flight_.begin()->first <= pair_.now) {
            const auto [to_z, bytes] = in_flight_.begin()->second;
            in_flight_.erase(in_flight_.begin());
            note(bytes.back());
            to_z ? pair_.to_z(bytes) : pair_.to_a(bytes);
        }
        while (!replies_.empty() && replies_.begin()->first <= pair_.now) {
            const auto [token, key] = replies_.begin()->second;
            replies_.erase(replies_.begin());
            pair_.z.rpc.reply(token, WriteReply{Version{std::stoull(key), 0}});
        }
    }

    LinkOptions link_;
    Rng rng_;
    Ends pair_;
    std::multimap<Time, std::pair<bool, Raw>> in_flight_;
    std::multimap<Time, std::pair<ReplyToken, Bytes>> replies_;
    std::size_t outstanding_ = 0;
    LinkResult result_;
};

TEST_CASE("rpc: 20,000 writes over a link that loses 5 % each way: at least 99.9 % answered, none carried out twice") {
    const LinkResult result = LinkRun<>({.loss = 5, .duplication = 2}, 1).run(20'000);
    CHECK_EQ(result.answered + result.timed_out, 20'000);
    CHECK_GE(result.answered, 19'980);
    CHECK_GE(result.handed_up, result.answered);
    CHECK_LE(result.handed_up, 20'000);
    CHECK_EQ(result.handed_up_twice, 0);
    CHECK_EQ(result.ended_twice, 0);
    CHECK_EQ(result.never_ended, 0);
    CHECK_EQ(result.wrong_answers, 0);
}

TEST_CASE("rpc: over a terrible link every call still ends once and no write is carried out twice") {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        CAPTURE(seed);
        const LinkResult result =
            LinkRun<>({.loss = 40, .duplication = 40, .delay_max = milliseconds(900)}, seed).run(1000);
        CHECK_GT(result.answered, 400);
        CHECK_GT(result.timed_out, 0);
        CHECK_EQ(result.answered + result.timed_out, 1000);
        CHECK_EQ(result.handed_up_twice, 0);
        CHECK_EQ(result.ended_twice, 0);
        CHECK_EQ(result.never_ended, 0);
        CHECK_EQ(result.wrong_answers, 0);
    }
}

TEST_CASE("rpc: first calls over a link that loses 5 % each way: at least 99 % answered, none carried out twice") {
    std::size_t answered = 0;
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        const LinkResult result = LinkRun<Strangers>({.loss = 5, .duplication = 2}, seed).run(1);
        answered += result.answered;
        CHECK_EQ(result.answered + result.timed_out, 1);
        CHECK_LE(result.handed_up, 1);
        CHECK_EQ(result.handed_up_twice, 0);
    }
    CHECK_GE(answered, 495);
}

TEST_CASE("rpc: the same seed gives the same trace") {
    const LinkOptions link{.loss = 20, .duplication = 20};
    CHECK_EQ(LinkRun<>(link, 5).run(500).trace, LinkRun<>(link, 5).run(500).trace);
    CHECK_NE(LinkRun<>(link, 5).run(500).trace, LinkRun<>(link, 6).run(500).trace);
}

/// A host with a fleet: it answers what it hears, backwards.
struct FleetHost final : RpcEvents {
    explicit FleetHost(std::uint8_t number)
        : id(id_of(number)), address(endpoint(number)), rpc(options_of(number), test_identity(id_of(number)), *this) {}
    void on_request(Inbound request) override { rpc.reply(request.token, Ack{}); }
    void on_answer(CallId call, Result<Answer> answer) override { answers.emplace_back(call, std::move(answer)); }
    std::optional<Raw> on_fleet_request(const Peer& from, std::span<const std::uint8_t> body) override {
        asked.emplace_back(from.id, Raw(body.begin(), body.end()));
        return Raw(body.rbegin(), body.rend());
    }
    void on_fleet_answer(CallId call, const Peer& from, std::span<const std::uint8_t> body) override {
        CHECK(from.address.port == 7400);
        fleet_answers.emplace_back(call, Raw(body.begin(), body.end()));
    }

    Id id;
    Endpoint address;
    std::vector<std::pair<CallId, Result<Answer>>> answers;
    std::vector<std::pair<Id, Raw>> asked;
    std::vector<std::pair<CallId, Raw>> fleet_answers;
    Rpc rpc;
};

void exchange(auto& a, auto& z, Time now) {
    a.rpc.begin_turn(now);
    z.rpc.begin_turn(now);
    for (bool moved = true; moved;) {
        moved = false;
        for (Datagram& datagram : a.rpc.take_datagrams()) moved = true, z.rpc.receive(a.address, datagram.bytes);
        for (Datagram& datagram : z.rpc.take_datagrams()) moved = true, a.rpc.receive(z.address, datagram.bytes);
    }
}

TEST_CASE("rpc: the fleet's messages go beside the core's, the longest too") {
    FleetHost a(1);
    FleetHost z(2);
    const Time now(seconds(100));
    a.rpc.begin_turn(now);
    a.rpc.call_fleet(CallId{7}, Callee(z.address, z.id), Raw{1, 2, 3});
    a.rpc.call(CallId{8}, Callee(z.address, z.id), Ping{});
    a.rpc.call_fleet(CallId{9}, Callee(z.address, z.id), Raw(kFleetBodyBytesMax, 9));
    a.rpc.call_fleet(CallId{10}, Callee(z.address, z.id), Raw{});
    exchange(a, z, now);
    REQUIRE_EQ(z.asked.size(), 3);
    CHECK(z.asked[0].first == a.id);
    CHECK_EQ(z.asked[0].second, Raw{1, 2, 3});
    REQUIRE_EQ(a.fleet_answers.size(), 3);
    CHECK(a.fleet_answers[0].first == CallId{7});
    CHECK_EQ(a.fleet_answers[0].second, Raw{3, 2, 1});
    CHECK_EQ(a.fleet_answers[1].second.size(), kFleetBodyBytesMax);
    REQUIRE_EQ(a.answers.size(), 1);
    CHECK(a.answers[0].first == CallId{8});
    CHECK(a.answers[0].second.has_value());
}

TEST_CASE("rpc: a fleet's question where there is no fleet is refused as unknown; to nobody, it times out") {
    FleetHost a(1);
    Host z(2);
    const Time now(seconds(100));
    a.rpc.begin_turn(now);
    a.rpc.call_fleet(CallId{7}, Callee(z.address, z.id), Raw{1});
    exchange(a, z, now);
    REQUIRE_EQ(a.answers.size(), 1);
    REQUIRE(a.answers[0].second.has_value());
    CHECK(std::get<Refusal>(a.answers[0].second->response).error == Error::bad_message);
    CHECK(z.requests.empty());

    a.rpc.call_fleet(CallId{8}, Callee(endpoint(9), id_of(9)), Raw{1});
    for (Time at = now; a.answers.size() == 1 && at < now + seconds(60); at = a.rpc.next_deadline()) {
        a.rpc.begin_turn(at);
        a.rpc.tick();
    }
    REQUIRE_EQ(a.answers.size(), 2);
    CHECK_EQ(a.answers[1].second.error(), Error::timeout);
}

TEST_CASE("rpc: to a peer that was closed, calls end in time, and nothing of it is heard") {
    Pair pair;
    pair.a.rpc.close(pair.z.id);
    pair.z.rpc.call(CallId{1}, Callee(pair.a.address, pair.a.id), Ping{});
    for (Datagram& datagram : pair.z.rpc.take_datagrams()) pair.to_a(datagram.bytes);
    CHECK(pair.a.requests.empty());
    CHECK_FALSE(pair.a.rpc.has_session(pair.z.id));
    CHECK(pair.z.rpc.has_session(pair.a.id));
}

}  // namespace
}  // namespace chord::net
