// AbsentClient: the Client of a daemon that runs no node: one that nobody has admitted yet. It holds nothing and
// reaches nobody; every operation ends at once with not_member. Its view says `gone`, with the id and the store that it
// is given.
#pragma once

#include <utility>

#include "node/core/client.hpp"

namespace chord::api {

class AbsentClient final : public Client {
public:
    /// What view() shows; its phase is set to gone.
    explicit AbsentClient(NodeView shown) : shown_(std::move(shown)) { shown_.phase = Phase::gone; }

    void read(BytesView, const ReadOptions&, Callback<Found> done) override { done(Error::not_member); }
    void write(Write, Callback<WriteReply> done) override { done(Error::not_member); }
    void await_copies(BytesView, const Version&, std::size_t, Duration, Callback<std::size_t> done) override {
        done(Error::not_member);
    }
    Result<WatchId> watch(BytesView, const std::optional<Version>&, WatchListener) override {
        return Error::not_member;
    }
    void unwatch(WatchId) override {}
    void lookup(const Id&, Callback<LookupTrace> done) override { done(Error::not_member); }
    void leave(Callback<Success> done) override { done(Error::not_member); }
    void walk(std::size_t, Callback<std::vector<WalkedNode>> done) override { done(Error::not_member); }
    NodeView view() const override { return shown_; }
    std::vector<Conflict> conflicts() const override { return {}; }
    Time now() const override { return {}; }

private:
    NodeView shown_;
};

}  // namespace chord::api
