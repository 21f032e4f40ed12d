// The operator's file: plain and under a passphrase, damaged, of a later version, and hostile.
#include "net/admission/fleet_key.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "net/admission/armor.hpp"
#include "tests/support/fleet_parts.hpp"

namespace chord::net::admission {
namespace {

constexpr PassphraseCost kCheap{1, 8};
const FleetKeyDice kDice{testing::rolled<16>(11), testing::rolled<24>(12)};

FleetKey farm() {
    FleetKey fleet = make_fleet("farm", SigningKey::Seed::copy_of(testing::rolled<32>(1)),
                                noise::SecretKey::copy_of(testing::rolled<32>(5)));
    fleet.list_number = 17;
    fleet.signed_last = testing::kIssued;
    fleet.rotate_network_key(noise::SecretKey::copy_of(testing::rolled<32>(6)));
    return fleet;
}

bool same(const FleetKey& a, const FleetKey& b) {
    bool keys = a.network_keys.size() == b.network_keys.size();
    for (std::size_t i = 0; keys && i < a.network_keys.size(); ++i) {
        keys = a.network_keys[i].number == b.network_keys[i].number && a.network_keys[i].key == b.network_keys[i].key;
    }
    return keys && a.name == b.name && a.key.public_key() == b.key.public_key() && a.list_number == b.list_number &&
           a.signed_last == b.signed_last;
}

TEST_CASE("fleet_key: a new fleet has network key number 1, and its id is the public key's") {
    const FleetKey fleet = make_fleet("farm", SigningKey::Seed::copy_of(testing::rolled<32>(1)), {});
    REQUIRE_EQ(fleet.network_keys.size(), 1);
    CHECK_EQ(fleet.network_keys[0].number, 1);
    CHECK_EQ(fleet.network(), network_id(testing::signing_key(1).public_key()));
}

TEST_CASE("fleet_key: rotation keeps the last two network keys") {
    FleetKey fleet = farm();
    fleet.rotate_network_key(noise::SecretKey::copy_of(testing::rolled<32>(7)));
    REQUIRE_EQ(fleet.network_keys.size(), 2);
    CHECK_EQ(fleet.network_keys[0].number, 3);
    CHECK_EQ(fleet.network_keys[1].number, 2);
    CHECK(fleet.network_keys[0].key == noise::SecretKey::copy_of(testing::rolled<32>(7)));
}

TEST_CASE("fleet_key: lists get greater numbers and no earlier times, whatever the clock and the list say") {
    FleetKey fleet = farm();
    FleetList list;
    const auto first = read_list(fleet.sign_next(list, testing::kIssued - 1000), fleet.key.public_key());
    REQUIRE(first);
    CHECK_EQ(first->number, 18);
    CHECK_EQ(first->issued, testing::kIssued);
    list.number = 40;  // fetched from the ring: another machine has signed since
    const auto second = read_list(fleet.sign_next(list, testing::kIssued + 5), fleet.key.public_key());
    REQUIRE(second);
    CHECK_EQ(second->number, 41);
    CHECK_EQ(second->issued, testing::kIssued + 5);
    CHECK_EQ(fleet.list_number, 41);
    CHECK_EQ(read_fleet_key(fleet_key_file(fleet))->list_number, 41);
    CHECK_EQ(fleet.issue_time(0), testing::kIssued + 5);
}

TEST_CASE("fleet_key: the plain file comes back") {
    const std::string file = fleet_key_file(farm());
    CHECK_FALSE(needs_passphrase(file));
    CHECK(same(*read_fleet_key(file), farm()));
}

TEST_CASE("fleet_key: the sealed file comes back with its passphrase only, and shows no key") {
    const std::string file = *fleet_key_file(farm(), "correct horse", kDice, kCheap);
    CHECK(needs_passphrase(file));
    CHECK(same(*read_fleet_key(file, "correct horse"), farm()));
    CHECK_EQ(read_fleet_key(file, "correct hors").error(), Error::corrupt);
    CHECK_EQ(read_fleet_key(file).error(), Error::corrupt);
    const std::vector<std::uint8_t> bytes = *unarmored(kFleetKeyArmor, file);
    const auto seed = testing::rolled<32>(1);
    CHECK_EQ(std::search(bytes.begin(), bytes.end(), seed.begin(), seed.begin() + 8), bytes.end());
}

TEST_CASE("fleet_key: damaged in any bit it is refused") {
    for (const std::string& file : {fleet_key_file(farm()), *fleet_key_file(farm(), "p", kDice, kCheap)}) {
        const std::vector<std::uint8_t> bytes = *unarmored(kFleetKeyArmor, file);
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            // The cost's bits may ask for much memory; that case has a test of its own.
            if (bytes[0] == 1 && bit / 8 >= 17 && bit / 8 < 25) continue;
            CHECK_FALSE(read_fleet_key(armored(kFleetKeyArmor, testing::flipped(bytes, bit)), "p"));
        }
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            CHECK_FALSE(read_fleet_key(armored(kFleetKeyArmor, View(bytes).first(size)), "p"));
        }
    }
}

TEST_CASE("fleet_key: a file that asks for more memory or work than anybody needs is refused before it gets it") {
    std::vector<std::uint8_t> bytes = *unarmored(kFleetKeyArmor, *fleet_key_file(farm(), "p", kDice, kCheap));
    for (const std::size_t at : {std::size_t{17}, std::size_t{21}}) {
        std::vector<std::uint8_t> greedy = bytes;
        greedy[at] = 0x7f;
        CHECK_EQ(read_fleet_key(armored(kFleetKeyArmor, greedy), "p").error(), Error::corrupt);
    }
}

TEST_CASE("fleet_key: other files are foreign, later versions are named") {
    CHECK_EQ(read_fleet_key("").error(), Error::foreign);
    CHECK_EQ(read_fleet_key(armored(kCertificateArmor, std::vector<std::uint8_t>(9))).error(), Error::foreign);
    CHECK_EQ(read_fleet_key(armored(kFleetKeyArmor, std::vector<std::uint8_t>{2, 0})).error(), Error::newer_schema);
    CHECK_EQ(read_fleet_key(armored(kFleetKeyArmor, {})).error(), Error::corrupt);
    CHECK_FALSE(needs_passphrase(""));
}

}  // namespace
}  // namespace chord::net::admission
