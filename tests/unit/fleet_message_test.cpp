// Messages of the fleet: each comes back as it was, and nothing else is taken for one.
#include "net/admission/fleet_message.hpp"

#include <doctest/doctest.h>

#include <string>

#include "net/rpc.hpp"
#include "tests/support/fleet_parts.hpp"

namespace chord::net::admission {
namespace {

using testing::Fleet;
using Bytes = std::vector<std::uint8_t>;

Peer desk() {
    Peer peer{Id{{1, 2, 3, 4}}, {}};
    peer.address.ip = {0xfd, 7};
    peer.address.port = 7400;
    return peer;
}

std::vector<FleetRequest> requests() {
    return {Hello{},
            Hello{7, kSecondsMax, 9, true, std::nullopt},
            Hello{1, 2, 3, false, desk()},
            ListQuery{1024},
            NetworkKeysQuery{},
            Enrol{Bytes(kRequestBytesMax, 5)},
            Renew{},
            CertificateQuery{}};
}

TEST_CASE("fleet_message: requests come back as they were, and no shorter or longer one is a message of that kind") {
    for (const FleetRequest& request : requests()) {
        CAPTURE(request.index());
        const Bytes bytes = encode(request);
        const Result<FleetRequest> parsed = parse_fleet_request(bytes);
        REQUIRE(parsed);
        CHECK(*parsed == request);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const Result<FleetRequest> shorter = parse_fleet_request(View(bytes).first(size));
            if (shorter) CHECK(encode(*shorter) == Bytes(bytes.begin(), bytes.begin() + static_cast<long>(size)));
        }
        Bytes longer = bytes;
        longer.push_back(0);
        if (!std::holds_alternative<Enrol>(request)) CHECK_FALSE(parse_fleet_request(longer));
    }
}

TEST_CASE("fleet_message: responses come back as they were, the longest fits into a datagram") {
    const Fleet fleet;
    const ListSlice slice{4, 5000, 1024, Bytes(kListSliceBytesMax, 7)};
    const auto slice_bytes = encode(FleetResponse(slice));
    CHECK(slice_bytes.size() <= kFleetBodyBytesMax);
    const auto got = parse_fleet_response(slice_bytes);
    REQUIRE(got);
    CHECK_EQ(std::get<ListSlice>(*got).number, 4);
    CHECK_EQ(std::get<ListSlice>(*got).total, 5000);
    CHECK_EQ(std::get<ListSlice>(*got).offset, 1024);
    CHECK(std::get<ListSlice>(*got).bytes == slice.bytes);

    NetworkKeys keys;
    for (const std::uint32_t number : {2U, 1U}) {
        keys.records.push_back(
            sign_network_key({number, noise::SecretKey::copy_of(testing::rolled<32>(number))}, fleet.key));
    }
    const Bytes second(keys.records[1].bytes().begin(), keys.records[1].bytes().end());
    const auto keys_bytes = encode(FleetResponse(std::move(keys)));
    const auto back = parse_fleet_response(keys_bytes);
    REQUIRE(back);
    REQUIRE_EQ(std::get<NetworkKeys>(*back).records.size(), 2);
    CHECK(std::equal(second.begin(), second.end(), std::get<NetworkKeys>(*back).records[1].bytes().begin()));
    CHECK_FALSE(parse_fleet_response(View(keys_bytes).first(keys_bytes.size() - 1)));

    CHECK_EQ(std::get<Refused>(*parse_fleet_response(encode(FleetResponse(Refused{Error::overloaded})))).error,
             Error::overloaded);
    CHECK_EQ(std::get<Granted>(*parse_fleet_response(encode(FleetResponse(Granted{{1, 2}})))).certificate, Bytes{1, 2});
    CHECK(std::get<Hello>(*parse_fleet_response(encode(FleetResponse(Hello{1, 2, 3, false, desk()})))) ==
          Hello{1, 2, 3, false, desk()});
}

TEST_CASE("fleet_message: a Hello and a slice, byte by byte as net/WIRE.md has them") {
    CHECK_EQ(encode(FleetRequest(Hello{0x01020304, 0x0506070809, 0x0a0b0c0d, true, std::nullopt})),
             Bytes{1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 1});
    CHECK_EQ(encode(FleetResponse(ListSlice{1, 2, 3, {9, 8}})), Bytes{2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 8});
    CHECK_EQ(encode(FleetRequest(Hello{0, 0, 0, false, desk()})).size(), 15 + 32 + 1 + 19);
}

TEST_CASE("fleet_message: what is out of bounds or unknown is refused") {
    CHECK_FALSE(parse_fleet_request({}));
    CHECK_FALSE(parse_fleet_request(Bytes{0}));
    CHECK_FALSE(parse_fleet_request(Bytes{7}));
    CHECK_FALSE(parse_fleet_response(Bytes{0}));
    CHECK_FALSE(parse_fleet_response(Bytes{6}));
    Bytes enrol(1 + kRequestBytesMax + 1, 4);
    CHECK_FALSE(parse_fleet_request(enrol));
    Bytes three_keys(2 + 3 * kNetworkKeyBytes, 0);
    three_keys[0] = 3;
    three_keys[1] = 3;
    CHECK_FALSE(parse_fleet_response(three_keys));
    Bytes hello = encode(FleetRequest(Hello{}));
    hello.back() = 3;  // neither a desk, nor one that knows of one, nor none
    CHECK_FALSE(parse_fleet_request(hello));
    Bytes slice(1 + 12 + kListSliceBytesMax + 1, 2);
    CHECK_FALSE(parse_fleet_response(slice));
}

}  // namespace
}  // namespace chord::net::admission
