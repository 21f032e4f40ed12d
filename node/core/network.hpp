// Network: the port through which the core talks to peers. Adapters: net/rpc (datagrams), the message-level simulator.
//
// The adapter retransmits and measures; the core sees each call end exactly once, with an answer or an error. That a
// long answer is on its way, it learns before (Node::on_coming).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/core/base/peer.hpp"
#include "node/core/base/result.hpp"
#include "node/core/base/time.hpp"
#include "node/core/message.hpp"

namespace chord {

/// Names one outgoing call of this node.
enum class CallId : std::uint64_t {};

/// Names one incoming request until it is replied to. Valid for one reply; a reply that comes too late is dropped.
enum class ReplyToken : std::uint64_t {};

enum class Priority : std::uint8_t {
    foreground,  // somebody waits: a client's read or write, ring maintenance
    background,  // nobody does: repair, sync, exploration
};

/// A response and who gave it. The address is the one that the answer came from; another than was asked when that was
/// silent.
struct Answer {
    Peer from;
    Response response;
};

/// A request and who made it.
struct Inbound {
    Peer from;
    /// The sender calls itself a member of the ring; only members are ever adopted as neighbours.
    bool from_member = false;
    Request request;
    ReplyToken token{};
};

class Network {
public:
    virtual ~Network() = default;

    /// Sends `request`. Ends in Node::on_answer(id, …) once, never from inside this call. Errors: timeout, overloaded.
    /// Where it is said which node is meant, no other one learns of the request, nor is another one's answer taken.
    /// `priority` matters for what does not fit into one datagram, and for answers that do not.
    virtual void call(CallId id, const Callee& to, Request request, Priority priority) = 0;

    /// Answers the inbound request that came with `token`.
    virtual void reply(ReplyToken token, Response response) = 0;

    /// Tells the peers, in every message from now on, whether this node is a member of the ring.
    virtual void set_member(bool member) = 0;

    /// What the node has said of its addresses, in place of what it said before: they are tried when the one that a
    /// call names is silent. At most kAlsoAtMax.
    virtual void also_at(const Id& node, const std::vector<Endpoint>& addresses) {
        static_cast<void>(node);
        static_cast<void>(addresses);
    }

    /// The smoothed round-trip time to an address, if one was measured.
    virtual std::optional<Duration> rtt(const Endpoint& peer) const = 0;

    /// How long a request to an address stays unanswered before it is sent for the second time; 0 if nothing is
    /// repeated.
    virtual Duration repeats_after(const Endpoint&) const { return Duration::zero(); }

    /// When anything last came from this peer, be it a part of a long answer; Time{} if nothing did.
    virtual Time heard(const Peer&) const { return Time{}; }

    /// Monotonic counts of the adapter's own, by name.
    virtual std::vector<std::pair<std::string, std::uint64_t>> named_counters() const { return {}; }
};

}  // namespace chord
