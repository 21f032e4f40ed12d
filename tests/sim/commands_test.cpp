// chord_sim's command line: help, the reproducing line, exit codes, and one clear sentence for every mistake.
#include "tests/sim/commands.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <doctest/doctest.h>

#include "tests/sim/experiments/experiment.hpp"

namespace chord::sim {
namespace {

struct Ended {
    int code = 0;
    std::string out;
    std::string err;
};

std::string contents(std::FILE* file) {
    std::string text;
    std::rewind(file);
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
        text += static_cast<char>(c);
    }
    std::fclose(file);
    return text;
}

Ended run(const std::vector<std::string>& arguments) {
    std::FILE* out = std::tmpfile();
    std::FILE* err = std::tmpfile();
    REQUIRE((out && err));
    Ended ended;
    ended.code = run_program(arguments, out, err);
    ended.out = contents(out);
    ended.err = contents(err);
    return ended;
}

std::string experiment_names() {
    std::string names;
    for (const Experiment& experiment : experiments()) {
        names += (names.empty() ? "" : ", ") + std::string(experiment.name);
    }
    return names;
}

TEST_CASE("chord_sim: the first line is the command that reproduces the run, and it does") {
    const Ended first = run({"walk", "--schedules", "20", "--r=2"});
    CHECK(first.code == 0);
    CHECK(first.out.find("chord_sim walk --seed 1 --schedules 20 --r=2\n") == 0);
    CHECK(first.out.find("non_converged") != std::string::npos);
    CHECK(run({"walk", "--seed", "1", "--schedules", "20", "--r=2"}).out == first.out);
    CHECK(run({"run", "--nodes", "3", "--lookups", "5", "--for", "10s"}).out.find("chord_sim run --seed 1 --nodes 3") ==
          0);
}

TEST_CASE("chord_sim: --index alone is that one schedule or run, as a line that somebody wrote down means it") {
    const std::vector<std::string> walk{"walk", "--seed", "1", "--index", "562", "--json"};
    CHECK(run(walk).out.find("\"schedules\":1,") != std::string::npos);
    CHECK(run({"swarm", "--index", "7", "--faults", "none", "--nodes", "1", "--json"}).out.find("\"runs\":1,") !=
          std::string::npos);
    std::vector<std::string> more = walk;
    more.insert(more.end(), {"--schedules", "3"});
    CHECK(run(more).out.find("\"schedules\":3,") != std::string::npos);
}

TEST_CASE("chord_sim: --json prints one object, the command is in it and on stderr") {
    const Ended ended = run({"run", "--nodes", "2", "--lookups", "3", "--for", "1s", "--json"});
    CHECK(ended.code == 0);
    CHECK(ended.out.find("{\"v\":1,\"command\":\"chord_sim run --seed 1 ") == 0);
    CHECK(std::count(ended.out.begin(), ended.out.end(), '\n') == 1);
    CHECK(ended.out.find("\"trace_hash\":\"") != std::string::npos);
    CHECK(ended.err.find("chord_sim run --seed 1 ") == 0);
}

TEST_CASE("chord_sim: a violation is exit 1, with the line that reproduces it") {
    const Ended ended = run({"walk", "--r", "2", "--schedules", "200", "--broken", "adopt-unanswered"});
    CHECK(ended.code == 1);
    CHECK(ended.out.find("VIOLATION: chord_sim walk --r 2 --seed 1 --n-max 10 ") != std::string::npos);
    CHECK(ended.out.find("reproduce with: chord_sim walk") != std::string::npos);
    CHECK(run({"run", "--nodes", "2", "--loss", "1", "--json"}).code == 1);
}

TEST_CASE("chord_sim: --help names every command and option") {
    CHECK(run({"--help"}).code == 0);
    CHECK(run({"--help"}).out.find("walk") != std::string::npos);
    CHECK(run({"-h"}).out == run({"--help"}).out);
    CHECK(run({"walk", "-h"}).out == run({"walk", "--help"}).out);
    CHECK(run({"experiment", "-h"}).out == run({"experiment", "--help"}).out);
    CHECK(run({"--version"}).out == "chord_sim " CHORDD_VERSION "\n");
    const Ended help = run({"run", "--help"});
    CHECK(help.code == 0);
    for (const char* option : {"--nodes N", "--session-mean T", "--loss P", "--hours H", "--plain-chord", "--keys K"}) {
        CHECK(help.out.find(option) != std::string::npos);
    }
    CHECK(run({"walk", "--help"}).out.find("--messages") != std::string::npos);
}

TEST_CASE("chord_sim: a mistake is one clear sentence on stderr and exit 2") {
    struct Mistake {
        std::vector<std::string> arguments;
        std::string sentence;
    };
    const std::string a_time = "a time above 0 and at most 3650d, such as 250ms, 90s, 1.5min, 1h or 2d, not ";
    const std::string faults =
        "chord_sim: swarm: --faults must be names from the list that --help prints, each once, with commas between "
        "them, or none, not ";
    const std::vector<Mistake> mistakes{
        {{}, "chord_sim: a command is missing: run, walk, swarm, data, scale or experiment (see --help)\n"},
        {{"jump"},
         "chord_sim: unknown command 'jump': run, walk, swarm, data, scale and experiment are the ones there are\n"},
        {{"run", "--bogus"}, "chord_sim: run: unknown option '--bogus' (see --help)\n"},
        {{"run", "--nodes"}, "chord_sim: run: --nodes needs N\n"},
        {{"run", "--nodes", "many"}, "chord_sim: run: --nodes must be a whole number from 1 to 100000, not 'many'\n"},
        {{"run", "--nodes", "0"}, "chord_sim: run: --nodes must be a whole number from 1 to 100000, not '0'\n"},
        {{"run", "--nodes", "-3"}, "chord_sim: run: --nodes must be a whole number from 1 to 100000, not '-3'\n"},
        {{"run", "--loss", "1.5"}, "chord_sim: run: --loss must be a share from 0 to 1, not '1.5'\n"},
        {{"run", "--loss="}, "chord_sim: run: --loss must be a share from 0 to 1, not ''\n"},
        {{"run", "--hours", "soon"},
         "chord_sim: run: --hours must be a number of hours above 0 and at most 87600, not 'soon'\n"},
        {{"run", "--session-mean", "5"}, "chord_sim: run: --session-mean must be " + a_time + "'5'\n"},
        {{"run", "--session-mean", "99999999999999999999d"},
         "chord_sim: run: --session-mean must be " + a_time + "'99999999999999999999d'\n"},
        {{"run", "--for", "3650.1d"}, "chord_sim: run: --for must be " + a_time + "'3650.1d'\n"},
        {{"run", "--latency", "0s"}, "chord_sim: run: --latency must be " + a_time + "'0s'\n"},
        {{"run", "--latency", "0.0001ms"}, "chord_sim: run: --latency must be " + a_time + "'0.0001ms'\n"},
        {{"run", "--latency", "5ms", "--jitter", "6ms"}, "chord_sim: run: --jitter cannot be more than the latency\n"},
        {{"experiment"},
         "chord_sim: experiment: a name is missing: " + experiment_names() + " are the ones there are\n"},
        {{"experiment", "luck"},
         "chord_sim: experiment: none is called 'luck': " + experiment_names() + " are the ones there are\n"},
        {{"experiment", "--quick"},
         "chord_sim: experiment: the name comes first, before --quick: " + experiment_names() +
             " are the ones there are\n"},
        {{"swarm", "--faults", "loss,"}, faults + "'loss,'\n"},
        {{"swarm", "--faults", "loss,loss"}, faults + "'loss,loss'\n"},
        {{"swarm", "--faults", ""}, faults + "''\n"},
        {{"experiment", "load", "--lookups", "3"}, "chord_sim: experiment: load does not heed --lookups\n"},
        {{"experiment", "merge", "--nodes", "3"}, "chord_sim: experiment: merge needs --nodes of at least 16\n"},
        {{"experiment", "merge", "--for", "1s"}, "chord_sim: experiment: merge needs --for of at least 120s\n"},
        {{"experiment", "merge", "--svg", "merge.svg"}, "chord_sim: experiment: merge has no plot\n"},
        {{"experiment", "load", "--nodes", "0"},
         "chord_sim: experiment: --nodes must be a whole number from 1 to 1048576, not '0'\n"},
        {{"run", "--json=yes"}, "chord_sim: run: --json takes no value\n"},
        {{"walk", "--broken", "all"},
         "chord_sim: walk: --broken must be one of the rules that --help names, not 'all'\n"},
        {{"walk", "--messages", "--broken", "padded-join"},
         "chord_sim: walk: --broken works at event level only, without --messages or --splits\n"},
        {{"walk", "--messages", "--splits"}, "chord_sim: walk: --splits is a walk of its own, without --messages\n"},
        {{"walk", "--splits", "--r", "1"},
         "chord_sim: walk: --splits needs --r of at least 2, as it keeps three copies\n"},
        {{"walk", "--n-max", "13"}, "chord_sim: walk: --n-max must be from 3 to 12, and with --splits from 4 to 16\n"},
    };
    for (const Mistake& mistake : mistakes) {
        const Ended ended = run(mistake.arguments);
        CHECK(ended.code == 2);
        CHECK(ended.err == mistake.sentence);
        CHECK(ended.out.empty());
    }
}

TEST_CASE("chord_sim: an experiment that got a size below its least, or one that it does not heed, is not begun") {
    for (const Experiment& experiment : experiments()) {
        for (const char* option : {"--nodes", "--lookups", "--keys"}) {
            CHECK(run({"experiment", experiment.name, option, "1"}).code == 2);
        }
        CHECK(run({"experiment", experiment.name, "--for", "1ms"}).code == 2);
    }
}

TEST_CASE("chord_sim: a plot that cannot be written is noticed at once, or after the verdict, and is no bad usage") {
    const std::vector<std::string> load{"experiment", "load", "--nodes", "100", "--keys", "1000", "--svg"};
    std::vector<std::string> nowhere = load, full = load;
    nowhere.emplace_back("no-such-folder/plot.svg");
    full.emplace_back("/dev/full");
    const Ended refused = run(nowhere);
    CHECK(refused.code == 74);
    CHECK(refused.err == "chord_sim: 'no-such-folder/plot.svg' cannot be written: No such file or directory\n");
    CHECK(refused.out.empty());
    const Ended measured = run(full);
    CHECK(measured.code == 74);
    CHECK(measured.err == "chord_sim: '/dev/full' cannot be written: No space left on device\n");
    CHECK(measured.out.find("VIOLATION: ") != std::string::npos);
}

TEST_CASE("chord_sim: who cannot write what was found says so, and does not exit with 0") {
    std::FILE* full = std::fopen("/dev/full", "w");
    std::FILE* err = std::tmpfile();
    REQUIRE((full && err));
    CHECK(run_program({"walk", "--schedules", "1", "--json"}, full, err) == 74);
    CHECK(contents(err).ends_with("chord_sim: the output cannot be written: No space left on device\n"));
    std::fclose(full);
}

}  // namespace
}  // namespace chord::sim
