#include "tests/sim/ring_checker.hpp"

#include <algorithm>
#include <array>

#include "node/core/base/check.hpp"

namespace chord::sim {

namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// The members in the order of the ring; a member is named by its rank from here on.
class Members {
public:
    explicit Members(std::span<const RingView> live) {
        for (const RingView& node : live) {
            if (node.member) {
                sorted_.push_back(&node);
            }
        }
        std::sort(sorted_.begin(), sorted_.end(),
                  [](const RingView* a, const RingView* b) { return a->self < b->self; });
        for (std::size_t i = 1; i < sorted_.size(); ++i) {
            CHORD_CHECK(sorted_[i - 1]->self != sorted_[i]->self);
        }
    }

    std::size_t size() const { return sorted_.size(); }
    const RingView& operator[](std::size_t rank) const { return *sorted_[rank]; }

    // The rank of the first member at or after `id`; size() when there is none before the ring wraps.
    std::size_t lower_bound(const Id& id) const {
        const auto less = [](const RingView* node, const Id& value) { return node->self < value; };
        return static_cast<std::size_t>(std::lower_bound(sorted_.begin(), sorted_.end(), id, less) - sorted_.begin());
    }
    bool is(std::size_t rank, const Id& id) const { return rank < size() && sorted_[rank]->self == id; }
    std::size_t rank_of(const Id& id) const {
        const std::size_t rank = lower_bound(id);
        return is(rank, id) ? rank : kNone;
    }

private:
    std::vector<const RingView*> sorted_;
};

std::string list_text(const RingView& node) {
    std::string text = node.self.short_hex() + " has [";
    for (const Id& successor : node.successors) {
        text += (text.back() == '[' ? "" : " ") + successor.short_hex();
    }
    return text + "]";
}

// How often each member is skipped: it lies strictly between two neighbours of some member's extended list.
std::size_t count_principals(const Members& members) {
    // Differences of the count from rank to rank.
    std::vector<int> change(members.size() + 1, 0);
    const auto skip = [&change](std::size_t from, std::size_t to) {
        if (from < to) {
            ++change[from];
            --change[to];
        }
    };
    for (std::size_t i = 0; i < members.size(); ++i) {
        const Id* a = &members[i].self;
        std::size_t after_a = i + 1;
        for (const Id& b : members[i].successors) {
            const std::size_t at_b = members.lower_bound(b);
            if (*a < b) {
                skip(after_a, at_b);
            } else {
                skip(after_a, members.size());
                skip(0, at_b);
            }
            a = &b;
            after_a = at_b + (members.is(at_b, b) ? 1 : 0);
        }
    }
    std::size_t principals = 0;
    int skipped = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
        skipped += change[i];
        principals += skipped == 0 ? 1U : 0U;
    }
    return principals;
}

// The first live entry of each member, as a rank; itself in a ring of one, kNone where no entry lives.
std::vector<std::size_t> best_successors(const Members& members) {
    std::vector<std::size_t> best(members.size(), kNone);
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (members[i].successors.empty() || members.size() == 1) {
            best[i] = i;
        }
        for (const Id& successor : members[i].successors) {
            const std::size_t rank = members.rank_of(successor);
            if (rank != kNone) {
                best[i] = rank;
                break;
            }
        }
    }
    return best;
}

