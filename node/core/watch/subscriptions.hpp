// Subscriptions: the keys that this device's programs watch, wherever their owners are.
//
// Each key is registered with its owner, again every kRenewal, and with the next owner when that one is silent or owns
// the key no more. What an owner tells is taken only if it follows upon what was told last; whenever something may have
// been missed the listeners get `resync` first, so that nobody is silently stale.
//
// Invariants
//  1. For one key a listener gets rising versions, no event twice, and `resync` before each event that does not
//     follow upon the one before; after a resync a version may be smaller only where a write was lost that was never
//     acknowledged at the standard level.
//  2. At most kKeysMax keys; a key is forgotten with its last listener.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "node/core/client.hpp"
#include "node/core/context.hpp"
#include "node/core/ring/lookup.hpp"

namespace chord {

class Subscriptions {
public:
    static constexpr std::size_t kKeysMax = 8192;
    static constexpr Duration kRenewal = std::chrono::seconds(5);

    /// `register_here` is what WatchTable answers where this node is the owner itself.
    Subscriptions(Context& context, Lookup& lookup, std::function<WatchReply(const Peer&, const Watch&)> register_here)
        : context_(context), lookup_(lookup), register_here_(std::move(register_here)), wake_(context.scheduler) {}

    /// Goes on for the life of the node.
    Task<void> run();

    /// As Client::watch().
    Result<WatchId> add(BytesView key, const std::optional<Version>& from, WatchListener listener);
    void remove(WatchId id);

    Response on_changed(const Peer& from, const Changed& changed);

    std::size_t keys() const { return entries_.size(); }

private:
    struct Entry {
        std::optional<KeyState> state;  // what the listeners were told last
        std::optional<Peer> owner;      // with whom it is registered
        std::optional<Id> asked;        // being registered there
        bool was_registered = false;
        bool resynced = false;  // the last that the listeners were told
        Time renew_at{};
        std::map<WatchId, WatchListener> listeners;
    };

    Task<void> find_owners(std::vector<Id> keys);
    Task<void> renew_all(std::vector<Id> keys);
    Task<void> renew(Peer owner, std::vector<Id> keys);
    void take(const Id& key, const Peer& owner, const Watching& watching);
    void resync(const Id& key, const Version& version);
    void tell(std::map<WatchId, WatchListener> listeners, const WatchEvent& event);

    Context& context_;
    Lookup& lookup_;
    std::function<WatchReply(const Peer&, const Watch&)> register_here_;
    Signal wake_;
    std::map<Id, Entry> entries_;
    std::map<WatchId, Id> keys_;
    std::uint64_t made_ = 0;
};

}  // namespace chord
