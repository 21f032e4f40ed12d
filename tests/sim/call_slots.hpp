// CallSlots: the calls under way in a MessageWorld, in slots that are used again, so that in steady state a call needs
// no allocation. A call's name is its slot and the number of calls that the slot has held before: late copies of a
// message find that their call is over.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "node/core/message.hpp"
#include "node/core/network.hpp"

namespace chord::sim {

struct SimulatedCall {
    std::uint32_t caller = 0, to = 0;  // hosts
    std::uint32_t caller_incarnation = 0;
    std::uint32_t served_incarnation = 0;  // of the callee that has been handed the request; 0: none yet
    CallId id{};
    bool from_member = false;
    std::uint8_t attempts = 0;
    Request request;
    std::optional<Response> response;
};

class CallSlots {
public:
    using Name = std::uint64_t;

    Name open(SimulatedCall call) {
        if (free_.empty()) {
            free_.push_back(static_cast<std::uint32_t>(slots_.size()));
            slots_.emplace_back();
        }
        const std::uint32_t index = free_.back();
        free_.pop_back();
        slots_[index].call = std::move(call);
        slots_[index].open = true;
        return Name{slots_[index].turn} << 32 | index;
    }

    /// Null when the call is over. Valid until the next open().
    SimulatedCall* find(Name name) {
        Slot& slot = slots_[name & 0xffffffff];
        return slot.open && slot.turn == name >> 32 ? &slot.call : nullptr;
    }

    /// Nothing happens when the call is over.
    void close(Name name) {
        if (find(name)) {
            Slot& slot = slots_[name & 0xffffffff];
            ++slot.turn;
            slot.open = false;
            free_.push_back(static_cast<std::uint32_t>(name & 0xffffffff));
        }
    }

private:
    struct Slot {
        std::uint32_t turn = 0;
        bool open = false;
        SimulatedCall call;
    };

    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
};

}  // namespace chord::sim
