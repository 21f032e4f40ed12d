#include "node/api/command_table.hpp"

#include <algorithm>
#include <array>

#include "node/api/argument.hpp"
#include "node/api/call.hpp"
#include "node/core/base/check.hpp"

namespace chord::api {
namespace {

constexpr std::string_view kSplitNote =
    "Decided by the key's owner: atomic while the ring is one ring, not across a split.";
constexpr std::string_view kLevelNote =
    "one, quorum or all of the key's holders, or default: what the owner says, and W holders for a write. A level is "
    "never lowered: NOQUORUM if too few answer.";
constexpr std::string_view kWatchNote =
    "In order and once for each key. resync: something may have been missed, as after a change of the key's owner; "
    "what "
    "stands now follows if it is something else.";
constexpr std::string_view kOneDatabase = "There is one database, number 0.";
constexpr std::string_view kNotInTrialMode = "Answers NOFLEET in a ring with a network key file.";
constexpr std::uint8_t kRead = kReadonly | kFast;

// name, arity, flags, first key, last key, step, handler, group, arguments, since, summary, deviation
constexpr std::array<CommandSpec, 55> kTable{{
    {"auth", -2, kFast, 0, 0, 0, commands::auth, "connection", "[username] password", "0.1.0",
     "Authenticates the connection.", "There is no password: the socket's mode and the caller's uid decide."},
    {"chord.admit", -2, kAdmin, 0, 0, 0, commands::chord_admit, "chord",
     "request [NAME name] [TAG tag] [LIFETIME seconds]", "0.1.0",
     "Admits the device of a request: gives the file with which it enters the fleet.",
     "Only where the fleet's list delegates it."},
    {"chord.certs", -1, kReadonly, 0, 0, 0, commands::chord_certs, "chord", "[ALL]", "0.1.0",
     "Lists the certificates of this node and of those it let in, or of the whole ring.",
     "ALL walks the ring and asks each node, for up to 30 s; a silent one is listed without a certificate."},
    {"chord.conflicts", -1, kReadonly, 0, 0, 0, commands::chord_conflicts, "chord", "[key]", "0.1.0",
     "Lists the losers of concurrent writes, of one key or of all, that this node has seen overwritten.",
     "In memory: the newest 64 since the start. After a split, ask the nodes that CHORD.LOOKUP names for the key."},
    {"chord.del", -2, kWrite, 1, 1, 1, commands::chord_del, "chord", "key [IFEQ value | IFVER version] [LEVEL level]",
     "0.1.0", "Deletes a key, and tells the version of the delete and how many nodes have it on disk.", kSplitNote},
    {"chord.fingers", 1, kReadonly, 0, 0, 0, commands::chord_fingers, "chord", "", "0.1.0",
     "Lists this node's fingers: the nodes at growing distances along the ring.", ""},
    {"chord.fleet", 1, kReadonly, 0, 0, 0, commands::chord_fleet, "chord", "", "0.1.0",
     "Tells this device's fleet, its certificate and its standing, and the number of the fleet's list.",
     kNotInTrialMode},
    {"chord.fleetkey", -2, kAdmin | kSecret, 0, 0, 0, commands::chord_fleetkey, "chord", "SET record|HELP", "0.1.0",
     "Takes a new network key, signed by the fleet key, and passes it on to the ring.", kNotInTrialMode},
    {"chord.fleetlist", -2, kAdmin, 0, 0, 0, commands::chord_fleetlist, "chord", "GET|SET list|HELP", "0.1.0",
     "Gives the fleet's signed list, or takes a newer one and passes it on to the ring.",
     "Signed by the fleet key, which no node holds: chordctl revoke makes the next list."},
    {"chord.get", -2, kRead, 1, 1, 1, commands::chord_get, "chord", "key [LEVEL level]", "0.1.0",
     "Tells the value of a key with its version, remaining lifetime and writer, and who said so.", kLevelNote},
    {"chord.invite", -1, kAdmin, 0, 0, 0, commands::chord_invite, "chord",
     "[EX seconds] [USES n] [TAG tag] [LIFETIME seconds]", "0.1.0",
     "Makes an invite that this node signs, redeems and counts.",
     "Only where the fleet's list delegates it; the reply is a secret."},
    {"chord.join", 2, kAdmin | kSecret, 0, 0, 0, commands::chord_join, "chord", "invite|file", "0.1.0",
     "Enters a fleet by an invite or an admission file; with such a file a member also renews its certificate.",
     "Takes up to 30 s. After TIMEOUT the device goes on trying by itself."},
    {"chord.leave", 1, kAdmin | kRing, 0, 0, 0, commands::chord_leave, "chord", "", "0.1.0",
     "Hands the keys over and leaves the ring; the daemon goes on.", ""},
    {"chord.level", -1, kFast, 0, 0, 0, commands::chord_level, "chord", "[read write]", "0.1.0",
     "Tells or sets the levels at which this connection reads and writes.", kLevelNote},
    {"chord.lookup", 2, kReadonly | kRing, 0, 0, 0, commands::chord_lookup, "chord", "key", "0.1.0",
     "Tells which nodes hold a key, whether it exists or not.", ""},
    {"chord.put", -3, kWrite, 1, 1, 1, commands::chord_put, "chord",
     "key value [NX | XX | IFEQ value | IFVER version] [EX seconds | PX milliseconds] [LEVEL level]", "0.1.0",
     "Sets a key as SET does, and tells the version and how many nodes have it on disk.", kSplitNote},
    {"chord.renew", 1, kAdmin, 0, 0, 0, commands::chord_renew, "chord", "", "0.1.0",
     "Asks a delegated node for a new certificate now.", "Nodes renew by themselves after two thirds of the life."},
    {"chord.request", -1, kAdmin, 0, 0, 0, commands::chord_request, "chord", "[NAME name] [TAG tag]", "0.1.0",
     "Gives this device's signed request to be admitted, as text to be carried to the fleet key.", kNotInTrialMode},
    {"chord.ring", -1, kReadonly | kRing, 0, 0, 0, commands::chord_ring, "chord", "[COUNT count | CHECK]", "0.1.0",
     "Walks along the ring and lists its nodes, or checks that they form one ring.", ""},
    {"chord.session", -1, kFast, 0, 0, 0, commands::chord_session, "chord", "[token]", "0.1.0",
     "Gives what this connection has seen as a token, or takes over that of another connection.",
     "A connection reads nothing older than it has seen: of the 64 keys used last, for an hour."},
    {"chord.status", 1, kReadonly, 0, 0, 0, commands::chord_status, "chord", "", "0.1.0",
     "Tells the state of this node, its neighbours, its keys and its traffic.", ""},
    {"chord.trace", 2, kReadonly | kRing, 0, 0, 0, commands::chord_trace, "chord", "key", "0.1.0",
     "Looks a key's owner up and tells every node asked on the way.", ""},
    {"chord.unwatch", -2, kFast, 0, 0, 0, commands::chord_unwatch, "chord", "key [key ...]", "0.1.0",
     "Ends watches of keys, and tells how many there were.", ""},
    {"chord.watch", -2, kReadonly | kRing, 1, 1, 1, commands::chord_watch, "chord", "key [FROM version]", "0.1.0",
     "Pushes chord.event key set|del|expired|resync version value for each change of a key.", kWatchNote},
    {"client", -2, 0, 0, 0, 0, commands::client, "connection", "ID|GETNAME|SETNAME|SETINFO|INFO|NO-EVICT|NO-TOUCH|HELP",
     "0.1.0", "Tells or sets properties of this connection.", "Other connections cannot be seen."},
    {"command", -1, 0, 0, 0, 0, commands::command, "server", "COUNT|DOCS|GETKEYS|INFO|LIST|HELP", "0.1.0",
     "Tells about the commands.", "Without a subcommand as with INFO."},
    {"config", -2, 0, 0, 0, 0, commands::config, "server", "GET|HELP", "0.1.0", "Tells the settings.",
     "Settings are changed in the configuration file, not with CONFIG SET."},
    {"del", -2, kWrite, 1, -1, 1, commands::del, "generic", "key [key ...]", "0.1.0", "Deletes keys.",
     "Keys are deleted independently of each other; the count is of those that existed at their owners."},
    {"delifeq", 3, kWrite | kFast, 1, 1, 1, commands::delifeq, "string", "key value", "0.1.0",
     "Deletes a key if its value is this one.", kSplitNote},
    {"echo", 2, kFast, 0, 0, 0, commands::echo, "connection", "message", "0.1.0", "Gives the message back.", ""},
    {"exists", -2, kRead, 1, -1, 1, commands::exists, "generic", "key [key ...]", "0.1.0",
     "Tells how many of the keys exist.", "Keys are read independently of each other."},
    {"get", 2, kRead, 1, 1, 1, commands::get, "string", "key", "0.1.0", "Tells the value of a key.",
     "Null only when the holders agree that there is no such key; otherwise TRYAGAIN or TIMEOUT."},
    {"hello", -1, kFast, 0, 0, 0, commands::hello, "connection",
     "[protover [AUTH username password] [SETNAME clientname]]", "0.1.0", "Greets, and chooses RESP2 or RESP3.", ""},
    {"info", -1, 0, 0, 0, 0, commands::info, "server", "[section ...]", "0.1.0", "Tells about the daemon as text.",
     "The keyspace section counts the keys that this node owns, not those of the ring."},
    {"mget", -2, kRead, 1, -1, 1, commands::mget, "string", "key [key ...]", "0.1.0", "Tells the values of keys.",
     "Keys are read independently of each other; if one cannot be read, the reply is one error that names it."},
    {"mset", -3, kWrite, 1, -1, 2, commands::mset, "string", "key value [key value ...]", "0.1.0", "Sets keys.",
     "MSET is not atomic: keys are written independently of each other, and the error of a partial failure names "
     "those that failed."},
    {"ping", -1, kFast | kPubsub, 0, 0, 0, commands::ping, "connection", "[message]", "0.1.0",
     "Answers PONG, or the message.", ""},
    {"psetex", 4, kWrite, 1, 1, 1, commands::psetex, "string", "key milliseconds value", "0.1.0",
     "Sets a key with a lifetime in milliseconds.", ""},
    {"psubscribe", -2, kPubsub, 0, 0, 0, commands::psubscribe, "pubsub", "pattern [pattern ...]", "0.1.0",
     "Is refused.", "No node knows all keys."},
    {"pttl", 2, kRead, 1, 1, 1, commands::pttl, "generic", "key", "0.1.0",
     "Tells a key's remaining lifetime in milliseconds.",
     "Lifetimes count down on each holder; clocks need not agree."},
    {"punsubscribe", -1, kPubsub, 0, 0, 0, commands::punsubscribe, "pubsub", "[pattern ...]", "0.1.0",
     "Ends subscriptions to patterns, of which there are none.", ""},
    {"quit", -1, kFast | kPubsub, 0, 0, 0, commands::quit, "connection", "", "0.1.0", "Closes the connection.", ""},
    {"reset", 1, kFast | kPubsub, 0, 0, 0, commands::reset, "connection", "", "0.1.0",
     "Puts the connection back to RESP2 and without a name.", ""},
    {"select", 2, kFast, 0, 0, 0, commands::select, "connection", "index", "0.1.0", "Chooses the database.",
     kOneDatabase},
    {"set", -3, kWrite, 1, 1, 1, commands::set, "string",
     "key value [NX | XX | IFEQ value | IFVER version] [EX seconds | PX milliseconds] [LEVEL level]", "0.1.0",
     "Sets a key; ends when enough nodes have it on disk.", kSplitNote},
    {"setex", 4, kWrite, 1, 1, 1, commands::setex, "string", "key seconds value", "0.1.0",
     "Sets a key with a lifetime in seconds.", ""},
    {"setnx", 3, kWrite, 1, 1, 1, commands::setnx, "string", "key value", "0.1.0", "Sets a key that does not exist.",
     kSplitNote},
    {"strlen", 2, kRead, 1, 1, 1, commands::string_length, "string", "key", "0.1.0", "Tells the length of a value.",
     ""},
    {"subscribe", -2, kPubsub, 0, 0, 0, commands::subscribe, "pubsub", "channel [channel ...]", "0.1.0",
     "Tells of changes of a key on the channel __keyspace@0__:<key>: set, del, expired, resync.", kWatchNote},
    {"time", 1, kFast, 0, 0, 0, commands::time, "server", "", "0.1.0", "Tells the device's wall clock.",
     "Nothing in the ring depends on it being right."},
    {"ttl", 2, kRead, 1, 1, 1, commands::ttl, "generic", "key", "0.1.0", "Tells a key's remaining lifetime in seconds.",
     "Lifetimes count down on each holder; clocks need not agree."},
    {"type", 2, kRead, 1, 1, 1, commands::type, "generic", "key", "0.1.0", "Tells the type of a value.",
     "There are strings only."},
    {"unlink", -2, kWrite, 1, -1, 1, commands::del, "generic", "key [key ...]", "0.1.0", "Deletes keys, as DEL.",
     "Keys are deleted independently of each other; the count is of those that existed at their owners."},
    {"unsubscribe", -1, kPubsub, 0, 0, 0, commands::unsubscribe, "pubsub", "[channel ...]", "0.1.0",
     "Ends subscriptions to channels, or all of them.", ""},
    {"wait", 3, 0, 0, 0, 0, commands::wait, "generic", "numreplicas timeout", "0.1.0",
     "Waits until so many replicas have this connection's last write on disk, and tells how many have.",
     "Of the last key written only; a timeout of 0, for ever in Redis, is ten minutes."},
}};

}  // namespace

std::span<const CommandSpec> command_table() {
    return kTable;
}

const CommandSpec* find_command(BytesView name) {
    constexpr std::size_t kNameMax = 16;  // longer than every name
    if (name.size() > kNameMax) return nullptr;
    const std::string wanted = lower_case(name);
    const auto place = std::lower_bound(kTable.begin(), kTable.end(), wanted,
                                        [](const CommandSpec& spec, std::string_view one) { return spec.name < one; });
    return place != kTable.end() && place->name == wanted ? &*place : nullptr;
}

bool arity_fits(const CommandSpec& spec, std::size_t arguments) {
    const auto count = static_cast<int>(arguments);
    return spec.arity >= 0 ? count == spec.arity : count >= -spec.arity;
}

KeyRange key_range(const CommandSpec& spec, std::size_t arguments) {
    CHORD_CHECK(arity_fits(spec, arguments));
    if (spec.first_key == 0) return {};
    const int last = spec.last_key >= 0 ? spec.last_key : static_cast<int>(arguments) + spec.last_key;
    return {static_cast<std::size_t>(spec.first_key), static_cast<std::size_t>(last) + 1,
            static_cast<std::size_t>(spec.key_step)};
}

}  // namespace chord::api
