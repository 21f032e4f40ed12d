// SET, SETNX, SETEX, PSETEX, MSET, DEL, UNLINK, DELIFEQ and WAIT.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "node/api/argument.hpp"
#include "node/api/gather.hpp"
#include "node/api/write_options.hpp"
#include "node/core/base/hash.hpp"

namespace chord::api::commands {
namespace {

using Made = std::variant<Write, Complaint>;

/// Runs the write and lets reply(RespWriter&, bool written) answer; a condition that did not hold is no failure.
template <typename Reply>
void write_one(Call& call, Made made, Reply reply) {
    if (const auto* complaint = std::get_if<Complaint>(&made)) return call.out.error(complaint->text);
    call.write(std::get<Write>(std::move(made)), [deferred = call.defer(), reply](Result<WriteReply> done) {
        deferred.finish([&](RespWriter& out) {
            if (!done && done.error() != Error::condition_failed) return out.error(failure_text(done.error()));
            reply(out, done.has_value());
        });
    });
}

/// Runs all writes at the same time. REQUIRES: no key twice.
void write_all(Call& call, std::vector<Write> writes, Gather<WriteReply>::Reply reply) {
    std::vector<Bytes> keys;
    keys.reserve(writes.size());
    for (const Write& write : writes) keys.push_back(write.key);
    const auto gather = std::make_shared<Gather<WriteReply>>(call.defer(), std::move(keys), std::move(reply));
    for (std::size_t i = 0; i < writes.size(); ++i) {
        call.write(std::move(writes[i]), Gather<WriteReply>::callback(gather, i));
    }
}

void reply_ok_or_null(RespWriter& out, bool written) {
    written ? out.simple("OK") : out.null();
}

/// SETEX and PSETEX: `key lifetime value`.
void set_with_lifetime(Call& call, Duration unit) {
    auto lifetime = parse_lifetime(call.args[2], unit, call.spec.name);
    if (const auto* complaint = std::get_if<Complaint>(&lifetime)) return call.out.error(complaint->text);
    Made made = plain_write(call, call.args[1], call.args[3]);
    if (auto* write = std::get_if<Write>(&made)) write->ttl = std::get<Duration>(lifetime);
    write_one(call, std::move(made), reply_ok_or_null);
}

}  // namespace

void set(Call& call) {
    write_one(call, parse_write(call), reply_ok_or_null);
}

void delifeq(Call& call) {
    Made made = plain_write(call, call.args[1], {});
    if (auto* write = std::get_if<Write>(&made)) {
        write->tombstone = true;
        write->condition = Condition::if_equal;
        write->expected_value = hash256({call.args[2]});
    }
    write_one(call, std::move(made), [](RespWriter& out, bool written) { out.integer(written ? 1 : 0); });
}

void wait(Call& call) {
    const auto wanted = parse_integer(call.args[1]);
    const auto patience = parse_integer(call.args[2]);
    if (!wanted || !patience) return call.not_an_integer();
    if (*wanted < 0 || *patience < 0) return call.out.error("ERR timeout is negative");
    const auto& last = call.connection().last_write;
    if (!last || *wanted == 0) return call.out.integer(0);
    constexpr std::int64_t kDay = 24 * 60 * 60 * 1000;  // the node ends it before
    const Duration longest = std::chrono::milliseconds(*patience == 0 ? kDay : std::min(*patience, kDay));
    call.client().await_copies(last->key, last->version, static_cast<std::size_t>(*wanted), longest,
                               [deferred = call.defer()](Result<std::size_t> copies) {
                                   deferred.finish([&](RespWriter& out) {
                                       if (!copies) return out.error(failure_text(copies.error()));
                                       out.unsigned_integer(*copies);
                                   });
                               });
}

void setnx(Call& call) {
    Made made = plain_write(call, call.args[1], call.args[2]);
    if (auto* write = std::get_if<Write>(&made)) write->condition = Condition::if_absent;
    write_one(call, std::move(made), [](RespWriter& out, bool written) { out.integer(written ? 1 : 0); });
}

void setex(Call& call) {
    set_with_lifetime(call, std::chrono::seconds(1));
}

void psetex(Call& call) {
    set_with_lifetime(call, std::chrono::milliseconds(1));
}

void mset(Call& call) {
    if (call.args.size() % 2 == 0) return call.wrong_arity();
    std::vector<Write> writes;
    std::unordered_map<BytesView, std::size_t> places;  // a key given twice gets its last value, as in Redis
    for (std::size_t i = 1; i < call.args.size(); i += 2) {
        Made made = plain_write(call, call.args[i], call.args[i + 1]);
        if (const auto* complaint = std::get_if<Complaint>(&made)) return call.out.error(complaint->text);
        const auto [place, is_new] = places.emplace(call.args[i], writes.size());
        if (is_new) writes.emplace_back();
        writes[place->second] = std::get<Write>(std::move(made));
    }
    write_all(call, std::move(writes), [](RespWriter& out, const std::vector<WriteReply>&) { out.simple("OK"); });
}

void del(Call& call) {
    std::vector<BytesView> keys(call.args.begin() + 1, call.args.end());
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    std::vector<Write> writes;
    for (const BytesView key : keys) {
        Made made = plain_write(call, key, {});
        if (const auto* complaint = std::get_if<Complaint>(&made)) return call.out.error(complaint->text);
        std::get<Write>(made).tombstone = true;
        writes.push_back(std::get<Write>(std::move(made)));
    }
    write_all(call, std::move(writes), [](RespWriter& out, const std::vector<WriteReply>& replies) {
        out.integer(std::count_if(replies.begin(), replies.end(), [](const WriteReply& one) { return one.existed; }));
    });
}

}  // namespace chord::api::commands
