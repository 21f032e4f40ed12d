#include "node/cli/options.hpp"

#include "node/cli/help.hpp"
#include "node/cli/verbs.hpp"

#include <doctest/doctest.h>

using namespace chord::cli;

namespace {

CommandLine parsed(const std::vector<std::string>& arguments) {
    Outcome<CommandLine> line = parse_command_line(arguments);
    if (const auto* failure = std::get_if<Failure>(&line)) FAIL(failure->sentence);
    return std::get<CommandLine>(line);
}

Failure refused(const std::vector<std::string>& arguments) {
    Outcome<CommandLine> line = parse_command_line(arguments);
    REQUIRE(std::holds_alternative<Failure>(line));
    return std::get<Failure>(line);
}

}  // namespace

TEST_CASE("cli options: global flags stand before and behind the verb") {
    for (const auto& arguments :
         {std::vector<std::string>{"--json", "--socket", "/s", "--timeout=500ms", "get", "k"},
          std::vector<std::string>{"get", "--timeout", "500ms", "k", "--json", "--socket=/s"}}) {
        const CommandLine line = parsed(arguments);
        CHECK(line.json);
        CHECK(line.socket == "/s");
        CHECK(line.timeout == std::chrono::milliseconds(500));
        CHECK(line.verb == find_verb("get"));
        CHECK(line.words == std::vector<std::string>{"k"});
        CHECK_FALSE(line.quiet);
    }
    CHECK(parsed({"-q", "status"}).quiet);
    CHECK(parsed({"--no-color", "status"}).no_color);
}

TEST_CASE("cli options: flags of the verb, last one wins, -- ends them") {
    const CommandLine line = parsed({"put", "k", "--ttl", "1h", "--ttl=2h", "--", "--ttl"});
    REQUIRE(line.flag("--ttl") != nullptr);
    CHECK(*line.flag("--ttl") == "2h");
    CHECK(line.words == std::vector<std::string>{"k", "--ttl"});
    CHECK(line.flag("-n") == nullptr);
    CHECK(parsed({"put", "k", "-"}).words.back() == "-");
    CHECK(parsed({"get", "--", "--json"}).words == std::vector<std::string>{"--json"});
    CHECK(parsed({"get", ""}).words == std::vector<std::string>{""});
}

TEST_CASE("cli options: behind exec everything is a word") {
    const CommandLine line = parsed({"--json", "exec", "SET", "k", "--json", "--", "-n"});
    CHECK(line.json);
    CHECK(line.words == std::vector<std::string>{"SET", "k", "--json", "--", "-n"});
    CHECK(parsed({"exec", "--", "--help"}).words == std::vector<std::string>{"--help"});
    CHECK(parsed({"exec", "--help"}).help);
}

TEST_CASE("cli options: every mistake is one sentence and exit code 2") {
    for (const std::vector<std::string>& bad : std::vector<std::vector<std::string>>{{},
                                                                                     {"nosuch"},
                                                                                     {"get"},
                                                                                     {"get", "a", "b"},
                                                                                     {"put"},
                                                                                     {"put", "a", "b", "c"},
                                                                                     {"del"},
                                                                                     {"status", "x"},
                                                                                     {"--nosuch", "status"},
                                                                                     {"get", "-n", "3"},
                                                                                     {"--ttl", "1h", "put", "k"},
                                                                                     {"put", "k", "--ttl"},
                                                                                     {"--timeout", "soon", "status"},
                                                                                     {"--timeout", "status"},
                                                                                     {"--timeout"},
                                                                                     {"--socket=", "status"},
                                                                                     {"--json=yes", "status"},
                                                                                     {"ring", "--check=1"},
                                                                                     {"exec"},
                                                                                     {"\x1b[2J"}}) {
        const Failure failure = refused(bad);
        CHECK(failure.code == ExitCode::usage);
        CHECK_FALSE(failure.sentence.empty());
        CHECK(failure.sentence.find_first_of("\n\x1b") == std::string::npos);
    }
    CHECK(refused({"get"}).sentence == "usage: chordctl get KEY");
}

TEST_CASE("cli options: help and version need nothing else to be right") {
    CHECK(parsed({"--help"}).help);
    CHECK(parsed({"get", "--help"}).verb == find_verb("get"));
    CHECK(parsed({"--version"}).version);
}

TEST_CASE("cli options: the socket is --socket, then the variable, then the usual place") {
    CommandLine line;
    CHECK(std::get<std::string>(socket_path(line, nullptr)) == "/run/chordd/chordd.sock");
    CHECK(std::get<std::string>(socket_path(line, "")) == "/run/chordd/chordd.sock");
    CHECK(std::get<std::string>(socket_path(line, "/env")) == "/env");
    const std::string too_long(108, 'x');
    CHECK(std::get<Failure>(socket_path(line, too_long.c_str())).code == ExitCode::bad_config);
    line.socket = "/flag";
    CHECK(std::get<std::string>(socket_path(line, too_long.c_str())) == "/flag");
    line.socket = too_long;
    CHECK(std::get<Failure>(socket_path(line, nullptr)).code == ExitCode::usage);
    line.socket = std::string(107, 'x');
    CHECK(std::holds_alternative<std::string>(socket_path(line, nullptr)));
}

TEST_CASE("cli help: names every verb and every flag of it") {
    const std::string all = help_text();
    for (const Verb& verb : verbs()) {
        CAPTURE(verb.name);
        CHECK(all.find("\n  " + std::string(verb.name)) != std::string::npos);
        CHECK(find_verb(verb.name) == &verb);
        CHECK(verb.words_min <= verb.words_max);
        const std::string own = help_text(verb);
        CHECK(own.find(verb.help) != std::string::npos);
        for (const Flag& flag : verb.flags) {
            CHECK(own.find(flag.name) != std::string::npos);
            CHECK(find_flag(verb, flag.name) == &flag);
        }
    }
    CHECK(find_verb("") == nullptr);
}
