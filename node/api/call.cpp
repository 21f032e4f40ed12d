#include "node/api/call.hpp"

#include <string>

#include "node/api/argument.hpp"

namespace chord::api {

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
