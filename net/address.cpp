#include "net/address.hpp"

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <variant>

namespace chord::net {

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

using Problem = std::string;
using Parsed = std::variant<Endpoint, Problem>;

bool is_link_local(const Endpoint& endpoint) {
    return endpoint.ip[0] == 0xfe && (endpoint.ip[1] & 0xc0) == 0x80;
}

/// What is quoted in a sentence: nothing unprintable, nothing endless.
std::string quoted(std::string_view text) {
    constexpr std::size_t kShownMax = 80;
    std::string shown(text.substr(0, kShownMax));
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return "\"" + shown + (text.size() > kShownMax ? "...\"" : "\"");
}

/// All of `text` as a decimal number of at most `max`.
std::optional<std::uint32_t> number(std::string_view text, std::uint32_t max) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty() || value > max) return std::nullopt;
    return value;
}

Parsed with_port(Endpoint endpoint, std::string_view port, std::string_view text) {
    const auto value = number(port, UINT16_MAX);
    if (!value) return "the port in " + quoted(text) + " is not a number from 0 to 65535";
    endpoint.port = static_cast<std::uint16_t>(*value);
    return endpoint;
}

Parsed parse_ipv4(std::string_view text) {
    const std::size_t colon = text.find(':');
    const std::string ip(text.substr(0, colon));
    Endpoint endpoint;
    endpoint.port = kDefaultPort;
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), endpoint.ip.begin());
    if (inet_pton(AF_INET, ip.c_str(), endpoint.ip.data() + kMappedPrefix.size()) != 1) {
        return quoted(text) +
               " is not a numeric address, such as 192.0.2.7:7400 or [2001:db8::7]:7400; "
               "host names are not looked up";
    }
    if (colon == std::string_view::npos) return endpoint;
    return with_port(endpoint, text.substr(colon + 1), text);
}

/// The interface behind the % of a link-local address: its name or its number.
std::optional<std::uint32_t> scope_of(std::string_view zone) {
    const unsigned int index = if_nametoindex(std::string(zone).c_str());
    if (index != 0) return index;
    const auto value = number(zone, UINT32_MAX);
    return value && *value != 0 ? value : std::nullopt;
}

Parsed parse_ipv6(std::string_view text) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return "the bracket in " + quoted(text) + " is not closed";
    const std::string_view inside = text.substr(1, close - 1);
    const std::string_view after = text.substr(close + 1);
    const std::size_t percent = inside.find('%');
    Endpoint endpoint;
    endpoint.port = kDefaultPort;
    if (inet_pton(AF_INET6, std::string(inside.substr(0, percent)).c_str(), endpoint.ip.data()) != 1) {
        return quoted(inside) + " is not an IPv6 address";
    }
    if (is_link_local(endpoint) != (percent != std::string_view::npos)) {
        return is_link_local(endpoint)
                   ? "the link-local address in " + quoted(text) + " needs its interface, as in [fe80::1%eth0]:7400"
                   : "only a link-local address takes an interface, and " + quoted(text) + " is none";
    }
    if (percent != std::string_view::npos) {
        const auto scope = scope_of(inside.substr(percent + 1));
        if (!scope) return "there is no interface " + quoted(inside.substr(percent + 1)) + " on this machine";
        endpoint.scope = *scope;
    }
    if (after.empty()) return endpoint;
    if (after.front() != ':') return "what follows the bracket in " + quoted(text) + " is not a colon and a port";
    return with_port(endpoint, after.substr(1), text);
}

Parsed parse(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) return quoted(text) + " holds a zero byte";
    if (!text.empty() && text.front() == '[') return parse_ipv6(text);
    if (std::count(text.begin(), text.end(), ':') > 1) {
        return "an IPv6 address is written in brackets, as in [2001:db8::7]:7400, and " + quoted(text) + " has none";
    }
    return parse_ipv4(text);
}

}  // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const Parsed parsed = parse(text);
    const auto* endpoint = std::get_if<Endpoint>(&parsed);
    return endpoint != nullptr ? std::optional(*endpoint) : std::nullopt;
}

std::string endpoint_problem(std::string_view text) {
    const Parsed parsed = parse(text);
    const auto* problem = std::get_if<Problem>(&parsed);
    return problem != nullptr ? *problem : std::string();
}

std::string to_text(const Endpoint& endpoint) {
    std::array<char, INET6_ADDRSTRLEN> ip{};
    const std::string port = ":" + std::to_string(endpoint.port);
    if (is_ipv4(endpoint)) {
        inet_ntop(AF_INET, endpoint.ip.data() + kMappedPrefix.size(), ip.data(), ip.size());
        return ip.data() + port;
    }
    inet_ntop(AF_INET6, endpoint.ip.data(), ip.data(), ip.size());
    std::string zone;
    if (endpoint.scope != 0) {
        std::array<char, IF_NAMESIZE> name{};
        const bool named = if_indextoname(endpoint.scope, name.data()) != nullptr;
        zone = "%" + (named ? std::string(name.data()) : std::to_string(endpoint.scope));
    }
    return "[" + std::string(ip.data()) + zone + "]" + port;
}

bool is_ipv4(const Endpoint& endpoint) {
    return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), endpoint.ip.begin());
}

}  // namespace chord::net