// Follows the best successors from every member; each walk ends in a ring, at a member seen before, or nowhere.
void check_rings(const Members& members, RingReport& report) {
    const std::vector<std::size_t> best = best_successors(members);
    std::vector<std::size_t> walk(members.size(), kNone);  // the walk that came by
    std::vector<bool> lost(members.size(), false);         // the way from here ends nowhere
    for (std::size_t start = 0; start < members.size(); ++start) {
        std::size_t at = start;
        while (at != kNone && walk[at] == kNone) {
            walk[at] = start;
            at = best[at];
        }
        if (at == kNone || lost[at]) {
            for (std::size_t i = start; i != kNone && walk[i] == start && !lost[i]; i = best[i]) {
                lost[i] = true;
            }
            report.violations.push_back({Rule::connected_appendages, members[start].self,
                                         members[start].self.short_hex() + " reaches no ring"});
        } else if (walk[at] == start) {
            ++report.rings;
            std::size_t turns = 0;
            std::size_t ring_member = at;
            do {
                turns += best[ring_member] <= ring_member ? 1U : 0U;
                ring_member = best[ring_member];
            } while (ring_member != at);
            if (turns > 1) {
                report.violations.push_back({Rule::ordered_ring, members[at].self,
                                             "the ring of " + members[at].self.short_hex() + " winds round " +
                                                 std::to_string(turns) + " times"});
            }
            if (report.rings == 2) {
                report.violations.push_back(
                    {Rule::at_most_one_ring, members[at].self, members[at].self.short_hex() + " is on a second ring"});
            }
        }
    }
    if (members.size() > 0 && report.rings == 0) {
        report.violations.push_back({Rule::at_least_one_ring, members[0].self, "no member reaches itself"});
    }
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (best[i] == kNone) {
            report.violations.push_back(
                {Rule::one_live_successor, members[i].self, list_text(members[i]) + ", none of which lives"});
        }
    }
}

}  // namespace

bool RingView::update(const RingState& ring, bool is_member) {
    const auto& now = ring.successors();
    const auto& before = ring.predecessor();
    const auto same_id = [](const Id& id, const Peer& peer) { return id == peer.id; };
    const bool same = self == ring.self().id && member == is_member && predecessor.has_value() == before.has_value() &&
                      (!before || *predecessor == before->id) &&
                      std::equal(successors.begin(), successors.end(), now.begin(), now.end(), same_id);
    if (same) {
        return false;
    }
    self = ring.self().id;
    member = is_member;
    predecessor = before ? std::optional<Id>(before->id) : std::nullopt;
    successors.clear();
    for (const Peer& successor : now) {
        successors.push_back(successor.id);
    }
    return true;
}

std::string_view name(Rule rule) {
    static constexpr std::array<std::string_view, kRules> kNames{
        "NoDuplicates",  "OrderedSuccessorLists", "OneLiveSuccessor",    "AtLeastOneRing",
        "AtMostOneRing", "OrderedRing",           "ConnectedAppendages", "SufficientPrincipals",
    };
    return kNames[static_cast<std::size_t>(rule)];
}

bool RingReport::holds(Rule rule) const {
    return std::none_of(violations.begin(), violations.end(), [rule](const Violation& v) { return v.rule == rule; });
}

void check_node(const RingView& node, RingReport& report) {
    bool ordered = true;
    const Id* previous = &node.self;
    for (const Id& successor : node.successors) {
        ordered = ordered && in_open_open(successor, *previous, node.self);
        previous = &successor;
    }
    if (ordered) {
        return;  // and then no id can be there twice
    }
    report.violations.push_back({Rule::ordered_successor_lists, node.self, list_text(node)});
    std::vector<Id> extended = node.successors;
    extended.push_back(node.self);
    std::sort(extended.begin(), extended.end());
    if (std::adjacent_find(extended.begin(), extended.end()) != extended.end()) {
        report.violations.push_back({Rule::no_duplicates, node.self, list_text(node)});
    }
}

RingReport check_ring(std::span<const RingView> live) {
    RingReport report;
    const Members members(live);
    report.members = members.size();
    for (std::size_t i = 0; i < members.size(); ++i) {
        check_node(members[i], report);
    }
    report.principals = count_principals(members);
    check_rings(members, report);
    return report;
}

bool is_ideal(std::span<const RingView> live, std::size_t length_max) {
    const Members members(live);
    if (members.size() != live.size()) {
        return false;
    }
    const std::size_t n = members.size();
    for (std::size_t i = 0; i < n; ++i) {
        const RingView& node = members[i];
        if (node.successors.size() != std::min(length_max, n - 1) || node.predecessor.has_value() != (n > 1)) {
            return false;
        }
        if (n > 1 && *node.predecessor != members[(i + n - 1) % n].self) {
            return false;
        }
        for (std::size_t k = 0; k < node.successors.size(); ++k) {
            if (node.successors[k] != members[(i + 1 + k) % n].self) {
                return false;
            }
        }
    }
    return true;
}

}  // namespace chord::sim
