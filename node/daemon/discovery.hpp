// LanDiscovery: carries the beacons of net/discovery to the links of this machine and back, by multicast.
//
// Groups: ff12::63:686f:7264 (transient, link-local scope, RFC 4291 2.7; "chord" in ASCII) and 239.255.67.72
// (administratively scoped, RFC 2365), UDP port 7399, hop limit 1. The port is not the node's own, so that several
// nodes of one machine can share it, and nobody can share theirs.
//
// On each interface that is up and has neighbours, and for each family, the beacon leaves from one address at which the
// node can be reached there: the link-local one, if it listens at it, since every link has that. Interfaces are looked
// at again before each beacon and at every look(); a new one is greeted like a start.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "net/discovery/discovery.hpp"
#include "net/udp_socket.hpp"
#include "node/daemon/clock.hpp"
#include "node/daemon/interfaces.hpp"
#include "node/daemon/log.hpp"

namespace chord::daemon {

inline constexpr std::uint16_t kBeaconPort = 7399;

/// Of what the node is reachable at, one address for each link and family: where beacons leave.
std::vector<InterfaceAddress> beacon_places(const std::vector<InterfaceAddress>& reachable);

class LanDiscovery {
public:
    struct Node {
        std::function<bool()> is_alone;
        std::function<bool(const Peer&)> is_known;
        std::function<void(const Peer&)> meet;
    };

    /// `listen`: the bound addresses of the node. What is referred to outlives this.
    LanDiscovery(asio::io_context& io, const Clock& clock, Log& log, net::Discovery discovery,
                 std::vector<Endpoint> listen, Node node);
    LanDiscovery(const LanDiscovery&) = delete;
    LanDiscovery& operator=(const LanDiscovery&) = delete;

    /// Opens the sockets and sends the first beacons. A family that the host does not have is left out.
    void start();

    /// As net::Discovery's.
    void set_keys(std::vector<net::noise::SecretKey> keys) { discovery_.set_keys(std::move(keys)); }

    /// To be called when the neighbours have changed, and now and then.
    void look();

    /// Nothing is sent or heard from now on.
    void stop() { stopped_ = true; }

    /// By the names under which users see them.
    std::vector<std::pair<std::string, std::uint64_t>> named_counters() const;

private:
    struct Family {
        std::optional<net::UdpSocket> socket;
        Endpoint group;
        std::set<unsigned int> joined;  // interfaces
    };

    void open(Family& family, const Endpoint& any);
    void tick();
    void send();
    void look_at_interfaces();
    void receive(std::span<const net::UdpSocket::Received> batch);

    asio::io_context& io_;
    const Clock& clock_;
    Log& log_;
    net::Discovery discovery_;
    std::vector<Endpoint> listen_;
    Node node_;
    asio::steady_timer timer_;
    Family v4_;
    Family v6_;
    std::vector<InterfaceAddress> places_;
    bool stopped_ = false;
};

}  // namespace chord::daemon
