// What chordctl's fleet verbs say to files that are missing, damaged, open to others or of somebody else, to
// passphrases and to clocks: one sentence, the right exit code, and nothing changed.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/admission/armor.hpp"
#include "node/cli/fleet/register.hpp"
#include "node/cli/fleet/show_fleet.hpp"
#include "node/host/file_descriptor.hpp"
#include "tests/support/cli_fleet_parts.hpp"

using namespace chord;
using namespace chord::cli;
using chord::testing::CliBench;
using chord::testing::Device;
using chord::testing::Fleet;
using chord::testing::kDay;
using chord::testing::kIssued;
namespace admission = chord::net::admission;

namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string request_text(std::uint64_t seed, std::string name = {}) {
    return admission::armored(admission::kRequestArmor, Device(seed).signed_request(std::move(name)));
}

/// `text` with one letter of its base64 changed.
std::string damaged(std::string text) {
    char& letter = text[text.find('\n') + 20];
    letter = letter == 'A' ? 'B' : 'A';
    return text;
}

}  // namespace

TEST_CASE("fleet init: a key for this user alone, made once, in directories for this user alone") {
    CliBench bench;
    bench.good({"fleet", "init", "farm"});
    struct stat status {};
    REQUIRE(::stat(bench.key_path("farm.key").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    REQUIRE(::stat(bench.machine.directory.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
    const std::string before = bench.read(bench.key_path("farm.key"));
    CHECK(contains(bench.bad(ExitCode::bad_config, {"fleet", "init", "farm"}), "already"));
    CHECK(bench.read(bench.key_path("farm.key")) == before);
    for (const char* name : {"Farm", "a/b", "", "..", "a-name-that-is-too-long-to-be-one"}) {
        CAPTURE(name);
        bench.bad(ExitCode::usage, {"fleet", "init", name});
    }
    const std::string json = bench.good({"fleet", "init", "mill", "--json"});
    CHECK(contains(json, "{\"v\":1,\"name\":\"mill\",\"key\":\""));
    CHECK(contains(json, "\"network_key\":1}"));
    bench.machine.directory.clear();
    bench.bad(ExitCode::bad_config, {"fleet", "init", "yard"});
}

TEST_CASE("which fleet key: the only one, or that of --fleet") {
    CliBench bench;
    CHECK(contains(bench.bad(ExitCode::bad_config, {"fleet", "show"}), "chordctl fleet init NAME"));
    bench.bad(ExitCode::bad_config, {"fleet", "show", "--fleet", "farm"});
    bench.good({"fleet", "init", "farm"});
    bench.good({"fleet", "show"});
    bench.bad(ExitCode::bad_config, {"fleet", "show", "--fleet", "mill"});
    bench.bad(ExitCode::usage, {"fleet", "show", "--fleet", "../farm"});
    bench.good({"fleet", "init", "mill"});
    CHECK(contains(bench.bad(ExitCode::usage, {"fleet", "show"}), "(farm, mill)"));
    CHECK(contains(bench.good({"fleet", "show", "--fleet", "mill"}), "fleet \"mill\""));
    // A key under another name would sign lists into another file than the one it goes on from.
    REQUIRE(::rename(bench.key_path("mill.key").c_str(), bench.key_path("yard.key").c_str()) == 0);
    CHECK(contains(bench.bad(ExitCode::bad_config, {"fleet", "show", "--fleet", "yard"}), "call it mill.key"));
}

TEST_CASE("a key file that is open to others, damaged, of a later version or in use is not used") {
    CliBench bench;
    bench.good({"fleet", "init", "farm"});
    const std::string path = bench.key_path("farm.key");
    const std::string whole = bench.read(path);
    const std::vector<std::vector<std::string>> verbs{{"fleet", "show"},
                                                      {"fleet", "rotate-key", "--out", bench.path("k")},
                                                      {"admit", bench.write("r", request_text(1))},
                                                      {"invite", "--bootstrap", "10.0.0.1"},
                                                      {"revoke", "x"},
                                                      {"renew", "x"},
                                                      {"fleet", "delegate", "x"},
                                                      {"fleet", "undelegate", "x"}};
    REQUIRE(::chmod(path.c_str(), 0640) == 0);
    for (const auto& verb : verbs) {
        CAPTURE(verb[0]);
        CHECK(contains(bench.bad(ExitCode::bad_config, verb), "run: chmod 0600"));
    }
    REQUIRE(::chmod(path.c_str(), 0600) == 0);
    for (const std::string& content :
         {std::string("not a key"), std::string(), damaged(whole), whole.substr(0, 90), std::string(5000, 'x')}) {
        REQUIRE_FALSE(write_own_file("test", path, content).has_value());
        for (const auto& verb : verbs) {
            CAPTURE(verb[0]);
            bench.bad(ExitCode::bad_config, verb);
        }
    }
    REQUIRE_FALSE(write_own_file("test", path, whole).has_value());
    {
        const FileDescriptor folder(::open(bench.machine.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        REQUIRE(::flock(folder.number(), LOCK_SH | LOCK_NB) == 0);
        CHECK(contains(bench.bad(ExitCode::try_again, {"fleet", "show"}), "another chordctl"));
    }
    bench.good({"fleet", "show"});
    CHECK(bench.read(path) == whole);
}

TEST_CASE("a passphrase: asked for twice, then each time, or taken from a file that is for this user alone") {
    CliBench bench;
    bench.passphrases = {"one", "two"};
    CHECK(contains(bench.bad(ExitCode::usage, {"fleet", "init", "farm", "--passphrase"}), "differ"));
    bench.passphrases = {""};
    bench.bad(ExitCode::usage, {"fleet", "init", "farm", "--passphrase"});
    bench.bad(ExitCode::usage, {"fleet", "init", "farm", "--passphrase"});  // no terminal
    bench.passphrases = {"open sesame", "open sesame"};
    bench.good({"fleet", "init", "farm", "--passphrase"});
    CHECK(admission::needs_passphrase(bench.read(bench.key_path("farm.key"))));

    bench.passphrases = {"open sesame"};
    CHECK(contains(bench.good({"fleet", "show"}), "with a passphrase"));
    bench.passphrases = {"close sesame"};
    CHECK(contains(bench.bad(ExitCode::not_permitted, {"fleet", "show"}), "the passphrase is wrong"));
    bench.passphrases = {};
    bench.bad(ExitCode::usage, {"fleet", "show"});

    // What is written back is locked again, with the same passphrase.
    const std::string file = bench.write("pass", "open sesame\nsecond line\n");
    bench.good({"admit", "-", "--passphrase-file", file}, request_text(1));
    CHECK(admission::needs_passphrase(bench.read(bench.key_path("farm.key"))));
    bench.good({"fleet", "show", "--passphrase-file", file});
    REQUIRE(::chmod(file.c_str(), 0644) == 0);
    bench.bad(ExitCode::bad_config, {"fleet", "show", "--passphrase-file", file});
    bench.bad(ExitCode::usage, {"fleet", "show", "--passphrase-file", bench.path("nosuch")});
    bench.bad(ExitCode::usage, {"fleet", "show", "--passphrase-file", bench.write("empty", "\n")});
    bench.good({"fleet", "init", "mill", "--passphrase-file", bench.write("p", "x")});
    CHECK(admission::needs_passphrase(bench.read(bench.key_path("mill.key"))));
}

TEST_CASE("a damaged request, list or register gets one sentence, and changes nothing") {
    CliBench bench;
    bench.good({"fleet", "init", "farm"});
    const std::string key = bench.read(bench.key_path("farm.key"));
    const std::string request = request_text(1, "gate-9");
    CHECK(contains(bench.bad(ExitCode::usage, {"admit", bench.path("nosuch")}), "there is no request"));
    CHECK(contains(bench.bad(ExitCode::usage, {"admit", "-"}, damaged(request)), "is damaged"));
    CHECK(contains(bench.bad(ExitCode::usage, {"admit", "-"}, "hello"), "standard input holds no"));
    bench.bad(ExitCode::usage, {"admit", "-"}, request.substr(0, request.size() - 20));
    bench.bad(ExitCode::usage, {"admit", bench.home.path()});
    bench.bad(ExitCode::usage, {"admit", bench.write("big", std::string(200'000, 'x'))});
    for (const std::vector<std::string>& flags : {std::vector<std::string>{"--name", "Gate"},
                                                  {"--tag", "a-tag-that-is-long"},
                                                  {"--lifetime", "0"},
                                                  {"--roles", "king"},
                                                  {"--bootstrap", ""}}) {
        CAPTURE(flags[0]);
        bench.bad(ExitCode::usage, {"admit", "-", flags[0], flags[1]}, request);
    }
    CHECK(bench.read(bench.key_path("farm.key")) == key);

    bench.good({"admit", "-"}, request);
    bench.good({"revoke", "gate-9"});
    const std::string list = bench.key_path("farm.list");
    const std::string whole = bench.read(list);
    for (const std::string& content :
         {damaged(whole), std::string("x"), admission::armored(admission::kFleetListArmor, Fleet(9).signed_list())}) {
        REQUIRE_FALSE(write_own_file("test", list, content).has_value());
        bench.bad(ExitCode::bad_config, {"revoke", "gate-9"});
        bench.bad(ExitCode::bad_config, {"fleet", "show"});
        bench.bad(ExitCode::bad_config, {"invite", "--bootstrap", "10.0.0.1"});
    }
    REQUIRE_FALSE(write_own_file("test", list, whole).has_value());
    bench.bad(ExitCode::usage, {"revoke", "gate-9", "--list", bench.write("l", damaged(whole))});
    bench.bad(ExitCode::usage, {"fleet", "list", "set", bench.write("l", "x")});

    const std::string lines = bench.key_path("farm.register");
    const std::string good = bench.read(lines);
    for (const char* line :
         {"device 2026-09-21 gate-9 - 00 AAAA\n", "device\n", "invite 2026-09-21 xyz 2026-09-23 1 -\n",
          "invite 2026-09-21 01020304 2026-09-23 one -\n", "guest a b c d e\n"}) {
        CAPTURE(line);
        REQUIRE_FALSE(write_own_file("test", lines, good + line).has_value());
        CHECK(contains(bench.bad(ExitCode::bad_config, {"fleet", "show"}), "line 3 of the register"));
    }
    REQUIRE_FALSE(write_own_file("test", lines, good + "\n# a remark\n").has_value());
    bench.good({"fleet", "show"});
}

TEST_CASE("a clock that is far off signs nothing, unless a person says that it is right") {
    CliBench bench;
    bench.good({"fleet", "init", "farm"});
    const std::string request = bench.write("r", request_text(1, "gate-9"));
    bench.wall = 0;
    CHECK(contains(bench.bad(ExitCode::bad_config, {"admit", request}), "clock says 1970-01-01"));
    bench.wall = kIssued;
    bench.good({"admit", request});
    bench.wall = kIssued + 1000 * kDay;
    CHECK(contains(bench.bad(ExitCode::bad_config, {"admit", request}), "more than two years after"));
    bench.wall = kIssued - 1;
    CHECK(bench.run({"admit", request}).code == ExitCode::bad_config);
    bench.wall = kIssued + 700 * kDay;
    bench.good({"admit", request});
    bench.wall = kIssued + 600 * kDay;
    CHECK(contains(bench.bad(ExitCode::bad_config, {"revoke", "gate-9"}), "before this key signed last"));
    // A key that once signed with a clock ahead gets out again: the clock that is trusted is the date, and stays it.
    CHECK(contains(bench.good({"admit", request, "--trust-clock", "--json"}),
                   "\"not_before\":" + std::to_string(kIssued + 600 * kDay)));
    CHECK(key_of(bench).signed_last == kIssued + 600 * kDay);
    bench.good({"revoke", "gate-9"});
    bench.wall = ~admission::Seconds{0};
    bench.bad(ExitCode::bad_config, {"admit", request, "--trust-clock"});
}

TEST_CASE("the register: read back as written, the last line of a device counts") {
    test::TempDir home;
    const std::string path = home.path() + "/r";
    Outcome<Register> empty = Register::read(path);
    REQUIRE(std::holds_alternative<Register>(empty));
    auto& made = std::get<Register>(empty);
    const Fleet fleet;
    const Device one(1), two(2);
    REQUIRE_FALSE(made.add(fleet.admit(one, "gate-1", ""), kIssued).has_value());
    REQUIRE_FALSE(made.add(fleet.admit(two, "gate-2"), kIssued).has_value());
    REQUIRE_FALSE(made.add(fleet.admit(one, "gate-3"), kIssued + kDay).has_value());
    REQUIRE_FALSE(made.add(fleet.invite_terms(), kIssued).has_value());
    const Outcome<Register> again = Register::read(path);
    REQUIRE(std::holds_alternative<Register>(again));
    const auto& read = std::get<Register>(again);
    REQUIRE(read.devices().size() == 2);
    CHECK(read.devices() == made.devices());
    CHECK(read.device(one.key.public_key())->content.name == "gate-3");
    CHECK(read.device(Device(3).key.public_key()) == nullptr);
    REQUIRE(read.invites().size() == 1);
    CHECK(read.invites()[0].number == 0x01020304);
    CHECK(read.invites()[0].uses == 2);
}

TEST_CASE("dates, roles and invite numbers, to and fro") {
    CHECK(date_text(0) == "1970-01-01");
    CHECK(date_text(951'782'400) == "2000-02-29");
    CHECK(date_text(4'102'444'800) == "2100-01-01");
    CHECK(date_text(253'402'300'799) == "9999-12-31");
    CHECK(date_text(admission::kSecondsMax) == "after 9999");
    for (const char* date : {"1970-01-01", "2000-02-29", "2038-01-19", "2100-12-31"}) {
        CAPTURE(date);
        REQUIRE(parse_date(date).has_value());
        CHECK(date_text(*parse_date(date)) == date);
    }
    for (const char* wrong : {"", "2001-02-29", "1969-12-31", "2026-13-01", "2026-1-01", "2026-01-+1", "2026-01-01x"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_date(wrong).has_value());
    }
    CHECK(parse_roles("inviter,admin") == 3);
    CHECK(parse_roles("admin") == 2);
    CHECK_FALSE(parse_roles("admin,,inviter").has_value());
    CHECK(roles_text(3) == "inviter,admin");
    CHECK(roles_text(0) == "-");
    CHECK(parse_invite_number(invite_number_text(0xdeadbeef)) == 0xdeadbeef);
    for (const char* wrong : {"", "1", "00000000", "0x010203", "0102030g", "010203045"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_invite_number(wrong).has_value());
    }
}
