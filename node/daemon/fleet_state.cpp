#include "node/daemon/fleet_state.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "net/admission/fleet_list.hpp"
#include "net/admission/invite_ledger.hpp"
#include "net/admission/network_keyring.hpp"
#include "node/daemon/fleet_file.hpp"
#include "node/daemon/state_dir.hpp"
#include "node/host/file_descriptor.hpp"
#include "node/host/secret_file.hpp"

namespace chord::daemon {
namespace {

using namespace net::admission;

constexpr std::size_t kOriginBytesMax = 32 + 1 + kNameBytesMax + kBootstrapBytesMax;

struct Part {
    FleetItem item;
    FleetFile file;
    bool needed;
};
constexpr std::array<Part, 5> kParts{{
    {FleetItem::certificate, FleetFile::certificate, true},
    {FleetItem::network_keys, FleetFile::network_keys, true},
    {FleetItem::list, FleetFile::list, false},
    {FleetItem::time_floor, FleetFile::time, false},
    {FleetItem::ledger, FleetFile::invite_ledger, false},
}};
static_assert(kParts.size() == kFleetItemNames.size());

FleetFile file_of(FleetItem item) {
    for (const Part& part : kParts)
        if (part.item == item) return part.file;
    CHORD_CHECK(false);
}

View view_of(BytesView bytes) {
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

BytesView bytes_of(View view) {
    return {reinterpret_cast<const char*>(view.data()), view.size()};
}

std::vector<std::uint8_t> encode_origin(const FleetOrigin& origin) {
    return encoded<kOriginBytesMax>([&](net::Writer& writer) {
        writer.bytes(origin.fleet_key);
        write_label(writer, origin.name);
        write_bootstrap(writer, origin.bootstrap);
    });
}

std::optional<FleetOrigin> decode_origin(const FleetFileContent& file) {
    net::Reader reader(view_of(file.content));
    FleetOrigin origin;
    origin.fleet_key = read_array<32>(reader);
    origin.name = read_label(reader, kNameBytesMax);
    origin.bootstrap = read_bootstrap(reader);
    if (!reader.finish() || origin.network() != file.network) return std::nullopt;
    return origin;
}

/// What is wrong with the certificate for this device; empty if nothing.
std::string certificate_problem(const Certificate& certificate, const NetworkId& network, const DeviceKeys& own) {
    if (certificate.network != network) return "is of another fleet";
    if (certificate.sign_key != own.sign_key) return "is made out for another identity than this device's";
    if (certificate.static_key != own.static_key) return "is made out for another static key than this device's";
    return {};
}

/// Reads one part into `into`; what stands in its way.
std::optional<Fault> read_part(const std::string& directory, const Part& part, const NetworkId& network,
                               std::vector<std::uint8_t>& into) {
    OrFault<std::optional<FleetFileContent>> read = read_fleet_file(directory, part.file);
    if (!read) return read.fault();
    if (!read->has_value()) {
        if (part.needed) return bad_fleet_file(directory, part.file, "is missing");
        return std::nullopt;
    }
    Bytes& content = (*read)->content;
    const bool is_ours = (*read)->network == network;
    if (is_ours) into.assign(content.begin(), content.end());
    wipe(content);
    if (!is_ours) return bad_fleet_file(directory, part.file, "is of another fleet");
    if (into.empty()) return bad_fleet_file(directory, part.file, "is damaged");
    return std::nullopt;
}

/// Whether the item's content is what its owner in net/admission writes; the certificate's is looked at by itself.
bool is_sound(FleetItem item, const std::vector<std::uint8_t>& content, const VerifyKey& fleet_key) {
    if (content.empty()) return true;  // there is none
    switch (item) {
        case FleetItem::certificate: return parse_certificate(content).has_value();
        case FleetItem::list: return read_list(content, fleet_key).has_value();
        case FleetItem::network_keys: {
            NetworkKeyring ring(fleet_key);
            return ring.restore(content) && !ring.keys().empty();
        }
        case FleetItem::time_floor: {
            net::Reader reader(content);
            read_seconds(reader);
            return reader.finish().has_value();
        }
        case FleetItem::ledger: return InviteLedger::open(content, {}).has_value();
    }
    return false;
}

std::optional<Fault> sync_directory(const std::string& path) {
    const FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
    if (!folder || ::fsync(folder.number()) != 0) return system_fault("cannot write to the directory " + path, errno);
    return std::nullopt;
}

/// Removes what an admission that was cut short may have left in `directory`.
void wipe_parts(const std::string& directory) {
    wipe_fleet_file(directory, FleetFile::fleet);
    for (const Part& part : kParts) wipe_fleet_file(directory, part.file);
}

}  // namespace

FleetState::~FleetState() {
    std::vector<std::uint8_t>& keys = files[FleetItem::network_keys];
    sodium_memzero(keys.data(), keys.size());
}

std::string fleet_directory(const std::string& state_dir) {
    return state_dir + "/fleet";
}

std::string joining_directory(const std::string& state_dir) {
    return state_dir + "/joining";
}

bool has_fleet_state(const std::string& state_dir) {
    struct stat status {};
    // Whatever else keeps it from being looked at will be said when it is read.
    return ::lstat(fleet_directory(state_dir).c_str(), &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

OrFault<FleetState> read_fleet_state(const std::string& state_dir, const DeviceKeys& own) {
    const std::string directory = fleet_directory(state_dir);
    if (std::optional<Fault> fault = prepare_state_dir(directory)) return *fault;

    OrFault<std::optional<FleetFileContent>> fleet = read_fleet_file(directory, FleetFile::fleet);
    if (!fleet) return fleet.fault();
    if (!fleet->has_value()) return bad_fleet_file(directory, FleetFile::fleet, "is missing");
    std::optional<FleetOrigin> origin = decode_origin(**fleet);
    if (!origin) return bad_fleet_file(directory, FleetFile::fleet, "is damaged");
    const NetworkId network = origin->network();

    FleetState state;
    state.origin = std::move(*origin);
    for (const Part& part : kParts) {
        std::vector<std::uint8_t>& content = state.files[part.item];
        if (std::optional<Fault> fault = read_part(directory, part, network, content)) return *fault;
        if (!is_sound(part.item, content, state.origin.fleet_key))
            return bad_fleet_file(directory, part.file, "is damaged");
    }
    Result<SignedCertificate> certificate = parse_certificate(state.files[FleetItem::certificate]);
    const std::string problem = certificate_problem(certificate->content, network, own);
    if (!problem.empty()) return bad_fleet_file(directory, FleetFile::certificate, problem);
    state.certificate = std::move(*certificate);

    wipe_fleet_file(directory, FleetFile::invite);
    drop_pending_invite(state_dir);
    return state;
}

Fault bad_fleet_item(const std::string& state_dir, FleetItem item) {
    return bad_fleet_file(fleet_directory(state_dir), file_of(item), "is damaged");
}

std::optional<Fault> create_fleet_state(const std::string& state_dir, const FleetOrigin& origin,
                                        const FleetFiles& files) {
    const std::string joining = joining_directory(state_dir);
    const NetworkId network = origin.network();
    if (std::optional<Fault> fault = prepare_state_dir(joining)) return fault;
    wipe_parts(joining);
    std::optional<Fault> fault = write_fleet_file(joining, FleetFile::fleet, network, bytes_of(encode_origin(origin)));
    for (const Part& part : kParts) {
        if (fault) return fault;
        CHORD_CHECK(!part.needed || !files[part.item].empty());
        if (!files[part.item].empty())
            fault = write_fleet_file(joining, part.file, network, bytes_of(files[part.item]));
    }
    if (fault) return fault;
    const std::string fleet = fleet_directory(state_dir);
    if (std::rename(joining.c_str(), fleet.c_str()) != 0)
        return system_fault("cannot make the directory " + fleet, errno);
    fault = sync_directory(state_dir);
    wipe_fleet_file(fleet, FleetFile::invite);
    return fault;
}

std::optional<Fault> save_fleet_item(const std::string& state_dir, const NetworkId& network, FleetItem item,
                                     View content) {
    return write_fleet_file(fleet_directory(state_dir), file_of(item), network, bytes_of(content));
}

OrFault<std::optional<Invite>> read_pending_invite(const std::string& state_dir) {
    const std::string directory = joining_directory(state_dir);
    OrFault<std::optional<FleetFileContent>> read = read_fleet_file(directory, FleetFile::invite);
    if (!read) return read.fault();
    if (!read->has_value()) return std::optional<Invite>();
    Bytes& text = (*read)->content;
    Result<Invite> invite = read_invite(text);
    wipe(text);
    if (!invite) return bad_fleet_file(directory, FleetFile::invite, "is damaged");
    return std::optional<Invite>(std::move(*invite));
}

std::optional<Fault> save_pending_invite(const std::string& state_dir, const Invite& invite) {
    const std::string directory = joining_directory(state_dir);
    if (std::optional<Fault> fault = prepare_state_dir(directory)) return fault;
    if (std::optional<Fault> fault = sync_directory(state_dir)) return fault;
    std::string text = invite_text(invite);
    std::optional<Fault> fault = write_fleet_file(directory, FleetFile::invite, network_id(invite.fleet_key), text);
    wipe(text);
    return fault;
}

void drop_pending_invite(const std::string& state_dir) {
    const std::string directory = joining_directory(state_dir);
    wipe_fleet_file(directory, FleetFile::invite);
    wipe_parts(directory);
    ::rmdir(directory.c_str());
}

}  // namespace chord::daemon
