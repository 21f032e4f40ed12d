// Gate: the node as this device's programs see it. While the device is not (any more) a member of its fleet, nothing is
// read or written through it: its copies may be old by now, and others must not be led to believe that it serves them.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "node/core/client.hpp"

namespace chord {

class Gate final : public Client {
public:
    /// `is_open` is asked at each call; both outlive the gate.
    Gate(Client& node, std::function<bool()> is_open) : node_(node), is_open_(std::move(is_open)) {}

    void read(BytesView key, const ReadOptions& options, Callback<Found> done) override {
        is_open_() ? node_.read(key, options, std::move(done)) : done(Error::not_admitted);
    }
    void write(Write write, Callback<WriteReply> done) override {
        is_open_() ? node_.write(std::move(write), std::move(done)) : done(Error::not_admitted);
    }
    void await_copies(BytesView key, const Version& version, std::size_t wanted, Duration patience,
                      Callback<std::size_t> done) override {
        is_open_() ? node_.await_copies(key, version, wanted, patience, std::move(done)) : done(Error::not_admitted);
    }
    Result<WatchId> watch(BytesView key, const std::optional<Version>& from, WatchListener listener) override {
        return is_open_() ? node_.watch(key, from, std::move(listener)) : Error::not_admitted;
    }
    void unwatch(WatchId id) override { node_.unwatch(id); }
    void lookup(const Id& target, Callback<LookupTrace> done) override {
        is_open_() ? node_.lookup(target, std::move(done)) : done(Error::not_admitted);
    }
    void walk(std::size_t count, Callback<std::vector<WalkedNode>> done) override {
        is_open_() ? node_.walk(count, std::move(done)) : done(Error::not_admitted);
    }
    void leave(Callback<Success> done) override { node_.leave(std::move(done)); }
    NodeView view() const override { return node_.view(); }
    std::vector<Conflict> conflicts() const override { return node_.conflicts(); }
    Time now() const override { return node_.now(); }

private:
    Client& node_;
    std::function<bool()> is_open_;
};

}  // namespace chord
