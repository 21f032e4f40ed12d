// Rpc: two endpoints, A and Z, driven datagram by datagram in virtual time.
#include "net/rpc.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "net/codec.hpp"
#include "net/envelope.hpp"
#include "net/outbox.hpp"
#include "net/seal.hpp"
#include "tests/support/random_message.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Raw = std::vector<std::uint8_t>;

Endpoint endpoint(std::uint8_t host) {
    Endpoint made;
    made.ip = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host};
    made.port = 7400;
    return made;
}

RpcOptions options_of(std::uint8_t host) {
    RpcOptions options;
    options.self.words = {0, 0, 0, host};
    options.network_key.fill(0x42);
    options.first_request_id = 1000U * host;
    return options;
}

Write write_of(Bytes key) {
    Write write;
    write.key = std::move(key);
    write.value = "v";
    return write;
}

/// An Rpc with its address and everything that it handed up.
class Host final : public RpcEvents {
public:
    explicit Host(std::uint8_t number) : Host(number, options_of(number)) {}
    Host(std::uint8_t number, const RpcOptions& options)
        : id(options.self), address(endpoint(number)), rpc(options, *this) {}

    void on_request(Inbound request) override {
        requests.push_back(std::move(request));
        if (answer_at_once) rpc.reply(requests.back().token, ReplicateReply{Version{requests.size(), 0}});
    }

    void on_answer(CallId call, Result<Answer> answer) override { answers.emplace_back(call, std::move(answer)); }

    Raw only_datagram() {
        auto datagrams = rpc.take_datagrams();
        REQUIRE_EQ(datagrams.size(), 1);
        return datagrams.front().bytes;
    }

    Id id;
    Endpoint address;
    std::vector<Inbound> requests;
    std::vector<std::pair<CallId, Result<Answer>>> answers;
    bool answer_at_once = true;
    Rpc rpc;
};

/// A calls, Z serves. Nothing moves by itself.
struct Pair {
    Host a{1};
    Host z{2};
    Time now = Time(seconds(100));

    Pair() { at(now); }
    Pair(const RpcOptions& of_a, const RpcOptions& of_z) : a(1, of_a), z(2, of_z) { at(now); }

    void at(Time time) {
        now = time;
        a.rpc.begin_turn(now);
        z.rpc.begin_turn(now);
    }

    void pass(Duration time) { at(now + time); }

    Raw call(std::uint64_t id, Request request = Read{}) {
        a.rpc.call(CallId{id}, z.address, std::move(request));
        return a.only_datagram();
    }

    void to_z(const Raw& datagram) { z.rpc.receive(a.address, datagram); }
    void to_a(const Raw& datagram) { a.rpc.receive(z.address, datagram); }
};

/// A datagram as somebody with the network key makes it.
Raw forged(const Envelope& envelope, const Raw& body) {
    const auto head = encode(envelope);
    Raw bytes(head.begin(), head.end());
    bytes.insert(bytes.end(), body.begin(), body.end());
    MacSeal(options_of(1).network_key).seal({}, bytes);
    return bytes;
}

Envelope envelope_from_a() {
    Envelope envelope;
    envelope.sender = options_of(1).self;
    envelope.request_id = 77;
    return envelope;
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
    const auto receive = [&](const Raw& datagram, const Endpoint& at) {
        pair.z.rpc.receive(pair.a.address, datagram, at);
    };
    const auto only_from = [&] {
        const auto datagrams = pair.z.rpc.take_datagrams();
        REQUIRE_EQ(datagrams.size(), 1);
        return datagrams.front().from;
    };
    const Raw request = pair.call(1);
    receive(request, asked);
    receive(request, endpoint(8));  // a repetition is "working" on it, and is asked for elsewhere
    CHECK((only_from() == endpoint(8)));
    pair.z.rpc.reply(pair.z.requests.at(0).token, ReplicateReply{});
    CHECK((only_from() == asked));
    receive(request, endpoint(8));  // the kept answer
    CHECK((only_from() == endpoint(8)));
    receive(forged(envelope_from_a(), Raw{0xff}), asked);  // a refusal
    CHECK((only_from() == asked));

    pair.a.rpc.call(CallId{2}, pair.z.address, Read{});  // what the node asks of itself leaves from anywhere
    CHECK((pair.a.rpc.take_datagrams().at(0).from == Endpoint{}));
}

