// CHORD.GET, CHORD.PUT, CHORD.CONFLICTS: values with what the ring knows about them.
#include <algorithm>

#include "node/api/failure.hpp"
#include "node/api/view_writer.hpp"
#include "node/api/write_options.hpp"

namespace chord::api::commands {

void chord_get(Call& call) {
    if (const auto problem = key_too_big(call.args[1].size())) return call.out.error(*problem);
    Client* client = &call.client();
    client->get(call.args[1], [client, deferred = call.defer()](Result<std::optional<Record>> found) {
        deferred.finish([&](RespWriter& out) {
            if (!found) return out.error(failure_text(found.error()));
            if (!*found) return out.null();
            const Record& record = **found;
            out.map(4);
            write_pair(out, "value", record.value);
            write_pair(out, "version", version_text(record.version));
            out.bulk("ttl_ms");
            if (record.expires == kNever) {
                out.null();
            } else {
                const Duration left = std::max(record.expires - client->now(), Duration(0));
                out.integer(std::chrono::duration_cast<std::chrono::milliseconds>(left).count());
            }
            write_pair(out, "writer_uid", record.writer_uid);
        });
    });
}

void chord_put(Call& call) {
    auto made = parse_write(call);
    if (const auto* complaint = std::get_if<Complaint>(&made)) return call.out.error(complaint->text);
    call.client().write(std::get<Write>(std::move(made)), [deferred = call.defer()](Result<WriteReply> done) {
        deferred.finish([&](RespWriter& out) {
            if (!done && done.error() == Error::condition_failed) return out.null();
            if (!done) return out.error(failure_text(done.error()));
            out.map(4);
            write_pair(out, "version", version_text(done->version));
            out.bulk("existed");
            out.boolean(done->existed);
            write_pair(out, "copies", done->copies);
            write_pair(out, "holders", done->holders);
        });
    });
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
