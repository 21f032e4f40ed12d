#include "node/daemon/config_file.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "tests/support/temp_dir.hpp"

using namespace chord;
using namespace chord::daemon;

namespace {

std::string fault_of(std::string_view text) {
    OrFault<std::vector<Setting>> settings = parse_config("f.conf", text);
    if (settings) return "";
    CHECK(settings.fault().exit == Exit::needs_operator);
    return settings.fault().sentence;
}

void put(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("key = value lines, comments, sections and CRLF are read") {
    OrFault<std::vector<Setting>> settings = parse_config("f.conf",
                                                          "# a comment\n"
                                                          "node-name=one\r\n"
                                                          "\n"
                                                          "[ring]   # with a comment\n"
                                                          "\tring-name =  farm#1  # trailing\n"
                                                          "peer = 192.0.2.1:7400\n"
                                                          "peer = [::1]:7401");
    REQUIRE(settings);
    REQUIRE(settings->size() == 4);
    CHECK((*settings)[0].value == "one");
    CHECK((*settings)[0].origin == "f.conf:2: node-name");
    CHECK((*settings)[1].value == "farm#1");
    CHECK((*settings)[1].origin == "f.conf:5: ring-name");
    CHECK((*settings)[3].value == "[::1]:7401");
    CHECK((*settings)[3].option->name == "peer");
}

TEST_CASE("each mistake names its file and line") {
    CHECK(fault_of("\n\ncolour = red\n").find("f.conf:3: unknown key 'colour'") == 0);
    CHECK(fault_of("listen\n").find("f.conf:1: 'listen' is not of the form key = value") == 0);
    CHECK(fault_of("[attic]\n").find("f.conf:1: unknown section [attic]") == 0);
    CHECK(fault_of("[]\n").find("f.conf:1: unknown section []") == 0);
    CHECK(fault_of("[ring\n").find("f.conf:1: the section has no closing bracket") == 0);
    CHECK(fault_of("[\n").find("f.conf:1: the section has no closing bracket") == 0);
    CHECK(fault_of("[ring]\nlisten = [::]:1\n").find("f.conf:2: 'listen' belongs into [network], not into [ring]") ==
          0);
    CHECK(fault_of("listen =\n").find("f.conf:1: 'listen' needs a value") == 0);
    CHECK(fault_of("= value\n").find("f.conf:1: unknown key ''") == 0);
    CHECK(fault_of("check-config = yes\n").find("f.conf:1: 'check-config' can only be given on the command line") == 0);
    CHECK(fault_of("config = other\n").find("f.conf:1: 'config' can only be given on the command line") == 0);
    CHECK(fault_of("api = /a\napi = /b\n").find("f.conf:2: 'api' is set twice in this file") == 0);
    CHECK(fault_of("api = /a\x01\n").find("f.conf:1: the line holds a control character") == 0);
    CHECK(fault_of(std::string("api = /a\0b\n", 11)).find("f.conf:1: the line holds a control character") == 0);
}

TEST_CASE("an empty text is an empty config") {
    OrFault<std::vector<Setting>> settings = parse_config("f.conf", "");
    REQUIRE(settings);
    CHECK(settings->empty());
}

TEST_CASE("drop-in files are read after their file, by name, and nothing else is") {
    const chord::test::TempDir dir;
    const std::string file = dir.path() + "/chordd.conf";
    put(file, "node-name = main\npeer = 192.0.2.1:1\n");
    REQUIRE(std::system(("mkdir " + file + ".d").c_str()) == 0);
    put(file + ".d/20-b.conf", "node-name = last\n");
    put(file + ".d/10-a.conf", "node-name = middle\npeer = 192.0.2.2:2\n");
    put(file + ".d/30-c.conf~", "garbage\n");
    put(file + ".d/.hidden.conf", "garbage\n");
    OrFault<std::vector<Setting>> settings = read_config(file, true);
    REQUIRE(settings);
    REQUIRE(settings->size() == 5);
    OrFault<Options> options = make_options(*settings, {});
    REQUIRE(options);
    CHECK(options->node_name == "last");
    CHECK(options->peers.size() == 2);
}

TEST_CASE("files that cannot be a config are refused") {
    const chord::test::TempDir dir;
    const std::string file = dir.path() + "/chordd.conf";
    OrFault<std::vector<Setting>> missing = read_config(file, true);
    REQUIRE_FALSE(missing);
    CHECK(missing.fault().sentence.find("there is no config file") == 0);
    OrFault<std::vector<Setting>> optional = read_config(file, false);
    REQUIRE(optional);
    CHECK(optional->empty());

    put(file, std::string(kConfigBytesMax + 1, '#'));
    OrFault<std::vector<Setting>> large = read_config(file, true);
    REQUIRE_FALSE(large);
    CHECK(large.fault().sentence.find("is larger than") != std::string::npos);

    OrFault<std::vector<Setting>> directory = read_config(dir.path(), true);
    REQUIRE_FALSE(directory);
    CHECK(directory.fault().sentence.find("not a regular file") != std::string::npos);
}
