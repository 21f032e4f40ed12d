// Outward: the core's way to the network. While this node is out of its fleet, the core's questions stay here and end
// as if nobody were there: the others may not have noticed yet, and would go on taking it for a neighbour that it is no
// more.
//
// Invariants
//  1. Each call ends once, as Network says, also those that are kept here, each for kSilence: whoever asks on at once
//     when a call ends must not spin. Of a call only its id is kept; beyond kKeptMax it ends as overloaded.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "node/core/network.hpp"
#include "node/core/node.hpp"

namespace chord {

class Outward final : public Network {
public:
    static constexpr Duration kSilence = std::chrono::seconds(1);
    static constexpr std::size_t kKeptMax = 4096;

    /// `is_open` is asked at each call; all outlive this.
    Outward(Network& network, std::function<bool()> is_open) : network_(network), is_open_(std::move(is_open)) {}

    void begin_turn(Time now) { now_ = now; }

    void call(CallId id, const Callee& to, Request request, Priority priority) override {
        if (is_open_()) {
            network_.call(id, to, std::move(request), priority);
        } else {
            kept_.push_back({now_ + kSilence, id, kept_.size() < kKeptMax ? Error::timeout : Error::overloaded});
        }
    }
    void reply(ReplyToken token, Response response) override { network_.reply(token, std::move(response)); }
    void set_member(bool member) override { network_.set_member(member); }
    void also_at(const Id& node, const std::vector<Endpoint>& addresses) override { network_.also_at(node, addresses); }
    std::optional<Duration> rtt(const Endpoint& peer) const override { return network_.rtt(peer); }
    Duration repeats_after(const Endpoint& peer) const override { return network_.repeats_after(peer); }
    Time heard(const Peer& peer) const override { return network_.heard(peer); }
    std::vector<std::pair<std::string, std::uint64_t>> named_counters() const override {
        return network_.named_counters();
    }

    /// Ends the calls whose silence is over.
    void tick(Node& node) {
        while (!kept_.empty() && kept_.front().until <= now_) {
            const Kept kept = kept_.front();
            kept_.pop_front();
            node.on_answer(kept.id, kept.error);
        }
    }
    Time next_deadline() const { return kept_.empty() ? kNever : kept_.front().until; }

private:
    struct Kept {
        Time until{};
        CallId id{};
        Error error{};
    };

    Network& network_;
    std::function<bool()> is_open_;
    Time now_{};
    std::deque<Kept> kept_;  // as they came
};

}  // namespace chord
