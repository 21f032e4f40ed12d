// Arbitrary bytes as a datagram: to Rpc as they are, to Rpc with a right tag put behind them, and to the decoders.
// Checked beside the absence of crashes: whatever decodes, encodes to bytes that decode to the same message.
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "net/codec.hpp"
#include "net/envelope.hpp"
#include "net/rpc.hpp"
#include "net/seal.hpp"
#include "node/core/base/check.hpp"

namespace {

using namespace chord;
using Raw = std::vector<std::uint8_t>;

Endpoint link_local(std::uint8_t host) {
    Endpoint endpoint;
    endpoint.ip = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host};
    endpoint.scope = 3;
    endpoint.port = 7400;
    return endpoint;
}

const Endpoint kPeer = link_local(9);
constexpr Time kNow = Time(std::chrono::hours(1));

/// Answers everything at once by an Ack.
class Echo final : public net::RpcEvents {
public:
    void on_request(Inbound request) override { rpc->reply(request.token, Ack{}); }
    void on_answer(CallId, Result<Answer>) override { ++ended; }

    net::Rpc* rpc = nullptr;
    int ended = 0;
};

net::RpcOptions options() {
    net::RpcOptions made;
    made.self.words = {0, 0, 0, 1};
    made.served_max = 4;
    return made;
}

/// A node with one call outstanding (request id 1) gets the datagram twice. Everything ends as Rpc promises.
void feed(std::span<const std::uint8_t> datagram) {
    Echo echo;
    net::Rpc rpc(options(), echo);
    echo.rpc = &rpc;
    rpc.begin_turn(kNow);
    rpc.call(CallId{1}, kPeer, Read{});
    CHORD_CHECK(rpc.take_datagrams().size() == 1);
    for (int i = 0; i < 2; ++i) {
        rpc.receive(kPeer, datagram);
        const auto answers = rpc.take_datagrams();
        CHORD_CHECK(answers.size() <= 1);
        for (const net::Datagram& answer : answers) CHORD_CHECK(answer.to == kPeer);
    }
    while (rpc.next_deadline() != kNever) {
        rpc.begin_turn(rpc.next_deadline());
        rpc.tick();
    }
    CHORD_CHECK(echo.ended == 1);
}

template <typename Decode>
void check_stable(std::span<const std::uint8_t> body, Decode decode) {
    const net::Arrival arrival{kNow, kPeer};
    const auto once = decode(body, arrival);
    if (!once) return;
    const Raw again = net::encode(*once, kNow);
    CHORD_CHECK(again.size() <= net::kBodyBytesMax);
    const auto twice = decode(again, arrival);
    CHORD_CHECK(twice.has_value());
    CHORD_CHECK(*twice == *once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> bytes(data, size);
    check_stable(bytes, net::decode_request);
    check_stable(bytes, net::decode_response);
    if (size > net::kEnvelopeBytes) {
        check_stable(bytes.subspan(net::kEnvelopeBytes), net::decode_request);
        check_stable(bytes.subspan(net::kEnvelopeBytes), net::decode_response);
    }

    feed(bytes);
    static net::MacSeal seal(options().network_key);
    Raw sealed(bytes.begin(), bytes.end());
    seal.seal(kPeer, sealed);
    feed(sealed);
    return 0;
}
