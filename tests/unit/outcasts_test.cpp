// Outcasts: what others say of them is struck, wherever it stands.
#include "node/core/ring/outcasts.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/support/node_world.hpp"

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

TEST_CASE("outcasts: a node does not take an expelled peer back on the word of others, whatever they say") {
    for (const std::size_t outcast : {1U, 4U}) {  // the first successor, and the predecessor
        CAPTURE(outcast);
        NodeWorld world;
        world.options.probe_period = std::chrono::seconds(5);
        for (std::uint64_t i = 0; i < 5; ++i) {
            world.add(Id{{0x10 * (i + 1) << 56, 0, 0, 0}});
            world.start(i, i == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{0});
            REQUIRE(world.run_until([&] { return world.node(i).ring().successors().size() == i && world.settled(); }));
        }
        REQUIRE(world.run_until([&] { return world.node(0).ring().successors().size() == 4 && world.settled(); }));
        const Id id = world.peer(outcast).id;
        const auto stands = [&] {
            Node& node = world.node(0);
            const auto is_it = [&](const Peer& peer) { return peer.id == id; };
            const std::vector<Peer> contacts = node.contacts();
            const std::vector<Peer> known = node.known();
            return node.ring().is_neighbor(id) || node.given_up(id) ||
                   std::any_of(contacts.begin(), contacts.end(), is_it) ||
                   std::any_of(known.begin(), known.end(), is_it);
        };
        REQUIRE(stands());
        world.cut(0, outcast);
        world.turn(0, [&](Node& node) { node.expel(id); });
        CHECK_FALSE(stands());
        CHECK(world.store(0).meta("peers")->find(std::string(reinterpret_cast<const char*>(id.bytes().data()), 32)) ==
              Bytes::npos);
        CHECK_FALSE(world.run_until(stands, std::chrono::minutes(10)));
        world.tell(0, world.peer(2), Hint{world.peer(outcast), 1});
        world.tell(0, world.peer(2), Vouch{world.peer(outcast), {}});
        world.tell(0, world.peer(2), LeaveNotice{world.peer(outcast), {world.peer(outcast)}});
        CHECK_FALSE(world.run_until(stands, std::chrono::minutes(2)));
        CHECK(world.node(0).ring().successors().size() == 3);

        world.mend();
        world.tell(0, world.peer(outcast), Ping{});  // it was let in anew
        CHECK(world.run_until(stands));
    }
}

}  // namespace
}  // namespace chord
