#include "net/admission/bootstrap.hpp"

#include <algorithm>

#include "net/address.hpp"
#include "node/core/base/check.hpp"

namespace chord::net::admission {
namespace {

constexpr std::uint8_t kIpv4 = 4;
constexpr std::uint8_t kIpv6 = 6;
constexpr std::size_t kPrefixBytes = 12;  // of ::ffff:0:0/96

}  // namespace

bool is_carried(const Endpoint& endpoint) {
    const bool link_local = endpoint.ip[0] == 0xfe && (endpoint.ip[1] & 0xc0) == 0x80;
    return endpoint.scope == 0 && endpoint.port != 0 && !link_local;
}

Bootstrap read_bootstrap(Reader& reader) {
    Bootstrap bootstrap;
    const std::size_t count = reader.u8();
    if (count > kBootstrapMax) reader.fail(Error::bad_message);
    for (std::size_t i = 0; i < count && !reader.failed(); ++i) {
        Endpoint endpoint;
        const std::uint8_t kind = reader.u8();
        if (kind == kIpv4) {
            endpoint.ip[10] = endpoint.ip[11] = 0xff;
            const auto address = read_array<4>(reader);
            std::copy(address.begin(), address.end(), endpoint.ip.begin() + kPrefixBytes);
        } else {
            endpoint.ip = read_array<16>(reader);
        }
        endpoint.port = reader.u16();
        const bool right_kind = is_ipv4(endpoint) ? kind == kIpv4 : kind == kIpv6;
        if (!right_kind || !is_carried(endpoint)) reader.fail(Error::bad_message);
        bootstrap.push_back(endpoint);
    }
    return bootstrap;
}

void write_bootstrap(Writer& writer, const Bootstrap& bootstrap) {
    CHORD_CHECK(bootstrap.size() <= kBootstrapMax);
    writer.u8(static_cast<std::uint8_t>(bootstrap.size()));
    for (const Endpoint& endpoint : bootstrap) {
        CHORD_CHECK(is_carried(endpoint));
        writer.u8(is_ipv4(endpoint) ? kIpv4 : kIpv6);
        writer.bytes(is_ipv4(endpoint) ? View(endpoint.ip).subspan(kPrefixBytes) : View(endpoint.ip));
        writer.u16(endpoint.port);
    }
}

}  // namespace chord::net::admission