TEST_CASE("rpc: a captured write that somebody sends from elsewhere is not carried out again") {
    Pair pair;
    const Raw write = pair.call(1, write_of("k"));
    pair.to_z(write);
    pair.z.rpc.receive(endpoint(66), write);
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
    while (pair.a.rpc.next_deadline() != kNever) {
        pair.at(pair.a.rpc.next_deadline());
        pair.a.rpc.tick();
        for (std::size_t n = pair.a.rpc.take_datagrams().size(); n > 0; --n) sent.push_back((pair.now - start).count());
    }
    CHECK((sent == std::vector<std::int64_t>{500'000, 1'500'000, 3'500'000}));
    CHECK(pair.now - start == milliseconds(6500));
    REQUIRE_EQ(pair.a.answers.size(), 1);
    CHECK_EQ(pair.a.answers[0].second.error(), Error::timeout);
    CHECK_EQ(pair.a.rpc.counters().timeouts, 1U);
    CHECK_EQ(pair.a.rpc.counters().retransmissions, 3U);
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
    CHECK_EQ(pair.a.rpc.counters().drops_unexpected, 1U);
}

TEST_CASE("rpc: a repeated request is handed up once and answered alike each time") {
    Pair pair;
    const Raw first = pair.call(7, write_of("k"));
    pair.pass(milliseconds(500));
    pair.a.rpc.tick();
    const Raw second = pair.a.only_datagram();
    CHECK_NE(first, second);  // the attempt differs

    pair.to_z(second);
    const Raw answer = pair.z.only_datagram();
    pair.to_z(first);
    const Raw again = pair.z.only_datagram();
    pair.to_z(first);
    CHECK_EQ(pair.z.only_datagram(), again);
    CHECK_EQ(pair.z.requests.size(), 1);
    CHECK_EQ(pair.z.rpc.counters().duplicates, 2U);

    pair.to_a(again);
    pair.to_a(answer);
    REQUIRE_EQ(pair.a.answers.size(), 1);
    CHECK((pair.a.answers[0].second->response == Response(ReplicateReply{Version{1, 0}})));
}

TEST_CASE("rpc: while the answer is being made a repetition is told so, and handed up once") {
    Pair pair;
    pair.z.answer_at_once = false;
    const Raw request = pair.call(7, write_of("k"));
    pair.to_z(request);
    CHECK(pair.z.rpc.take_datagrams().empty());
    pair.to_z(request);
    pair.to_a(pair.z.only_datagram());
    CHECK_EQ(pair.z.requests.size(), 1);
    CHECK_EQ(pair.z.rpc.counters().duplicates, 1U);
    CHECK_EQ(pair.a.rpc.counters().working, 1U);
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
        for (const Datagram& repeated : pair.a.rpc.take_datagrams()) pair.to_z(repeated.bytes);
        for (const Datagram& working : pair.z.rpc.take_datagrams()) pair.to_a(working.bytes);
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

TEST_CASE("rpc: an answer counts only from the address that was asked") {
    Pair pair;
    pair.to_z(pair.call(7));
    const Raw answer = pair.z.only_datagram();
    pair.a.rpc.receive(endpoint(9), answer);
    Endpoint other_port = pair.z.address;
    other_port.port = 7401;
    pair.a.rpc.receive(other_port, answer);
    CHECK(pair.a.answers.empty());
    CHECK_EQ(pair.a.rpc.counters().drops_unexpected, 2U);
    pair.to_a(answer);
    CHECK_EQ(pair.a.answers.size(), 1);
}

TEST_CASE("rpc: each kind of bad datagram is a drop of its own and gets no answer") {
    Pair pair;
    const Raw good = pair.call(7);
    const auto& counters = pair.z.rpc.counters();

    pair.to_z({});
    pair.to_z(Raw(good.begin(), good.begin() + 59));
    CHECK_EQ(counters.drops_truncated, 2U);

    Raw bytes = good;
    bytes.resize(kDatagramBytesMax + 1);
    pair.to_z(bytes);
    CHECK_EQ(counters.drops_oversized, 1U);

    bytes = good;
    bytes[0] = 0xc2;
    pair.to_z(bytes);
    CHECK_EQ(counters.drops_version, 1U);

    bytes = good;
    bytes.back() ^= 1;
    pair.to_z(bytes);
    CHECK_EQ(counters.drops_mac, 1U);

    bytes = forged(envelope_from_a(), Raw{1});
    bytes.resize(bytes.size() - kTagBytes);
    bytes[2] = 0x80;  // a reserved flag
    MacSeal(options_of(1).network_key).seal({}, bytes);
    pair.to_z(bytes);
    CHECK_EQ(counters.drops_malformed, 1U);

    Envelope mirror = envelope_from_a();
    mirror.sender = pair.z.id;
    pair.to_z(forged(mirror, Raw{1}));
    CHECK_EQ(counters.drops_own, 1U);

    CHECK(pair.z.requests.empty());
    CHECK(pair.z.rpc.take_datagrams().empty());
    CHECK_EQ(counters.rx_datagrams, 7U);
    pair.to_z(good);
    CHECK_EQ(pair.z.requests.size(), 1);
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
    CHECK_EQ(pair.z.rpc.counters().drops_mac + pair.z.rpc.counters().drops_version, good.size() * 8);
}

TEST_CASE("rpc: another network's datagrams are dropped") {
    RpcOptions stranger = options_of(1);
    stranger.network_key.fill(0x43);
    Pair pair(stranger, options_of(2));
    pair.to_z(pair.call(7));
    CHECK(pair.z.requests.empty());
    CHECK(pair.z.rpc.take_datagrams().empty());
    CHECK_EQ(pair.z.rpc.counters().drops_mac, 1U);
}

TEST_CASE("rpc: an insider's request that is not understood is refused with the reason") {
    Pair pair;
    const auto refusal_to = [&pair](const Raw& body) {
        pair.to_z(forged(envelope_from_a(), body));
        const Raw bytes = pair.z.only_datagram();
        CHECK_LE(bytes.size(), kEnvelopeBytes + body.size() + kTagBytes + 3);  // no amplification to speak of
        const auto parcel = parse_parcel(std::span(bytes).first(bytes.size() - kTagBytes));
        REQUIRE(parcel);
        const auto response = decode_response(parcel->body, {pair.now, pair.z.address});
        REQUIRE(response);
        return std::get<Refusal>(*response).error;
    };
    CHECK_EQ(refusal_to({200}), Error::bad_message);
    CHECK_EQ(refusal_to({1, 0}), Error::bad_message);
    CHECK_EQ(refusal_to({}), Error::bad_message);
    Raw too_big(1300, 0);
    too_big[0] = 9;
    too_big[15] = 2;  // a key of 512 bytes
    CHECK_EQ(refusal_to(too_big), Error::too_big);
    CHECK(pair.z.requests.empty());
    CHECK_EQ(pair.z.rpc.counters().drops_malformed, 4U);
}

TEST_CASE("rpc: a malformed answer is dropped and the call goes on") {
    Pair pair;
    pair.call(7);
    Envelope envelope;
    envelope.kind = Kind::response;
    envelope.sender = pair.z.id;
    envelope.request_id = 1000;
    pair.to_a(forged(envelope, Raw{99}));
    CHECK(pair.a.answers.empty());
    CHECK_EQ(pair.a.rpc.counters().drops_malformed, 1U);
    pair.to_a(forged(envelope, encode(Response(Ack{}), pair.now)));
    CHECK_EQ(pair.a.answers.size(), 1);
}

TEST_CASE("rpc: calls beyond the bound end as overloaded, at the next tick and not before") {
    RpcOptions small = options_of(1);
    small.calls_max = 2;
    Pair pair(small, options_of(2));
    for (std::uint64_t id = 1; id <= 4; ++id) pair.a.rpc.call(CallId{id}, pair.z.address, Ping{});
    CHECK(pair.a.answers.empty());
    CHECK_EQ(pair.a.rpc.take_datagrams().size(), 2);
    CHECK(pair.a.rpc.next_deadline() == pair.now);
    pair.a.rpc.tick();
    REQUIRE_EQ(pair.a.answers.size(), 2);
    CHECK(pair.a.answers[0].first == CallId{3});
    CHECK(pair.a.answers[1].first == CallId{4});
    CHECK_EQ(pair.a.answers[0].second.error(), Error::overloaded);
    CHECK(pair.a.rpc.next_deadline() == pair.now + milliseconds(500));
    CHECK_EQ(pair.a.rpc.counters().drops_overloaded, 2U);
}

TEST_CASE("rpc: requests beyond the bound are dropped while all that are remembered are in progress") {
    RpcOptions small = options_of(2);
    small.served_max = 3;
    Pair pair(options_of(1), small);
    pair.z.answer_at_once = false;
    for (std::uint64_t id = 1; id <= 5; ++id) pair.to_z(pair.call(id));
    CHECK_EQ(pair.z.requests.size(), 3);
    CHECK_EQ(pair.z.rpc.counters().drops_overloaded, 2U);
    pair.z.rpc.reply(pair.z.requests[0].token, Ack{});
    pair.to_z(pair.call(6));
    CHECK_EQ(pair.z.requests.size(), 4);
}

TEST_CASE("rpc: after the kept answers are gone a read is served again and a write is not") {
    RpcOptions small = options_of(2);
    small.served_bytes_max = kBodyBytesMax;
    Pair pair(options_of(1), small);
    pair.z.answer_at_once = false;
    const Raw read = pair.call(1, Read{});
    const Raw write = pair.call(2, write_of("k"));
    pair.to_z(read);
    pair.to_z(write);
    pair.z.rpc.reply(pair.z.requests[0].token, Ack{});
    pair.z.rpc.reply(pair.z.requests[1].token, Ack{});
    CHECK_EQ(pair.z.rpc.take_datagrams().size(), 2);
    const Record record{std::string(256, 'k'), std::string(1024, 'v'), {}, kNever, 0, false, {}};
    for (std::size_t i = 2; i < 4; ++i) {  // the second of them pushes everything else out
        pair.to_z(pair.call(1 + i));
        pair.z.rpc.reply(pair.z.requests[i].token, ReadReply{record});
        CHECK_EQ(pair.z.rpc.take_datagrams().size(), 1);
    }

    pair.to_z(write);
    CHECK_EQ(pair.z.requests.size(), 4);
    CHECK(pair.z.rpc.take_datagrams().empty());
    pair.to_z(read);
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
    Rpc rpc(options_of(1), chain);
    chain.rpc = &rpc;
    rpc.call(CallId{0}, endpoint(2), Ping{});
    while (rpc.next_deadline() != kNever) {
        rpc.begin_turn(rpc.next_deadline());
        rpc.tick();
    }
    CHECK_EQ(chain.ended, 5);
    CHECK_EQ(rpc.take_datagrams().size(), 20);
}

TEST_CASE("rpc: a record's lifetime counts down on its way") {
    Pair pair;
    const Record record{"k", "v", {}, pair.now + seconds(60), 0, false, {}};
    pair.to_z(pair.call(1, Replicate{record}));
    CHECK((std::get<Replicate>(pair.z.requests[0].request).record.expires == pair.now + seconds(60)));
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
                pair_.a.rpc.call(CallId{next}, pair_.z.address, write_of(std::to_string(next)));
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
    Pair pair_;
    std::multimap<Time, std::pair<bool, Raw>> in_flight_;
    std::multimap<Time, std::pair<ReplyToken, Bytes>> replies_;
    std::size_t outstanding_ = 0;
    LinkResult result_;
};

TEST_CASE("rpc: 20,000 writes over a link that loses 5 % each way: at least 99.9 % answered, none carried out twice") {
    const LinkResult result = LinkRun({.loss = 5, .duplication = 2}, 1).run(20'000);
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
            LinkRun({.loss = 40, .duplication = 40, .delay_max = milliseconds(900)}, seed).run(1000);
        CHECK_GT(result.answered, 400);
        CHECK_GT(result.timed_out, 0);
        CHECK_EQ(result.answered + result.timed_out, 1000);
        CHECK_EQ(result.handed_up_twice, 0);
        CHECK_EQ(result.ended_twice, 0);
        CHECK_EQ(result.never_ended, 0);
        CHECK_EQ(result.wrong_answers, 0);
    }
}

TEST_CASE("rpc: the same seed gives the same trace") {
    const LinkOptions link{.loss = 20, .duplication = 20};
    CHECK_EQ(LinkRun(link, 5).run(500).trace, LinkRun(link, 5).run(500).trace);
    CHECK_NE(LinkRun(link, 5).run(500).trace, LinkRun(link, 6).run(500).trace);
}

}  // namespace
}  // namespace chord::net
