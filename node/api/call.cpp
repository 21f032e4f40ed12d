#include "node/api/call.hpp"

#include <string>

#include "node/api/argument.hpp"
#include "node/core/base/hash.hpp"

namespace chord::api {

void Call::read(BytesView key, Level level, Client::Callback<Found> done) {
    const Id id = key_id(key);
    const ReadOptions options = connection_->seen.demand(id, level, client().now());
    client().read(key, options, [weak = std::weak_ptr(connection_), id, done = std::move(done)](Result<Found> found) {
        const auto connection = weak.lock();
        if (connection && found && found->record) {
            const Record& record = *found->record;
            connection->seen.note(id, record.version, record.expires, connection->context.client.now());
        }
        done(std::move(found));
    });
}

void Call::write(Write write, Client::Callback<WriteReply> done) {
    if (write.level == Level::standard) write.level = connection_->write_level;
    const Time expires = write.ttl ? client().now() + *write.ttl : kNever;
    client().write(write, [weak = std::weak_ptr(connection_), key = write.key, expires,
                           done = std::move(done)](Result<WriteReply> reply) {
        const auto connection = weak.lock();
        if (connection && reply && reply->version != Version{}) {
            connection->seen.note(key_id(key), reply->version, expires, connection->context.client.now());
            connection->last_write = Connection::Written{key, reply->version};
        }
        done(std::move(reply));
    });
}

void Call::speak(Protocol protocol) {
    connection_->protocol = protocol;
    out = connection_->replies.writer(slot_, protocol);
}

void Call::wrong_arity(std::string_view verb) {
    std::string name(spec.name);
    if (!verb.empty()) name += '|' + std::string(verb);
    out.error("ERR wrong number of arguments for '" + name + "' command");
}

void Call::other_subcommand() {
    std::string upper(spec.name);
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (equals_ignoring_case(args[1], "help")) {
        out.array(2);
        out.simple(upper + ' ' + std::string(spec.arguments));
        return out.simple(spec.summary);
    }
    out.error("ERR unknown subcommand " + quoted(args[1]) + ". Try " + upper + " HELP.");
}

}  // namespace chord::api
