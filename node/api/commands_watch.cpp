// CHORD.WATCH, CHORD.UNWATCH; and SUBSCRIBE, UNSUBSCRIBE and their pattern forms, as far as a ring can be honest about
// them: the keyspace channel of one key.
#include <array>
#include <string>
#include <string_view>

#include "node/api/argument.hpp"
#include "node/api/call.hpp"
#include "node/api/failure.hpp"
#include "node/api/version_text.hpp"

namespace chord::api::commands {
namespace {

using Kind = Watches::Kind;

constexpr std::string_view kChannelPrefix = "__keyspace@0__:";
constexpr std::array<std::string_view, 4> kEventNames{"set", "del", "expired", "resync"};  // by WatchEvent::Kind

std::string_view name_of(const WatchEvent& event) {
    return kEventNames[static_cast<std::size_t>(event.kind)];
}

/// A listener that lets write(RespWriter&, const WatchEvent&) tell the connection, as long as there is one.
template <typename Write>
WatchListener listener(const std::weak_ptr<Connection>& weak, Write write) {
    return [weak, write](const WatchEvent& event) {
        const auto connection = weak.lock();
        if (connection) connection->push([&](RespWriter& out) { write(out, event); });
    };
}

/// "subscribe", the channel and how many there are.
void confirm(RespWriter& out, std::string_view what, std::optional<BytesView> channel, std::size_t count) {
    out.push(3);
    out.bulk(what);
    channel ? out.bulk(*channel) : out.null();
    out.unsigned_integer(count);
}

}  // namespace

void chord_watch(Call& call) {
    if (call.connection().protocol == Protocol::resp2) {
        return call.out.error("NOPROTO CHORD.WATCH pushes: say HELLO 3 first, or SUBSCRIBE __keyspace@0__:<key>");
    }
    std::optional<Version> from;
    if (call.args.size() != 2) {
        if (call.args.size() != 4 || !equals_ignoring_case(call.args[2], "from")) return call.syntax_error();
        from = parse_version(call.args[3]);
        if (!from) return call.out.error("ERR a version is 16 hex digits, a dot, 16 hex digits; or 0 for none");
    }
    if (const auto problem = key_too_big(call.args[1].size())) return call.out.error(*problem);
    const Bytes key(call.args[1]);
    const auto tell = [key](RespWriter& out, const WatchEvent& event) {
        out.push(5);
        out.bulk("chord.event");
        out.bulk(key);
        out.bulk(name_of(event));
        out.bulk(version_text(event.version));
        event.kind == WatchEvent::Kind::set ? out.bulk(event.value) : out.null();
    };
    const Status begun = call.connection().watches.begin(Kind::keys, key, from, listener(call.weak_connection(), tell));
    if (!begun) return call.out.error(failure_text(begun.error()));
    call.out.simple("OK");
}

void chord_unwatch(Call& call) {
    std::uint64_t ended = 0;
    for (const BytesView key : call.args.subspan(1)) ended += call.connection().watches.end(Kind::keys, key) ? 1U : 0U;
    call.out.unsigned_integer(ended);
}

void subscribe(Call& call) {
    Watches& watches = call.connection().watches;
    for (const BytesView channel : call.args.subspan(1)) {
        if (channel.substr(0, kChannelPrefix.size()) != kChannelPrefix) {
            call.out.error("ERR there is no channel " + quoted(channel) + ": only __keyspace@0__:<key> of one key");
            continue;
        }
        const Bytes key(channel.substr(kChannelPrefix.size()));
        if (const auto problem = key_too_big(key.size())) {
            call.out.error(*problem);
            continue;
        }
        const auto tell = [name = Bytes(channel)](RespWriter& out, const WatchEvent& event) {
            out.push(3);
            out.bulk("message");
            out.bulk(name);
            out.bulk(name_of(event));
        };
        const Status begun = watches.begin(Kind::channels, key, std::nullopt, listener(call.weak_connection(), tell));
        if (begun) {
            confirm(call.out, "subscribe", channel, watches.all(Kind::channels).size());
        } else {
            call.out.error(failure_text(begun.error()));
        }
    }
}

void unsubscribe(Call& call) {
    Watches& watches = call.connection().watches;
    std::vector<Bytes> channels(call.args.begin() + 1, call.args.end());
    if (channels.empty()) {
        for (const auto& [key, id] : watches.all(Kind::channels)) channels.push_back(Bytes(kChannelPrefix) + key);
    }
    if (channels.empty()) confirm(call.out, "unsubscribe", std::nullopt, 0);
    for (const Bytes& channel : channels) {
        if (channel.substr(0, kChannelPrefix.size()) == kChannelPrefix) {
            watches.end(Kind::channels, BytesView(channel).substr(kChannelPrefix.size()));
        }
        confirm(call.out, "unsubscribe", channel, watches.all(Kind::channels).size());
    }
}

void psubscribe(Call& call) {
    call.out.error("ERR patterns cannot be watched, since no node knows all keys: SUBSCRIBE __keyspace@0__:<key>");
}

void punsubscribe(Call& call) {
    const std::size_t count = call.connection().watches.all(Kind::channels).size();
    if (call.args.size() == 1) confirm(call.out, "punsubscribe", std::nullopt, count);
    for (const BytesView pattern : call.args.subspan(1)) confirm(call.out, "punsubscribe", pattern, count);
}

}  // namespace chord::api::commands
