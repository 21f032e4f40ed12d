// Codec: golden bytes of each kind of message, the way there and back, the largest of each kind, and everything that
// must be refused.
#include "net/codec.hpp"

#include <string>

#include "net/envelope.hpp"
#include "tests/support/random_message.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::MessageDice;
using Raw = std::vector<std::uint8_t>;

constexpr Time kNow = Time(microseconds(5'000'123));
constexpr std::uint32_t kScope = 3;

Endpoint endpoint(std::array<std::uint8_t, 16> ip, std::uint16_t port, std::uint32_t scope = 0) {
    return Endpoint{ip, scope, port};
}

const Endpoint kIpv4 = endpoint({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7}, 7400);
const Endpoint kIpv6 = endpoint({0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 7401);
const Endpoint kLinkLocal = endpoint({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}, 7402, kScope);
const Arrival kArrival{kNow, kLinkLocal};
const Departure kDeparture{kNow, kLinkLocal};

/// An id whose 32 bytes are all `byte`.
Id id_of(std::uint8_t byte) {
    std::array<std::uint8_t, Id::kBytes> bytes;
    bytes.fill(byte);
    return Id::from_bytes(bytes.data());
}

/// Bytes from hex digits; spaces are for the reader, and "xx*32" repeats a byte.
Raw from_hex(const std::string& hex) {
    Raw bytes;
    for (std::size_t i = 0; i < hex.size();) {
        if (hex[i] == ' ') {
            ++i;
        } else if (hex[i] == '*') {
            std::size_t used = 0;
            const unsigned long times = std::stoul(hex.substr(i + 1), &used);
            bytes.resize(bytes.size() + times - 1, bytes.back());
            i += 1 + used;
        } else {
            bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
            i += 2;
        }
    }
    return bytes;
}

void check_golden(const Request& request, const std::string& hex) {
    CAPTURE(hex);
    CHECK_EQ(encode(request, kDeparture), from_hex(hex));
    const auto decoded = decode_request(from_hex(hex), kArrival);
    REQUIRE(decoded);
    CHECK((*decoded == request));
}

void check_golden(const Response& response, const std::string& hex) {
    CAPTURE(hex);
    CHECK_EQ(encode(response, kDeparture), from_hex(hex));
    const auto decoded = decode_response(from_hex(hex), kArrival);
    REQUIRE(decoded);
    CHECK((*decoded == response));
}

Error request_error(const std::string& hex) {
    const auto decoded = decode_request(from_hex(hex), kArrival);
    REQUIRE_FALSE(decoded);
    return decoded.error();
}

Error response_error(const std::string& hex) {
    const auto decoded = decode_response(from_hex(hex), kArrival);
    REQUIRE_FALSE(decoded);
    return decoded.error();
}

const std::string kIpv4Hex = " 04 c0000207 1ce8";
const std::string kIpv6Hex = " 06 fd 00*14 01 1ce9";
const std::string kLinkLocalHex = " 06 fe80 00*13 09 1cea";

TEST_CASE("codec: golden bytes of the requests") {
    check_golden(Ping{}, "01");
    check_golden(StateQuery{}, "02 00*8 00");
    check_golden(StateQuery{0x1122334455667788, Notify{true}}, "02 1122334455667788 01 01");
    check_golden(Notify{}, "03 00");
    check_golden(Notify{true}, "03 01");
    check_golden(Nudge{}, "04");
    check_golden(Step{id_of(0xab), 3}, "05 ab*32 03");
    check_golden(LeaveNotice{std::nullopt, {}}, "06 00 00");
    check_golden(LeaveNotice{Peer{id_of(1), kIpv4}, {Peer{id_of(2), kIpv6}, Peer{id_of(3), kLinkLocal}}},
                 "06 01 01*32" + kIpv4Hex + "02 02*32" + kIpv6Hex + "03*32" + kLinkLocalHex);
    check_golden(Hint{Peer{id_of(1), kIpv4}, 5}, "07 01*32" + kIpv4Hex + "05");
    check_golden(Read{id_of(0x10)}, "08 10*32");
    check_golden(Write{.key = "k",
                       .value = "vw",
                       .ttl = std::chrono::seconds(60),
                       .condition = Condition::if_present,
                       .tombstone = false,
                       .writer_uid = 1000},
                 "09 000000000000ea60 000003e8 02 00 00 0000000000000000 00 0001 6b 00000002 7677");
    check_golden(Write{.key = "k",
                       .value = "",
                       .ttl = std::nullopt,
                       .condition = Condition::always,
                       .tombstone = true,
                       .writer_uid = 0},
                 "09 0000000000000000 00000000 00 01 00 0000000000000000 00 0001 6b 00000000");
    check_golden(Write{.key = "k",
                       .value = "",
                       .ttl = std::nullopt,
                       .condition = Condition::if_equal,
                       .expected_value = id_of(0x77),
                       .level = Level::all,
                       .operation = 0x0102030405060708,
                       .repeated = true},
                 "09 0000000000000000 00000000 03 77*32 00 03 0102030405060708 01 0001 6b 00000000");
    check_golden(Write{.key = "k",
                       .value = "",
                       .ttl = std::nullopt,
                       .condition = Condition::if_version,
                       .expected_version = Version{1, 2}},
                 "09 0000000000000000 00000000 04 0000000000000001 0000000000000002 00 00 0000000000000000 00 0001 6b "
                 "00000000");
    check_golden(
        Replicate{Record{"k", "v", Version{0x1122334455667788, 9}, kNow + milliseconds(1500), 7, false, Version{5, 6}},
                  0x0102030405060708, true},
        "0a 0102030405060708 01 1122334455667788 0000000000000009 0000000000000005 0000000000000006 00000000000005dc "
        "00000007 00 0001 6b "
        "00000001 76");
    check_golden(Fetch{id_of(0x11)}, "0b 11*32");
    check_golden(HeadQuery{id_of(0x11), 0x0102030405060708, true}, "13 11*32 0102030405060708 01");
    check_golden(Watch{{WatchItem{id_of(0x11), std::nullopt}, WatchItem{id_of(0x12), KeyState{Version{1, 2}, true}}}},
                 "15 02 11*32 00 12*32 01 0000000000000001 0000000000000002 01");
    check_golden(Changed{id_of(0x11), ChangeKind::set, Version{3, 4}, KeyState{Version{1, 2}, true}, true, "v"},
                 "16 11*32 00 0000000000000003 0000000000000004 0000000000000001 0000000000000002 01 01 00000001 76");
    check_golden(SyncQuery{id_of(0x12), id_of(0x13)}, "0c 12*32 13*32");
    check_golden(OwnerQuery{id_of(0x14)}, "0d 14*32");
    check_golden(Witness{Peer{id_of(1), kIpv4}, std::nullopt}, "0e 01*32" + kIpv4Hex + "00");
    check_golden(Witness{Peer{id_of(1), kIpv4}, Notify{true}}, "0e 01*32" + kIpv4Hex + "01 01");
    check_golden(Vouch{Peer{id_of(1), kIpv4}, Notify{true}}, "0f 01*32" + kIpv4Hex + "01");
    check_golden(FingersQuery{}, "10");
    check_golden(AlsoAt{}, "12 00");
    check_golden(AlsoAt{{kIpv4, kIpv6, kElsewhere, kLinkLocal}}, "12 04" + kIpv4Hex + kIpv6Hex + " 01" + kLinkLocalHex);
}

TEST_CASE("codec: golden bytes of the responses") {
    check_golden(Ack{}, "01");
    check_golden(Refusal{Error::not_member, {Peer{id_of(1), kIpv4}}}, "02 03 01 01*32" + kIpv4Hex);
    check_golden(StateReply{Peer{id_of(1), kIpv4}, {Peer{id_of(2), kIpv4}}, {Peer{id_of(3), kIpv6}}},
                 "03 01 01*32" + kIpv4Hex + "01 02*32" + kIpv4Hex + "01 03*32" + kIpv6Hex);
    check_golden(StepReply{true, {Peer{id_of(1), kIpv4}}, {}}, "04 01 01 01*32" + kIpv4Hex + "00");
    check_golden(StepReply{false, {}, {Candidate{Peer{id_of(2), kIpv4}, RouteSource{257}}}},
                 "04 00 00 01 02*32" + kIpv4Hex + "0101");
    check_golden(HeadReply{}, "0c 00 00 00");
    check_golden(WatchReply{{Watching{WatchStatus::begun, KeyState{Version{1, 2}, true}}}},
                 "0e 01 02 0000000000000001 0000000000000002 01");
    check_golden(HeadReply{Version{1, 2}, true, WriteOutcome{Version{3, 4}, true}},
                 "0c 01 01 0000000000000001 0000000000000002 01 0000000000000003 0000000000000004 01");
    check_golden(FingersReply{{Peer{id_of(1), kIpv4}}}, "0b 01 01*32" + kIpv4Hex);
    check_golden(ReadReply{}, "05 00 00");
    check_golden(ReadReply{std::nullopt, true}, "05 01 00");
    check_golden(ReadReply{Record{"k", "", Version{1, 2}, kNever, 3, true, {}}},
                 "05 00 01 0000000000000001 0000000000000002 00*16 0000000000000000 00000003 01 0001 6b 00000000");
    check_golden(WriteReply{Version{1, 2}, true, 2, 3}, "06 0000000000000001 0000000000000002 01 02 03");
    check_golden(ReplicateReply{Version{1, 2}}, "07 0000000000000001 0000000000000002");
    SyncBucket bucket{id_of(1), 500, {}};
    bucket.fingerprint.fill(0xee);
    check_golden(SyncReply{{bucket}, {}}, "08 00 00 01 01*32 000001f4 ee*16 00");
    check_golden(SyncReply{{}, {SyncItem{id_of(1), Version{1, 2}}}, true, SyncPlace::successor},
                 "08 01 02 00 01 01*32 0000000000000001 0000000000000002");
    check_golden(StateSame{}, "09");
    check_golden(OwnerReply{true, std::nullopt}, "0a 01 00");
    check_golden(OwnerReply{false, Peer{id_of(1), kIpv4}}, "0a 00 01 01*32" + kIpv4Hex);
}

TEST_CASE("codec: random messages of every kind come back equal") {
    Rng rng(1);
    MessageDice dice(rng, kNow, kScope);
    for (int round = 0; round < 300; ++round) {
        for (std::size_t kind = 0; kind < std::variant_size_v<Request>; ++kind) {
            const Request request = dice.request(kind);
            const auto decoded = decode_request(encode(request, kDeparture), kArrival);
            CAPTURE(kind);
            REQUIRE(decoded);
            REQUIRE((*decoded == request));
        }
        for (std::size_t kind = 0; kind < std::variant_size_v<Response>; ++kind) {
            const Response response = dice.response(kind);
            const auto decoded = decode_response(encode(response, kDeparture), kArrival);
            CAPTURE(kind);
            REQUIRE(decoded);
            REQUIRE((*decoded == response));
        }
    }
}

TEST_CASE("codec: the largest message of every kind, without key and value, fits into a datagram") {
    Rng rng(2);
    MessageDice dice(rng, kNow, kScope);
    dice.largest = true;
    dice.key_bytes_max = dice.value_bytes_max = 0;
    std::size_t largest = 0;
    for (std::size_t kind = 0; kind < std::variant_size_v<Request>; ++kind) {
        largest = std::max(largest, encode(dice.request(kind), kDeparture).size());
    }
    for (std::size_t kind = 0; kind < std::variant_size_v<Response>; ++kind) {
        largest = std::max(largest, encode(dice.response(kind), kDeparture).size());
    }
    CHECK_EQ(largest, 1126);  // a StateReply; WIRE.md says so
    CHECK_LE(largest, kBodyBytesMax);
    CHECK_EQ(kDatagramBytesMax, 1472);
    CHECK_EQ(kBodyBytesMax, 1157);
}

TEST_CASE("codec: every proper prefix of every message and every trailing byte is refused") {
    Rng rng(3);
    MessageDice dice(rng, kNow, kScope);
    for (int round = 0; round < 8; ++round) {
        for (std::size_t kind = 0; kind < std::variant_size_v<Request>; ++kind) {
            Raw body = encode(dice.request(kind), kDeparture);
            for (std::size_t size = 0; size < body.size(); ++size) {
                REQUIRE_FALSE(decode_request(std::span(body).first(size), kArrival));
            }
            body.push_back(0);
            REQUIRE_FALSE(decode_request(body, kArrival));
        }
        for (std::size_t kind = 0; kind < std::variant_size_v<Response>; ++kind) {
            Raw body = encode(dice.response(kind), kDeparture);
            for (std::size_t size = 0; size < body.size(); ++size) {
                REQUIRE_FALSE(decode_response(std::span(body).first(size), kArrival));
            }
            body.push_back(0);
            REQUIRE_FALSE(decode_response(body, kArrival));
        }
    }
}

TEST_CASE("codec: what decodes from random bytes encodes to the same bytes") {
    Rng rng(4);
    MessageDice dice(rng, kNow, kScope);
    std::size_t decoded_count = 0;
    for (int round = 0; round < 20'000; ++round) {
        Raw body = encode(dice.any_request(), kDeparture);
        body[rng.below(body.size())] = static_cast<std::uint8_t>(rng.below(256));
        const auto decoded = decode_request(body, kArrival);
        if (!decoded) continue;
        ++decoded_count;
        // The address form 0 is filled in by the receiver, and so does not come back as 0.
        const Raw again = encode(*decoded, kDeparture);
        const auto twice = decode_request(again, kArrival);
        REQUIRE(twice);
        REQUIRE((*twice == *decoded));
        if (again.size() == body.size()) REQUIRE_EQ(again, body);
    }
    CHECK_GT(decoded_count, 10'000);
}

TEST_CASE("codec: unknown tags are refused") {
    CHECK_EQ(request_error(""), Error::bad_message);
    CHECK_EQ(request_error("00"), Error::bad_message);
    CHECK_EQ(request_error("11"), Error::bad_message);
    CHECK_EQ(request_error("12 05" + kIpv4Hex + kIpv4Hex + kIpv4Hex + kIpv4Hex + kIpv4Hex), Error::bad_message);
    CHECK_EQ(request_error("ff"), Error::bad_message);
    CHECK_EQ(response_error("00"), Error::bad_message);
    CHECK_EQ(response_error("0b"), Error::bad_message);
}

TEST_CASE("codec: lists over their limit are refused before anything is read of them") {
    CHECK_EQ(request_error("06 00 15" + std::string("01*32") + kIpv4Hex), Error::bad_message);
    CHECK_EQ(request_error("06 00 ff"), Error::bad_message);
    CHECK_EQ(response_error("02 03 09"), Error::bad_message);
    CHECK_EQ(response_error("04 00 00 05"), Error::bad_message);
    CHECK_EQ(response_error("08 11"), Error::bad_message);
    std::string nine = "02 03 09";
    for (int i = 0; i < 9; ++i) nine += " 01*32" + kIpv4Hex;
    CHECK_EQ(response_error(nine), Error::bad_message);
    // Each list within its own limit, both together beyond theirs.
    std::string state = "03 00 14";
    for (int i = 0; i < 20; ++i) state += " 01*32" + kIpv4Hex;
    const std::string known = " 01*32" + kIpv4Hex;
    CHECK(decode_response(from_hex(state + "01" + known), kArrival));
    CHECK_EQ(response_error(state + "02" + known + " 01*32" + kIpv4Hex), Error::bad_message);
}

TEST_CASE("codec: keys and values over their limit are told apart as too big") {
    const std::string head = "09 0000000000000000 00000000 00 00 00 0000000000000000 00 ";
    CHECK(decode_request(from_hex(head + "1000 6b*4096 00100000 76*1048576"), kArrival));
    CHECK_EQ(request_error(head + "1001 6b*4097 00000000"), Error::too_big);
    CHECK_EQ(request_error(head + "0001 6b 00100001 76*1048577"), Error::too_big);
    CHECK_EQ(request_error(head + "ffff"), Error::too_big);
}

TEST_CASE("codec: booleans, conditions and combinations that mean nothing are refused") {
    CHECK_EQ(request_error("06 02 00"), Error::bad_message);
    CHECK_EQ(request_error("09 0000000000000000 00000000 03 00 0001 6b 0000"), Error::bad_message);
    CHECK_EQ(request_error("09 0000000000000000 00000000 00 02 0001 6b 0000"), Error::bad_message);
    // A tombstone with a value, and one with a lifetime.
    CHECK_EQ(request_error("09 0000000000000000 00000000 00 01 0001 6b 0001 76"), Error::bad_message);
    CHECK_EQ(request_error("09 0000000000000001 00000000 00 01 0001 6b 0000"), Error::bad_message);
    CHECK_EQ(response_error("05 01 00*32 00*8 00*4 01 0001 6b 0001 76"), Error::bad_message);
    CHECK_EQ(response_error("08 00 03 00 00"), Error::bad_message);
    // Found, but nobody there.
    CHECK_EQ(response_error("04 01 00 00"), Error::bad_message);
    // Buckets and items in one.
    CHECK_EQ(response_error("08 00 00 01 01*32 00*4 00*16 01 01*32 00*16"), Error::bad_message);
}

TEST_CASE("codec: addresses that nobody can have are refused") {
    const std::string head = "07 01*32 ";
    CHECK(decode_request(from_hex(head + kIpv4Hex + "00"), kArrival));
    for (const char* address : {
             "05 c0000207 1ce8",            // no such form
             "04 c0000207 0000",            // port 0
             "04 00000000 1ce8",            // 0.0.0.0
             "04 e0000001 1ce8",            // multicast
             "04 ffffffff 1ce8",            // broadcast
             "06 00*16 1ce8",               // ::
             "06 ff02 00*13 01 1ce8",       // multicast
             "06 00*10 ffff c0000207 1ce8"  // IPv4 in the other form
         }) {
        CAPTURE(address);
        CHECK_EQ(request_error(head + address + " 00"), Error::bad_message);
    }
}

TEST_CASE("codec: a link-local address gets the scope of the arrival, others none") {
    const Raw body = encode(Hint{Peer{id_of(1), kLinkLocal}, 0}, kDeparture);
    Endpoint from = kLinkLocal;
    from.scope = 77;
    const auto decoded = decode_request(body, Arrival{kNow, from});
    REQUIRE(decoded);
    CHECK_EQ(std::get<Hint>(*decoded).candidate.address.scope, 77U);

    const auto global = decode_request(encode(Hint{Peer{id_of(1), kIpv6}, 0}, kDeparture), Arrival{kNow, from});
    REQUIRE(global);
    CHECK_EQ(std::get<Hint>(*global).candidate.address.scope, 0U);
}

TEST_CASE("codec: over another way than its link a link-local address is told as one that names no place") {
    const Hint sent{Peer{id_of(1), kLinkLocal}, 0};
    Endpoint other_link = kLinkLocal;
    other_link.scope = kScope + 1;
    for (const Departure& departure : {Departure(kNow), Departure(kNow, kIpv6), Departure(kNow, other_link)}) {
        const Raw body = encode(sent, departure);
        CHECK_EQ(body, from_hex("07 01*32 01 00"));
        const auto decoded = decode_request(body, kArrival);
        REQUIRE(decoded);
        CHECK((std::get<Hint>(*decoded).candidate == Peer{id_of(1), kElsewhere}));
        CHECK_EQ(encode(*decoded, kDeparture), body);  // passed on, it says the same
    }
    // What came from no link, though it should have, is not taken for one of any link.
    const auto decoded = decode_request(encode(sent, kDeparture), Arrival{kNow, kIpv6});
    REQUIRE(decoded);
    CHECK((std::get<Hint>(*decoded).candidate.address == kElsewhere));
    CHECK_FALSE(names_a_place(kElsewhere));
    CHECK_FALSE(names_a_place(Endpoint{}));
    CHECK(names_a_place(kLinkLocal));
}

TEST_CASE("codec: an unknown own address is filled in by the receiver") {
    Endpoint any_ipv4 = kIpv4;
    any_ipv4.ip[12] = any_ipv4.ip[14] = any_ipv4.ip[15] = 0;
    for (const Endpoint& unknown : {Endpoint{}, any_ipv4, endpoint(kIpv6.ip, 0)}) {
        const Hint sent{Peer{id_of(1), unknown}, 2};
        CHECK_EQ(encode(sent, kDeparture), from_hex("07 01*32 00 02"));
        const auto decoded = decode_request(encode(sent, kDeparture), kArrival);
        REQUIRE(decoded);
        CHECK((std::get<Hint>(*decoded).candidate.address == kArrival.from));
    }
}

TEST_CASE("codec: a lifetime travels as the time that remains") {
    const auto arrives = [](Time expires, Time receiver_now) {
        const Request sent = Replicate{Record{"k", "v", {}, expires, 0, false, {}}};
        const auto decoded = decode_request(encode(sent, kDeparture), Arrival{receiver_now, kIpv4});
        REQUIRE(decoded);
        return std::get<Replicate>(*decoded).record.expires;
    };
    const Time elsewhere = Time(std::chrono::hours(5000));  // the receiver's node time has nothing to do with ours
    CHECK(arrives(kNever, elsewhere) == kNever);
    CHECK(arrives(kNow + milliseconds(20), elsewhere) == elsewhere + milliseconds(20));
    CHECK(arrives(kNow + microseconds(20'001), elsewhere) == elsewhere + milliseconds(21));  // never early
    CHECK(arrives(kNow, elsewhere) == elsewhere + milliseconds(1));
    CHECK(arrives(kNow - std::chrono::hours(1), elsewhere) == elsewhere + milliseconds(1));
    CHECK(arrives(kNever - microseconds(1), elsewhere) == elsewhere + milliseconds(std::int64_t{1} << 48));
}

TEST_CASE("codec: a ttl is at least a millisecond, and one beyond 2^48 ms is refused") {
    const auto arrives = [](Duration ttl) {
        Write write;
        write.ttl = ttl;
        const auto decoded = decode_request(encode(Request(write), kDeparture), kArrival);
        REQUIRE(decoded);
        return std::get<Write>(*decoded).ttl;
    };
    CHECK(arrives(microseconds(1)) == milliseconds(1));
    CHECK(arrives(microseconds(1000)) == milliseconds(1));
    CHECK(arrives(microseconds(1001)) == milliseconds(2));
    CHECK(arrives(Duration::zero()) == milliseconds(1));
    CHECK(arrives(Duration::min()) == milliseconds(1));
    CHECK(
        decode_request(from_hex("09 0001000000000000 00000000 00 00 00 0000000000000000 00 0000 00000000"), kArrival));
    CHECK_EQ(request_error("09 0001000000000001 00000000 00 00 00 0000000000000000 00 0000 00000000"),
             Error::bad_message);
    CHECK_EQ(request_error("09 ffffffffffffffff 00000000 00 00 0000 00000000"), Error::bad_message);
}

TEST_CASE("codec: an error number of a later version is understood as bad_message") {
    const auto decoded = decode_response(from_hex("02 c8 00"), kArrival);
    REQUIRE(decoded);
    CHECK_EQ(std::get<Refusal>(*decoded).error, Error::bad_message);
}

}  // namespace
}  // namespace chord::net
