// MessageWorld: up to 16 whole cores (node/core/node.hpp) in virtual time over simulated messages. No engine, no
// crypto, no bytes: what net/rpc promises is modelled here, with retransmission, duplicates suppressed at the receiver,
// and a timeout after the last try.
//
// Invariants
//  1. Each call ends in exactly one on_answer, unless its caller goes off.
//  2. A request is handed up once; its copies are answered again with the same response.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "node/core/node.hpp"
#include "tests/sim/disk.hpp"
#include "tests/sim/event_queue.hpp"
#include "tests/sim/network_model.hpp"
#include "tests/sim/ring_checker.hpp"
#include "tests/sim/trace_hash.hpp"

namespace chord::sim {

struct MessageWorldOptions {
    std::uint64_t seed = 1;
    NetworkConditions network;
    NodeOptions node;                                        // of every node; `self` is filled in
    Duration first_timeout = std::chrono::milliseconds(60);  // doubles with each try
    int tries = 4;
};

class MessageWorld {
public:
    /// Host i has ids[i] and is off.
    MessageWorld(const MessageWorldOptions& options, const std::vector<Id>& ids);
    ~MessageWorld();
    MessageWorld(const MessageWorld&) = delete;
    MessageWorld& operator=(const MessageWorld&) = delete;

    /// Switches the host on; what its disk holds is what it remembers. REQUIRES: it is off.
    void start(std::size_t host, const std::vector<std::size_t>& seeds);
    /// SIGKILL. REQUIRES: it is on.
    void kill(std::size_t host);
    /// Leaves in order, and goes off when it has said goodbye.
    void leave(std::size_t host);

    void run_until(Time until);
    Time now() const { return now_; }
    bool on(std::size_t host) const;
    bool member(std::size_t host) const;
    /// Zave's assumption: without the host, every member would still have a live entry, or be the only one.
    bool may_vanish(std::size_t host) const;
    bool ideal() const;

    /// Rules that each node alone can keep, broken at some instant. The first one.
    const std::optional<Violation>& violation() const { return violation_; }
    /// The other rules, broken for a while.
    const std::array<bool, kRules>& transient() const { return transient_; }
    std::uint64_t messages() const { return messages_; }
    std::uint64_t trace_hash() const { return trace_.value(); }
    std::string dump() const;

private:
    class Port;
    enum class Kind : std::uint8_t { attempt, request, response, wake, stop };
    struct Happening {
        Kind kind{};
        std::uint32_t host = 0;  // where
        std::uint32_t incarnation = 0;
        std::uint64_t call = 0;
    };
    struct Call {
        std::size_t caller = 0;
        CallId id{};
        std::size_t to = 0;
        Request request;
        bool from_member = false;
        int attempts = 0;
    };
    struct Served {
        std::size_t at = 0;
        std::uint32_t incarnation = 0;
        std::optional<Response> response;
    };
    struct Host;

    void handle(const Happening& happening);
    void attempt(std::uint64_t number);
    void arrive(std::uint64_t number);
    void answer(std::uint64_t number);
    void respond(std::uint64_t number);
    void stop(std::size_t host);
    void deliver(Kind kind, std::size_t host, std::uint64_t call);
    void open_turn(std::size_t host);
    void follow(std::size_t host);
    void look();

    MessageWorldOptions options_;
    Rng rng_;
    NetworkModel network_;
    Time now_{};
    EventQueue<Happening> queue_;
    std::vector<std::unique_ptr<Host>> hosts_;
    std::vector<RingView> views_;  // of the hosts that are on, in their order
    std::uint64_t calls_made_ = 0;
    std::map<std::uint64_t, Call> calls_;     // under way
    std::map<std::uint64_t, Served> served_;  // the latest kServedMax
    std::optional<Violation> violation_;
    std::array<bool, kRules> transient_{};
    std::uint64_t messages_ = 0;
    TraceHash trace_;
};

}  // namespace chord::sim
