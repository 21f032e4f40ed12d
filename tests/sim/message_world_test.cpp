// MessageWorld: with which disk a host comes back.
#include "tests/sim/message_world.hpp"

#include <doctest/doctest.h>

#include "node/core/base/hash.hpp"

namespace chord::sim {
namespace {

constexpr std::chrono::seconds kPatience{60};

struct OneHost {
    OneHost() : world(MessageWorldOptions{}, {Id{{1, 0, 0, 0}}}) {
        world.start(0, {});
        settle();
    }
    void settle() {
        REQUIRE(world.run_until([&] { return world.settled(); }, kPatience));
    }
    void set(const std::string& value) {
        Write write;
        write.key = "k";
        write.value = value;
        bool done = false;
        world.with_client(0, [&](Client& client) {
            client.write(write, [&](const Result<WriteReply>& reply) { done = reply.has_value(); });
        });
        REQUIRE(done);
    }
    std::string value() const {
        const std::optional<Record> held = world.held(0, key_id("k"));
        return held ? held->value : "";
    }
    std::string back_with(Return::DiskFate disk) {
        world.kill(0);
        world.restart(0, {disk, false});
        settle();
        return value();
    }

    MessageWorld world;
};

TEST_CASE("message_world: a host comes back with its old disk, a stale one, or an empty one") {
    OneHost host;
    host.set("one");
    host.world.back_up(0);
    host.set("two");
    CHECK(host.back_with(Return::DiskFate::old) == "two");
    CHECK(host.back_with(Return::DiskFate::stale) == "one");
    host.set("three");
    CHECK(host.back_with(Return::DiskFate::stale) == "one");  // a backup can be used again
    CHECK(host.back_with(Return::DiskFate::lost).empty());
    CHECK(host.back_with(Return::DiskFate::stale).empty());  // and is lost with the disk
}

TEST_CASE("message_world: without a backup, a stale disk is the old one") {
    OneHost host;
    host.set("one");
    CHECK(host.back_with(Return::DiskFate::stale) == "one");
}

}  // namespace
}  // namespace chord::sim
