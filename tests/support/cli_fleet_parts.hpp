// What chordctl's fleet verbs made, as devices and nodes see it.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "net/admission/admission_file.hpp"
#include "net/admission/armor.hpp"
#include "net/admission/standing.hpp"
#include "tests/support/cli_bench.hpp"

namespace chord::testing {

inline std::string request_text(const Device& device, std::string name = {}, std::string tag = {}) {
    return admission::armored(admission::kRequestArmor, device.signed_request(std::move(name), std::move(tag)));
}

/// What the device gets out of the text that admit or renew printed.
inline admission::OpenedAdmission opened(const std::string& text, const Device& device) {
    const auto bytes = admission::unarmored(admission::kCertificateArmor, text);
    REQUIRE(bytes.has_value());
    auto file = admission::open_admission_file(*bytes, device.static_key);
    REQUIRE(file.has_value());
    return std::move(*file);
}

inline admission::FleetKey key_of(const CliBench& bench) {
    auto key = admission::read_fleet_key(bench.read(bench.key_path("farm.key")));
    REQUIRE(key.has_value());
    return std::move(*key);
}

inline admission::FleetList list_in(const CliBench& bench, const std::string& path) {
    const auto bytes = admission::unarmored(admission::kFleetListArmor, bench.read(path));
    REQUIRE(bytes.has_value());
    auto list = admission::read_list(*bytes, key_of(bench).key.public_key());
    REQUIRE(list.has_value());
    return std::move(*list);
}

inline admission::Standing standing(const admission::SignedCertificate& certificate, const CliBench& bench,
                                    const admission::FleetList& list, admission::Seconds at) {
    const admission::FleetTime time(at, Time{});
    const auto key = key_of(bench).key.public_key();
    return admission::standing_of(certificate, {key, list, time, Time{}});
}

inline std::string short_id(const admission::SignedCertificate& certificate) {
    return certificate.content.position(0).short_hex();
}

}  // namespace chord::testing
