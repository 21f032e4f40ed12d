#include "net/guard/source.hpp"

#include <algorithm>

#include "net/address.hpp"
#include "net/writer.hpp"
#include "node/core/base/check.hpp"

namespace chord::net {

SourceBytes bytes_of(const Endpoint& endpoint) {
    SourceBytes bytes{};
    Writer writer(bytes);
    writer.bytes(endpoint.ip);
    writer.u32(endpoint.scope);
    writer.u16(endpoint.port);
    CHORD_CHECK(!writer.failed() && writer.written().size() == bytes.size());
    return bytes;
}

namespace {

bool is_loopback(const Endpoint& endpoint) {
    if (is_ipv4(endpoint)) return endpoint.ip[12] == 127;
    return std::all_of(endpoint.ip.begin(), endpoint.ip.end() - 1, [](std::uint8_t byte) { return byte == 0; }) &&
           endpoint.ip.back() == 1;
}

}  // namespace

Endpoint source_of(const Endpoint& endpoint) {
    if (is_loopback(endpoint)) return endpoint;
    Endpoint source = endpoint;
    source.port = 0;
    const bool link_local = endpoint.scope != 0;
    if (!link_local && !is_ipv4(endpoint)) std::fill(source.ip.begin() + 8, source.ip.end(), std::uint8_t{0});
    return source;
}

}  // namespace chord::net
