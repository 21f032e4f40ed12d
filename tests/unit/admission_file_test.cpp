// The answer to a request file: all that a device needs, readable for nobody else.
#include "net/admission/admission_file.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "net/admission/request.hpp"
#include "tests/support/fleet_parts.hpp"

namespace chord::net::admission {
namespace {

using testing::Device;
using testing::Fleet;

const Device kDevice(2);

AdmissionFile content(const Fleet& fleet) {
    return {fleet.key.public_key(), fleet.admit(kDevice), testing::invite(fleet, fleet.invite_terms()).bootstrap};
}

NetworkKey network_key() {
    return {4, noise::SecretKey::copy_of(testing::rolled<32>(9))};
}

std::vector<std::uint8_t> file(const Fleet& fleet = Fleet()) {
    return *admission_file(content(fleet), network_key(), fleet.key, testing::key_pair(77));
}

TEST_CASE("admission_file: the device reads certificate, fleet, addresses and network key") {
    const Fleet fleet;
    const Result<OpenedAdmission> opened = open_admission_file(file(), kDevice.static_key);
    REQUIRE(opened);
    CHECK_EQ(opened->file.fleet_key, fleet.key.public_key());
    CHECK_EQ(opened->file.certificate, fleet.admit(kDevice));
    CHECK_EQ(opened->file.bootstrap, content(fleet).bootstrap);
    NetworkKeyring ring(fleet.key.public_key());
    REQUIRE(*ring.offer(opened->network_key.bytes()));
    CHECK_EQ(ring.keys()[0].number, 4);
    CHECK(ring.keys()[0].key == network_key().key);
}

TEST_CASE("admission_file: who holds it, and no key, reads whom it admits and to which fleet, and no more") {
    const Fleet fleet;
    const Result<AdmissionFile> read = read_admission_file(file());
    REQUIRE(read);
    CHECK_EQ(read->fleet_key, fleet.key.public_key());
    CHECK_EQ(read->certificate, fleet.admit(kDevice));
    CHECK_EQ(read->bootstrap, content(fleet).bootstrap);
    const auto bytes = file();
    const std::size_t box = bytes.size() - 133;
    for (std::size_t bit = 0; bit < (35 + encode(read->certificate).size()) * 8; ++bit) {
        CAPTURE(bit);
        CHECK_FALSE(read_admission_file(testing::flipped(bytes, bit)));
    }
    CHECK(read_admission_file(testing::flipped(bytes, box * 8)));  // the box is the device's to open
    CHECK_FALSE(read_admission_file(View(bytes).first(box)));
}

TEST_CASE("admission_file: another device cannot read it, and it shows no network key") {
    CHECK_EQ(open_admission_file(file(), Device(3).static_key).error(), Error::bad_message);
    const auto bytes = file();
    const auto secret = testing::rolled<32>(9);
    CHECK_EQ(std::search(bytes.begin(), bytes.end(), secret.begin(), secret.begin() + 8) - bytes.begin(),
             bytes.end() - bytes.begin());
}

TEST_CASE("admission_file: changed in any bit or cut short it is refused, the addresses aside, which nobody signs") {
    const auto bytes = file();
    const auto bootstrap_end = bytes.size() - 32 - 133;
    const auto bootstrap_begin = bootstrap_end - (1 + 7 + 19);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        if (bit / 8 >= bootstrap_begin && bit / 8 < bootstrap_end) continue;
        CAPTURE(bit);
        CHECK_FALSE(open_admission_file(testing::flipped(bytes, bit), kDevice.static_key));
    }
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CHECK_FALSE(open_admission_file(View(bytes).first(size), kDevice.static_key));
    }
}

TEST_CASE("admission_file: it holds for one fleet throughout") {
    Fleet fleet;
    AdmissionFile mixed = content(fleet);
    mixed.certificate = Fleet(2).admit(kDevice);
    const auto bytes = *admission_file(mixed, network_key(), fleet.key, testing::key_pair(77));
    CHECK_EQ(open_admission_file(bytes, kDevice.static_key).error(), Error::bad_message);
    AdmissionTerms terms = fleet.terms();
    terms.network = Fleet(2).network;
    AdmissionFile elsewhere = content(fleet);
    elsewhere.certificate = *admit(kDevice.request("a"), terms, fleet.key);
    const auto signed_by_us = *admission_file(elsewhere, network_key(), fleet.key, testing::key_pair(77));
    CHECK_EQ(open_admission_file(signed_by_us, kDevice.static_key).error(), Error::bad_message);
}

TEST_CASE("admission_file: another device's certificate before a box that opens is refused") {
    auto bytes = file();
    const auto other = encode(Fleet().admit(Device(3)));
    std::copy(other.begin(), other.end(), bytes.begin() + 35);
    CHECK_EQ(open_admission_file(bytes, kDevice.static_key).error(), Error::bad_message);
}

TEST_CASE("admission_file: nothing is sealed for a static key that everybody could open") {
    const Fleet fleet;
    Request request = kDevice.request("a");
    request.static_key = {};
    AdmissionFile bad = content(fleet);
    bad.certificate = *admit(request, fleet.terms(), fleet.key);
    CHECK_EQ(admission_file(bad, network_key(), fleet.key, testing::key_pair(77)).error(), Error::bad_message);
}

}  // namespace
}  // namespace chord::net::admission
