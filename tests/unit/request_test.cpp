// Requests and what is granted on them.
#include "net/admission/request.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/fleet_parts.hpp"

namespace chord::net::admission {
namespace {

using testing::Device;
using testing::Fleet;

TEST_CASE("request: what the device signed is read, and nothing else") {
    const Device device(2);
    const auto bytes = device.signed_request("pump-1", "barn");
    CHECK_EQ(*read_request(bytes), device.request("pump-1", "barn"));
    CHECK_EQ(*read_request(device.signed_request()), device.request());
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) CHECK_FALSE(read_request(testing::flipped(bytes, bit)));
    for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(read_request(View(bytes).first(size)));
}

TEST_CASE("request: with the longest wishes it has kRequestBytesMax bytes") {
    const auto bytes = Device(2).signed_request(std::string(kNameBytesMax, 'n'), std::string(kTagBytesMax, 't'));
    CHECK_EQ(bytes.size(), kRequestBytesMax);
    CHECK(read_request(bytes));
}

TEST_CASE("request: nobody can ask for a device whose sign key he does not hold") {
    const Device device(2);
    Request request = device.request();
    const auto bytes = sign_request(request, Device(3).key);
    CHECK_EQ(read_request(bytes)->sign_key, Device(3).key.public_key());
}

TEST_CASE("request: the certificate has the device's keys, the granted terms, and wishes where nothing is granted") {
    const Fleet fleet;
    const Device device(2);
    AdmissionTerms terms = fleet.terms();
    terms.roles = 3;
    terms.invite = 4;
    const Certificate wished = admit(device.request("pump-1", "barn"), terms, fleet.key)->content;
    CHECK_EQ(wished.network, fleet.network);
    CHECK_EQ(wished.sign_key, device.key.public_key());
    CHECK_EQ(wished.static_key, device.static_key.public_key());
    CHECK_EQ(wished.nonce, terms.nonce);
    CHECK_EQ(wished.capacity, 2);
    CHECK_EQ(wished.roles, 3);
    CHECK_EQ(wished.not_before, terms.issued);
    CHECK_EQ(wished.lifetime, terms.lifetime);
    CHECK_EQ(wished.invite, 4);
    CHECK_EQ(wished.use, 5);
    CHECK_EQ(wished.name, "pump-1");
    CHECK_EQ(wished.tag, "barn");
    terms.name = "gate-9";
    terms.tag = "gate";
    const Certificate granted = admit(device.request("pump-1", "barn"), terms, fleet.key)->content;
    CHECK_EQ(granted.name, "gate-9");
    CHECK_EQ(granted.tag, "gate");
}

TEST_CASE("request: without any name it is the tag and four digits of the key") {
    const Device device(2);
    const std::string name = default_name(device.key.public_key(), "barn");
    CHECK_EQ(name.size(), 9);
    CHECK(name.starts_with("barn-"));
    CHECK(default_name(device.key.public_key(), "").starts_with("node-"));
    CHECK(is_name(default_name(device.key.public_key(), std::string(kTagBytesMax, 't'))));
    CHECK_NE(default_name(Device(3).key.public_key(), "barn"), name);
    const Fleet fleet;
    CHECK_EQ(admit(device.request("", "barn"), fleet.terms(), fleet.key)->content.name, name);
}

TEST_CASE("request: an answer is taken only for the own keys, of the right network and issuer") {
    const Fleet fleet;
    const Device device(2);
    const auto read = [&](const SignedCertificate& certificate, const VerifyKey& issuer) {
        return read_grant(encode(certificate), device.request(), fleet.network, issuer);
    };
    const VerifyKey key = fleet.key.public_key();
    const SignedCertificate granted = fleet.admit(device);
    CHECK_EQ(*read(granted, key), granted);
    CHECK_FALSE(read(granted, device.key.public_key()));
    CHECK_FALSE(read(fleet.admit(Device(3)), key));
    std::vector<Certificate> others(3, granted.content);
    others[0].network = {};
    others[1].sign_key = Device(3).key.public_key();
    others[2].static_key = Device(3).static_key.public_key();
    for (const Certificate& other : others) CHECK_FALSE(read(issue(other, fleet.key), key));
    CHECK_FALSE(read_grant({}, device.request(), fleet.network, key));
}

TEST_CASE("request: terms that make no certificate are refused") {
    const Fleet fleet;
    AdmissionTerms terms = fleet.terms();
    terms.lifetime = 0;
    CHECK_EQ(admit(Device(2).request(), terms, fleet.key).error(), Error::bad_message);
    terms = fleet.terms();
    terms.name = "No Name";
    CHECK_EQ(admit(Device(2).request(), terms, fleet.key).error(), Error::bad_message);
}

}  // namespace
}  // namespace chord::net::admission
