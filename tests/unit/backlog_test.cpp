// Backlog: what is kept, for whom, for how long, and that its bounds hold.
#include "net/channel/backlog.hpp"

#include <algorithm>
#include <deque>

#include "node/core/base/rng.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using Raw = std::vector<std::uint8_t>;

constexpr Time kStart{};
constexpr Duration kTick{1};

Endpoint endpoint(std::uint16_t port) {
    Endpoint made;
    made.ip[15] = 1;
    made.port = port;
    return made;
}

const Endpoint kPeer = endpoint(1);

TEST_CASE("backlog: hands out what waits for an address, in order, once") {
    Backlog backlog;
    backlog.add(kPeer, 1, Raw{1}, kStart);
    backlog.add(endpoint(2), 1, Raw{9, 9}, kStart);
    backlog.add(kPeer, 2, Raw{2, 2, 2}, kStart);
    CHECK_EQ(backlog.bytes(), 6);
    CHECK_EQ(backlog.take(Peer{Id{}, kPeer}, true, kStart), std::vector<Raw>{{1}, {2, 2, 2}});
    CHECK(backlog.take(Peer{Id{}, kPeer}, true, kStart).empty());
    CHECK_EQ(backlog.bytes(), 2);
    CHECK_EQ(backlog.take(Peer{Id{}, endpoint(2)}, true, kStart), std::vector<Raw>{{9, 9}});
    CHECK(backlog.take(Peer{Id{}, endpoint(3)}, true, kStart).empty());
    CHECK_EQ(backlog.bytes(), 0);
}

TEST_CASE("backlog: of the transmissions of one request the last one is kept, for as long again") {
    Backlog backlog;
    backlog.add(kPeer, 1, Raw{1}, kStart);
    backlog.add(kPeer, 2, Raw{2}, kStart);
    backlog.add(kPeer, 1, Raw{3, 3}, kStart + Backlog::kKeptFor - kTick);
    CHECK_EQ(backlog.bytes(), 3);
    CHECK_EQ(backlog.take(Peer{Id{}, kPeer}, true, kStart + Backlog::kKeptFor), std::vector<Raw>{{3, 3}});
    CHECK_EQ(backlog.bytes(), 0);
}

TEST_CASE("backlog: the same request of two addresses is two") {
    Backlog backlog;
    backlog.add(kPeer, 1, Raw{1}, kStart);
    backlog.add(endpoint(2), 1, Raw{2}, kStart);
    CHECK_EQ(backlog.take(Peer{Id{}, kPeer}, true, kStart), std::vector<Raw>{{1}});
    CHECK_EQ(backlog.take(Peer{Id{}, endpoint(2)}, true, kStart), std::vector<Raw>{{2}});
}

TEST_CASE("backlog: nothing is handed out after kKeptFor") {
    Backlog backlog;
    backlog.add(kPeer, 1, Raw{1}, kStart);
    backlog.add(kPeer, 2, Raw{2}, kStart + kTick);
    CHECK_EQ(backlog.take(Peer{Id{}, kPeer}, true, kStart + Backlog::kKeptFor), std::vector<Raw>{{2}});
    backlog.add(kPeer, 3, Raw{3}, kStart);
    CHECK_EQ(backlog.take(Peer{Id{}, kPeer}, true, kStart + Backlog::kKeptFor - kTick), std::vector<Raw>{{3}});
    CHECK_EQ(backlog.bytes(), 0);
}

