// EventRing: up to 32 RingStates and the events between any two of them, each atomic, as in Zave's proof: one query,
// one local change. A perfect failure detector, no messages, no time.
//
// This is the harshest order of things: any event may come between any two others.
//
// Invariants
//  1. An event that does not apply changes nothing, so that any subset of a schedule is a schedule (and can be shrunk).
//  2. Environment assumption (Zave's Fail): no node vanishes if that leaves a member without a live entry, unless that
//     member is the last one; with `principals_min`, nor if fewer principals would remain; with `acquaintance`, nor if
//     two parts would remain of which none has ever met any of the other.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/core/ring/ring_state.hpp"
#include "tests/sim/ring_checker.hpp"
#include "tests/sim/trace_hash.hpp"

namespace chord::sim {

enum class EventKind : std::uint8_t {
    join,               // node: a non-member; other: where its lookup starts
    stabilize,          // node asks its first live successor
    stabilize_second,   // node asks the predecessor that its successor told it
    notify,             // node's notification arrives; the receiver rectifies
    nudge,              // node, which has joined, makes its predecessor stabilize
    fail,               // node crashes
    leave,              // node goes, telling its neighbours
    restart,            // node crashes and is back at once, a non-member with the same id and peer cache
    revive,             // node, which had crashed, is back
    check_predecessor,  // node pings its predecessor, which is dead
    probe,              // node asks other, which its peer cache holds and no pointer of it names, and starts a merge
    hint,               // the merge hint number `node` (modulo their count) is carried out
};
inline constexpr std::size_t kEventKinds = 12;

struct Event {
    EventKind kind{};
    std::uint8_t node = 0;
    std::uint8_t other = 0;
};

/// "join n03 by n00".
std::string text(const Event& event);

/// Rules left out on purpose, to see that the checker notices. `correct` is the protocol.
enum class Variant : std::uint8_t {
    correct,
    adopt_unanswered,  // stabilize puts the successor's predecessor in the first place without asking it (2.4, rule 1)
    padded_join,       // a joiner pads its predecessor's short list with that predecessor
    lost_regroup,      // a node whose list ran empty does not turn to its predecessor first
};

/// As the command line names them.
inline constexpr std::array<std::string_view, 4> kVariantNames{"none", "adopt-unanswered", "padded-join",
                                                               "lost-regroup"};

class EventRing {
public:
    /// Node i has the i-th of `ids` and is dead. REQUIRES: ids ascending, at most 32.
    EventRing(const std::vector<Id>& ids, std::size_t length_max, Variant variant);

    /// Makes the nodes of the bit mask one ideal ring whose members know each other's neighbours.
    void start_ideal(std::uint32_t mask);
    /// Puts `known` into the peer cache of `node`.
    void introduce(std::size_t node, std::size_t known) { nodes_[node].cache |= bit(known); }
    void require_principals(std::size_t principals_min) { principals_min_ = principals_min; }
    /// A ring that knows nobody of another cannot find it: no node vanishes that was the last link between two.
    void require_acquaintance() { acquaintance_ = true; }
    void limit_live(std::size_t live_max) { live_max_ = live_max; }

    /// Whether it applied.
    bool apply(const Event& event);

    std::size_t size() const { return nodes_.size(); }
    bool alive(std::size_t node) const { return nodes_[node].alive; }
    bool member(std::size_t node) const { return nodes_[node].alive && nodes_[node].member; }
    /// Whether node's peer cache holds the live member `other`.
    bool met(std::size_t node, std::size_t other) const { return (nodes_[node].cache & bit(other)) && member(other); }
    /// Whether one of node's pointers is `other`.
    bool sees(std::size_t node, std::size_t other) const;
    std::size_t hints() const { return hints_.size(); }

    /// All live nodes, after the last event.
    const std::vector<RingView>& views() const { return views_; }
    /// What the checker finds, but for members excused as the last of a ring that has died out around them.
    RingReport check() const;

    std::uint64_t trace_hash() const { return trace_.value(); }
    /// One line a node.
    std::string dump() const;

private:
    struct Node {
        explicit Node(RingState state) : ring(std::move(state)) {}
        RingState ring;
        bool alive = false;
        bool member = false;
        bool last_of_ring = false;          // excused from OneLiveSuccessor until it has a live entry
        std::uint32_t cache = 0;            // peers met, as a bit mask: bounded by construction
        std::optional<std::size_t> second;  // stabilize's first half was told of this node by …
        std::size_t second_first = 0;       // … this one
        std::optional<std::size_t> notify;  // a notification is under way to
        std::optional<std::size_t> nudge;   // a nudge is under way to
    };
    struct Hint {
        std::size_t at = 0;
        std::size_t candidate = 0;
        int hops_left = 0;
    };

    static std::uint32_t bit(std::size_t node) { return std::uint32_t{1} << node; }
    std::size_t index(const Id& id) const;
    std::optional<std::size_t> first_live(const Node& node) const;
    /// Walks the pointers from `from` to the node that precedes `target`, as an iterative lookup would.
    std::size_t lookup_predecessor(std::size_t from, const Id& target);
    void contact(std::size_t a, std::size_t b);
    bool may_vanish(std::size_t node) const;
    bool acquainted_without(std::size_t gone) const;
    void vanish(std::size_t node, bool alive_again);
    void queue_hint(std::size_t at, std::size_t candidate, int hops_left);
    void rectify(std::size_t at, std::size_t notifier);
    void refresh();

    bool dispatch(const Event& event);
    bool join(std::size_t joiner, std::size_t via);
    bool join_through(std::size_t joiner, std::size_t via);
    void regroup(std::size_t node);
    bool stabilize(std::size_t node);
    bool stabilize_second(std::size_t node);
    bool notify(std::size_t node);
    bool nudge(std::size_t node);
    bool leave(std::size_t node);
    bool revive(std::size_t node);
    bool check_predecessor(std::size_t node);
    bool probe(std::size_t node, std::size_t other);
    bool hint(std::size_t number);

    std::vector<Node> nodes_;
    std::vector<Hint> hints_;
    std::vector<RingView> views_;
    Variant variant_;
    std::size_t principals_min_ = 0;
    bool acquaintance_ = false;
    std::size_t live_max_ = 32;
    TraceHash trace_;
};

}  // namespace chord::sim
