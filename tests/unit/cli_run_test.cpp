// chordctl from its arguments to its two texts and exit code, with a scripted daemon.
#include "node/cli/run.hpp"

#include <doctest/doctest.h>

#include "node/cli/session.hpp"

using namespace chord;
using namespace chord::cli;
using api::Reply;
using Words = std::vector<std::string>;

namespace {

struct Script {
    std::string reply;  // RESP
    Words asked;
    std::chrono::milliseconds timeout{};
    std::string path;
};

class ScriptedSession : public Session {
public:
    explicit ScriptedSession(Script& script) : script_(script) {}

    Outcome<Reply> ask(const Words& command) override {
        script_.asked = command;
        api::ReplyParser parser;
        parser.feed(script_.reply);
        auto reply = parser.next();
        REQUIRE(reply.has_value());
        REQUIRE(reply->has_value());
        if ((*reply)->is(Reply::Kind::error)) return failure_from_error((*reply)->text);
        return **reply;
    }

private:
    Script& script_;
};

RunResult run_with(Script& script, const Words& arguments, bool terminal = false, std::string input = "") {
    Surroundings surroundings;
    surroundings.terminal = terminal;
    surroundings.read_value = [input] { return Outcome<std::string>(input); };
    surroundings.open = [&](std::string path, std::chrono::milliseconds timeout) {
        script.path = std::move(path);
        script.timeout = timeout;
        return std::make_unique<ScriptedSession>(script);
    };
    return run(arguments, surroundings);
}

RunResult run_with(std::string reply, const Words& arguments, bool terminal = false) {
    Script script{std::move(reply), {}, {}, {}};
    return run_with(script, arguments, terminal);
}

std::string bulk(std::string_view text) {
    return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

const std::string kIdA = "7f3a91c2" + std::string(56, '0');
const std::string kIdB = "8a44e0b7" + std::string(56, '1');

std::string record(std::string_view value) {
    return "%4\r\n+value\r\n" + bulk(value) + "+version\r\n" + bulk("66b2f1a0.7f3a") +
           "+ttl_ms\r\n:3558000\r\n+writer_uid\r\n:1000\r\n";
}

}  // namespace

TEST_CASE("chordctl get: a pipe gets the exact bytes, a terminal what is safe") {
    Script script{record("on"), {}, {}, {}};
    const RunResult piped = run_with(script, {"get", "dev/pump"});
    CHECK(script.asked == Words{"CHORD.GET", "dev/pump"});
    CHECK(piped.out == "on");
    CHECK(piped.err.empty());
    CHECK(piped.code == ExitCode::ok);

    CHECK(run_with(record("on"), {"get", "k"}, true).out == "on\n");
    CHECK(run_with(record("on\n"), {"get", "k"}, true).out == "on\n");
    CHECK(run_with(record("\x1b[2J\xff"), {"get", "k"}, true).out == "\\x1b[2J\\xff\n");
    CHECK(run_with(record("\x1b[2J\xff"), {"get", "k"}).out == "\x1b[2J\xff");
    CHECK(run_with(record(""), {"get", "k"}).out.empty());
}

TEST_CASE("chordctl get: JSON, explanation, absence") {
    CHECK(run_with(record("on"), {"get", "k", "--json"}).out ==
          "{\"v\":1,\"value\":\"on\",\"version\":\"66b2f1a0.7f3a\",\"ttl_ms\":3558000,\"writer_uid\":1000}\n");
    CHECK(run_with(record("\xff"), {"get", "k", "--json"}).out.find("\"value_base64\":\"/w==\"") != std::string::npos);
    const RunResult explained = run_with(record("on"), {"get", "--explain", "k"});
    CHECK(explained.out == "on");
    CHECK(explained.err == "# version 66b2f1a0.7f3a  ttl 59m18s  written by uid 1000\n");

    const RunResult absent = run_with("_\r\n", {"get", "k"});
    CHECK(absent.code == ExitCode::negative);
    CHECK(absent.out.empty());
    CHECK(absent.err == "chordctl: no such key\n");
    CHECK(run_with("_\r\n", {"get", "k", "-q"}).err.empty());
    CHECK(run_with("_\r\n", {"get", "k", "--json"}).out == "{\"v\":1,\"value\":null}\n");
    CHECK(run_with("_\r\n", {"get", "k", "--json"}).code == ExitCode::negative);
}

TEST_CASE("chordctl put: the value is an argument or standard input, byte for byte") {
    Script script{"%3\r\n+version\r\n" + bulk("66b2.7f3a") + "+copies\r\n:2\r\n+holders\r\n:3\r\n", {}, {}, {}};
    CHECK(run_with(script, {"put", "k", "on"}).out == "ok  version 66b2.7f3a  stored on 2 of 3\n");
    CHECK(run_with("%0\r\n", {"put", "k", "on"}).out == "ok\n");
    CHECK(script.asked == Words{"CHORD.PUT", "k", "on"});
    const std::string binary("a\n\0\xff", 4);
    run_with(script, {"put", "k"}, false, binary);
    CHECK(script.asked == Words{"CHORD.PUT", "k", binary});
    run_with(script, {"put", "k", "-", "--ttl", "1h"}, false, binary);
    CHECK(script.asked == Words{"CHORD.PUT", "k", binary, "PX", "3600000"});
    run_with(script, {"put", "k", "", "--ttl=500ms"}, false, "unread");
    CHECK(script.asked == Words{"CHORD.PUT", "k", "", "PX", "500"});
    CHECK(run_with(script, {"put", "-q", "k", "v"}).out.empty());
    CHECK(run_with(script, {"put", "--json", "k", "v"}).out ==
          "{\"v\":1,\"version\":\"66b2.7f3a\",\"copies\":2,\"holders\":3}\n");
    CHECK(run_with(script, {"put", "k", "v", "--ttl", "later"}).code == ExitCode::usage);
    CHECK(run_with(script, {"put", "k", "v", "--ttl", "0"}).err ==
          "chordctl: option --ttl needs a time above 0 and at most 100 years, such as 90s, 1h or 7d, not '0'\n");

    script.asked.clear();
    CHECK(run_with(script, {"put", "k"}, false, std::string(kPutBytesMax + 1, 'x')).code == ExitCode::no_room);
    CHECK(script.asked.empty());
}

TEST_CASE("chordctl del: 1 when a key did not exist") {
    Script script{":1\r\n", {}, {}, {}};
    CHECK(run_with(script, {"del", "a"}).out == "deleted\n");
    CHECK(script.asked == Words{"DEL", "a"});
    const RunResult some = run_with(":1\r\n", {"del", "a", "b"});
    CHECK(some.code == ExitCode::negative);
    CHECK(some.out == "deleted 1 of 2 keys\n");
    CHECK(run_with(":2\r\n", {"del", "a", "b"}).code == ExitCode::ok);
    const RunResult none = run_with(":0\r\n", {"del", "a"});
    CHECK(none.code == ExitCode::negative);
    CHECK(none.out.empty());
    CHECK(run_with(":0\r\n", {"del", "a", "--json"}).out == "{\"v\":1,\"deleted\":0}\n");
}

TEST_CASE("chordctl: the error word decides the exit code") {
    const std::pair<const char*, ExitCode> words[] = {
        {"ERR unknown command", ExitCode::protocol},   {"TOOBIG value is 2 bytes", ExitCode::no_room},
        {"FULL the store is full", ExitCode::no_room}, {"TRYAGAIN busy", ExitCode::try_again},
        {"NOQUORUM too few", ExitCode::try_again},     {"TIMEOUT no answer", ExitCode::try_again},
        {"NOTJOINED not yet", ExitCode::try_again},    {"NOPERM no", ExitCode::not_permitted},
        {"SOMETHING new", ExitCode::protocol},
    };
    for (const auto& [word, code] : words) {
        const std::string text = word;
        CAPTURE(text);
        const RunResult result = run_with("-" + text + "\r\n", {"put", "k", "v"});
        CHECK(result.code == code);
        CHECK(result.out.empty());
        CHECK(result.err.substr(0, 10) == "chordctl: ");
        CHECK(result.err.back() == '\n');
    }
    CHECK(run_with("-TOOBIG value is 2 bytes\r\n", {"put", "k", "v"}).err == "chordctl: value is 2 bytes\n");
    CHECK(run_with("-FULL the store is full\r\n", {"put", "k", "v", "--json"}).out ==
          "{\"v\":1,\"error\":{\"exit\":73,\"text\":\"the store is full\"}}\n");
    CHECK(run_with("-FULL\r\n", {"put", "k", "v"}).err == "chordctl: FULL\n");
    CHECK(run_with("!10\r\nERR \x1b[2Jxx\r\n", {"status"}).err.find('\x1b') == std::string::npos);
}

TEST_CASE("chordctl: an answer of the wrong shape is refused, whatever the verb") {
    for (const Words& arguments : {Words{"status"},
                                   {"ring"},
                                   {"ring", "--check"},
                                   {"fingers"},
                                   {"trace", "k"},
                                   {"put", "k", "v"},
                                   {"get", "k"},
                                   {"del", "k"},
                                   {"leave"}}) {
        for (const char* reply :
             {"_\r\n", ":7\r\n", "+strange\r\n", "*1\r\n:1\r\n", "%1\r\n+value\r\n:1\r\n", ",nan\r\n"}) {
            CAPTURE(arguments[0]);
            CAPTURE(reply);
            run_with(reply, arguments);
            run_with(reply, arguments, true);
        }
    }
    CHECK(run_with(":7\r\n", {"status"}).code == ExitCode::protocol);
    CHECK(run_with("%1\r\n+value\r\n:1\r\n", {"get", "k"}).code == ExitCode::protocol);
    CHECK(run_with(":7\r\n", {"status", "--json"}).out.find("\"exit\":76") != std::string::npos);
}

TEST_CASE("chordctl status: DESIGN's shape, for people and as JSON") {
    const std::string neighbor = "%3\r\n+id\r\n" + bulk(kIdB) + "+address\r\n+127.0.0.1:2\r\n+rtt_ms\r\n,9\r\n";
    const std::string status =
        "%7\r\n+version\r\n+0.1.0\r\n+state\r\n+ready\r\n"
        "+node\r\n%3\r\n+id\r\n" +
        bulk(kIdA) +
        "+name\r\n+barn-3\r\n+address\r\n+127.0.0.1:1\r\n"
        "+ring\r\n%5\r\n+name\r\n+farm\r\n+one_ring\r\n#t\r\n+size_estimate\r\n,42.6\r\n+predecessor\r\n_\r\n"
        "+successors\r\n*2\r\n" +
        neighbor + neighbor +
        "+keys\r\n%3\r\n+owned\r\n:1204\r\n+held\r\n:3581\r\n+bytes\r\n:10276045\r\n"
        "+uptime_s\r\n:1051200\r\n"
        "+store\r\n%3\r\n+map_bytes\r\n:67108864\r\n+used_bytes\r\n:1024\r\n+bytes_written\r\n:2048\r\n";
    Script script{status, {}, {}, {}};
    const RunResult result = run_with(script, {"status"});
    CHECK(script.asked == Words{"CHORD.STATUS"});
    CHECK(result.out ==
          "chordd 0.1.0  node barn-3  7f3a91c2  127.0.0.1:1  up 12d4h   ready\n"
          "ring     \"farm\"  one ring  ~43 nodes   pred -  succ 8a44e0b7 (9ms) +1 backup\n"
          "keys     1204 owned  2377 as replica   9.8 MiB of values\n"
          "traffic  sent 0 B in 0 datagrams   received 0 B in 0 datagrams\n"
          "store    1.0 KiB of 64.0 MiB   2.0 KiB written since start\n");
    CHECK(run_with(status, {"status"}, true).out.find("\x1b[32mready\x1b[0m") != std::string::npos);
    CHECK(run_with(status, {"status", "--no-color"}, true).out == result.out);
    const std::string json = run_with(status, {"status", "--json"}).out;
    CHECK(json.rfind("{\"v\":1,\"version\":\"0.1.0\",\"state\":\"ready\",\"node\":{\"id\":\"" + kIdA, 0) == 0);
    CHECK(json.find("\"predecessor\":null") != std::string::npos);
}

TEST_CASE("chordctl status: the notes come first, and who has left has no neighbours") {
    const std::string out = run_with("%3\r\n+state\r\n+gone\r\n+ring\r\n%1\r\n+name\r\n+farm\r\n+notes\r\n*1\r\n" +
                                         bulk("this node has left the ring; restart chordd to rejoin"),
                                     {"status"})
                                .out;
    CHECK(out.find("gone\nnote     this node has left the ring; restart chordd to rejoin\nring     \"farm\"  left\n"
                   "keys     ") != std::string::npos);
}

TEST_CASE("chordctl ring: the table, and the proof") {
    const std::string ring = "*2\r\n%5\r\n+id\r\n" + bulk(kIdA) + "+address\r\n" + bulk("[fd00::31]:7400") +
                             "+rtt_ms\r\n_\r\n+owns\r\n,0.024\r\n+state\r\n+self\r\n"
                             "%5\r\n+id\r\n" +
                             bulk(kIdB) +
                             "+address\r\n+10.0.0.1:7400\r\n+rtt_ms\r\n,21\r\n+owns\r\n_\r\n+state\r\n+alive\r\n";
    Script script{ring, {}, {}, {}};
    CHECK(run_with(script, {"ring", "-n", "5"}).out ==
          "#  id        addr              rtt  owns  state\n"
          "*  7f3a91c2  [fd00::31]:7400     -  2.4%  self\n"
          "1  8a44e0b7  10.0.0.1:7400    21ms     -  alive\n");
    CHECK(script.asked == Words{"CHORD.RING", "COUNT", "5"});
    CHECK(script.timeout == std::chrono::seconds(30));
    run_with(script, {"ring", "--timeout", "2s"});
    CHECK(script.asked == Words{"CHORD.RING"});
    CHECK(script.timeout == std::chrono::seconds(2));
    CHECK(run_with(ring, {"ring", "--json"}).out.rfind("{\"v\":1,\"nodes\":[{\"id\":\"" + kIdA, 0) == 0);
    for (const char* bad : {"0", "-1", "x", "1x", "", "99999999999"}) {
        CHECK(run_with(ring, {"ring", "-n", bad}).code == ExitCode::usage);
    }

    const auto check = [](const char* one, int gaps, int overlaps) {
        return "%4\r\n+one_ring\r\n" + std::string(one) + "\r\n+nodes\r\n:43\r\n+gaps\r\n:" + std::to_string(gaps) +
               "\r\n+overlaps\r\n:" + std::to_string(overlaps) + "\r\n";
    };
    const RunResult whole = run_with(check("#t", 0, 0), {"ring", "--check"});
    CHECK(whole.out == "one ring, 43 nodes, 0 gaps, 0 overlaps\n");
    CHECK(whole.code == ExitCode::ok);
    CHECK(run_with(check("#f", 0, 0), {"ring", "--check"}).code == ExitCode::negative);
    CHECK(run_with(check("#t", 1, 0), {"ring", "--check"}).code == ExitCode::negative);
    CHECK(run_with(check("#t", 0, 1), {"ring", "--check"}).code == ExitCode::negative);
    const RunResult unknown = run_with(check("_", 0, 0), {"ring", "--check"});
    CHECK(unknown.out == "not known to be one ring, 43 nodes, 0 gaps, 0 overlaps\n");
    CHECK(unknown.code == ExitCode::negative);
    CHECK(run_with("%0\r\n", {"ring", "--check"}).code == ExitCode::negative);
    CHECK(run_with("%2\r\n+one_ring\r\n_\r\n+silent\r\n:2\r\n", {"ring", "--check"}).out ==
          "not known to be one ring, 0 nodes, 0 gaps, 0 overlaps, 2 silent\n");
    CHECK(run_with("%2\r\n+silent\r\n:1\r\n+silent_nodes\r\n*1\r\n%2\r\n+id\r\n" + bulk(kIdB) +
                       "+address\r\n+10.0.0.1:7400\r\n",
                   {"ring", "--check"})
              .out ==
          "not known to be one ring, 0 nodes, 0 gaps, 0 overlaps, 1 silent\n"
          "silent: 8a44e0b7 10.0.0.1:7400\n");

    const RunResult alone =
        run_with("%5\r\n+one_ring\r\n#t\r\n+nodes\r\n:1\r\n+gaps\r\n:0\r\n+overlaps\r\n:0\r\n+missing\r\n:2\r\n",
                 {"ring", "--check"});
    CHECK(alone.code == ExitCode::negative);
    CHECK(alone.out == "one ring, 1 node, 0 gaps, 0 overlaps, at least 2 missing\n");
}

TEST_CASE("chordctl fingers and trace") {
    const std::string peer = "+id\r\n" + bulk(kIdB) + "+address\r\n+10.0.0.1:1\r\n";
    CHECK(run_with("*2\r\n%4\r\n+first\r\n:0\r\n+last\r\n:252\r\n" + peer +
                       "%4\r\n+first\r\n:255\r\n+last\r\n:255\r\n" + peer,
                   {"fingers"})
              .out ==
          "finger  id        addr\n"
          "0-252   8a44e0b7  10.0.0.1:1\n"
          "255     8a44e0b7  10.0.0.1:1\n");

    CHECK(run_with("*0\r\n", {"fingers"}).out.rfind("no fingers", 0) == 0);

    const std::string other = "%2\r\n+id\r\n" + bulk(kIdA) + "+address\r\n+10.0.0.2:1\r\n";
    const std::string trace = "%6\r\n+key_id\r\n" + bulk("2e91f0a4ffff") + "+owner\r\n%2\r\n" + peer +
                              "+holders\r\n*2\r\n%2\r\n" + peer + other + "+hops\r\n*2\r\n%4\r\n" + peer +
                              "+via\r\n+finger\r\n+rtt_ms\r\n,14.24\r\n%4\r\n" + peer +
                              "+via\r\n+successor\r\n+rtt_ms\r\n_\r\n+messages\r\n:3\r\n+elapsed_ms\r\n,38.4\r\n";
    CHECK(run_with(trace, {"trace", "k"}).out ==
          "key 2e91f0a4  owner 8a44e0b7 at 10.0.0.1:1  replicas 7f3a91c2\n"
          "1  8a44e0b7  10.0.0.1:1     14.2ms  finger\n"
          "2  8a44e0b7  10.0.0.1:1  no answer  successor\n"
          "total 38.4ms  3 messages\n");
    CHECK(run_with("%0\r\n", {"trace", "k"}).out ==
          "key -  owner - at -\nthis node knows the owner itself\ntotal -  0 messages\n");
}

TEST_CASE("chordctl exec: any command, any reply") {
    Script script{"*3\r\n:1\r\n%1\r\n+a\r\n$2\r\n\"\xff\r\n*0\r\n", {}, {}, {}};
    const RunResult result = run_with(script, {"exec", "ECHO", "--json"});
    CHECK(script.asked == Words{"ECHO", "--json"});
    CHECK(result.out == "1) (integer) 1\n2) 1# a => \"\\\"\\xff\"\n3) (empty array)\n");
    CHECK(run_with("_\r\n", {"exec", "GET", "k"}).out == "(nil)\n");
    CHECK(run_with("_\r\n", {"exec", "GET", "k"}).code == ExitCode::ok);
    CHECK(run_with(":3\r\n", {"--json", "exec", "DBSIZE"}).out == "{\"v\":1,\"reply\":3}\n");
}

TEST_CASE("chordctl leave, help, version") {
    CHECK(run_with("+OK\r\n", {"leave"}).out == "left the ring; the daemon is still running, restart it to rejoin\n");
    CHECK(run_with("", {"help"}).out.find("Commands:") != std::string::npos);
    CHECK(run_with("", {"help", "put"}).out.find("--ttl T") != std::string::npos);
    CHECK(run_with("", {"put", "--help"}).out == run_with("", {"help", "put"}).out);
    CHECK(run_with("", {"help", "nosuch"}).code == ExitCode::usage);
    CHECK(run_with("", {"--version"}).out.rfind("chordctl ", 0) == 0);
    CHECK(run_with("", {"--version", "--json"}).out.rfind("{\"v\":1,\"version\":\"", 0) == 0);
    CHECK(run_with("", {"help", "--json"}).out.rfind("{\"v\":1,\"help\":\"", 0) == 0);
    CHECK(run_with("", {"--json", "nosuch"}).out.find("\"exit\":2") != std::string::npos);
}
