// FleetFiles: what a member keeps on disk of its fleet, as bytes by item; and the port by which it has them written.
// What the bytes mean, only net/admission knows; whoever keeps them needs names and, for one of them, mode 0600.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "net/admission/keys.hpp"
#include "node/core/base/result.hpp"

namespace chord::net::admission {

enum class FleetItem : std::uint8_t {
    certificate,   // file form
    list,          // as the fleet key signed it
    network_keys,  // NetworkKeyring::saved(); secret
    time_floor,    // five bytes, seconds
    ledger,        // InviteLedger's
};
inline constexpr std::size_t kFleetItems = 5;
inline constexpr std::array<std::string_view, kFleetItems> kFleetItemNames{"certificate", "list", "network_keys",
                                                                           "time_floor", "ledger"};

/// No bytes: there is no such item yet.
struct FleetFiles {
    std::array<std::vector<std::uint8_t>, kFleetItems> items;

    std::vector<std::uint8_t>& operator[](FleetItem item) { return items[static_cast<std::size_t>(item)]; }
    const std::vector<std::uint8_t>& operator[](FleetItem item) const { return items[static_cast<std::size_t>(item)]; }
};

class FleetSaves {
public:
    virtual ~FleetSaves() = default;
    /// Makes the bytes durable in place of the former ones; only then returns success. Called from inside turns. What
    /// fails is tried again with the next change; only the ledger's failure keeps an answer from leaving.
    virtual Status save(FleetItem item, View bytes) = 0;
};

}  // namespace chord::net::admission
