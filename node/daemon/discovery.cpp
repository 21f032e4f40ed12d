#include "node/daemon/discovery.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "net/address.hpp"
#include "node/core/base/check.hpp"

namespace chord::daemon {
namespace {

constexpr std::size_t kPlacesMax = 32;

Endpoint endpoint(const char* text) {
    const std::optional<Endpoint> parsed = net::parse_endpoint(text);
    CHORD_CHECK(parsed);
    return *parsed;
}

Endpoint group_on(Endpoint group, const InterfaceAddress& place) {
    group.port = kBeaconPort;
    group.scope = place.interface;
    return group;
}

}  // namespace

std::vector<InterfaceAddress> beacon_places(const std::vector<InterfaceAddress>& reachable) {
    std::vector<InterfaceAddress> places;
    for (const InterfaceAddress& each : reachable) {
        if (!each.multicast) continue;
        const auto same_link = std::find_if(places.begin(), places.end(), [&](const InterfaceAddress& other) {
            return other.interface == each.interface && net::is_ipv4(other.address) == net::is_ipv4(each.address);
        });
        if (same_link == places.end()) {
            if (places.size() < kPlacesMax) places.push_back(each);
        } else if (same_link->address.scope == 0 && each.address.scope != 0) {
            *same_link = each;  // the link-local one
        }
    }
    return places;
}

LanDiscovery::LanDiscovery(asio::io_context& io, const Clock& clock, Log& log, net::Discovery discovery,
                           std::vector<Endpoint> listen, Node node)
    : io_(io),
      clock_(clock),
      log_(log),
      discovery_(std::move(discovery)),
      listen_(std::move(listen)),
      node_(std::move(node)),
      timer_(io) {
    v4_.group = endpoint("239.255.67.72");
    v6_.group = endpoint("[ff12::63:686f:7264]");
}

void LanDiscovery::open(Family& family, const Endpoint& any) {
    const bool wanted = std::any_of(listen_.begin(), listen_.end(),
                                    [&](const Endpoint& local) { return net::is_ipv4(local) == net::is_ipv4(any); });
    if (!wanted) return;
    family.socket.emplace(io_, [this](std::span<const net::UdpSocket::Received> batch) { receive(batch); });
    Endpoint shared = any;
    shared.port = kBeaconPort;
    const std::error_code error = family.socket->open_shared(shared);
    if (!error) return;
    family.socket.reset();
    log_.warning("discovery", "no discovery on UDP " + net::to_text(shared) + ": " + error.message());
}

void LanDiscovery::start() {
    open(v4_, endpoint("0.0.0.0"));
    open(v6_, endpoint("[::]"));
    look();
}

void LanDiscovery::look() {
    if (stopped_) return;
    look_at_interfaces();
    tick();
}

std::vector<std::pair<std::string, std::uint64_t>> LanDiscovery::named_counters() const {
    const net::DiscoveryCounters& c = discovery_.counters();
    return {{"beacons_dropped", c.drops},
            {"beacons_followed", c.met},
            {"beacons_heard", c.heard},
            {"beacons_limited", c.limited},
            {"beacons_sent", c.sent}};
}

void LanDiscovery::look_at_interfaces() {
    std::vector<InterfaceAddress> places = beacon_places(reachable_at(listen_, interface_addresses()));
    std::erase_if(places, [this](const InterfaceAddress& place) {
        Family& family = net::is_ipv4(place.address) ? v4_ : v6_;
        if (!family.socket) return true;
        if (family.joined.contains(place.interface)) return false;
        const std::error_code error = family.socket->join(group_on(family.group, place));
        if (!error || error == std::errc::address_in_use) {  // already a member
            family.joined.insert(place.interface);
            return false;
        }
        return true;
    });
    const bool is_new = std::any_of(places.begin(), places.end(), [this](const InterfaceAddress& place) {
        return std::find(places_.begin(), places_.end(), place) == places_.end();
    });
    for (Family* family : {&v4_, &v6_}) {
        // The kernel drops a membership together with the interface; its number may be given again.
        std::erase_if(family->joined, [&](unsigned int interface) {
            return std::none_of(places.begin(), places.end(),
                                [&](const InterfaceAddress& place) { return place.interface == interface; });
        });
    }
    places_ = std::move(places);
    if (is_new) discovery_.begin_anew(clock_.now());
}

void LanDiscovery::tick() {
    if (discovery_.due(node_.is_alone(), clock_.now())) send();
    const Time next = discovery_.next_deadline();
    if (next == kNever) return;
    timer_.expires_at(clock_.steady_at(next));
    timer_.async_wait([this](const asio::error_code& error) {
        if (!error) look();
    });
}

void LanDiscovery::send() {
    for (const InterfaceAddress& place : places_) {
        Family& family = net::is_ipv4(place.address) ? v4_ : v6_;
        const net::Beacon beacon = discovery_.beacon(place.address);
        net::Datagram datagram;
        datagram.to = group_on(family.group, place);
        datagram.bytes.assign(beacon.begin(), beacon.end());
        datagram.from = place.address;
        family.socket->send({std::move(datagram)});
    }
}

void LanDiscovery::receive(std::span<const net::UdpSocket::Received> batch) {
    for (const net::UdpSocket::Received& each : batch) {
        if (stopped_) return;
        const std::optional<Peer> peer = discovery_.receive(each.from, each.bytes, node_.is_known, clock_.now());
        if (!peer) continue;
        log_.info("discovery", "met node " + peer->id.short_hex() + " at " + net::to_text(peer->address));
        node_.meet(*peer);
    }
}

}  // namespace chord::daemon
