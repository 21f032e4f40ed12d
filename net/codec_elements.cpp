#include "net/codec_elements.hpp"

#include <algorithm>

namespace chord::net {

namespace {

// How an address is written. kOwn is the sender's own address where it does not know it (it listens on 0.0.0.0 or ::):
// the receiver puts in what the datagram came from. A scope never travels, since interface numbers mean nothing on
// another machine: a link-local address is told over the link on which it is valid, and else as kNoPlace.
constexpr std::uint8_t kOwn = 0;
constexpr std::uint8_t kNoPlace = 1;
constexpr std::uint8_t kIpv4 = 4;
constexpr std::uint8_t kIpv6 = 6;

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t kIpv4Bytes = 4;

using Ip = std::array<std::uint8_t, 16>;

bool is_ipv4(const Ip& ip) {
    return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), ip.begin());
}

bool is_zero(std::span<const std::uint8_t> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

std::span<const std::uint8_t> ipv4_part(const Ip& ip) {
    return std::span(ip).last(kIpv4Bytes);
}

bool is_unspecified(const Endpoint& address) {
    return address.port == 0 || is_zero(is_ipv4(address.ip) ? ipv4_part(address.ip) : std::span(address.ip));
}

/// Nobody may be talked into sending to a group.
bool is_multicast(const Ip& ip) {
    return is_ipv4(ip) ? ip[12] >= 224 : ip[0] == 0xff;
}

bool is_link_local(const Ip& ip) {
    return ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80;
}

constexpr std::int64_t kMicrosPerMs = 1000;

std::span<const std::uint8_t> bytes_of(const Bytes& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

// ---- Encoder ------------------------------------------------------------------------------------------------------

void Encoder::address(const Endpoint& address) {
    if (is_unspecified(address)) {
        u8(kOwn);
        return;
    }
    if (is_link_local(address.ip) && (address.scope == 0 || address.scope != departure_.scope)) {
        u8(kNoPlace);
        return;
    }
    const bool ipv4 = is_ipv4(address.ip);
    u8(ipv4 ? kIpv4 : kIpv6);
    raw(ipv4 ? ipv4_part(address.ip) : std::span(address.ip));
    u16(address.port);
}

void Encoder::key(const Bytes& key) {
    CHORD_CHECK(key.size() <= kKeyBytesMax);
    u16(static_cast<std::uint16_t>(key.size()));
    raw(bytes_of(key));
}

void Encoder::value(const Bytes& value) {
    CHORD_CHECK(value.size() <= kValueBytesMax);
    u32(static_cast<std::uint32_t>(value.size()));
    raw(bytes_of(value));
}

void Encoder::remaining(Time expires) {
    if (expires == kNever) {
        u64(0);
    } else {
        milliseconds(expires > departure_.now ? expires - departure_.now : Duration::zero());
    }
}

void Encoder::lifetime(const std::optional<Duration>& ttl) {
    if (ttl) {
        milliseconds(*ttl);
    } else {
        u64(0);
    }
}

/// At least 1, since 0 says "for ever"; rounded up, since nothing may expire early.
void Encoder::milliseconds(Duration duration) {
    const std::int64_t whole = duration.count() / kMicrosPerMs + (duration.count() % kMicrosPerMs > 0 ? 1 : 0);
    u64(std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(whole, 1)), kLifetimeMsMax));
}

// ---- Decoder ------------------------------------------------------------------------------------------------------

void Decoder::boolean(bool& value) {
    const std::uint8_t byte = in_.u8();
    require(byte <= 1);
    value = byte == 1;
}

void Decoder::raw(std::span<std::uint8_t> bytes) {
    const auto taken = in_.bytes(bytes.size());
    std::copy(taken.begin(), taken.end(), bytes.begin());
}

void Decoder::id(Id& id) {
    const auto taken = in_.bytes(Id::kBytes);
    if (!taken.empty()) id = Id::from_bytes(taken.data());
}

void Decoder::address(Endpoint& address) {
    const std::uint8_t form = in_.u8();
    if (form == kOwn) {
        address = arrival_.from;
        return;
    }
    if (form == kNoPlace) {
        address = kElsewhere;
        return;
    }
    require(form == kIpv4 || form == kIpv6);
    if (form == kIpv4) std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.ip.begin());
    raw(form == kIpv4 ? std::span(address.ip).last(kIpv4Bytes) : std::span(address.ip));
    address.port = in_.u16();
    require(is_ipv4(address.ip) == (form == kIpv4));
    require(!is_unspecified(address) && !is_multicast(address.ip));
    if (!is_link_local(address.ip)) return;
    address.scope = arrival_.from.scope;
    if (address.scope == 0) address = kElsewhere;  // over which link it is to be reached cannot be known
}

void Decoder::key(Bytes& key) {
    byte_string(key, in_.u16(), kKeyBytesMax);
}

void Decoder::value(Bytes& value) {
    byte_string(value, in_.u32(), kValueBytesMax);
}

void Decoder::byte_string(Bytes& bytes, std::size_t size, std::size_t size_max) {
    if (size > size_max) in_.fail(Error::too_big);
    const auto taken = in_.bytes(size);
    bytes.assign(reinterpret_cast<const char*>(taken.data()), taken.size());
}

void Decoder::remaining(Time& expires) {
    const std::uint64_t left = milliseconds();
    expires = left == 0 ? kNever : arrival_.now + std::chrono::milliseconds(left);
}

void Decoder::lifetime(std::optional<Duration>& ttl) {
    const std::uint64_t left = milliseconds();
    if (left != 0) ttl = std::chrono::milliseconds(left);
}

/// Bounded so that the sum with any sensible `now` stays far from the end of time.
std::uint64_t Decoder::milliseconds() {
    const std::uint64_t value = in_.u64();
    require(value <= kLifetimeMsMax);
    return in_.failed() ? 0 : value;
}

}  // namespace chord::net
