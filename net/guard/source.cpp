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

Endpoint source_of(const Endpoint& endpoint) {
    Endpoint source = endpoint;
    source.port = 0;
    const bool link_local = endpoint.scope != 0;
    if (!link_local && !is_ipv4(endpoint)) std::fill(source.ip.begin() + 8, source.ip.end(), std::uint8_t{0});
    return source;
}

}  // namespace chord::net
