// Outcasts: what others say of them is struck, wherever it stands.
#include "node/core/ring/outcasts.hpp"

#include <doctest/doctest.h>

namespace chord {
namespace {

Peer peer(std::uint64_t number) {
    return {Id{{number, 0, 0, 0}}, {}};
}

const std::vector<Peer> kMixed{peer(1), peer(2), peer(3)};
const std::vector<Peer> kClean{peer(1), peer(3)};

template <typename Message, typename Any>
Message struck(const Outcasts& outcasts, Message message) {
    Any any = std::move(message);
    outcasts.strike_from(any);
    return std::get<Message>(any);
}

TEST_CASE("outcasts: struck from every list and pointer of a response") {
    Outcasts outcasts;
    outcasts.add(peer(2).id);
    const StateReply state = struck<StateReply, Response>(outcasts, {peer(2), kMixed, kMixed});
    CHECK_FALSE(state.predecessor);
    CHECK(state.successors == kClean);
    CHECK(state.known == kClean);
    CHECK(struck<StateReply, Response>(outcasts, {peer(3), {}, {}}).predecessor == peer(3));
    const StepReply step = struck<StepReply, Response>(
        outcasts, {true, kMixed, {Candidate{peer(2), RouteSource{1}}, Candidate{peer(1), RouteSource{2}}}});
    CHECK(step.successors == kClean);
    REQUIRE_EQ(step.candidates.size(), 1);
    CHECK(step.candidates.front().peer == peer(1));
    CHECK_FALSE(struck<OwnerReply, Response>(outcasts, {false, peer(2)}).predecessor);
    CHECK(struck<FingersReply, Response>(outcasts, {kMixed}).fingers == kClean);
    CHECK(struck<Refusal, Response>(outcasts, {Error::not_member, kMixed}).known == kClean);
}

TEST_CASE("outcasts: of requests, a leaver's word is struck, and what is about one of them is recognised") {
    Outcasts outcasts;
    outcasts.add(peer(2).id);
    const LeaveNotice notice = struck<LeaveNotice, Request>(outcasts, {peer(2), kMixed});
    CHECK_FALSE(notice.predecessor);
    CHECK(notice.successors == kClean);
    CHECK(outcasts.concerned_by(Hint{peer(2), 1}));
    CHECK(outcasts.concerned_by(Witness{peer(2), std::nullopt}));
    CHECK(outcasts.concerned_by(Vouch{peer(2), {}}));
    CHECK_FALSE(outcasts.concerned_by(Hint{peer(1), 1}));
    CHECK_FALSE(outcasts.concerned_by(Vouch{peer(3), {}}));
    CHECK_FALSE(outcasts.concerned_by(Read{peer(2).id}));
}

TEST_CASE("outcasts: who was heard is none any more; beyond the bound the oldest goes") {
    Outcasts outcasts;
    outcasts.add(peer(2).id);
    outcasts.remove(peer(2).id);
    CHECK_FALSE(outcasts.contains(peer(2).id));
    for (std::uint64_t i = 0; i <= Outcasts::kIdsMax; ++i) {
        outcasts.add(peer(i).id);
        outcasts.add(peer(i).id);
    }
    CHECK_FALSE(outcasts.contains(peer(0).id));
    CHECK(outcasts.contains(peer(1).id));
    CHECK(outcasts.contains(peer(Outcasts::kIdsMax).id));
}

}  // namespace
}  // namespace chord
