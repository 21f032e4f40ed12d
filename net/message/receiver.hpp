// Receiver: the receiving side for all peers: fragments in, whole messages and answers out.
//
// Invariants
//  1. Each frame that comes is answered by at most one frame, which is not longer, but for an ack of a short last
//     fragment; contradictory ones by none.
//  2. Acks of one turn for one message are one. At most kAnswersMax answers wait for drain(); more are not made.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "net/message/frame.hpp"
#include "net/message/message.hpp"
#include "net/message/reassembly.hpp"

namespace chord::net {

class Receiver {
public:
    static constexpr std::size_t kAnswersMax = 1024;

    /// `counters` must outlive it. REQUIRES: as Reassembly.
    Receiver(const ReassemblyOptions& options, MessageCounters& counters) : reassembly_(options), counters_(counters) {}

    /// The whole message when this was its last fragment.
    std::optional<std::vector<std::uint8_t>> take(const Peer& from, const FragmentFrame& fragment, Time now);
    void take(const Peer& from, const CancelFrame& cancel) { reassembly_.cancel(from, cancel.message); }
    void take(const Peer& from, const ProbeFrame& probe) { answer(from, ProbeAckFrame{probe.sequence}); }

    /// Appends the answers made since the last call.
    void drain(std::vector<OutgoingFrame>& frames);

    void tick(Time now) { counters_.expired += reassembly_.expire(now); }
    Time next_deadline() const { return reassembly_.next_deadline(); }
    bool has_answers() const { return !acks_.empty() || !answers_.empty(); }
    void forget(const Id& node);

    const Reassembly& reassembly() const { return reassembly_; }

private:
    void answer(const Peer& to, const MessageFrame& frame);

    Reassembly reassembly_;
    MessageCounters& counters_;
    std::map<std::pair<Peer, MessageId>, WireSequence> acks_;  // due, with the newest sequence that came
    std::vector<OutgoingFrame> answers_;                       // other than acks
};

}  // namespace chord::net
