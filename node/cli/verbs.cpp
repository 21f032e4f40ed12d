#include "node/cli/verbs.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <vector>

#include "node/cli/fleet/verbs_fleet.hpp"
#include "node/cli/help.hpp"
#include "node/cli/json.hpp"
#include "node/cli/show.hpp"
#include "node/cli/text.hpp"

namespace chord::cli {
namespace {

using api::Reply;
using Kind = Reply::Kind;

Failure unexpected(std::string_view command) {
    return {ExitCode::protocol, "the daemon's answer to " + std::string(command) + " has another shape than expected"};
}

/// Asks, refuses an answer that is not of `kind`, and prints it: as JSON under `name`, or with `show` where there is
/// one.
Outcome<Reply> ask_and_print(Call& call, const std::vector<std::string>& command, Kind kind, std::string_view name,
                             std::string (*show)(const Reply&, bool)) {
    Outcome<Reply> answer = call.session.ask(command);
    const Reply* const reply = std::get_if<Reply>(&answer);
    if (reply == nullptr) return answer;
    if (!reply->is(kind)) return unexpected(command.front());
    if (call.line.json) {
        call.console.out = json_object(name, *reply) + "\n";
    } else if (show != nullptr) {
        call.console.out = show(*reply, call.console.colour);
    }
    return answer;
}

Outcome<ExitCode> ok_or_failure(const Outcome<Reply>& answer) {
    if (const auto* failure = std::get_if<Failure>(&answer)) return *failure;
    return ExitCode::ok;
}

/// "Done", for people: not with --quiet, and JSON says it in its own way.
void confirm(Call& call, std::string_view line) {
    if (!call.line.json && !call.line.quiet) call.console.out.append(line).append("\n");
}

Outcome<ExitCode> run_status(Call& call) {
    return ok_or_failure(ask_and_print(call, {"CHORD.STATUS"}, Kind::map, "status", show_status));
}

Outcome<ExitCode> run_ring(Call& call) {
    if (call.line.flag("--check") != nullptr) {
        const Outcome<Reply> answer = ask_and_print(call, {"CHORD.RING", "CHECK"}, Kind::map, "check", show_ring_check);
        const Reply* const check = std::get_if<Reply>(&answer);
        if (check == nullptr) return std::get<Failure>(answer);
        return ring_is_whole(*check) ? ExitCode::ok : ExitCode::negative;
    }
    std::vector<std::string> command{"CHORD.RING"};
    if (const std::string* const count = call.line.flag("-n")) {
        unsigned number = 0;
        const char* const end = count->data() + count->size();
        const auto [stop, error] = std::from_chars(count->data(), end, number);
        if (error != std::errc{} || stop != end || number == 0) {
            return Failure{ExitCode::usage, "option -n needs a number of nodes, not '" + printable(*count) + "'"};
        }
        command.insert(command.end(), {"COUNT", std::to_string(number)});
    }
    return ok_or_failure(ask_and_print(call, command, Kind::array, "nodes", show_ring));
}

Outcome<ExitCode> run_fingers(Call& call) {
    return ok_or_failure(ask_and_print(call, {"CHORD.FINGERS"}, Kind::array, "fingers", show_fingers));
}

Outcome<ExitCode> run_trace(Call& call) {
    return ok_or_failure(ask_and_print(call, {"CHORD.TRACE", call.line.words[0]}, Kind::map, "trace", show_trace));
}

// "ok  version …  stored on 2 of 3", as far as the answer tells.
std::string stored_text(const Reply& answer) {
    std::string text = "ok";
    const Reply* const version = answer.find("version");
    if (version != nullptr && version->is_text()) text.append("  version ").append(printable(version->text));
    const Reply* const copies = answer.find("copies");
    const Reply* const holders = answer.find("holders");
    if (copies != nullptr && holders != nullptr && copies->is(Kind::integer) && holders->is(Kind::integer)) {
        text.append("  stored on ").append(std::to_string(copies->integer));
        text.append(" of ").append(std::to_string(holders->integer));
    }
    return text;
}

Outcome<ExitCode> run_put(Call& call) {
    std::vector<std::string> command{"CHORD.PUT", call.line.words[0]};
    if (call.line.words.size() > 1 && call.line.words[1] != "-") {
        command.push_back(call.line.words[1]);
    } else {
        Outcome<std::string> value = call.console.read_value();
        if (const auto* failure = std::get_if<Failure>(&value)) return *failure;
        command.push_back(std::move(std::get<std::string>(value)));
    }
    if (command.back().size() > kPutBytesMax) {
        return Failure{ExitCode::no_room, "the value is longer than any node takes (1 MiB)"};
    }
    if (const std::string* const ttl = call.line.flag("--ttl")) {
        const auto duration = parse_duration(*ttl);
        if (!duration) {
            return Failure{ExitCode::usage,
                           "option --ttl needs a time above 0 and at most 100 years, such as 90s, 1h or 7d, not '" +
                               printable(*ttl) + "'"};
        }
        command.insert(command.end(), {"PX", std::to_string(duration->count())});
    }
    const Outcome<Reply> answer = ask_and_print(call, command, Kind::map, "put", nullptr);
    if (const auto* stored = std::get_if<Reply>(&answer)) confirm(call, stored_text(*stored));
    return ok_or_failure(answer);
}

Outcome<ExitCode> no_such_key(Call& call) {
    call.console.notes.append("chordctl: no such key\n");
    return ExitCode::negative;
}

// "# version …  ttl 59m18s  written by uid 1000", as far as the answer tells.
std::string explain(const Reply& record) {
    std::string note = "# version ";
    const Reply* const version = record.find("version");
    note.append(version == nullptr ? "-" : version->is_text() ? printable(version->text) : json_value(*version));
    const Reply* const ttl = record.find("ttl_ms");
    const bool expires = ttl != nullptr && ttl->is(Kind::integer) && ttl->integer >= 0;
    note.append("  ttl ").append(expires ? duration_text(ttl->integer) : "none");
    const Reply* const uid = record.find("writer_uid");
    if (uid != nullptr && uid->is(Kind::integer)) note.append("  written by uid ").append(std::to_string(uid->integer));
    return note + "\n";
}

Outcome<ExitCode> run_get(Call& call) {
    const Outcome<Reply> answer = call.session.ask({"CHORD.GET", call.line.words[0]});
    const Reply* const record = std::get_if<Reply>(&answer);
    if (record == nullptr) return std::get<Failure>(answer);
    const Reply* const value = record->find("value");
    if (!record->is(Kind::null) && (value == nullptr || !value->is_text())) return unexpected("CHORD.GET");

    if (call.line.json) call.console.out = json_object("value", *record) + "\n";
    if (record->is(Kind::null)) return no_such_key(call);
    if (call.line.json) return ExitCode::ok;
    if (call.console.terminal) {
        // A pipe gets the exact bytes; a person gets what is safe to show, and the prompt on a new line.
        call.console.out = printable(value->text, true);
        if (call.console.out.empty() || call.console.out.back() != '\n') call.console.out.push_back('\n');
    } else {
        call.console.out = value->text;
    }
    if (call.line.flag("--explain") != nullptr) call.console.notes.append(explain(*record));
    return ExitCode::ok;
}

Outcome<ExitCode> run_del(Call& call) {
    std::vector<std::string> command{"DEL"};
    command.insert(command.end(), call.line.words.begin(), call.line.words.end());
    const Outcome<Reply> answer = ask_and_print(call, command, Kind::integer, "deleted", nullptr);
    const Reply* const count = std::get_if<Reply>(&answer);
    if (count == nullptr) return std::get<Failure>(answer);

    const auto asked = static_cast<std::int64_t>(call.line.words.size());
    if (count->integer <= 0) return no_such_key(call);
    confirm(call, asked == 1 ? "deleted"
                             : "deleted " + std::to_string(count->integer) + " of " + std::to_string(asked) + " keys");
    if (count->integer < asked) call.console.notes.append("chordctl: the other keys did not exist\n");
    return count->integer < asked ? ExitCode::negative : ExitCode::ok;
}

Outcome<ExitCode> run_leave(Call& call) {
    const Outcome<Reply> answer = ask_and_print(call, {"CHORD.LEAVE"}, Kind::status, "result", nullptr);
    if (std::holds_alternative<Reply>(answer))
        confirm(call, "left the ring; the daemon is still running, restart it to rejoin");
    return ok_or_failure(answer);
}

Outcome<ExitCode> run_exec(Call& call) {
    const Outcome<Reply> answer = call.session.ask(call.line.words);
    const Reply* const reply = std::get_if<Reply>(&answer);
    if (reply == nullptr) return std::get<Failure>(answer);
    call.console.out = call.line.json ? json_object("reply", *reply) + "\n" : show_raw(*reply);
    return ExitCode::ok;
}

Outcome<ExitCode> run_help(Call& call) {
    std::string name;
    for (const std::string& word : call.line.words) name += (name.empty() ? "" : " ") + word;
    const Verb* const verb = find_verb(name);
    if (verb == nullptr && !call.line.words.empty()) {
        return Failure{ExitCode::usage, "unknown command '" + printable(name) + "' (try: chordctl help)"};
    }
    const std::string help = verb == nullptr ? help_text() : help_text(*verb);
    call.console.out = call.line.json ? "{\"v\":1,\"help\":" + json_string(help) + "}\n" : help;
    return ExitCode::ok;
}

constexpr std::array<Flag, 2> kRingFlags{{
    {"-n", "N", "show at most N nodes, this one first"},
    {"--check", "", "walk the ring and prove that it is one; exit 1 if it is not"},
}};
constexpr std::array<Flag, 1> kPutFlags{{{"--ttl", "T", "forget the key after this time: 90s, 1h, 7d"}}};
constexpr std::array<Flag, 1> kGetFlags{{{"--explain", "", "tell version, remaining life and writer on stderr"}}};

constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();
using std::chrono::seconds;

constexpr std::array<Verb, 10> kVerbs{{
    {"status", "", "this node in five lines", {}, 0, 0, seconds(5), false, run_status},
    {"ring", "", "the nodes of the ring, clockwise from this one", kRingFlags, 0, 0, seconds(30), false, run_ring},
    {"fingers", "", "the finger table", {}, 0, 0, seconds(5), false, run_fingers},
    {"trace",
     "KEY",
     "find the key's holders and show every node that was asked",
     {},
     1,
     1,
     seconds(10),
     false,
     run_trace},
    {"put", "KEY [VALUE|-]", "store a value; from standard input without VALUE or with -", kPutFlags, 1, 2, seconds(5),
     false, run_put},
    {"get", "KEY", "print a value; exit 1 if there is none", kGetFlags, 1, 1, seconds(5), false, run_get},
    {"del", "KEY...", "delete keys; exit 1 if one did not exist", {}, 1, kAnyNumber, seconds(5), false, run_del},
    {"leave", "", "hand this node's keys over and leave the ring", {}, 0, 0, seconds(60), false, run_leave},
    {"exec",
     "COMMAND [WORD...]",
     "send any RESP command and print the reply",
     {},
     1,
     kAnyNumber,
     seconds(5),
     true,
     run_exec},
    {"help", "[COMMAND]", "explain a command", {}, 0, 2, seconds(5), false, run_help},
}};

}  // namespace

std::span<const Verb> verbs() {
    static const std::vector<Verb> all = [] {
        std::vector<Verb> made(kVerbs.begin(), kVerbs.end() - 1);
        const auto fleet = fleet_verbs();
        made.insert(made.end(), fleet.begin(), fleet.end());
        made.push_back(kVerbs.back());  // help comes last
        return made;
    }();
    return all;
}

bool is_verb_group(std::string_view word) {
    for (const Verb& verb : verbs()) {
        if (verb.name.size() > word.size() && verb.name.substr(0, word.size()) == word &&
            verb.name[word.size()] == ' ' && !word.empty()) {
            return true;
        }
    }
    return false;
}

const Verb* find_verb(std::string_view name) {
    for (const Verb& verb : verbs()) {
        if (verb.name == name) return &verb;
    }
    return nullptr;
}

const Flag* find_flag(const Verb& verb, std::string_view name) {
    for (const Flag& flag : verb.flags) {
        if (flag.name == name) return &flag;
    }
    return nullptr;
}

}  // namespace chord::cli
