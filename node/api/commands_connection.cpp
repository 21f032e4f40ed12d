// What clients say to get to know each other: PING, ECHO, HELLO, AUTH, SELECT, CLIENT, RESET, QUIT.
#include <algorithm>
#include <string>

#include "node/api/argument.hpp"
#include "node/api/call.hpp"
#include "node/api/redis_version.hpp"

namespace chord::api::commands {
namespace {

bool is_plain(BytesView text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

constexpr std::string_view kBadName = "ERR Client names cannot contain spaces, newlines or special characters.";

/// There is no password: the socket's mode and SO_PEERCRED decide. Any password fits the default user, as in Redis.
bool authenticate(Call& call, BytesView user) {
    if (user == "default") return true;
    call.out.error("WRONGPASS invalid username-password pair or user is disabled.");
    return false;
}

void greet(Call& call) {
    Connection& connection = call.connection();
    RespWriter out = call.out;
    out.map(7);
    out.bulk("server");
    out.bulk("chordd");
    out.bulk("version");
    out.bulk(kRedisVersion);
    out.bulk("proto");
    out.integer(static_cast<int>(connection.protocol));
    out.bulk("id");
    out.unsigned_integer(connection.id);
    out.bulk("mode");
    out.bulk("standalone");
    out.bulk("role");
    out.bulk("master");
    out.bulk("modules");
    out.array(0);
}

void client_info(Call& call) {
    const Connection& connection = call.connection();
    std::string text = "id=" + std::to_string(connection.id) + " addr=" + call.context().socket_path +
                       ":0 name=" + connection.name + " db=0 uid=" + std::to_string(connection.caller.uid) +
                       " admin=" + (connection.caller.admin ? "1" : "0") +
                       " resp=" + std::to_string(static_cast<int>(connection.protocol)) +
                       " lib-name=" + connection.library_name + " lib-ver=" + connection.library_version + "\n";
    call.out.verbatim(text);
}

void client_setinfo(Call& call) {
    const bool is_name = equals_ignoring_case(call.args[2], "lib-name");
    if (!is_name && !equals_ignoring_case(call.args[2], "lib-ver")) {
        return call.out.error("ERR Unrecognized option " + quoted(call.args[2]));
    }
    if (!is_plain(call.args[3])) {
        return call.out.error("ERR " + lower_case(call.args[2]) +
                              " cannot contain spaces, newlines or special characters.");
    }
    (is_name ? call.connection().library_name : call.connection().library_version) = call.args[3];
    call.out.simple("OK");
}

}  // namespace

void ping(Call& call) {
    if (call.args.size() > 2) return call.wrong_arity();
    const Connection& connection = call.connection();
    if (connection.protocol == Protocol::resp2 && !connection.watches.all(Watches::Kind::channels).empty()) {
        call.out.array(2);  // as Redis answers where only messages are expected
        call.out.bulk("pong");
        return call.out.bulk(call.args.size() == 2 ? call.args[1] : BytesView());
    }
    call.args.size() == 2 ? call.out.bulk(call.args[1]) : call.out.simple("PONG");
}

void echo(Call& call) {
    call.out.bulk(call.args[1]);
}

void quit(Call& call) {
    call.connection().closing = true;
    call.out.simple("OK");
}

void reset(Call& call) {
    call.connection().reset();
    call.out.simple("RESET");
}

void select(Call& call) {
    const auto index = parse_integer(call.args[1]);
    if (!index) return call.not_an_integer();
    if (*index != 0) return call.out.error("ERR DB index is out of range");
    call.out.simple("OK");
}

void auth(Call& call) {
    if (call.args.size() > 3) return call.syntax_error();
    if (call.args.size() == 2) {
        return call.out.error(
            "ERR AUTH <password> called without any password configured for the default user. Are you sure your "
            "configuration is correct?");
    }
    if (authenticate(call, call.args[1])) call.out.simple("OK");
}

/// HELLO [2|3 [AUTH user password] [SETNAME name]]: all of it takes effect, or nothing.
void hello(Call& call) {
    Protocol protocol = call.connection().protocol;
    if (call.args.size() > 1) {
        const auto version = parse_integer(call.args[1]);
        if (!version) return call.out.error("ERR Protocol version is not an integer or out of range");
        if (*version != 2 && *version != 3) return call.out.error("NOPROTO unsupported protocol version");
        protocol = *version == 2 ? Protocol::resp2 : Protocol::resp3;
    }
    std::optional<BytesView> name;
    for (std::size_t i = 2; i < call.args.size(); ++i) {
        const std::size_t more = call.args.size() - 1 - i;
        if (equals_ignoring_case(call.args[i], "auth") && more >= 2) {
            if (!authenticate(call, call.args[i + 1])) return;
            i += 2;
        } else if (equals_ignoring_case(call.args[i], "setname") && more >= 1) {
            name = call.args[++i];
            if (!is_plain(*name)) return call.out.error(kBadName);
        } else {
            return call.out.error("ERR Syntax error in HELLO option " + quoted(call.args[i]));
        }
    }
    if (name) call.connection().name = *name;
    call.speak(protocol);
    greet(call);
}

void client(Call& call) {
    const BytesView verb = call.args[1];
    const auto is = [&](std::string_view name, std::size_t arguments) {
        return equals_ignoring_case(verb, name) && call.args.size() == arguments;
    };
    Connection& connection = call.connection();
    if (is("id", 2)) return call.out.unsigned_integer(connection.id);
    if (is("info", 2)) return client_info(call);
    if (is("setinfo", 4)) return client_setinfo(call);
    if (is("no-evict", 3) || is("no-touch", 3)) return call.out.simple("OK");  // nothing is evicted or touched here
    if (is("getname", 2)) {
        return connection.name.empty() ? call.out.null() : call.out.bulk(connection.name);
    }
    if (is("setname", 3)) {
        if (!is_plain(call.args[2])) return call.out.error(kBadName);
        connection.name = call.args[2];
        return call.out.simple("OK");
    }
    for (const std::string_view known : {"id", "info", "setinfo", "no-evict", "no-touch", "getname", "setname"}) {
        if (equals_ignoring_case(verb, known)) return call.wrong_arity(known);
    }
    call.other_subcommand();
}

}  // namespace chord::api::commands
