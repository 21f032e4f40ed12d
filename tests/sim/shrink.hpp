// Shrinking a schedule that fails to what matters in it (delta debugging): ever smaller stretches are taken away for as
// long as it still fails without them.
#pragma once

#include <algorithm>
#include <vector>

namespace chord::sim {

/// REQUIRES: `list` fails. `without(list, first, count)` is the list less a stretch of it.
template <typename Action, typename Without, typename Fails>
std::vector<Action> shrunk(std::vector<Action> list, Without&& without, Fails&& still_fails) {
    for (std::size_t stretch = std::max<std::size_t>(1, list.size() / 2); stretch > 0; stretch /= 2) {
        for (std::size_t at = 0; at < list.size();) {
            std::vector<Action> less = without(list, at, std::min(stretch, list.size() - at));
            if (still_fails(less)) {
                list = std::move(less);
            } else {
                at += stretch;
            }
        }
    }
    return list;
}

/// The same for actions that say how long they come `after` the one before: those that stay keep their time, except
/// that what is taken away at the very end takes its time with it.
template <typename Action, typename Fails>
std::vector<Action> shrunk_timed(std::vector<Action> list, Fails&& still_fails) {
    const auto without = [](std::vector<Action> less, std::size_t first, std::size_t count) {
        for (std::size_t i = first; i < first + count && first + count < less.size(); ++i) {
            less[first + count].after += less[i].after;
        }
        const auto begin = less.begin() + static_cast<std::ptrdiff_t>(first);
        less.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
        return less;
    };
    return shrunk(std::move(list), without, still_fails);
}

}  // namespace chord::sim
