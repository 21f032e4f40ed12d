// SessionToken: the versions that one connection has written or read, so that it never reads anything older, whoever
// answers: read your writes and monotonic reads (Terry et al., Session Guarantees for Weakly Consistent Replicated
// Data, PDIS 1994). As text it goes from one connection to another.
//
// Invariants
//  1. At most kKeysMax keys; the one used the longest time ago makes room, and is no longer guaranteed.
//  2. An entry ends with its record's lifetime, and after kLife: what stood there may be forgotten by then.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/core/client.hpp"

namespace chord::api {

class SessionToken {
public:
    static constexpr std::size_t kKeysMax = 64;
    static constexpr Duration kLife = std::chrono::hours(1);

    /// `version` of the key has been seen; its record lives until `expires`.
    void note(const Id& key, const Version& version, Time expires, Time now);

    /// What a read of the key must not fall behind.
    ReadOptions demand(const Id& key, Level level, Time now);

    /// `key:version:remaining_ms` for each key, separated by commas, the latest last.
    std::string text(Time now) const;

    /// Takes over what another connection has seen. False, and nothing is taken, for what is no such text.
    bool adopt(std::string_view text, Time now);

private:
    struct Entry {
        Id key;
        Version version;
        Time until{};
    };
    std::vector<Entry> entries_;  // the latest used last
};

}  // namespace chord::api
