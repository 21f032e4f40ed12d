// INFO, CONFIG, TIME, as monitoring and benchmark tools read them.
#include "tests/support/api_client.hpp"

#include <doctest/doctest.h>

using chord::testing::ApiClient;
using chord::testing::test_peer;

namespace {

bool has_line(const std::string& text, const std::string& line) {
    return text.find("\n" + line + "\r\n") != std::string::npos;
}

}  // namespace

TEST_CASE("INFO tells what clients look for, and the node's counts") {
    ApiClient api;
    api.client.shown.self = test_peer(7);
    api.client.shown.keys_owned = 12;
    api.client.shown.counters = {{"lookups_ok", 5}};
    api.client.shown.uptime = std::chrono::seconds(90);
    const std::string info = api.ask("INFO");
    for (const std::string line :
         {"redis_version:7.2.4", "server_name:chordd", "chordd_version:0.1.0", "loading:0", "role:master",
          "cluster_enabled:0", "uptime_in_seconds:90", "lookups_ok:5", "db0:keys=12,expires=0,avg_ttl=0",
          "connected_clients:1", "state:joining", "ring_size_estimate:1", "total_commands_processed:1"}) {
        CAPTURE(line);
        CHECK(has_line(info, line));
    }
}

TEST_CASE("INFO by section") {
    ApiClient api;
    CHECK(api.ask("INFO replication") == "$48\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n");
    CHECK(api.ask("INFO CLUSTER").substr(0, 20) == "$30\r\n# Cluster\r\nclus");
    CHECK(api.ask("INFO nosuch") == "$0\r\n\r\n");
    CHECK(has_line(api.ask("INFO cluster server"), "server_name:chordd"));
    CHECK_FALSE(has_line(api.ask("INFO cluster"), "server_name:chordd"));
    CHECK(api.ask("INFO everything").size() > 500);
    api.ask("HELLO 3");
    CHECK(api.ask("INFO nosuch") == "=4\r\ntxt:\r\n");
}

TEST_CASE("CONFIG GET takes names and patterns, CONFIG SET names the file") {
    ApiClient api;
    api.context.config = {{"timeout", "30"}, {"listen", "[::]:7400"}};
    CHECK(api.ask("CONFIG GET save") == "*2\r\n$4\r\nsave\r\n$0\r\n\r\n");
    CHECK(api.ask("CONFIG GET SAVE append*") == "*4\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n$4\r\nsave\r\n$0\r\n\r\n");
    CHECK(api.ask("CONFIG GET timeout") == "*2\r\n$7\r\ntimeout\r\n$2\r\n30\r\n");
    CHECK(api.ask("CONFIG GET nosuch") == "*0\r\n");
    CHECK(api.ask("CONFIG GET *").substr(0, 5) == "*14\r\n");
    CHECK(api.ask("CONFIG GET") == "-ERR wrong number of arguments for 'config|get' command\r\n");
    CHECK(api.ask("CONFIG SET save x") ==
          "-ERR settings are changed in the configuration file, not with CONFIG SET\r\n");
    api.context.config_file = "/etc/chordd/chordd.conf";
    CHECK(api.ask("CONFIG SET save x") ==
          "-ERR settings are changed in the configuration file /etc/chordd/chordd.conf, not with CONFIG SET\r\n");
    CHECK(api.ask("CONFIG REWRITE") == "-ERR unknown subcommand 'REWRITE'. Try CONFIG HELP.\r\n");
    api.ask("HELLO 3");
    CHECK(api.ask("CONFIG GET databases") == "%1\r\n$9\r\ndatabases\r\n$1\r\n1\r\n");
}

TEST_CASE("TIME is the wall clock that was handed in") {
    ApiClient api;
    api.context.wall_us = [] { return std::uint64_t{1'700'000'000'000'042}; };
    CHECK(api.ask("TIME") == "*2\r\n$10\r\n1700000000\r\n$2\r\n42\r\n");
}
