// The pattern table: sizes as the protocol notes have them, and is_sound refuses what must not be written down.
#include "net/noise/pattern.hpp"

#include <doctest/doctest.h>

#include "net/noise/hash.hpp"

namespace chord::net::noise {
namespace {

using enum Token;
using Message = std::span<const Token>;

TEST_CASE("noise_pattern: 96 and 48 bytes around the payloads of IKpsk2, 48, 96 and 64 of XXpsk3") {
    static_assert(kIkPsk2.messages.size() == 2 && kXxPsk3.messages.size() == 3);
    static_assert(message_overhead(kIkPsk2, 0) == 96 && message_overhead(kIkPsk2, 1) == 48);
    static_assert(message_overhead(kXxPsk3, 0) == 48 && message_overhead(kXxPsk3, 1) == 96);
    static_assert(message_overhead(kXxPsk3, 2) == 64);
    CHECK_LE(kIkPsk2.protocol_name.size(), kHashBytes);
    CHECK_LE(kXxPsk3.protocol_name.size(), kHashBytes);
}

template <std::size_t... Sizes>
bool sound(bool responder_known, const Token (&... messages)[Sizes]) {
    const Message table[] = {Message(messages)...};
    return is_sound({"", responder_known, table});
}

TEST_CASE("noise_pattern: is_sound") {
    const Token e_only[] = {e};
    const Token ik_second[] = {e, ee, se, psk};
    CHECK(sound(true, {e, es, s, ss}, {e, ee, se, psk}));
    CHECK(sound(false, {e, psk}, {e, ee}));
    CHECK_FALSE(is_sound({"", false, {}}));
    CHECK_FALSE(sound(false, {s, e}, ik_second));                   // s would be sent without a key
    CHECK_FALSE(sound(false, {psk, e}, {e, ee}));                   // nothing of this handshake in the key
    CHECK_FALSE(sound(false, e_only, {e, ee}));                     // no psk: then e gives no key (section 9.2)
    CHECK_FALSE(sound(false, e_only, {psk}));                       // the responder is never fresh
    CHECK_FALSE(sound(false, {e, es, s, ss}, ik_second));           // es: a key that the initiator does not know
    CHECK_FALSE(sound(true, {e, es, ss}, ik_second));               // ss: nor the responder this one
    CHECK_FALSE(sound(true, {e, ee, s}, ik_second));                // ee before there are two
    CHECK_FALSE(sound(true, {e, es}, ik_second));                   // se without s
    CHECK_FALSE(sound(true, {e, es, s, e}, ik_second));             // sent twice
    CHECK_FALSE(sound(true, {e, es, s, ss}, {e, ee, s, se, psk}));  // known and sent
    CHECK_FALSE(sound(true, {e, es, s, psk}, ik_second));           // mixed twice
}

}  // namespace
}  // namespace chord::net::noise
