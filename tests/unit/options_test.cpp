#include "node/daemon/options.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "net/address.hpp"
#include "node/daemon/config_file.hpp"

using namespace chord;
using namespace chord::daemon;

namespace {

/// The options of a command line over the text of a config file.
OrFault<Options> options_of(std::vector<const char*> arguments, std::string_view config = "") {
    OrFault<std::vector<Setting>> command_line = parse_command_line(arguments);
    if (!command_line) return command_line.fault();
    OrFault<std::vector<Setting>> file = parse_config("f.conf", config);
    if (!file) return file.fault();
    return make_options(*file, *command_line);
}

/// Expects a fault of that exit code whose sentence begins so.
void refused(std::vector<const char*> arguments, Exit exit, const std::string& beginning,
             std::string_view config = "") {
    OrFault<Options> options = options_of(std::move(arguments), config);
    REQUIRE_FALSE(options);
    CHECK(options.fault().exit == exit);
    CHECK_MESSAGE(options.fault().sentence.find(beginning) == 0, options.fault().sentence);
    CHECK(options.fault().sentence.find('\n') == std::string::npos);
}

std::vector<std::string> text_of(const std::vector<Endpoint>& endpoints) {
    std::vector<std::string> texts;
    for (const Endpoint& endpoint : endpoints) texts.push_back(net::to_text(endpoint));
    return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("the defaults") {
    OrFault<Options> options = options_of({});
    REQUIRE(options);
    CHECK(options->state_dir == "/var/lib/chordd");
    CHECK(options->api_path == "/run/chordd/chordd.sock");
    CHECK(text_of(options->listen) == Texts{"[::]:7400", "0.0.0.0:7400"});
    CHECK(options->listen_is_default);
    CHECK(options->peers.empty());
    CHECK(options->network_key_file.empty());
    CHECK(options->profile == Profile::standard);
    CHECK(options->ring_name == "default");
    CHECK_FALSE(options->node_name.empty());
    CHECK(options->log_level == LogLevel::notice);
    CHECK_FALSE(options->help);
}

TEST_CASE("both forms of an option with a value, and switches") {
    OrFault<Options> options =
        options_of({"--state-dir", "/a", "--api=/b", "--peer=192.0.2.1:1", "--peer", "[::1]:2", "--profile", "metered",
                    "--map-size=64M", "--log-level", "debug", "--node-name", "barn-3", "--check-config"});
    REQUIRE(options);
    CHECK(options->state_dir == "/a");
    CHECK(options->api_path == "/b");
    CHECK(text_of(options->peers) == Texts{"192.0.2.1:1", "[::1]:2"});
    CHECK(options->profile == Profile::metered);
    CHECK(options->map_bytes == 64U * 1024 * 1024);
    CHECK(options->log_level == LogLevel::debug);
    CHECK(options->node_name == "barn-3");
    CHECK(options->check_config);
    CHECK_FALSE(options->version);
}

TEST_CASE("the command line wins over the file, the file over the defaults, lists as a whole") {
    const char* config = "[network]\nlisten = 127.0.0.1:1\nlisten = [::1]:1\nprofile = lan\n[api]\napi = /file\n";
    OrFault<Options> options = options_of({"--listen", "127.0.0.1:2", "--api", "/line"}, config);
    REQUIRE(options);
    CHECK(text_of(options->listen) == Texts{"127.0.0.1:2"});
    CHECK_FALSE(options->listen_is_default);
    CHECK(options->api_path == "/line");
    CHECK(options->profile == Profile::lan);

    OrFault<Options> file_only = options_of({}, config);
    REQUIRE(file_only);
    CHECK(text_of(file_only->listen) == Texts{"127.0.0.1:1", "[::1]:1"});
    CHECK_FALSE(file_only->listen_is_default);
    CHECK(file_only->api_path == "/file");
}

TEST_CASE("a bad command line is one sentence and exit 2") {
    refused({"--colour"}, Exit::usage, "unknown option --colour");
    refused({"--colour=red"}, Exit::usage, "unknown option --colour");
    refused({"start"}, Exit::usage, "'start' is not an option");
    refused({"-v"}, Exit::usage, "'-v' is not an option");
    refused({"--"}, Exit::usage, "'--' is not an option");
    refused({"--=x"}, Exit::usage, "unknown option --");
    refused({""}, Exit::usage, "'' is not an option");
    refused({"--api"}, Exit::usage, "--api needs a value (PATH)");
    refused({"--api="}, Exit::usage, "--api needs a value (PATH)");
    refused({"--api", ""}, Exit::usage, "--api needs a value (PATH)");
    refused({"--api", "/a", "--api=/b"}, Exit::usage, "--api is given twice");
    refused({"--help=yes"}, Exit::usage, "--help takes no value");
}

TEST_CASE("a bad value is one sentence that names its place: exit 2 on the command line, 78 in a file") {
    refused({"--listen", "localhost:1"}, Exit::usage, "--listen: \"localhost:1\" is not a numeric address");
    refused({"--listen", "127.0.0.1:65536"}, Exit::usage, "--listen: ");
    refused({"--listen", "127.0.0.1:7400", "--listen", "127.0.0.1"}, Exit::usage,
            "--listen: '127.0.0.1' is given twice");
    refused({"--peer", "127.0.0.1:0"}, Exit::usage, "--peer: '127.0.0.1:0' has no port");
    refused({"--profile", "fast"}, Exit::usage, "--profile: 'fast' is none of");
    refused({"--log-level", "loud"}, Exit::usage, "--log-level: 'loud' is none of");
    refused({"--ring-name", "a b"}, Exit::usage, "--ring-name: 'a b' is not a name");
    refused({"--node-name", std::string(64, 'n').c_str()}, Exit::usage, "--node-name: ");
    refused({}, Exit::needs_operator, "f.conf:2: peer: \"nowhere\" is not", "\npeer = nowhere\n");
    refused({}, Exit::needs_operator, "f.conf:1: map-size: '1' is outside", "map-size = 1\n");
}

TEST_CASE("sizes: units, bounds and numbers that overflow") {
    for (const char* good : {"1M", "1048576", "2048K", "1G"}) {
        const std::string argument = std::string("--map-size=") + good;
        CHECK(options_of({argument.c_str()}));
    }
    for (const char* bad :
         {"", "M", "1MB", "-1M", "1.5G", "0x10M", "1048575", "1025K ", "9999999999999999999999", "99999G"}) {
        const std::string argument = std::string("--map-size=") + bad;
        OrFault<Options> options = options_of({argument.c_str()});
        REQUIRE_FALSE_MESSAGE(options, bad);
        CHECK(options.fault().exit == Exit::usage);
    }
}

TEST_CASE("lists are bounded") {
    std::vector<const char*> arguments(65, "--peer=192.0.2.1:1");
    refused(arguments, Exit::usage, "--peer: '192.0.2.1:1' is one too many; at most 64 can be given");
    arguments.pop_back();
    CHECK(options_of(arguments));
}

TEST_CASE("help tells every option of the table") {
    const std::string help = help_text();
    for (const OptionSpec& option : option_table())
        CHECK(help.find("--" + std::string(option.name)) != std::string::npos);
}

TEST_CASE("the table's own defaults are valid and its names unique") {
    for (const OptionSpec& option : option_table()) {
        CHECK(find_option(option.name) == &option);
        CHECK(option.values_max >= 1);
        CHECK((option.store != nullptr));
    }
    CHECK(find_option("") == nullptr);
}

TEST_CASE("options: discovery is on, unless traffic is metered, the operator says so, or nobody could come") {
    const auto uses = [](std::vector<const char*> arguments) {
        OrFault<Options> options = options_of(std::move(arguments));
        REQUIRE(options);
        return uses_discovery(*options);
    };
    CHECK(uses({}));
    CHECK(uses({"--profile", "lan"}));
    CHECK_FALSE(uses({"--profile", "metered"}));
    CHECK(uses({"--profile", "metered", "--discovery", "on"}));
    CHECK_FALSE(uses({"--discovery", "off"}));
    CHECK_FALSE(uses({"--listen", "127.0.0.1:7400", "--listen", "[::1]:7400"}));
    CHECK_FALSE(uses({"--listen", "127.0.0.1:7400", "--discovery", "on"}));
    CHECK(uses({"--listen", "127.0.0.1:7400", "--listen", "192.0.2.7:7400"}));
    refused({"--discovery", "maybe"}, Exit::usage, "--discovery: 'maybe' is neither on nor off");
}

TEST_CASE("a dumped config reads back as the same options") {
    const std::vector<const char*> arguments{"--state-dir", "/a",      "--peer",      "192.0.2.1:1",
                                             "--peer",      "[::1]:2", "--node-name", "n"};
    OrFault<Options> before = options_of(arguments);
    REQUIRE(before);
    OrFault<Options> after = options_of({}, dump_config(*before));
    REQUIRE_MESSAGE(after, after.fault().sentence);
    CHECK(after->state_dir == before->state_dir);
    CHECK(after->peers == before->peers);
    CHECK(after->listen == before->listen);
    CHECK(after->node_name == before->node_name);
    CHECK(after->map_bytes == before->map_bytes);
}
