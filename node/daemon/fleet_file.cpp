#include "node/daemon/fleet_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "net/admission/fleet_list.hpp"
#include "net/admission/invite_ledger.hpp"
#include "node/core/base/hash.hpp"
#include "node/host/file_descriptor.hpp"
#include "node/host/secret_file.hpp"

namespace chord::daemon {
namespace {

using net::admission::NetworkId;

constexpr std::string_view kFamily = "chord";
constexpr char kVersion = '1';
constexpr std::size_t kHeadBytes = 8 + 16;
constexpr std::size_t kCheckBytes = 8;

constexpr const char* kAdmitAgain =
    "restore it from a backup; or stop chordd, move the directory 'fleet' away and let the device be admitted anew "
    "(chordctl join)";

struct Kind {
    FleetFile file;
    const char* name;
    const char* what;
    std::string_view letters;
    std::size_t content_max;
    const char* remedy;
};

constexpr std::array<Kind, 7> kKinds{{
    {FleetFile::fleet, "fleet", "fleet file", "fl", 512, kAdmitAgain},
    {FleetFile::certificate, "certificate", "certificate file", "ce", 512, kAdmitAgain},
    {FleetFile::network_keys, "network-keys", "network keys file", "nk", 512, kAdmitAgain},
    {FleetFile::list, "list", "fleet list file", "li", net::admission::kFleetListBytesMax,
     "move it away: the node gets the list from the next member that it meets"},
    {FleetFile::time, "time", "time floor file", "ti", 64, "move it away: the node learns the time from the others"},
    {FleetFile::invite_ledger, "invite-ledger", "invite ledger file", "le", net::admission::InviteLedger::kBytesMax,
     "revoke the invites that this node counts (chordctl revoke), then move it away; an older copy would let them be "
     "used twice"},
    {FleetFile::invite, "invite", "invite file", "iv", 1024, "remove it and run chordctl join again"},
}};

constexpr const Kind& kind_of(FleetFile file) {
    return kKinds[static_cast<std::size_t>(file)];
}
static_assert(std::all_of(kKinds.begin(), kKinds.end(), [](const Kind& kind) { return &kind_of(kind.file) == &kind; }));

Bytes check_of(BytesView content) {
    const auto digest = hash256({content}).bytes();
    return Bytes(digest.begin(), digest.begin() + kCheckBytes);
}

}  // namespace

Bytes encode_fleet_file(FleetFile file, const NetworkId& network, BytesView content) {
    Bytes bytes;
    bytes.reserve(kHeadBytes + content.size() + kCheckBytes);  // grows once, so that no freed block keeps a secret
    bytes.append(kFamily).append(kind_of(file).letters).push_back(kVersion);
    bytes.append(network.begin(), network.end());
    bytes.append(content);
    bytes.append(check_of(bytes));
    return bytes;
}

std::optional<FleetFileContent> decode_fleet_file(FleetFile file, BytesView bytes, std::string& why) {
    const std::size_t version_at = kFamily.size() + kind_of(file).letters.size();
    if (!bytes.starts_with(kFamily) || bytes.substr(kFamily.size(), 2) != kind_of(file).letters) {
        why = "was not written by chordd";
        return std::nullopt;
    }
    const bool is_later = bytes.size() > version_at && bytes[version_at] > kVersion && bytes[version_at] <= '9';
    if (is_later) {
        why = "was written by a later chordd";
        return std::nullopt;
    }
    const bool is_whole =
        bytes.size() >= kHeadBytes + kCheckBytes && bytes[version_at] == kVersion &&
        bytes.substr(bytes.size() - kCheckBytes) == check_of(bytes.substr(0, bytes.size() - kCheckBytes));
    if (!is_whole) {
        why = "is damaged";
        return std::nullopt;
    }
    FleetFileContent decoded;
    const BytesView network = bytes.substr(version_at + 1, decoded.network.size());
    std::copy(network.begin(), network.end(), decoded.network.begin());
    decoded.content = bytes.substr(kHeadBytes, bytes.size() - kHeadBytes - kCheckBytes);
    return decoded;
}

OrFault<std::optional<FleetFileContent>> read_fleet_file(const std::string& directory, FleetFile file) {
    const Kind& kind = kind_of(file);
    OrFault<std::optional<Bytes>> bytes =
        read_secret_file(kind.what, directory + "/" + kind.name, kHeadBytes + kind.content_max + kCheckBytes);
    if (!bytes) return bytes.fault();
    if (!bytes->has_value()) return std::optional<FleetFileContent>();
    std::string why;
    std::optional<FleetFileContent> content = decode_fleet_file(file, **bytes, why);
    wipe(**bytes);
    if (!content) return bad_fleet_file(directory, file, why);
    return content;
}

std::optional<Fault> write_fleet_file(const std::string& directory, FleetFile file, const NetworkId& network,
                                      BytesView content) {
    const Kind& kind = kind_of(file);
    CHORD_CHECK(content.size() <= kind.content_max);
    Bytes bytes = encode_fleet_file(file, network, content);
    std::optional<Fault> fault = replace_secret_file(kind.what, directory, kind.name, bytes);
    wipe(bytes);
    return fault;
}

void wipe_fleet_file(const std::string& directory, FleetFile file) {
    const std::string path = directory + "/" + kind_of(file).name;
    {
        // What the flash keeps of the old blocks is out of our hands; what the file system shows is not.
        const FileDescriptor open_file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
        struct stat status {};
        if (open_file && ::fstat(open_file.number(), &status) == 0 && S_ISREG(status.st_mode)) {
            const Bytes zeros(static_cast<std::size_t>(std::clamp<off_t>(status.st_size, 0, 4096)), '\0');
            static_cast<void>(::write(open_file.number(), zeros.data(), zeros.size()) >= 0 &&
                              ::fsync(open_file.number()) == 0);
        }
    }
    ::unlink(path.c_str());
}

Fault bad_fleet_file(const std::string& directory, FleetFile file, const std::string& why) {
    const Kind& kind = kind_of(file);
    return Fault{Exit::needs_operator,
                 std::string("the ") + kind.what + " " + directory + "/" + kind.name + " " + why + "; " + kind.remedy};
}

}  // namespace chord::daemon
