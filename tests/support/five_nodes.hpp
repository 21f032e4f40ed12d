// Five nodes with one key that belongs to a known one: for tests of what its holders do.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/core/base/hash.hpp"
#include "tests/support/node_world.hpp"

namespace chord {

inline Id point(std::uint64_t top) {
    return Id{{top << 56, 0, 0, 0}};
}

/// Five nodes at 0x10 … 0x50 in a settled ring. The key belongs to node 2, with copies at 3 and 4; 0 and 1 hold none.
struct FiveNodes {
    FiveNodes() {
        for (std::size_t i = 0; i < 5; ++i) {
            world.start(world.add(point(0x10 * (i + 1))),
                        i == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{0});
            REQUIRE(world.run_until([&] { return world.settled(); }));
        }
        REQUIRE(world.run_until([&] {
            for (std::size_t i = 0; i < 5; ++i) {
                if (world.node(i).ring().successors().size() != 4) return false;
            }
            return world.settled();
        }));
        for (int i = 0; key.empty(); ++i) {
            const std::string name = "key " + std::to_string(i);
            if (in_open_closed(key_id(name), world.peer(1).id, world.peer(2).id)) key = name;
        }
        id = key_id(key);
    }

    Write set(Bytes value, Condition condition = Condition::always) const {
        Write write;
        write.key = key;
        write.value = std::move(value);
        write.condition = condition;
        return write;
    }
    void begin(Write write) {
        result.reset();
        world.turn(0, [&](Node& node) { node.write(std::move(write), [&](auto reply) { result.emplace(reply); }); });
    }
    Result<Found> read(std::size_t at, const ReadOptions& options) {
        std::optional<Result<Found>> found;
        world.turn(at, [&](Node& node) { node.read(key, options, [&](auto one) { found.emplace(std::move(one)); }); });
        CHORD_CHECK(world.run_until([&] { return found.has_value(); }));
        return *found;
    }
    Record held(std::size_t index) { return **world.store(index).get(id); }
    /// Puts a later version into one node's store, behind its back.
    Version plant(std::size_t index, const Bytes& value) {
        Record record = held(index);
        record.value = value;
        record.version.clock += 100;
        world.store(index).put(id, record);
        return record.version;
    }

    NodeWorld world;
    std::string key;
    Id id;
    std::optional<Result<WriteReply>> result;
};

}  // namespace chord
