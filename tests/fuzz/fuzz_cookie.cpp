// Arbitrary bytes as a handshake message and as a cookie reply. Checked beside the absence of crashes: what nobody made
// with the key is refused, what has its macs put behind it is accepted, and an answer to it gives a cookie that counts.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "net/guard/cookie.hpp"
#include "net/guard/handshake_gate.hpp"
#include "node/core/base/check.hpp"

namespace {

using namespace chord;
using Raw = std::vector<std::uint8_t>;
using Verdict = net::HandshakeGate::Verdict;

constexpr net::ResponderKey kKey{1, 2, 3};
constexpr net::CookieDice kDice{{4, 5, 6}, {7, 8, 9}};
constexpr Time kNow{std::chrono::hours(1)};
constexpr std::size_t kMessageMax = 1 << 16;

Endpoint peer() {
    Endpoint endpoint;
    endpoint.ip[15] = 9;
    endpoint.port = 7400;
    return endpoint;
}

/// A gate that is under load from the first message on, and one that is calm.
net::HandshakeGate gate(int load_bound) {
    net::HandshakeGateOptions options;
    options.load_bound.burst = load_bound;
    options.sources_max = 8;
    return {options, net::TableSecret{}};
}

/// As they are: mac1 is right if it is the one that a holder of the key makes (the corpus has such messages). No mac2
/// is, and it is a reply to nobody's message.
void judge(std::span<const std::uint8_t> bytes) {
    net::CookieIssuer issuer(kKey);
    net::CookieHolder holder(kKey);
    bool right = false;
    if (bytes.size() >= net::kMacsBytes) {
        const auto before = bytes.first(bytes.size() - net::kMacsBytes);
        Raw made(before.begin(), before.end());
        holder.append_macs(made, kNow);
        right = std::equal(made.begin(), made.end() - net::kMacBytes, bytes.begin());
    }
    Raw sent(1);
    holder.append_macs(sent, kNow);
    (void)issuer.reply(sent, peer(), kNow, kDice);  // so that there is a secret for mac2 to be wrong under
    net::HandshakeGate calm = gate(20);
    CHORD_CHECK(issuer.mac1_is_right(bytes) == right);
    CHORD_CHECK(!issuer.mac2_is_right(bytes, peer(), kNow));
    CHORD_CHECK(calm.judge(issuer, bytes, peer(), kNow) == (right ? Verdict::work : Verdict::drop));
    CHORD_CHECK(!holder.take_reply(bytes, kNow));
}

/// With right macs behind them they are a message like any other.
void answer(std::span<const std::uint8_t> bytes) {
    net::CookieIssuer issuer(kKey);
    net::CookieHolder holder(kKey);
    net::HandshakeGate busy = gate(1);
    Raw first(bytes.begin(), bytes.end());
    Raw second = first;
    holder.append_macs(first, kNow);
    CHORD_CHECK(busy.judge(issuer, first, peer(), kNow) == Verdict::work);
    CHORD_CHECK(busy.judge(issuer, first, peer(), kNow) == Verdict::send_cookie);
    CHORD_CHECK(holder.take_reply(issuer.reply(first, peer(), kNow, kDice), kNow).has_value());
    holder.append_macs(second, kNow);
    CHORD_CHECK(busy.judge(issuer, second, peer(), kNow) == Verdict::work);
}

/// As changes to a right reply: only no change at all leaves it right.
void change_reply(std::span<const std::uint8_t> bytes) {
    net::CookieIssuer issuer(kKey);
    net::CookieHolder holder(kKey);
    Raw sent(96);
    holder.append_macs(sent, kNow);
    net::CookieReply reply = issuer.reply(sent, peer(), kNow, kDice);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        reply[i % reply.size()] = static_cast<std::uint8_t>(reply[i % reply.size()] ^ bytes[i]);
    }
    const bool changed = reply != issuer.reply(sent, peer(), kNow, kDice);
    CHORD_CHECK(holder.take_reply(reply, kNow).has_value() == !changed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> bytes(data, size < kMessageMax ? size : kMessageMax);
    judge(bytes);
    answer(bytes);
    change_reply(bytes);
    return 0;
}
