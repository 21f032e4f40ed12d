#include "node/daemon/device_request.hpp"

#include <array>
#include <ctime>

#include "net/admission/armor.hpp"

namespace chord::daemon {

using namespace net::admission;
using api::FleetFault;

api::OrFleetFault<std::string> device_request(const SigningKey& device, const net::noise::PublicKey& static_key,
                                              std::string_view name, std::string_view tag) {
    if (!name.empty() && !is_name(name)) {
        return FleetFault{FleetFault::Kind::bad_input,
                          "a name is at most 20 of a-z, 0-9, '-', '_' and '.', and begins with a letter or digit"};
    }
    if (!is_tag(tag)) {
        return FleetFault{FleetFault::Kind::bad_input,
                          "a tag is at most 11 of a-z, 0-9, '-', '_' and '.', and begins with a letter or digit"};
    }
    Request request;
    request.static_key = static_key;
    request.name = name;
    request.tag = tag;
    return armored(kRequestArmor, sign_request(std::move(request), device));
}

std::string day_of(Seconds seconds) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    if (gmtime_r(&time, &parts) == nullptr) return "-";
    std::array<char, 32> day{};
    const std::size_t length = std::strftime(day.data(), day.size(), "%Y-%m-%d", &parts);
    return std::string(day.data(), length);
}

FleetFault fleet_fault(const Fault& fault) {
    return {fault.exit == Exit::store_full ? FleetFault::Kind::no_room : FleetFault::Kind::failed, fault.sentence};
}

}  // namespace chord::daemon
