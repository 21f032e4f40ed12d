// Outbox: whole plaintexts. The two golden ones are the worked examples of net/WIRE.md.
#include "net/outbox.hpp"

#include <string>

#include "net/codec.hpp"
#include "tests/support/channel_side.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using testing::ChannelSide;
using Raw = std::vector<std::uint8_t>;

const std::string kRequestHex =
    "01 01 01 11 22 33 44 55 66 77 88 09 00 00 00 00"
    "00 00 ea 60 00 00 03 e8 02 00 00 aa bb cc dd 00"
    "00 00 01 00 00 04 74 65 6d 70"
    "00 00 00 04 32 31 2e 35";

const std::string kResponseHex =
    "02 01 01 11 22 33 44 55 66 77 88 06 01 8f 3a 2b"
    "4c 5d 00 01 50 51 52 53 54 55 56 57 01 02 03";

constexpr std::uint64_t kRequestId = 0x1122334455667788;

Raw from_hex(const std::string& hex) {
    Raw bytes;
    for (std::size_t i = 0; i < hex.size(); i += hex[i] == ' ' ? 1U : 2U) {
        if (hex[i] != ' ') bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

Endpoint endpoint(std::uint16_t port) {
    Endpoint made;
    made.ip[15] = 1;
    made.port = port;
    return made;
}

Write golden_write() {
    Write write;
    write.key = "temp";
    write.value = "21.5";
    write.ttl = std::chrono::seconds(60);
    write.condition = Condition::if_present;
    write.writer_uid = 1000;
    write.operation = 0xaabbccdd00000001;
    return write;
}

WriteReply golden_reply() {
    return {Version{0x018f3a2b4c5d0001, 0x5051525354555657}, true, 2, 3};
}

/// An outbox with a session to a peer.
struct Bench {
    Time now{};
    ChannelSide side{endpoint(1), test_identity(Id{{0, 1 << 20, 0, 1}})};
    ChannelSide peer{endpoint(2), test_identity(Id{{0, 2 << 20, 0, 2}})};
    Messages messages{MessageOptions{}};
    Outbox outbox{side.channels, messages};

    Bench() {
        side.who = [](const Endpoint&) { return Id{{0, 2 << 20, 0, 2}}; };
        peer.who = [](const Endpoint&) { return Id{{0, 1 << 20, 0, 1}}; };
        side.connect(
            peer.address, now, [this](const Raw& datagram) { peer.receive(side.address, datagram, now); },
            [this] { return peer.channels.take(); });
        side.receive(peer.address, peer.sealed(side.address, Raw{0}, now), now);  // or the third message is repeated
    }

    /// Who was heard last.
    Asker asker() const { return {peer.address, side.handed_up.back().session}; }

    /// The plaintext of the only datagram that was posted, as the peer gets it.
    Raw only_plaintext() {
        auto datagrams = side.channels.take();
        REQUIRE_EQ(datagrams.size(), 1);
        CHECK(datagrams[0].to == peer.address);
        REQUIRE(peer.receive(side.address, datagrams[0].bytes, now));
        CHECK((peer.handed_up.back().sender == Id{{0, 1 << 20, 0, 1}}));
        return peer.handed_up.back().plaintext;
    }
};

TEST_CASE("outbox: the request of WIRE.md's example, byte for byte, both ways") {
    Bench bench;
    bench.outbox.set_member(true);
    bench.outbox.post_request(bench.peer.address, {Kind::request, false, 1, kRequestId},
                              encode(Request(golden_write()), Time{}), bench.now);
    CHECK_EQ(bench.only_plaintext(), from_hex(kRequestHex));

    const Raw bytes = from_hex(kRequestHex);
    const auto parcel = parse_parcel(Id{{7}}, bytes);
    REQUIRE(parcel);
    CHECK((parcel->envelope == Envelope{Kind::request, true, 1, kRequestId, Id{{7}}}));
    const auto request = decode_request(parcel->body, {});
    REQUIRE(request);
    CHECK((*request == Request(golden_write())));
}

TEST_CASE("outbox: the response of WIRE.md's example, byte for byte, both ways") {
    Bench bench;
    bench.outbox.set_member(true);
    bench.outbox.post_answer(bench.asker(), {Kind::response, false, 1, kRequestId},
                             encode(Response(golden_reply()), Time{}), {}, bench.now);
    CHECK_EQ(bench.only_plaintext(), from_hex(kResponseHex));

    const Raw bytes = from_hex(kResponseHex);
    const auto parcel = parse_parcel(Id{{7}}, bytes);
    REQUIRE(parcel);
    CHECK((parcel->envelope == Envelope{Kind::response, true, 1, kRequestId, Id{{7}}}));
    const auto response = decode_response(parcel->body, {});
    REQUIRE(response);
    CHECK((*response == Response(golden_reply())));
}

TEST_CASE("outbox: keeps the order, counts, and fills a datagram to its last byte") {
    Bench bench;
    const RpcCounters before = bench.side.counters;
    for (std::uint64_t id = 1; id <= 3; ++id) {
        bench.outbox.post_request(bench.peer.address, {Kind::request, false, 0, id}, Raw(kBodyBytesMax, 1), bench.now);
    }
    const auto datagrams = bench.side.channels.take();
    REQUIRE_EQ(datagrams.size(), 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK_EQ(datagrams[i].bytes.size(), kBaseDatagramBytes);
        CHECK((datagrams[i].label == std::array<std::uint8_t, 3>{1, 0, 1}));
        REQUIRE(bench.peer.receive(bench.side.address, datagrams[i].bytes, bench.now));
        CHECK_EQ(bench.peer.handed_up.back().plaintext[10], i + 1);
    }
    CHECK(bench.side.channels.take().empty());
    CHECK_EQ(bench.side.counters.tx_datagrams - before.tx_datagrams, 3U);
    CHECK_EQ(bench.side.counters.tx_bytes - before.tx_bytes, 3U * kBaseDatagramBytes);
}

TEST_CASE("outbox: an answer leaves from the address that it was given, a request from any") {
    Bench bench;
    bench.outbox.post_answer(bench.asker(), {Kind::working, false, 2, 5}, {}, endpoint(44), bench.now);
    bench.outbox.post_request(bench.peer.address, {Kind::request, false, 0, 6}, Raw{1}, bench.now);
    const auto datagrams = bench.side.channels.take();
    REQUIRE_EQ(datagrams.size(), 2);
    CHECK(datagrams[0].from == endpoint(44));
    CHECK(datagrams[1].from == Endpoint{});
    REQUIRE(bench.peer.receive(bench.side.address, datagrams[0].bytes, bench.now));
    CHECK_EQ(bench.peer.handed_up.back().plaintext, Raw{3, 0, 2, 0, 0, 0, 0, 0, 0, 0, 5});
}

}  // namespace
}  // namespace chord::net
