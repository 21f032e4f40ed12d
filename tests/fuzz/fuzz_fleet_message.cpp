// Arbitrary bytes as messages of the fleet, from a member. Checked beside the absence of crashes: what is parsed is
// encoded as the same bytes, every question is answered by a message, and nothing that comes in changes the list or the
// keys.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "net/admission/fleet_member.hpp"
#include "tests/support/fleet_parts.hpp"
#include "tests/support/test_identity.hpp"

namespace {

using namespace chord;
using namespace chord::net::admission;
using chord::testing::Device;
using chord::testing::Fleet;

const Fleet& fleet() {
    static const Fleet made;
    return made;
}

struct NoDisk final : FleetSaves {
    Status save(FleetItem, View) override { return Success{}; }
};

/// Asks are answered with the same bytes again, so that these come in as answers too.
struct Echo final : FleetPeers {
    void ask(CallId id, const Peer& to, View) override { asked.emplace_back(id, to); }
    std::vector<Peer> contacts() const override { return {}; }
    std::vector<Peer> known() const override { return {}; }
    void close(const Id&) override {}
    void expel(const Id&) override {}
    void use_network_keys(std::span<const net::noise::SecretKey* const>, std::size_t) override {}
    std::vector<std::pair<CallId, Peer>> asked;
};

void play(View bytes) {
    const Device own(1);
    const Device other(2);
    FleetFiles files;
    files[FleetItem::certificate] = encode(fleet().admit(own));
    files[FleetItem::list] = fleet().signed_list();
    const auto key = sign_network_key({1, net::noise::SecretKey::copy_of(testing::rolled<32>(1))}, fleet().key);
    files[FleetItem::network_keys].assign(key.bytes().begin(), key.bytes().end());
    NoDisk disk;
    Echo peers;
    auto opened = FleetMember::open({.fleet_key = fleet().key.public_key(), .seed = 1}, own.key, files, disk, Time{});
    CHORD_CHECK(opened.has_value());
    FleetMember& member = **opened;
    member.attach(peers);
    member.begin_turn(Time{}, {testing::kIssued, true});
    const auto credentials = member.identity(testing::key_pair(1), 1, test_dice(1)).credentials;
    const auto id = credentials->judge(shown_form(fleet().admit(other), 0), other.static_key.public_key());
    CHORD_CHECK(id.has_value());
    const Peer peer{*id, {}};

    CHORD_CHECK(parse_fleet_response(member.on_request(peer, bytes)).has_value());
    CHORD_CHECK(parse_fleet_response(member.on_request(Peer{}, bytes)).has_value());
    const auto hello = encode(FleetRequest(Hello{900, 0, 900, false, std::nullopt}));
    CHORD_CHECK(parse_fleet_response(member.on_request(peer, hello)).has_value());
    for (int round = 0; round < 40 && !peers.asked.empty(); ++round) {
        for (const auto& [call, to] : std::exchange(peers.asked, {})) member.on_answer(call, to, bytes);
    }
    member.tick();
    CHORD_CHECK(member.status().list_number == 1);
    CHORD_CHECK(member.status().network_keys == std::vector<std::uint32_t>{1});
    CHORD_CHECK(member.is_in());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const View bytes(data, size);
    const std::vector<std::uint8_t> same(bytes.begin(), bytes.end());
    if (const auto request = parse_fleet_request(bytes)) CHORD_CHECK(encode(*request) == same);
    if (const auto response = parse_fleet_response(bytes)) {
        const auto* refused = std::get_if<Refused>(&*response);
        // An error number of a later version is read as another one.
        CHORD_CHECK(refused != nullptr || encode(*response) == same);
    }
    play(bytes);
    return 0;
}
