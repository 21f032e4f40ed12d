// NodeBudget: what all paths of a node share: bytes under way in all, the byte rate of the background, and the rule
// that the background waits while somebody waits. Windows are each path's own business.
//
// Invariants
//  1. in_flight() <= the bound, but for probes of silent paths, which do not ask; the background begins nothing while
//     half of the bound is under way, so that a foreground message never waits for it.
//  2. While foreground messages make progress the background sends one datagram a message in kHeldInterval, so that
//     the receiver does not give its messages up (ReassemblyOptions::idle_timeout).
#pragma once

#include <algorithm>
#include <cstddef>

#include "net/message/byte_budget.hpp"
#include "net/message/message.hpp"
#include "node/core/base/check.hpp"

namespace chord::net {

class NodeBudget {
public:
    static constexpr Duration kHeldFor = std::chrono::seconds(1);
    static constexpr Duration kHeldInterval = std::chrono::seconds(3);

    explicit NodeBudget(const MessageOptions& options)
        : bytes_max_(options.in_flight_bytes_max), background_(options.background_rate) {}

    /// Takes room for a datagram of this many bytes, or says no. `last_sent`: when its message last sent something.
    bool take(Priority priority, std::size_t bytes, Time last_sent, Time now) {
        if (!has_room(priority, bytes)) return false;
        if (priority == Priority::background) {
            if (held_until_ > now && last_sent + kHeldInterval > now) return false;
            if (!background_.take(bytes, now)) return false;
        }
        in_flight_ += bytes;
        return true;
    }

    /// Takes room without asking.
    void force(std::size_t bytes) { in_flight_ += bytes; }

    /// The datagram is not under way any more.
    void give_back(std::size_t bytes) {
        CHORD_CHECK(in_flight_ >= bytes);
        in_flight_ -= bytes;
    }

    /// A foreground message began or made progress.
    void foreground_moves(Time now) { held_until_ = now + kHeldFor; }
    /// The last foreground message is over.
    void foreground_is_over() { held_until_ = Time{}; }

    /// When take() with these arguments can succeed, as far as time alone decides.
    Time background_at(std::size_t bytes, Time last_sent) const {
        return std::max(std::min(held_until_, last_sent + kHeldInterval), background_.available_at(bytes));
    }

    std::size_t in_flight() const { return in_flight_; }
    bool has_room(Priority priority, std::size_t bytes) const {
        return in_flight_ + bytes <= (priority == Priority::foreground ? bytes_max_ : bytes_max_ / 2);
    }

private:
    std::size_t bytes_max_;
    std::size_t in_flight_ = 0;
    ByteBudget background_;
    Time held_until_{};
};

}  // namespace chord::net
