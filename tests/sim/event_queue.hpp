// EventQueue: what will happen in virtual time, in the order of time and, within one instant, of scheduling.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "node/core/base/time.hpp"

namespace chord::sim {

template <typename Payload>
class EventQueue {
public:
    struct Entry {
        Time at{};
        std::uint64_t number = 0;
        Payload payload;
    };

    void push(Time at, Payload payload) {
        heap_.push_back(Entry{at, ++pushed_, std::move(payload)});
        std::push_heap(heap_.begin(), heap_.end(), later);
    }

    bool empty() const { return heap_.empty(); }
    /// REQUIRES: !empty().
    Time next() const { return heap_.front().at; }
    Entry pop() {
        std::pop_heap(heap_.begin(), heap_.end(), later);
        Entry entry = std::move(heap_.back());
        heap_.pop_back();
        return entry;
    }

private:
    static bool later(const Entry& a, const Entry& b) { return a.at != b.at ? a.at > b.at : a.number > b.number; }

    std::vector<Entry> heap_;
    std::uint64_t pushed_ = 0;
};

}  // namespace chord::sim
