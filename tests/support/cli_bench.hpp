// CliBench: chordctl's run() with a directory of its own, a clock and dice that the test sets, and a node behind the
// socket or none: the real commands of node/api over a FakeFleet.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "net/admission/list_exchange.hpp"
#include "node/api/resp_reply.hpp"
#include "node/cli/fleet/files.hpp"
#include "node/cli/run.hpp"
#include "tests/support/api_client.hpp"
#include "tests/support/fake_fleet.hpp"
#include "tests/support/temp_dir.hpp"

namespace chord::testing {

/// A node of a fleet behind the socket.
class CliNode {
public:
    explicit CliNode(bool admin = true) : api(admin) {
        api.context.fleet = &fleet;
        api.ask("HELLO 3");
    }

    /// Makes it a member of that fleet.
    void enter(const admission::VerifyKey& fleet_key) {
        fleet.shown.phase = api::FleetPhase::member;
        fleet.shown.name = "farm";
        fleet.shown.fleet_key = fleet_key;
    }

    cli::Outcome<api::Reply> ask(const std::vector<std::string>& command) {
        asked.push_back(command);
        api::ReplyParser parser;
        parser.feed(api.send(cli::encode_command(command)));
        auto reply = parser.next();
        REQUIRE(reply.has_value());
        REQUIRE(reply->has_value());
        if ((*reply)->is(api::Reply::Kind::error)) return cli::failure_from_error((*reply)->text);
        return std::move(**reply);
    }

    FakeFleet fleet;
    ApiClient api;
    std::vector<std::vector<std::string>> asked;
};

class CliBench {
public:
    CliBench() {
        machine.directory = home.path() + "/config/chordctl";
        machine.wall = [this] { return wall; };
        machine.roll = [this](std::span<std::uint8_t> bytes) {
            for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(dice.next());
        };
        machine.ask_passphrase = [this](const std::string&) -> cli::Outcome<std::string> {
            if (passphrases.empty()) return cli::Failure{cli::ExitCode::usage, "no terminal"};
            std::string next = passphrases.front();
            passphrases.erase(passphrases.begin());
            return next;
        };
        machine.cost = {1, 8};
    }

    cli::RunResult run(const std::vector<std::string>& arguments, std::string input = {}) {
        cli::Surroundings surroundings;
        surroundings.machine = machine;
        surroundings.read_value = [input] { return cli::Outcome<std::string>(input); };
        surroundings.open = [this](std::string, std::chrono::milliseconds) -> std::unique_ptr<cli::Session> {
            return std::make_unique<Link>(node);
        };
        return cli::run(arguments, surroundings);
    }

    /// Runs what must end with `ok`; its standard output.
    std::string good(const std::vector<std::string>& arguments, std::string input = {}) {
        const cli::RunResult result = run(arguments, std::move(input));
        CAPTURE(result.err);
        CAPTURE(result.out);
        REQUIRE(result.code == cli::ExitCode::ok);
        notes = result.err;
        return result.out;
    }

    /// Runs what must fail so; the one sentence on standard error. Notes before it go to `notes`.
    std::string bad(cli::ExitCode code, const std::vector<std::string>& arguments, std::string input = {}) {
        const cli::RunResult result = run(arguments, std::move(input));
        CAPTURE(result.err);
        CAPTURE(result.out);
        CHECK(result.out.empty());
        CHECK(static_cast<int>(result.code) == static_cast<int>(code));
        CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
        return result.err;
    }

    std::string path(const std::string& name) const { return home.path() + "/" + name; }
    std::string key_path(const std::string& name) const { return machine.directory + "/" + name; }
    std::string write(const std::string& name, std::string_view content) {
        REQUIRE_FALSE(cli::write_own_file("test file", path(name), content).has_value());
        return path(name);
    }
    std::string read(const std::string& where) const {
        auto content = cli::read_file("test file", where);
        REQUIRE(std::holds_alternative<std::optional<std::string>>(content));
        REQUIRE(std::get<std::optional<std::string>>(content).has_value());
        return *std::get<std::optional<std::string>>(content);
    }

    test::TempDir home;
    cli::Machine machine;
    admission::Seconds wall = kIssued;
    Rng dice{42};
    std::vector<std::string> passphrases;
    CliNode* node = nullptr;  // null: nobody is behind the socket
    std::string notes;

private:
    struct Link final : cli::Session {
        explicit Link(CliNode* behind) : behind_(behind) {}
        cli::Outcome<api::Reply> ask(const std::vector<std::string>& command) override {
            if (behind_ == nullptr) return cli::Failure{cli::ExitCode::unreachable, "no daemon at /s"};
            return behind_->ask(command);
        }
        CliNode* behind_;
    };
};

}  // namespace chord::testing
