// Call: one command being run. A handler either writes its reply into `out` or calls defer() and gives the reply later.
#pragma once

#include <memory>
#include <span>

#include "node/api/command_table.hpp"
#include "node/api/connection.hpp"

namespace chord::api {

class Call {
public:
    Call(const std::shared_ptr<Connection>& connection, const CommandSpec& command,
         std::span<const BytesView> arguments, ReplyQueue::Slot slot)
        : spec(command), args(arguments), out(connection->replies.writer(slot)), connection_(connection), slot_(slot) {}

    const CommandSpec& spec;
    /// The command's name and its arguments; they end with the handler.
    const std::span<const BytesView> args;
    RespWriter out;

    Connection& connection() { return *connection_; }
    std::weak_ptr<Connection> weak_connection() const { return connection_; }
    ApiContext& context() { return connection_->context; }
    Client& client() { return connection_->context.client; }

    /// Reads at the connection's level, unless another is named, and nothing older than the connection has seen.
    void read(BytesView key, Client::Callback<Found> done) { read(key, connection_->read_level, std::move(done)); }
    void read(BytesView key, Level level, Client::Callback<Found> done);
    /// Writes at the connection's level, unless the write names another.
    void write(Write write, Client::Callback<WriteReply> done);

    /// The reply comes later; `out` must not be used any more.
    Deferred defer() {
        deferred_ = true;
        return {connection_, slot_};
    }
    bool deferred() const { return deferred_; }

    /// Switches the connection to `protocol`, from this reply on.
    void speak(Protocol protocol);

    /// Of the command, or of its subcommand `verb`.
    void wrong_arity(std::string_view verb = {});
    void syntax_error() { out.error("ERR syntax error"); }
    void not_an_integer() { out.error("ERR value is not an integer or out of range"); }
    /// Answers HELP, and everything else that the handler does not know.
    void other_subcommand();

private:
    const std::shared_ptr<Connection>& connection_;
    ReplyQueue::Slot slot_;
    bool deferred_ = false;
};

/// The handlers, each in the file of its group.
namespace commands {
void auth(Call& call);
void client(Call& call);
void echo(Call& call);
void hello(Call& call);
void ping(Call& call);
void quit(Call& call);
void reset(Call& call);
void select(Call& call);

void command(Call& call);
void config(Call& call);
void info(Call& call);
void time(Call& call);

void exists(Call& call);
void get(Call& call);
void mget(Call& call);
void pttl(Call& call);
void string_length(Call& call);
void ttl(Call& call);
void type(Call& call);

void del(Call& call);
void delifeq(Call& call);
void mset(Call& call);
void psetex(Call& call);
void set(Call& call);
void setex(Call& call);
void setnx(Call& call);
void wait(Call& call);

void chord_admit(Call& call);
void chord_certs(Call& call);
void chord_conflicts(Call& call);
void chord_del(Call& call);
void chord_fingers(Call& call);
void chord_fleet(Call& call);
void chord_fleetkey(Call& call);
void chord_fleetlist(Call& call);
void chord_get(Call& call);
void chord_invite(Call& call);
void chord_join(Call& call);
void chord_leave(Call& call);
void chord_level(Call& call);
void chord_lookup(Call& call);
void chord_put(Call& call);
void chord_renew(Call& call);
void chord_request(Call& call);
void chord_ring(Call& call);
void chord_session(Call& call);
void chord_status(Call& call);
void chord_trace(Call& call);
void chord_unwatch(Call& call);
void chord_watch(Call& call);

void psubscribe(Call& call);
void punsubscribe(Call& call);
void subscribe(Call& call);
void unsubscribe(Call& call);
}  // namespace commands

}  // namespace chord::api
