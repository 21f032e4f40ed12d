// Two Rpcs, A and Z, with what each handed up: driven datagram by datagram in virtual time.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "net/rpc.hpp"
#include "tests/support/channel_side.hpp"
#include "tests/support/test_identity.hpp"

#include <doctest/doctest.h>

namespace chord::testing {

using net::Datagram;
using net::RpcCounters;
using net::RpcOptions;

inline Endpoint host_endpoint(std::uint8_t host) {
    Endpoint made;
    made.ip = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host};
    made.port = 7400;
    return made;
}

/// test_identity() makes the static key of the outer words and the dice of the second one.
inline Id host_id(std::uint8_t host) {
    return Id{{0, std::uint64_t{host} << 20, 0, host}};
}

inline RpcOptions host_options(std::uint8_t host) {
    RpcOptions options;
    options.self = host_id(host);
    options.first_request_id = 1000U * host;
    return options;
}

struct Incarnation {
    std::uint64_t life = 1;
    std::uint8_t network = 0x5a;
};

/// An Rpc with its address and everything that it handed up.
class Host final : public net::RpcEvents {
public:
    explicit Host(std::uint8_t number) : Host(number, host_options(number)) {}
    Host(std::uint8_t number, const RpcOptions& options, const Incarnation& incarnation = {})
        : id(options.self),
          address(host_endpoint(number)),
          rpc(options, test_identity(options.self, incarnation.life, incarnation.network), *this) {}

    void on_request(Inbound request) override {
        requests.push_back(std::move(request));
        if (answer_at_once) rpc.reply(requests.back().token, ReplicateReply{Version{requests.size(), 0}});
    }

    void on_answer(CallId call, Result<Answer> answer) override { answers.emplace_back(call, std::move(answer)); }
    void on_coming(CallId call) override { coming.push_back(call); }

    std::vector<std::uint8_t> only_datagram() {
        auto datagrams = rpc.take_datagrams();
        REQUIRE_EQ(datagrams.size(), 1);
        return datagrams.front().bytes;
    }

    /// The data frames that are to be sent; beside them handshakes may be opened.
    std::vector<std::vector<std::uint8_t>> data() {
        std::vector<std::vector<std::uint8_t>> frames;
        for (Datagram& datagram : rpc.take_datagrams()) {
            if (!is_handshake(datagram)) frames.push_back(std::move(datagram.bytes));
        }
        return frames;
    }

    /// What was counted since start_counting().
    std::uint64_t count(std::uint64_t RpcCounters::*counter) const {
        return rpc.counters().*counter - counted_before_.*counter;
    }

    /// Forgets what came with the handshake.
    void start_counting() {
        requests.clear();
        answers.clear();
        counted_before_ = rpc.counters();
    }

    Id id;
    Endpoint address;
    std::vector<Inbound> requests;
    std::vector<std::pair<CallId, Result<Answer>>> answers;
    std::vector<CallId> coming;
    bool answer_at_once = true;
    net::Rpc rpc;

private:
    RpcCounters counted_before_;
};

/// A calls, Z serves. Nothing moves by itself.
struct Strangers {
    Host a{1};
    Host z{2};
    Time now = Time(std::chrono::seconds(100));

    Strangers() { at(now); }
    Strangers(const RpcOptions& of_a, const RpcOptions& of_z, const Incarnation& a_is = {})
        : a(1, of_a, a_is), z(2, of_z) {
        at(now);
    }

    void at(Time time) {
        now = time;
        a.rpc.begin_turn(now);
        z.rpc.begin_turn(now);
    }

    void pass(Duration time) { at(now + time); }

    std::vector<std::uint8_t> call(std::uint64_t id, Request request = Read{}) {
        a.rpc.call(CallId{id}, Callee(z.address, z.id), std::move(request));
        return a.only_datagram();
    }

    /// Lets 500 ms pass; then everything that is unanswered is sent for the second time.
    std::vector<std::vector<std::uint8_t>> repeat() {
        pass(std::chrono::milliseconds(500));
        a.rpc.tick();
        return a.data();
    }

    void to_z(std::vector<std::uint8_t> datagram) { z.rpc.receive(a.address, datagram); }
    void to_a(std::vector<std::uint8_t> datagram) { a.rpc.receive(z.address, datagram); }

    /// Everything that is under way arrives, in no time, with all that follows from it.
    void exchange() {
        for (bool moved = true; moved;) {
            moved = false;
            for (const Datagram& datagram : a.rpc.take_datagrams()) moved = true, to_z(datagram.bytes);
            for (const Datagram& datagram : z.rpc.take_datagrams()) moved = true, to_a(datagram.bytes);
        }
    }
};

/// Strangers no more. It was Z who opened: A has measured nothing.
struct Pair : Strangers {
    Pair() { connect(); }
    Pair(const RpcOptions& of_a, const RpcOptions& of_z) : Strangers(of_a, of_z) { connect(); }

    void connect() {
        z.rpc.call(CallId{0}, a.address, Ping{});
        exchange();
        REQUIRE_EQ(z.answers.size(), 1);
        REQUIRE(z.answers[0].second);
        a.start_counting();
        z.start_counting();
        CHECK_FALSE(a.rpc.rtt(z.address));
    }
};

}  // namespace chord::testing
