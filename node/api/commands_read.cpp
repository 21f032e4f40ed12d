// GET, STRLEN, TYPE, TTL, PTTL, EXISTS, MGET.
#include <algorithm>
#include <utility>

#include "node/api/call.hpp"
#include "node/api/gather.hpp"

namespace chord::api::commands {
namespace {

using MaybeRecord = std::optional<Record>;

/// Reads the command's one key and lets reply(RespWriter&, const MaybeRecord&) answer.
template <typename Reply>
void read_one(Call& call, Reply reply) {
    if (const auto problem = key_too_big(call.args[1].size())) return call.out.error(*problem);
    call.read(call.args[1], [deferred = call.defer(), reply](Result<Found> found) {
        deferred.finish([&](RespWriter& out) {
            if (!found) return out.error(failure_text(found.error()));
            reply(out, found->record);
        });
    });
}

/// Reads every key of the command and lets reply(RespWriter&, const std::vector<Found>&) answer.
template <typename Reply>
void read_all(Call& call, Reply reply) {
    for (const BytesView key : call.args.subspan(1)) {
        if (const auto problem = key_too_big(key.size())) return call.out.error(*problem);
    }
    std::vector<Bytes> keys(call.args.begin() + 1, call.args.end());
    const auto gather = std::make_shared<Gather<Found>>(call.defer(), std::move(keys), std::move(reply));
    for (std::size_t i = 1; i < call.args.size(); ++i) {
        call.read(call.args[i], Gather<Found>::callback(gather, i - 1));
    }
}

/// TTL and PTTL: -2 without a record, -1 without a lifetime, otherwise what remains, to the nearest `unit`.
void remaining(Call& call, Duration unit) {
    Client* client = &call.client();
    read_one(call, [client, unit](RespWriter& out, const MaybeRecord& found) {
        if (!found) return out.integer(-2);
        if (found->expires == kNever) return out.integer(-1);
        const Duration left = std::max(found->expires - client->now(), Duration(0));
        out.integer((left + unit / 2) / unit);
    });
}

}  // namespace

void get(Call& call) {
    read_one(call, [](RespWriter& out, const MaybeRecord& found) { found ? out.bulk(found->value) : out.null(); });
}

void string_length(Call& call) {
    read_one(call,
             [](RespWriter& out, const MaybeRecord& found) { out.unsigned_integer(found ? found->value.size() : 0); });
}

void type(Call& call) {
    read_one(call, [](RespWriter& out, const MaybeRecord& found) { out.simple(found ? "string" : "none"); });
}

void ttl(Call& call) {
    remaining(call, std::chrono::seconds(1));
}

void pttl(Call& call) {
    remaining(call, std::chrono::milliseconds(1));
}

void exists(Call& call) {
    read_all(call, [](RespWriter& out, const std::vector<Found>& found) {
        out.integer(std::count_if(found.begin(), found.end(), [](const Found& one) { return one.record.has_value(); }));
    });
}

void mget(Call& call) {
    read_all(call, [](RespWriter& out, const std::vector<Found>& found) {
        out.array(found.size());
        for (const Found& one : found) one.record ? out.bulk(one.record->value) : out.null();
    });
}

}  // namespace chord::api::commands
