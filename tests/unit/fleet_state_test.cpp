#include "node/daemon/fleet_state.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <span>
#include <string>

#include "node/daemon/fleet_file.hpp"
#include "tests/support/fleet_parts.hpp"
#include "tests/support/temp_dir.hpp"

using namespace chord;
using namespace chord::daemon;
using namespace chord::testing;
using net::admission::FleetFiles;
using net::admission::FleetItem;
namespace fs = std::filesystem;

namespace {

DeviceKeys keys_of(const Device& device) {
    return {device.key.public_key(), device.static_key.public_key()};
}

Bytes text_of(std::span<const std::uint8_t> bytes) {
    return Bytes(bytes.begin(), bytes.end());
}

std::vector<std::uint8_t> network_keys(const Fleet& fleet, std::uint32_t number) {
    net::admission::NetworkKey key;
    key.number = number;
    key.key = net::noise::SecretKey::copy_of(rolled<32>(50 + number));
    net::admission::NetworkKeyring ring(fleet.key.public_key());
    REQUIRE(ring.offer(sign_network_key(key, fleet.key).bytes()));
    return ring.saved();
}

/// A device that was admitted, in a state directory.
struct Admitted {
    explicit Admitted(std::uint64_t fleet_number = 1) : fleet(fleet_number) {
        const net::admission::Invite made = invite(fleet, fleet.invite_terms());
        origin = {fleet.key.public_key(), "farm", made.bootstrap};
        files[FleetItem::certificate] = encode(fleet.admit(device));
        files[FleetItem::network_keys] = network_keys(fleet, 3);
        files[FleetItem::list] = fleet.signed_list();
        files[FleetItem::time_floor] = {0, 0, 0, 0, 9};
    }

    void create() const { REQUIRE_FALSE(create_fleet_state(dir.path(), origin, files)); }
    OrFault<FleetState> read() const { return read_fleet_state(dir.path(), keys_of(device)); }
    std::string file(const std::string& name) const { return dir.path() + "/fleet/" + name; }

    void refused(const std::string& phrase, const std::string& name) const {
        OrFault<FleetState> refusal = read();
        REQUIRE_FALSE(refusal);
        CHECK(refusal.fault().exit == Exit::needs_operator);
        const std::string& sentence = refusal.fault().sentence;
        CHECK_MESSAGE(sentence.find(phrase) != std::string::npos, sentence);
        CHECK_MESSAGE(sentence.find(file(name)) != std::string::npos, sentence);
    }

    test::TempDir dir;
    Fleet fleet;
    Device device{21};
    FleetOrigin origin;
    FleetFiles files;
};

}  // namespace

TEST_CASE("fleet state: what an admission writes is what the next start reads") {
    const Admitted one;
    CHECK_FALSE(has_fleet_state(one.dir.path()));
    one.create();
    CHECK(has_fleet_state(one.dir.path()));
    CHECK_FALSE(fs::exists(one.dir.path() + "/joining"));
    OrFault<FleetState> read = one.read();
    REQUIRE_MESSAGE(read, read.fault().sentence);
    CHECK(read->origin.fleet_key == one.fleet.key.public_key());
    CHECK(read->origin.name == "farm");
    CHECK(read->origin.bootstrap == one.origin.bootstrap);
    CHECK(encode(read->certificate) == one.files[FleetItem::certificate]);
    CHECK(read->files.items == one.files.items);
    CHECK(read->files[FleetItem::ledger].empty());
}

TEST_CASE("fleet state: each part is replaced by itself") {
    Admitted one;
    one.create();
    one.files[FleetItem::certificate] = encode(one.fleet.admit(one.device, "pump-2"));
    one.files[FleetItem::network_keys] = network_keys(one.fleet, 4);
    one.fleet.list.number = 9;
    one.files[FleetItem::list] = one.fleet.signed_list();
    one.files[FleetItem::time_floor] = {0, 0, 0, 1, 9};
    one.files[FleetItem::ledger] = {1, 0, 0};
    for (const FleetItem item :
         {FleetItem::certificate, FleetItem::network_keys, FleetItem::list, FleetItem::time_floor, FleetItem::ledger}) {
        OrFault<FleetState> before = one.read();
        REQUIRE(before);
        CHECK(before->files[item] != one.files[item]);
        REQUIRE_FALSE(save_fleet_item(one.dir.path(), one.fleet.network, item, one.files[item]));
        OrFault<FleetState> read = one.read();
        REQUIRE_MESSAGE(read, read.fault().sentence);
        CHECK(read->files[item] == one.files[item]);
    }
}

TEST_CASE("fleet state: a part that is missing, of another fleet or of another device is named") {
    for (const std::string name : {"fleet", "certificate", "network-keys"}) {
        const Admitted one;
        one.create();
        fs::remove(one.file(name));
        one.refused("is missing", name);
    }
    for (const std::string name : {"certificate", "network-keys", "list", "time"}) {
        const Admitted one;
        const Admitted other(2);
        one.create();
        other.create();
        fs::copy_file(other.file(name), one.file(name), fs::copy_options::overwrite_existing);
        one.refused("is of another fleet", name);
    }
    for (const std::string name : {"list", "time"}) {  // there may be none yet
        const Admitted one;
        one.create();
        fs::remove(one.file(name));
        OrFault<FleetState> read = one.read();
        CHECK_MESSAGE(read, read.fault().sentence);
    }
    const Admitted one;
    one.create();
    REQUIRE_FALSE(read_fleet_state(one.dir.path(), {Device(5).key.public_key(), one.device.static_key.public_key()}));
    OrFault<FleetState> other_static =
        read_fleet_state(one.dir.path(), {one.device.key.public_key(), Device(5).static_key.public_key()});
    REQUIRE_FALSE(other_static);
    CHECK(other_static.fault().sentence.find("another static key") != std::string::npos);
}

