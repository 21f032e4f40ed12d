// Outbox: whole datagrams. The two golden ones are the worked example of net/WIRE.md; another implementation of BLAKE2b
// (Python's hashlib) gives the same tags.
#include "net/outbox.hpp"

#include <numeric>
#include <string>

#include "net/codec.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using Raw = std::vector<std::uint8_t>;

const std::string kRequestHex =
    "c1 01 01 01 11 22 33 44 55 66 77 88 a0 a1 a2 a3"
    "a4 a5 a6 a7 a8 a9 aa ab ac ad ae af a0 a1 a2 a3"
    "a4 a5 a6 a7 a8 a9 aa ab ac ad ae af 09 00 00 00"
    "00 00 00 ea 60 00 00 03 e8 02 00 00 04 74 65 6d"
    "70 00 04 32 31 2e 35 24 b9 33 fb 3e 70 64 0a a7"
    "8c 9e 4f c7 50 86 02";

const std::string kResponseHex =
    "c1 02 01 01 11 22 33 44 55 66 77 88 50 51 52 53"
    "54 55 56 57 58 59 5a 5b 5c 5d 5e 5f 50 51 52 53"
    "54 55 56 57 58 59 5a 5b 5c 5d 5e 5f 06 01 8f 3a"
    "2b 4c 5d 00 01 50 51 52 53 54 55 56 57 01 02 03"
    "41 34 ce d0 dc 68 11 9c 25 f4 6b fd 03 3c 35 2a";

constexpr std::uint64_t kRequestId = 0x1122334455667788;

Raw from_hex(const std::string& hex) {
    Raw bytes;
    for (std::size_t i = 0; i < hex.size(); i += hex[i] == ' ' ? 1U : 2U) {
        if (hex[i] != ' ') bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

std::array<std::uint8_t, 32> network_key() {
    std::array<std::uint8_t, 32> key;
    std::iota(key.begin(), key.end(), std::uint8_t{0});
    return key;
}

/// 16 bytes from `first` upwards, twice.
Id id_from(std::uint8_t first) {
    std::array<std::uint8_t, Id::kBytes> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(first + i % 16);
    return Id::from_bytes(bytes.data());
}

Write golden_write() {
    Write write;
    write.key = "temp";
    write.value = "21.5";
    write.ttl = std::chrono::seconds(60);
    write.condition = Condition::if_present;
    write.writer_uid = 1000;
    return write;
}

WriteReply golden_reply() {
    return {Version{0x018f3a2b4c5d0001, 0x5051525354555657}, true, 2, 3};
}

TEST_CASE("outbox: the request of WIRE.md's example, byte for byte, both ways") {
    MacSeal seal(network_key());
    RpcCounters counters;
    Outbox outbox(id_from(0xa0), seal, counters);
    outbox.set_member(true);
    outbox.post({}, Kind::request, kRequestId, 1, encode(Request(golden_write()), Time{}));
    const auto datagrams = outbox.take();
    REQUIRE_EQ(datagrams.size(), 1);
    CHECK_EQ(datagrams[0].bytes, from_hex(kRequestHex));

    const Raw bytes = from_hex(kRequestHex);
    const auto unsealed = seal.open({}, bytes);
    REQUIRE(unsealed);
    const auto parcel = parse_parcel(*unsealed);
    REQUIRE(parcel);
    CHECK((parcel->envelope == Envelope{Kind::request, true, 1, kRequestId, id_from(0xa0)}));
    const auto request = decode_request(parcel->body, {});
    REQUIRE(request);
    CHECK((*request == Request(golden_write())));
}

TEST_CASE("outbox: the response of WIRE.md's example, byte for byte, both ways") {
    MacSeal seal(network_key());
    RpcCounters counters;
    Outbox outbox(id_from(0x50), seal, counters);
    outbox.set_member(true);
    outbox.post({}, Kind::response, kRequestId, 1, encode(Response(golden_reply()), Time{}));
    const auto datagrams = outbox.take();
    REQUIRE_EQ(datagrams.size(), 1);
    CHECK_EQ(datagrams[0].bytes, from_hex(kResponseHex));

    const Raw bytes = from_hex(kResponseHex);
    const auto unsealed = seal.open({}, bytes);
    REQUIRE(unsealed);
    const auto parcel = parse_parcel(*unsealed);
    REQUIRE(parcel);
    CHECK((parcel->envelope == Envelope{Kind::response, true, 1, kRequestId, id_from(0x50)}));
    const auto response = decode_response(parcel->body, {});
    REQUIRE(response);
    CHECK((*response == Response(golden_reply())));
}

TEST_CASE("outbox: keeps the order, counts, and is empty after take()") {
    MacSeal seal(network_key());
    RpcCounters counters;
    Outbox outbox(id_from(0), seal, counters);
    for (std::uint64_t id = 1; id <= 3; ++id) outbox.post({}, Kind::request, id, 0, Raw(kBodyBytesMax, 1));
    const auto datagrams = outbox.take();
    REQUIRE_EQ(datagrams.size(), 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK_EQ(datagrams[i].bytes.size(), kDatagramBytesMax);
        CHECK_EQ(datagrams[i].bytes[11], i + 1);
    }
    CHECK(outbox.take().empty());
    CHECK_EQ(counters.tx_datagrams, 3U);
    CHECK_EQ(counters.tx_bytes, 3U * kDatagramBytesMax);
}

}  // namespace
}  // namespace chord::net
