// Maintenance: the loop that keeps this node's place on the ring. It joins, then stabilizes, checks its predecessor,
// probes and takes up hints, one operation after the other (PROTOCOL-NOTES 2.4 to 2.7).
//
// Failure of a peer is noticed by use, and brings the next stabilize forward; only stabilize repairs the list.
#pragma once

#include <functional>
#include <vector>

#include "node/core/context.hpp"
#include "node/core/ring/failure_detector.hpp"
#include "node/core/ring/finger_repair.hpp"
#include "node/core/ring/join.hpp"
#include "node/core/ring/lookup.hpp"
#include "node/core/ring/merge.hpp"
#include "node/core/ring/neighborhood.hpp"

namespace chord {

class Maintenance {
public:
    /// What the ring means for the data, in the eyes of its keeper.
    struct Data {
        std::function<void()> on_change;      // as in Neighborhood
        std::function<bool()> holds_its_arc;  // told to the successor with each notify
        std::function<void()> on_lost_place;  // others may have owned this arc for a while
    };

    static constexpr std::size_t kVouchesMax = 16;  // looked into at once

    Maintenance(Context& context, Lookup& lookup, Data data);

    /// Begins with the join and goes on for the life of the node.
    void start(std::vector<Endpoint> seeds);

    // What peers ask and tell.
    void on_state_query(ReplyToken token, std::uint64_t seen) { neighborhood_.on_state_query(token, seen); }
    void on_notify(const Peer& notifier);
    /// `notifier` has notified this node through `witness`, as it does not reach it.
    Task<void> on_vouch(Peer witness, Vouch vouch);
    Task<void> on_witness(Peer from, Witness witness, std::function<void(Response)> reply) {
        return detector_.serve(from, std::move(witness), std::move(reply));
    }
    void on_nudge();
    void on_hint(const Hint& hint);
    /// A node may be at this address, and perhaps in another ring.
    void meet(const Endpoint& address);
    void on_leave_notice(const Peer& leaver, const LeaveNotice& notice);
    /// A peer that had fallen silent is heard again: it refutes the suspicion, and gets its place back.
    void on_return(const Peer& peer);

    /// `peer` is out: drops it wherever it stands, on disk too, and takes nobody's word for it from now on.
    void expel(const Id& peer);

    /// A neighbour did not answer some part of this node: look after the ring now, not at the next period.
    void hurry() { wake_.set(); }

    /// Tells the neighbours and stops being a member (2.7). Data is handed over before.
    Task<void> leave();
    /// Stops being a member without telling anybody.
    void vanish();

private:
    Task<void> run();
    Task<void> stabilize();
    Task<bool> stabilize_once();
    Task<void> check_predecessor();
    Task<void> examine_predecessor();
    Task<void> rectify_if_alive(Peer hinted);
    void persist();
    void write_peers();
    Duration probe_period() const;
    Time next_round();

    Context& context_;
    Data data_;
    Neighborhood neighborhood_;
    Join join_;
    Merge merge_;
    FailureDetector detector_;
    FingerRepair finger_repair_;
    Signal wake_;
    Time predecessor_heard_{};
    Time next_probe_{};
    Time next_persist_{};
    bool examining_ = false;        // the predecessor
    std::optional<Peer> claimant_;  // notified this node from behind its predecessor, which is being examined
    std::size_t vouches_ = 0;       // whose notifiers are being asked
    bool nudged_ = false;
    bool lost_last_ = false;  // the only successor left in order
    std::uint64_t persisted_revision_ = 0;
};

}  // namespace chord