TEST_CASE("fleet state: content that nobody could have written is damaged, though its check be right") {
    const auto refuses = [](FleetFile file, const std::string& name, const Bytes& content) {
        const Admitted one;
        one.create();
        REQUIRE_FALSE(write_fleet_file(one.dir.path() + "/fleet", file, one.fleet.network, content));
        one.refused("is damaged", name);
    };
    refuses(FleetFile::fleet, "fleet", "nonsense");
    // The key of another network than the head says.
    refuses(FleetFile::fleet, "fleet", text_of(Fleet(2).key.public_key()) + Bytes(2, '\0'));
    refuses(FleetFile::certificate, "certificate", "nonsense");
    for (const Bytes& content : {Bytes("nonsense"), Bytes()}) {
        refuses(FleetFile::network_keys, "network-keys", content);
        refuses(FleetFile::list, "list", content);
        refuses(FleetFile::time, "time", content);
        refuses(FleetFile::invite_ledger, "invite-ledger", content);
    }
    // Signed, but not by the fleet key.
    refuses(FleetFile::list, "list", text_of(sign_list(Fleet(1).list, signing_key(99))));
    refuses(FleetFile::network_keys, "network-keys", text_of(network_keys(Fleet(2), 3)));
}

TEST_CASE("fleet state: a directory that others may write to is refused") {
    const Admitted one;
    one.create();
    REQUIRE(chmod((one.dir.path() + "/fleet").c_str(), 0770) == 0);
    OrFault<FleetState> read = one.read();
    REQUIRE_FALSE(read);
    CHECK(read.fault().sentence.find("chmod go-w " + one.dir.path() + "/fleet") != std::string::npos);
}

TEST_CASE("fleet state: an invite waits for its admission and is gone with it") {
    const Admitted one;
    const std::string path = one.dir.path() + "/joining/invite";
    REQUIRE(read_pending_invite(one.dir.path()));
    const net::admission::Invite made = invite(one.fleet, one.fleet.invite_terms());
    REQUIRE_FALSE(save_pending_invite(one.dir.path(), made));
    CHECK_FALSE(has_fleet_state(one.dir.path()));
    OrFault<std::optional<net::admission::Invite>> pending = read_pending_invite(one.dir.path());
    REQUIRE(pending);
    REQUIRE(pending->has_value());
    CHECK((*pending)->secret == made.secret);
    CHECK((*pending)->token == made.token);

    one.create();
    CHECK(has_fleet_state(one.dir.path()));
    CHECK_FALSE(fs::exists(path));
    CHECK_FALSE(fs::exists(one.file("invite")));
    CHECK_FALSE((*read_pending_invite(one.dir.path())).has_value());
}

TEST_CASE("fleet state: a power cut between admission and the invite's end leaves a member, and no invite") {
    const Admitted one;
    one.create();
    REQUIRE_FALSE(save_pending_invite(one.dir.path(), invite(one.fleet, one.fleet.invite_terms())));
    fs::copy_file(one.dir.path() + "/joining/invite", one.file("invite"));
    REQUIRE(one.read());
    CHECK_FALSE(fs::exists(one.file("invite")));
    CHECK_FALSE(fs::exists(one.dir.path() + "/joining"));
}

TEST_CASE("fleet state: what an admission that was cut short left behind does not get into the next") {
    const Admitted one;
    const Admitted other(2);
    other.create();
    fs::create_directory(one.dir.path() + "/joining");
    fs::copy_file(other.file("list"), one.dir.path() + "/joining/list");
    FleetFiles bare;
    bare[FleetItem::certificate] = one.files[FleetItem::certificate];
    bare[FleetItem::network_keys] = one.files[FleetItem::network_keys];
    REQUIRE_FALSE(create_fleet_state(one.dir.path(), one.origin, bare));
    OrFault<FleetState> read = one.read();
    REQUIRE_MESSAGE(read, read.fault().sentence);
    CHECK(read->files.items == bare.items);
}

TEST_CASE("fleet state: a pending invite that is damaged is a fault, one that is dropped is gone") {
    const Admitted one;
    REQUIRE_FALSE(save_pending_invite(one.dir.path(), invite(one.fleet, one.fleet.invite_terms())));
    const std::string path = one.dir.path() + "/joining/invite";
    fs::resize_file(path, fs::file_size(path) - 1);
    OrFault<std::optional<net::admission::Invite>> pending = read_pending_invite(one.dir.path());
    REQUIRE_FALSE(pending);
    CHECK(pending.fault().sentence.find(path + " is damaged; remove it and run chordctl join again") !=
          std::string::npos);
    drop_pending_invite(one.dir.path());
    CHECK_FALSE(fs::exists(one.dir.path() + "/joining"));
    CHECK((*read_pending_invite(one.dir.path())).has_value() == false);
}
