// CHORD.GET, CHORD.PUT, CHORD.DEL, CHORD.CONFLICTS: values with what the ring knows about them. CHORD.LEVEL and
// CHORD.SESSION: what the connection asks of all its reads and writes.
#include <algorithm>

#include "node/api/argument.hpp"
#include "node/api/failure.hpp"
#include "node/api/level_text.hpp"
#include "node/api/version_text.hpp"
#include "node/api/view_writer.hpp"
#include "node/api/write_options.hpp"

namespace chord::api::commands {

namespace {

void write_found(RespWriter& out, const Found& found, Time now) {
    const Record& record = *found.record;
    out.map(7);
    write_pair(out, "value", record.value);
    write_pair(out, "version", version_text(record.version));
    out.bulk("ttl_ms");
    if (record.expires == kNever) {
        out.null();
    } else {
        const Duration left = std::max(record.expires - now, Duration(0));
        out.integer(std::chrono::duration_cast<std::chrono::milliseconds>(left).count());
    }
    write_pair(out, "writer_uid", record.writer_uid);
    write_pair(out, "served_by", found.served_by.id.hex());
    write_pair(out, "agree", found.agree);
    write_pair(out, "answers", found.answers);
}

void write_version(RespWriter& out, const WriteReply& reply) {
    out.map(4);
    write_pair(out, "version", version_text(reply.version));
    out.bulk("existed");
    out.boolean(reply.existed);
    write_pair(out, "copies", reply.copies);
    write_pair(out, "holders", reply.holders);
}

/// Runs the write; null when its condition did not hold.
void write_and_tell(Call& call, Write write) {
    call.write(std::move(write), [deferred = call.defer()](Result<WriteReply> done) {
        deferred.finish([&](RespWriter& out) {
            if (!done && done.error() == Error::condition_failed) return out.null();
            if (!done) return out.error(failure_text(done.error()));
            write_version(out, *done);
        });
    });
}

}  // namespace

void chord_get(Call& call) {
    if (const auto problem = key_too_big(call.args[1].size())) return call.out.error(*problem);
    Level level = call.connection().read_level;
    if (call.args.size() > 2) {
        if (call.args.size() != 4 || !equals_ignoring_case(call.args[2], "level")) return call.syntax_error();
        const auto named = parse_level(call.args[3]);
        if (!named) return call.out.error(kBadLevel);
        level = *named;
    }
    Client* client = &call.client();
    call.read(call.args[1], level, [client, deferred = call.defer()](Result<Found> found) {
        deferred.finish([&](RespWriter& out) {
            if (!found) return out.error(failure_text(found.error()));
            found->record ? write_found(out, *found, client->now()) : out.null();
        });
    });
}

void chord_put(Call& call) {
    auto made = parse_write(call);
    if (const auto* complaint = std::get_if<Complaint>(&made)) return call.out.error(complaint->text);
    write_and_tell(call, std::get<Write>(std::move(made)));
}

void chord_del(Call& call) {
    auto made = plain_write(call, call.args[1], {});
    if (const auto* complaint = std::get_if<Complaint>(&made)) return call.out.error(complaint->text);
    auto& write = std::get<Write>(made);
    write.tombstone = true;
    if (const auto complaint = parse_options(call, 2, write)) return call.out.error(complaint->text);
    write_and_tell(call, std::move(write));
}

void chord_level(Call& call) {
    Connection& connection = call.connection();
    if (call.args.size() == 3) {
        const auto read = parse_level(call.args[1]);
        const auto write = parse_level(call.args[2]);
        if (!read || !write) return call.out.error(kBadLevel);
        connection.read_level = *read;
        connection.write_level = *write;
    } else if (call.args.size() != 1) {
        return call.wrong_arity();
    }
    call.out.map(2);
    write_pair(call.out, "read", level_text(connection.read_level));
    write_pair(call.out, "write", level_text(connection.write_level));
}

void chord_session(Call& call) {
    if (call.args.size() > 2) return call.wrong_arity();
    const Time now = call.client().now();
    if (call.args.size() == 1) return call.out.bulk(call.connection().seen.text(now));
    if (!call.connection().seen.adopt(call.args[1], now)) return call.out.error("ERR not a session token");
    call.out.simple("OK");
}

void chord_conflicts(Call& call) {
    if (call.args.size() > 2) return call.syntax_error();
    std::vector<Conflict> listed = call.client().conflicts();
    if (call.args.size() == 2) {
        std::erase_if(listed, [&](const Conflict& one) { return one.loser.key != call.args[1]; });
    }
    call.out.array(listed.size());
    for (const Conflict& one : listed) {
        call.out.map(6);
        write_pair(call.out, "key", one.loser.key);
        call.out.bulk("value");
        one.loser.tombstone ? call.out.null() : call.out.bulk(one.loser.value);
        call.out.bulk("deleted");
        call.out.boolean(one.loser.tombstone);
        write_pair(call.out, "version", version_text(one.loser.version));
        write_pair(call.out, "winner", version_text(one.winner));
        write_pair(call.out, "writer_uid", one.loser.writer_uid);
    }
}

}  // namespace chord::api::commands
