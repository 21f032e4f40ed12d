#include "node/api/key_order.hpp"

#include <algorithm>
#include <functional>

namespace chord::api {

bool KeyOrder::must_wait(BytesView key, bool write) const {
    if (uses_.empty()) return false;
    const std::size_t hash = std::hash<BytesView>{}(key);
    return std::any_of(uses_.begin(), uses_.end(),
                       [&](const Use& use) { return use.hash == hash && (write || use.write); });
}

void KeyOrder::add(ReplyQueue::Slot slot, BytesView key, bool write) {
    uses_.push_back({std::hash<BytesView>{}(key), slot, write});
}

void KeyOrder::remove(ReplyQueue::Slot slot) {
    const auto gone = std::remove_if(uses_.begin(), uses_.end(), [&](const Use& use) { return use.slot == slot; });
    uses_.erase(gone, uses_.end());
}

}  // namespace chord::api
