// Arbitrary bytes as a datagram: to Rpc as they are, from a stranger and from a member's address; behind the seal, as a
// plaintext of that member; as a handshake frame with right macs; and to the decoders.
//
// Checked beside the absence of crashes: raw bytes and replays are answered by nothing at all, what an insider sends by
// one response and one frame of net/message at most, and every call ends once. Whatever decodes, encodes to
// bytes that decode to the same message.
//
// The handshakes of the node under test are made once for many inputs; an input that needs what came before it is found
// again by running the corpus in the same order. A response with the request id 7 is given that of the outstanding
// call.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "net/codec.hpp"
#include "net/envelope.hpp"
#include "net/message/frame.hpp"
#include "net/rpc.hpp"
#include "node/core/base/check.hpp"
#include "tests/support/channel_side.hpp"

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

const Endpoint kNode = link_local(1);
const Endpoint kPeer = link_local(9);
const Endpoint kStranger = link_local(66);
constexpr Time kNow = Time(std::chrono::hours(1));
constexpr std::uint64_t kPlaceholder = 7;  // of request ids

Id id_of(std::uint64_t number) {
    return Id{{0, number << 20, 0, number}};
}

/// Answers everything at once by an Ack.
class Echo final : public net::RpcEvents {
public:
    void on_request(Inbound request) override { rpc->reply(request.token, Ack{}); }
    void on_answer(CallId, Result<Answer>) override { ++ended; }

    net::Rpc* rpc = nullptr;
    std::uint64_t ended = 0;
};

/// A node, and a member that has a session with it.
class World {
public:
    static constexpr int kInputsMax = 1000;                            // at 50 ms each: within the life of a session
    static constexpr Duration kPause = std::chrono::milliseconds(50);  // so that handshakes are no load

    World() : rpc_(options(), test_identity(options().self), echo_), peer_(kPeer, test_identity(id_of(9))) {
        echo_.rpc = &rpc_;
        rpc_.begin_turn(now_);
        peer_.connect(
            kNode, now_, [this](Raw datagram) { rpc_.receive(kPeer, datagram, kNode); },
            [this] { return rpc_.take_datagrams(); });
        rpc_.take_datagrams();
    }

    bool is_used_up() const { return inputs_ == kInputsMax; }

    /// With one call outstanding, which ends.
    void feed(std::span<const std::uint8_t> bytes) {
        ++inputs_;
        now_ += kPause;
        rpc_.begin_turn(now_);
        rpc_.tick();
        rpc_.call(CallId{1}, Callee(kPeer, id_of(9)), Read{});
        CHORD_CHECK(rpc_.take_datagrams().size() == 1);
        ++calls_;

        for (const Endpoint& from : {kStranger, kPeer}) {
            receive(from, Raw(bytes.begin(), bytes.end()));
            CHORD_CHECK(rpc_.take_datagrams().empty());
        }
        CHORD_CHECK(echo_.ended + 1 == calls_);
        receive_with_macs(bytes);
        receive_sealed(bytes);
        if (echo_.ended < calls_) {
            const net::Envelope envelope{net::Kind::response, false, 0, calls_, {}};
            receive(kPeer, peer_.sealed(kNode, envelope, net::encode(Response(Ack{}), now_), now_));
        }
        CHORD_CHECK(echo_.ended == calls_);
        CHORD_CHECK(rpc_.next_deadline() > now_);  // what is half here may wait, and nothing is due for ever
    }

private:
    static net::RpcOptions options() {
        net::RpcOptions made;
        made.self = id_of(1);
        made.first_request_id = 1;
        made.served_max = 4;
        return made;
    }

    void receive(const Endpoint& from, Raw datagram) { rpc_.receive(from, datagram, kNode); }

    /// The bytes are a plaintext: sealed twice, which makes a repetition of it, and replayed.
    void receive_sealed(std::span<const std::uint8_t> bytes) {
        Raw plaintext(bytes.begin(), bytes.end());
        if (plaintext.size() > net::kPlaintextBytesMax) return;
        const auto parcel = net::parse_parcel({}, plaintext);
        if (parcel && parcel->envelope.request_id == kPlaceholder && parcel->envelope.kind != net::Kind::request) {
            net::Envelope envelope = parcel->envelope;
            envelope.request_id = calls_;
            std::ranges::copy(net::encode(envelope), plaintext.begin());
        }
        for (int i = 0; i < 2; ++i) {
            const Raw sealed = peer_.sealed(kNode, plaintext, now_);
            receive(kPeer, sealed);
            const auto answers = rpc_.take_datagrams();
            std::size_t frames = 0;
            for (const net::Datagram& answer : answers) frames += check_answer(answer) ? 1U : 0U;
            CHORD_CHECK(frames <= 1 && answers.size() - frames <= 1);
            for (const Endpoint& from : {kPeer, kStranger}) {
                receive(from, sealed);
                CHORD_CHECK(rpc_.take_datagrams().empty());
            }
        }
    }

    /// Whether it is a frame of net/message.
    bool check_answer(const net::Datagram& answer) {
        CHORD_CHECK(answer.to == kPeer && answer.from == kNode);
        CHORD_CHECK(peer_.receive(kNode, answer.bytes, now_));
        if (net::is_message_frame(peer_.handed_up.back().plaintext)) {
            CHORD_CHECK(net::decode_frame(peer_.handed_up.back().plaintext));
            peer_.handed_up.clear();
            return true;
        }
        const auto parcel = net::parse_parcel(options().self, peer_.handed_up.back().plaintext);
        CHORD_CHECK(parcel.has_value() && parcel->envelope.kind == net::Kind::response);
        CHORD_CHECK(net::decode_response(parcel->body, {now_, kPeer}).has_value());
        peer_.handed_up.clear();
        return false;
    }

    /// The first byte chooses the kind of a handshake frame, the others stand behind its head; the macs are right.
    void receive_with_macs(std::span<const std::uint8_t> bytes) {
        if (bytes.empty()) return;
        const auto kind = static_cast<net::FrameKind>(2 + bytes[0] % 6);
        Raw frame = net::begin_frame(net::FrameHead{kind, {}, kind == net::FrameKind::xx_finish ? 0U : 1U});
        frame.insert(frame.end(), bytes.begin() + 1, bytes.end());
        macs_.append_macs(frame, now_);
        receive(kStranger, frame);
        // The authentic parts of a handshake cannot be made by chance; a load, of which cookies come, there is none.
        CHORD_CHECK(rpc_.take_datagrams().empty());
    }

    Echo echo_;
    Time now_ = kNow;
    net::Rpc rpc_;
    testing::ChannelSide peer_;
    net::CookieHolder macs_{net::mac_key_of(test_identity(id_of(1)).network_key)};
    std::uint64_t calls_ = 0;
    int inputs_ = 0;
};

template <typename Decode>
void check_stable(std::span<const std::uint8_t> body, Decode decode) {
    const net::Arrival arrival{kNow, kPeer};
    const auto once = decode(body, arrival);
    if (!once) return;
    const Raw again = net::encode(*once, {kNow, kPeer});
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

    static std::unique_ptr<World> world;
    if (!world || world->is_used_up()) world = std::make_unique<World>();
    world->feed(bytes);
    return 0;
}
