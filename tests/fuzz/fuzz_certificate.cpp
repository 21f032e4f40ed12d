// Arbitrary bytes as a certificate, a request, an admission file and a fleet list. Checked beside the absence of
// crashes: what is parsed is encoded as the same bytes, and nothing is let in that the fleet key did not sign.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "net/admission/admission_file.hpp"
#include "net/admission/armor.hpp"
#include "net/admission/fleet_credentials.hpp"
#include "node/core/base/check.hpp"
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
const Device& device() {
    static const Device made(2);
    return made;
}

Raw raw(View bytes) {
    return {bytes.begin(), bytes.end()};
}

void judge(View shown, bool is_right) {
    const ListKeeper list(fleet().key.public_key());
    FleetTime time(testing::kIssued, Time{});
    FleetCredentials credentials({fleet().key.public_key(), 8, 2}, list, time);
    credentials.open_desk(issuer_id(device().key.public_key()));
    const bool let_in = credentials.judge(shown, device().static_key.public_key()).has_value();
    CHORD_CHECK(let_in == is_right);
}

/// As they are. The corpus holds a right one, at each position; whatever else is let in must be signed.
void parse(View bytes) {
    if (const auto parsed = parse_certificate(bytes)) CHORD_CHECK(encode(*parsed) == raw(bytes));
    if (const auto shown = parse_shown_certificate(bytes)) {
        CHORD_CHECK(shown_form(shown->certificate, shown->position) == raw(bytes));
        judge(bytes, shown->certificate == fleet().admit(device()));
    }
    if (const auto request = read_request(bytes)) {
        CHORD_CHECK(request->sign_key != device().key.public_key() ||
                    sign_request(*request, device().key) == raw(bytes));
    }
    if (const auto list = read_list(bytes, fleet().key.public_key()))
        CHORD_CHECK(sign_list(*list, fleet().key) == raw(bytes));
    if (const auto opened = open_admission_file(bytes, device().static_key)) {
        CHORD_CHECK(is_issued_by(opened->file.certificate, opened->file.fleet_key));
    }
    (void)NetworkKeyring(fleet().key.public_key()).offer(bytes);
    const std::string text(bytes.begin(), bytes.end());
    if (!needs_passphrase(text)) (void)read_fleet_key(text);  // else it costs what it says, up to 1 GiB
    if (const auto carried = unarmored(kRequestArmor, text)) {
        CHORD_CHECK(unarmored(kRequestArmor, armored(kRequestArmor, *carried)) == carried);
    }
}

/// As changes to a right one: only another position leaves it right.
void change(View bytes) {
    static const Raw before = shown_form(fleet().admit(device()), 0);
    Raw shown = before;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        shown[i % shown.size()] = static_cast<std::uint8_t>(shown[i % shown.size()] ^ bytes[i]);
    }
    const bool same = shown[0] == before[0] && shown[1] < kPositionsMax &&
                      std::equal(shown.begin() + 2, shown.end(), before.begin() + 2);
    judge(shown, same);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const View bytes(data, size);
    parse(bytes);
    change(bytes);
    return 0;
}
