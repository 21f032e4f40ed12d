// Arbitrary bytes as plaintexts of a peer, and as the fate of datagrams between two nodes.
//
//   one      all of it as one frame: what is understood encodes to the same bytes
//   flood    as frames, each after a byte for who sends it and when, and two for its length, to a node that sends
//   messages
//            to the same peers: bounds hold, the node does not ask to be called at once for ever, and in the end it is
//            empty
//   carry    a byte a datagram: lost, doubled, late or delivered. What is delivered is what was sent; what ended well
//   was
//            delivered; both sides are empty in the end
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "net/message/messages.hpp"
#include "net/reader.hpp"
#include "node/core/base/check.hpp"
#include "tests/support/message_link.hpp"

namespace {

using namespace chord;
using namespace chord::net;
using Raw = std::vector<std::uint8_t>;
using std::chrono::milliseconds;
using testing::message_bytes;
using testing::message_peer;

constexpr Time kStart{std::chrono::hours(1)};
constexpr int kTurnsMax = 10'000;

MessageOptions small() {
    MessageOptions options;
    options.in_flight_bytes_max = 12'000;
    options.reassembly.message_bytes_max = 12'000;
    options.reassembly.peer_bytes_max = 24'000;
    options.reassembly.node_bytes_max = 40'000;
    options.reassembly.messages_max = 6;
    return options;
}

void check_bounds(const Messages& node, const MessageOptions& options) {
    const Reassembly& reassembly = node.reassembly();
    CHORD_CHECK(reassembly.held_bytes() <= reassembly.promised_bytes());
    CHORD_CHECK(reassembly.promised_bytes() <= options.reassembly.node_bytes_max);
    CHORD_CHECK(reassembly.messages() <= options.reassembly.messages_max);
    CHORD_CHECK(node.active_messages() <= options.in_flight_messages_max);
}

void check_empty(const Messages& node) {
    CHORD_CHECK(node.in_flight_bytes() == 0 && node.waiting_bytes() == 0 && node.active_messages() == 0);
    CHORD_CHECK(node.reassembly().held_bytes() == 0 && node.reassembly().promised_bytes() == 0);
}

void one(std::span<const std::uint8_t> bytes) {
    const auto frame = decode_frame(bytes);
    if (!frame) return;
    CHORD_CHECK(is_message_frame(bytes));
    const Raw again = encode(*frame);
    CHORD_CHECK(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
}

/// What a node of which nothing more is heard does until nothing waits any more.
void run_out(Messages& node, Time now) {
    for (int turn = 0; turn < kTurnsMax; ++turn) {
        for (const OutgoingFrame& each : node.take_frames()) CHORD_CHECK(decode_frame(each.plaintext).has_value());
        const Time next = node.next_deadline();
        if (next == kNever) return;
        now = std::max(now, next);
        node.tick(now);
    }
    CHORD_CHECK(false);  // it never comes to rest
}

void flood(std::span<const std::uint8_t> bytes) {
    const MessageOptions options = small();
    Messages node(options);
    Time now = kStart;
    std::size_t sent = 0;
    std::size_t ended = 0;
    for (std::size_t peer = 0; peer < 3; ++peer) {
        for (const Priority priority : {Priority::foreground, Priority::background}) {
            sent += node.send(message_peer(peer), message_bytes(9000), priority, now) ? 1U : 0U;
        }
    }
    Reader reader(bytes);
    while (!reader.failed()) {
        const std::uint8_t who = reader.u8();
        const auto frame = reader.bytes(reader.u16() % 1600);
        if (reader.failed()) break;
        now += milliseconds(who >> 2);
        const bool understood = node.receive(message_peer(who & 3), frame, now).has_value();
        CHORD_CHECK(understood == decode_frame(frame).has_value());
        node.tick(now);
        CHORD_CHECK(node.take_frames().size() < 64);
        check_bounds(node, options);
    }
    run_out(node, now);
    for (const MessageEvent& each : node.take_events()) ended += std::holds_alternative<MessageEnded>(each) ? 1U : 0U;
    CHORD_CHECK(ended == sent);
    check_empty(node);
}

/// Two nodes and what is under way between them.
class Wire {
public:
    explicit Wire(std::span<const std::uint8_t> fates) : fates_(fates) {}

    void run() {
        const auto handle = nodes_[0].send(message_peer(1), sent_, Priority::foreground, now_);
        CHORD_CHECK(handle.has_value());
        for (int turn = 0; turn < kTurnsMax; ++turn) {
            pump(0);
            pump(1);
            Time next = std::min(nodes_[0].next_deadline(), nodes_[1].next_deadline());
            for (const Flying& each : flying_) next = std::min(next, each.at);
            if (next == kNever) break;
            CHORD_CHECK(turn + 1 < kTurnsMax);
            now_ = std::max(now_, next);
            for (Messages& each : nodes_) each.tick(now_);
            land();
        }
        CHORD_CHECK(ended_.has_value());
        CHORD_CHECK(!ended_->has_value() || delivered_ > 0);
        for (const Messages& each : nodes_) check_empty(each);
    }

private:
    struct Flying {
        Time at;
        std::size_t to;
        Raw plaintext;
    };

    void land() {
        std::vector<Flying> due;
        std::erase_if(flying_, [&](const Flying& each) {
            if (each.at > now_) return false;
            due.push_back(each);
            return true;
        });
        for (const Flying& each : due) {
            CHORD_CHECK(nodes_[each.to].receive(message_peer(1 - each.to), each.plaintext, now_));
        }
    }

    void pump(std::size_t from) {
        for (OutgoingFrame& frame : nodes_[from].take_frames()) {
            const std::uint8_t fate = fates_.empty() ? std::uint8_t{0xff} : fates_.front();
            if (!fates_.empty()) fates_ = fates_.subspan(1);
            const Time soon = now_ + milliseconds(10);
            if ((fate & 3) == 0) continue;
            if ((fate & 3) == 1) flying_.push_back({soon + milliseconds(fate), 1 - from, frame.plaintext});
            if ((fate & 3) != 2) flying_.push_back({soon, 1 - from, frame.plaintext});
            if ((fate & 3) == 2) flying_.push_back({soon + milliseconds(25 * fate), 1 - from, frame.plaintext});
        }
        for (MessageEvent& event : nodes_[from].take_events()) {
            if (auto* const delivered = std::get_if<MessageDelivered>(&event)) {
                CHORD_CHECK(delivered->bytes == sent_);
                ++delivered_;
            } else {
                CHORD_CHECK(!ended_);
                ended_ = std::get<MessageEnded>(event).status;
            }
        }
    }

    std::span<const std::uint8_t> fates_;
    Raw sent_ = message_bytes(9'000);
    Messages nodes_[2]{Messages(small()), Messages(small())};
    std::vector<Flying> flying_;
    Time now_ = kStart;
    int delivered_ = 0;
    std::optional<Status> ended_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> bytes(data, std::min<std::size_t>(size, 1 << 16));
    one(bytes);
    flood(bytes);
    Wire(bytes).run();
    return 0;
}
