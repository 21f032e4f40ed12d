// Arbitrary bytes as an invite's string, its token and what a guest shows. Checked beside the absence of crashes: what
// is read is written as the same, and no change to a right invite is honoured.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "net/admission/armor.hpp"
#include "net/admission/invite_desk.hpp"
#include "node/core/base/check.hpp"
#include "node/core/base/hash.hpp"
#include "tests/support/fleet_parts.hpp"

namespace {

using namespace chord;
using namespace chord::net::admission;
using chord::testing::Device;
using chord::testing::Fleet;
using Raw = std::vector<std::uint8_t>;

const Fleet& fleet() {
    static const Fleet made;
    return made;
}

Standing standing(const InviteToken& token) {
    const VerifyKey key = fleet().key.public_key();
    const FleetTime time(testing::kIssued, Time{});
    return standing_of(token, {key, fleet().list, time, Time{}});
}

const InviteToken& right_token() {
    static const InviteToken made = testing::invite(fleet(), fleet().invite_terms()).token;
    return made;
}
const net::noise::PublicKey& static_key() {
    static const net::noise::PublicKey made = Device(2).static_key.public_key();
    return made;
}

void parse(View bytes) {
    const Raw raw(bytes.begin(), bytes.end());
    if (const auto token = parse_token(bytes)) {
        CHORD_CHECK(encode(*token) == raw);
        CHORD_CHECK((standing(*token) == Standing::admitted) == (*token == right_token()));
    }
    (void)parse_shown_invite(bytes, static_key());
    const std::string text(bytes.begin(), bytes.end());
    if (const auto invite = read_invite(text)) {
        const auto again = read_invite(invite_text(*invite));
        CHORD_CHECK(again.has_value() && again->token == invite->token && again->bootstrap == invite->bootstrap);
    }
    if (const auto carried = from_base32(text)) CHORD_CHECK(from_base32(base32(*carried)) == carried);
    CHORD_CHECK(from_base32(base32(bytes)) == raw);
    (void)InviteLedger::open(bytes, [](View) -> Status { return Success{}; });
}

/// As changes to what a guest shows: none is honoured.
void change(View bytes) {
    static const Raw before = shown_form(right_token(), testing::invite_secret(), static_key());
    Raw shown = before;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        shown[i % shown.size()] = static_cast<std::uint8_t>(shown[i % shown.size()] ^ bytes[i]);
    }
    CHORD_CHECK(parse_shown_invite(shown, static_key()).has_value() == (shown == before));
}

/// With a right checksum behind them they are a payload like any other.
void seal(View bytes) {
    static const std::string right = invite_text(testing::invite(fleet(), fleet().invite_terms()));
    Raw payload = *from_base32(right.substr(right.rfind(':') + 1));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::uint8_t& byte = payload[i % payload.size()];
        byte = static_cast<std::uint8_t>(byte ^ bytes[i]);
    }
    payload.resize(payload.size() - 4);
    const auto digest = hash256({"chordd invite text", "farm",
                                 BytesView(reinterpret_cast<const char*>(payload.data()), payload.size())})
                            .bytes();
    payload.insert(payload.end(), digest.begin(), digest.begin() + 4);
    if (const auto invite = read_invite("chord1:farm:" + base32(payload))) {
        CHORD_CHECK(invite_text(*invite) == "chord1:farm:" + base32(payload));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const View bytes(data, size < 4096 ? size : 4096);
    parse(bytes);
    change(bytes);
    seal(bytes);
    return 0;
}
