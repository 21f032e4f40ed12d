#include "node/cli/fleet/verbs_fleet.hpp"

#include <array>

namespace chord::cli {
namespace {

using std::chrono::seconds;

constexpr Flag kFleet{"--fleet", "NAME", "which fleet key; not needed while there is one"};
constexpr Flag kPassphraseFile{"--passphrase-file", "FILE", "take the passphrase from its first line (mode 0600)"};
constexpr Flag kTrustClock{"--trust-clock", "", "sign although this machine's clock looks wrong"};
constexpr Flag kList{"--list", "FILE", "a list to go on from, carried here from a node"};
constexpr Flag kOut{"--out", "FILE", "write what was signed to FILE and give it to no node"};
constexpr Flag kForce{"--force", "", "sign although a later list of this key is missing, and lose what it said"};
constexpr Flag kName{"--name", "NAME", "the device's name"};
constexpr Flag kTag{"--tag", "TAG", "the device's tag"};
constexpr Flag kLifetime{"--lifetime", "T", "how long a certificate counts: 90d"};
constexpr Flag kBootstrap{"--bootstrap", "ADDR,...", "where the device may knock: up to four addresses of nodes"};

constexpr std::array kInit{
    Flag{"--passphrase", "", "ask for a passphrase that locks the key"},
    kPassphraseFile,
};
constexpr std::array kShow{kFleet, kPassphraseFile};
constexpr std::array kRotate{Flag{"--resend", "", "make no new key: give the newest once more"}, kOut, kFleet,
                             kPassphraseFile, kTrustClock};
constexpr std::array kDelegate{Flag{"--roles", "ROLES", "roles that it may grant: inviter,admin"},
                               Flag{"--tag", "TAG", "it may admit devices with this tag only"},
                               Flag{"--lifetime", "T", "the longest certificate that it may issue (90d)"},
                               Flag{"--until", "DATE|T", "until when it may issue (366d)"},
                               kList,
                               kOut,
                               kForce,
                               kFleet,
                               kPassphraseFile,
                               kTrustClock};
constexpr std::array kUndelegate{kList, kOut, kForce, kFleet, kPassphraseFile, kTrustClock};
constexpr std::array kRevoke{Flag{"--reason", "WHY", "lost, stolen or left"},
                             Flag{"--invite", "NUMBER", "the invite of this number, and whoever came in by it"},
                             kList,
                             kOut,
                             kForce,
                             kFleet,
                             kPassphraseFile,
                             kTrustClock};
constexpr std::array kAdmit{kName,
                            kTag,
                            Flag{"--roles", "ROLES", "inviter, admin (rarely needed)"},
                            Flag{"--lifetime", "T", "how long the certificate counts (366d)"},
                            kBootstrap,
                            Flag{"--node", "", "let the local node admit it, without a fleet key"},
                            kFleet,
                            kPassphraseFile,
                            kTrustClock};
constexpr std::array kRenew{kLifetime, kBootstrap, kFleet, kPassphraseFile, kTrustClock};
constexpr std::array kInvite{Flag{"--uses", "N", "how many devices (1)"},
                             Flag{"--ttl", "T", "how long the invite counts (2d)"},
                             kTag,
                             kLifetime,
                             kBootstrap,
                             Flag{"--counter", "DEVICE|any", "the inviter that redeems and counts it"},
                             Flag{"--qr", "", "also as a QR code"},
                             Flag{"--node", "", "let the local node make and count it, without a fleet key"},
                             kFleet,
                             kPassphraseFile,
                             kTrustClock};
constexpr std::array kWishes{kName, kTag};
constexpr std::array kCerts{Flag{"--all", "", "walk the ring and ask every node"}};
constexpr std::array kNodeList{Flag{"--out", "FILE", "write the list to FILE"}};

constexpr std::array<Verb, 15> kVerbs{{
    {"fleet init", "NAME", "begin a fleet: make its key on this machine", kInit, 1, 1, seconds(5), false,
     fleet_verb::init},
    {"fleet show", "", "the fleet of the key on this machine, and what was admitted with it", kShow, 0, 0, seconds(5),
     false, fleet_verb::show},
    {"fleet status",
     "",
     "this device's fleet, certificate and standing",
     {},
     0,
     0,
     seconds(5),
     false,
     fleet_verb::status},
    {"invite", "", "make an invite: a string for new devices", kInvite, 0, 0, seconds(40), false, fleet_verb::invite},
    {"join", "INVITE|FILE|-", "enter a fleet by an invite, or by a file that admit made", kWishes, 1, 1, seconds(40),
     false, fleet_verb::join},
    {"request", "", "this device's request to be admitted, for admit", kWishes, 0, 0, seconds(5), false,
     fleet_verb::request},
    {"admit", "REQUEST|-", "admit the device of a request; prints the file for its join", kAdmit, 1, 1, seconds(5),
     false, fleet_verb::admit},
    {"certs", "", "certificates of this node and of whom it let in", kCerts, 0, 0, seconds(40), false,
     fleet_verb::certs},
    {"renew", "DEVICE", "a new life for a device's certificate; prints the file for its join", kRenew, 1, 1,
     seconds(40), false, fleet_verb::renew},
    {"revoke", "[DEVICE]", "shut a device or an invite out", kRevoke, 0, 1, seconds(60), false, fleet_verb::revoke},
    {"fleet delegate", "DEVICE", "let a device admit others: redeem invites, renew", kDelegate, 1, 1, seconds(60),
     false, fleet_verb::delegate},
    {"fleet undelegate", "DEVICE", "end that; what it issued lives on", kUndelegate, 1, 1, seconds(60), false,
     fleet_verb::undelegate},
    {"fleet rotate-key", "", "a new network key for the whole ring", kRotate, 0, 0, seconds(20), false,
     fleet_verb::rotate_key},
    {"fleet list", "get|set [FILE]", "the fleet's signed list: from the node, or to it", kNodeList, 1, 2, seconds(10),
     false, fleet_verb::list},
    {"fleet key",
     "set FILE",
     "give the node a network key that rotate-key --out wrote",
     {},
     2,
     2,
     seconds(10),
     false,
     fleet_verb::key},
}};

}  // namespace

std::span<const Verb> fleet_verbs() {
    return kVerbs;
}

}  // namespace chord::cli
