// Rpc: request and response over channels. Retransmits with adaptive timeouts, recognises duplicates. Sans-I/O:
// datagrams and time in, datagrams and events out.
//
// Invariants
//  1. Each call ends in exactly one on_answer, at the latest when its last retransmission has gone unanswered.
//  2. A request is handed up once, however often its datagram arrives within the duplicate window; the repeated
//     datagram is answered with the response of the first. (net/served.hpp says what a full memory changes in that.)
//  3. on_request and on_answer are called from receive() and tick() only, never from inside call() or reply().
//  4. Tables are bounded (RpcOptions); what does not fit is a counted drop or Error::overloaded.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "net/channel/channels.hpp"
#include "net/counters.hpp"
#include "net/datagram.hpp"
#include "net/envelope.hpp"
#include "net/message/message.hpp"
#include "node/core/network.hpp"

namespace chord::net {

struct RpcOptions {
    Id self;
    /// The first request id of this process; must differ from run to run (random in the daemon, seeded in simulation).
    std::uint64_t first_request_id = 1;
    Duration first_timeout = std::chrono::milliseconds(500);  // before any RTT sample of a peer
    Duration timeout_floor = std::chrono::milliseconds(50);
    Duration timeout_ceiling = std::chrono::seconds(3);
    int tries = 4;
    Duration work_patience = std::chrono::seconds(10);  // for a peer that says that it is still working
    std::size_t calls_max = 4096;                       // outstanding at once
    std::size_t peers_max = 4096;   // with remembered round-trip times, least recently used forgotten
    std::size_t served_max = 8192;  // requests remembered against duplicates
    Duration served_for = std::chrono::seconds(30);
    std::size_t served_bytes_max = 256 * 1024;  // of the answers kept for repetitions; see net/served.hpp
    ChannelOptions channels;
    /// first_message_id is taken from first_request_id.
    MessageOptions messages{.queued_max = 1024, .queued_bytes_max = 16 * 1024 * 1024};
};

/// The first byte of the bodies that are the fleet's and not the core's, requests and responses. What follows is
/// net/admission/fleet_message.hpp's business.
inline constexpr std::uint8_t kFleetTag = 0xf0;
inline constexpr std::size_t kFleetBodyBytesMax = kBodyBytesMax - 1;

/// What Rpc hands up.
class RpcEvents {
public:
    virtual ~RpcEvents() = default;
    virtual void on_request(Inbound request) = 0;
    virtual void on_answer(CallId id, Result<Answer> answer) = 0;
    /// Whether long bodies are taken from this peer; whoever is no member has none to send.
    virtual bool takes_long_from(const Id&) { return true; }
    /// The answer is long and on its way; on_answer() follows in any case.
    virtual void on_coming(CallId) {}

    /// A request of the fleet's, and what to answer, at once; nullopt where there is no fleet. It may come twice.
    virtual std::optional<std::vector<std::uint8_t>> on_fleet_request(const Peer& from,
                                                                      std::span<const std::uint8_t> body) {
        static_cast<void>(from);
        static_cast<void>(body);
        return std::nullopt;
    }
    /// The answer to a call_fleet(); what else it may end with comes by on_answer().
    virtual void on_fleet_answer(CallId id, const Peer& from, std::span<const std::uint8_t> body) {
        static_cast<void>(from);
        static_cast<void>(body);
        on_answer(id, Error::bad_message);
    }
};

class Rpc final : public Network {
public:
    Rpc(const RpcOptions& options, LocalIdentity identity, RpcEvents& events);
    ~Rpc() override;
    Rpc(const Rpc&) = delete;
    Rpc& operator=(const Rpc&) = delete;

    /// Sets the time of the turn; call() and reply() take place at it. Never decreases.
    void begin_turn(Time now);

    void call(CallId id, const Callee& to, Request request, Priority priority = Priority::foreground) override;

    /// The same for a message of the fleet's, at most kFleetBodyBytesMax; ends in on_fleet_answer() or on_answer().
    void call_fleet(CallId id, const Callee& to, std::span<const std::uint8_t> body);

    /// As of Channels.
    void use_network_keys(std::span<const noise::SecretKey* const> keys, std::size_t begin_with);
    void close(const Id& peer);
    bool has_session(const Id& peer) const;

    /// Dropped when the token was replied to already or its request is older than served_for.
    void reply(ReplyToken token, Response response) override;

    /// Tells the peers, in every datagram from now on, whether this node is a member of the ring.
    void set_member(bool member) override;

    void also_at(const Id& node, const std::vector<Endpoint>& addresses) override;

    /// Any bytes from anybody, which are lost. What is no sealed, well-formed datagram of this network is a counted
    /// drop and gets no answer; an insider's request whose body is not understood gets a Refusal that says why. `at`:
    /// the own address at which it came; the answer leaves from there, since a peer takes no answer from an address
    /// that it did not ask.
    void receive(const Endpoint& from, std::span<std::uint8_t> datagram, const Endpoint& at = {});

    /// Sends again what went unanswered, and ends the calls that are over.
    void tick();

    /// When tick() is due; the turn's own time when it is due at once; kNever when nothing waits.
    Time next_deadline() const;

    /// Everything to be sent since the last call, in order.
    std::vector<Datagram> take_datagrams();

    /// The smoothed round-trip time to an address, if one was measured.
    std::optional<Duration> rtt(const Endpoint& peer) const override;
    Duration repeats_after(const Endpoint& peer) const override;
    Time heard(const Peer& peer) const override;
    const RpcCounters& counters() const;
    std::vector<std::pair<std::string, std::uint64_t>> named_counters() const override;

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace chord::net
