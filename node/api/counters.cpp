#include "node/api/counters.hpp"

#include <algorithm>

namespace chord::api {

CounterList all_counters(const ApiContext& context, const NodeView& view) {
    CounterList all = view.counters;
    if (context.daemon_counters) {
        for (auto& counter : context.daemon_counters()) all.push_back(std::move(counter));
        std::sort(all.begin(), all.end());
    }
    return all;
}

}  // namespace chord::api