TEST_CASE("backlog: at most kPerAddressMax requests an address; a repetition needs no room, an old one gives way") {
    Backlog backlog;
    for (std::uint64_t request = 0; request < Backlog::kPerAddressMax + 4; ++request) {
        backlog.add(kPeer, request, Raw{static_cast<std::uint8_t>(request)}, kStart);
    }
    CHECK_EQ(backlog.bytes(), Backlog::kPerAddressMax);
    backlog.add(kPeer, 0, Raw{100}, kStart + kTick);
    backlog.add(endpoint(2), 0, Raw{1}, kStart);
    CHECK_EQ(backlog.bytes(), Backlog::kPerAddressMax + 1);
    auto kept = backlog.take(Peer{Id{}, kPeer}, true, kStart + kTick);
    REQUIRE_EQ(kept.size(), Backlog::kPerAddressMax);
    CHECK_EQ(kept.front(), Raw{1});
    CHECK_EQ(kept.back(), Raw{100});

    for (std::uint64_t request = 0; request < Backlog::kPerAddressMax; ++request) {
        backlog.add(kPeer, request, Raw{1}, kStart);
    }
    backlog.add(kPeer, 99, Raw{2}, kStart + Backlog::kKeptFor);
    CHECK_EQ(backlog.take(Peer{Id{}, kPeer}, true, kStart + Backlog::kKeptFor), std::vector<Raw>{{2}});
}

TEST_CASE("backlog: at most kBytesMax in all; what is too old makes room, of whatever address") {
    Backlog backlog;
    constexpr std::size_t kEach = 1024;
    constexpr std::size_t kFull = Backlog::kBytesMax / kEach;
    for (std::size_t i = 0; i < kFull + 10; ++i) {
        backlog.add(endpoint(static_cast<std::uint16_t>(1 + i / Backlog::kPerAddressMax)), i, Raw(kEach, 1), kStart);
        REQUIRE_LE(backlog.bytes(), Backlog::kBytesMax);
    }
    CHECK_EQ(backlog.bytes(), Backlog::kBytesMax);
    backlog.add(endpoint(9999), 1, Raw{1}, kStart + Backlog::kKeptFor - kTick);
    CHECK(backlog.take(Peer{Id{}, endpoint(9999)}, true, kStart + Backlog::kKeptFor - kTick).empty());
    backlog.add(endpoint(9999), 1, Raw{1}, kStart + Backlog::kKeptFor);
    CHECK_EQ(backlog.bytes(), 1);
    CHECK_EQ(backlog.take(Peer{Id{}, endpoint(9999)}, true, kStart + Backlog::kKeptFor), std::vector<Raw>{{1}});
}

/// What the head of backlog.hpp says, of one address and without the bound of bytes.
class Model {
public:
    void add(std::uint64_t request, const Raw& plaintext, Time now) {
        std::erase_if(waiting_,
                      [&](const Waiting& w) { return w.request == request || now - w.since >= Backlog::kKeptFor; });
        if (waiting_.size() < Backlog::kPerAddressMax) waiting_.push_back({request, plaintext, now});
    }
    std::vector<Raw> take(Time now) {
        std::vector<Raw> taken;
        for (const Waiting& w : waiting_) {
            if (now - w.since < Backlog::kKeptFor) taken.push_back(w.plaintext);
        }
        waiting_.clear();
        return taken;
    }

private:
    struct Waiting {
        std::uint64_t request;
        Raw plaintext;
        Time since;
    };
    std::deque<Waiting> waiting_;
};

TEST_CASE("backlog: does what a plain list does") {
    Rng rng(1);
    Backlog backlog;
    std::array<Model, 4> models;
    Time now = kStart;
    std::size_t handed_out = 0;
    for (int i = 0; i < 20'000; ++i) {
        now += Duration(static_cast<std::int64_t>(rng.below(400'000)));
        const auto which = static_cast<std::size_t>(rng.below(models.size()));
        const Endpoint to = endpoint(static_cast<std::uint16_t>(which));
        if (rng.chance(1, 15)) {
            const auto taken = backlog.take(Peer{Id{}, to}, true, now);
            handed_out += taken.size();
            REQUIRE_EQ(taken, models[which].take(now));
        } else {
            const std::uint64_t request = rng.below(30);
            const Raw plaintext(1 + rng.below(50), static_cast<std::uint8_t>(i));
            backlog.add(to, request, plaintext, now);
            models[which].add(request, plaintext, now);
        }
    }
    for (std::size_t i = 0; i < models.size(); ++i)
        backlog.take(Peer{Id{}, endpoint(static_cast<std::uint16_t>(i))}, true, now);
    CHECK_EQ(backlog.bytes(), 0);
    CHECK_GT(handed_out, 1000);
}

}  // namespace
}  // namespace chord::net
