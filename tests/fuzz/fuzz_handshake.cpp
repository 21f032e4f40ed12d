// Arbitrary bytes in the place of a handshake message, laid over a right one, or as a payload.
//
// The first byte chooses: bit 0 the pattern, bits 1 to 3 what is done (modulo 3), bits 4 to 7 the message (modulo their
// number); the rest is the bytes. Checked beside the absence of crashes: only the right message is accepted, and after
// a refused one it still is.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "net/noise/handshake.hpp"
#include "node/core/base/check.hpp"
#include "tests/support/noise_sides.hpp"

namespace {

using namespace chord;
using namespace chord::net::noise;
using testing::NoiseSides;
using testing::Raw;

/// `sent` instead of message `index`.
void receive(const Pattern& pattern, std::size_t index, const Raw& sent, const Raw& right, NoiseSides& sides) {
    Handshake& reader = sides.reader(index);
    Raw message = sent;
    const auto read = reader.read_message(message);
    if (!read) {
        CHORD_CHECK(!reader.is_my_turn());
        CHORD_CHECK(sides.read(index, right));
        return;
    }
    CHORD_CHECK(read->size() == sent.size() - message_overhead(pattern, index));
    // Anybody may write the first message of XXpsk3; the answer to it can fail for a key of low order.
    CHORD_CHECK(sent == right || (&pattern == &kXxPsk3 && index == 0));
    Raw answer;
    if (reader.is_my_turn() && !reader.write_message({}, answer)) CHORD_CHECK(answer.empty() && reader.is_my_turn());
}

/// The bytes as every payload, and as a message of the session.
void carry(const Pattern& pattern, std::span<const std::uint8_t> bytes) {
    NoiseSides sides(pattern);
    for (std::size_t i = 0; i < pattern.messages.size(); ++i) {
        Raw message;
        const bool fits = bytes.size() <= kMessageBytesMax - message_overhead(pattern, i);
        CHORD_CHECK(sides.writer(i).write_message(bytes, message).has_value() == fits);
        if (!fits) return;
        const auto payload = sides.reader(i).read_message(message);
        CHORD_CHECK(payload.has_value());
        CHORD_CHECK(std::equal(payload->begin(), payload->end(), bytes.begin(), bytes.end()));
    }
    CHORD_CHECK(sides.initiator.handshake_hash() == sides.responder.handshake_hash());
    const SessionCiphers a = sides.initiator.split();
    const SessionCiphers z = sides.responder.split();
    Raw message(bytes.begin(), bytes.end());
    CHORD_CHECK(!z.receive.decrypt(bytes.size(), {}, message).has_value());
    message.assign(bytes.begin(), bytes.end());
    message.resize(bytes.size() + kCipherTagBytes);
    CHORD_CHECK(a.send.encrypt(bytes.size(), {}, message).has_value());
    CHORD_CHECK(z.receive.decrypt(bytes.size(), {}, message).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::uint8_t choice = size > 0 ? data[0] : std::uint8_t{0};
    const std::span<const std::uint8_t> bytes = std::span(data, size).subspan(size > 0 ? 1 : 0);
    const Pattern& pattern = choice % 2 == 0 ? kIkPsk2 : kXxPsk3;
    const int what = (choice >> 1) % 8 % 3;
    if (what == 2) {
        carry(pattern, bytes);
        return 0;
    }
    const std::size_t index = std::size_t{choice} / 16 % pattern.messages.size();
    NoiseSides sides(pattern);
    sides.run_until(index);
    const Raw right = sides.write(index, testing::view("payload"));
    Raw sent(bytes.begin(), bytes.end());
    if (what == 1) {
        sent.resize(std::max(right.size(), bytes.size()));
        for (std::size_t i = 0; i < right.size(); ++i) sent[i] = static_cast<std::uint8_t>(sent[i] ^ right[i]);
    }
    receive(pattern, index, sent, right, sides);
    return 0;
}
