#include "node/cli/help.hpp"

#include <vector>

#include "node/cli/table.hpp"
#include "node/cli/text.hpp"

namespace chord::cli {
namespace {

constexpr std::string_view kGlobalFlags =
    "Options:\n"
    "  --json         one JSON object on stdout, \"v\":1 first\n"
    "  --socket PATH  the daemon's socket; else $CHORDD_SOCKET, else /run/chordd/chordd.sock\n"
    "  --timeout T    give up after this time: 5s, 500ms\n"
    "  -q, --quiet    no notes on stderr, no \"ok\" on stdout\n"
    "  --no-color     no colours; $NO_COLOR does the same\n"
    "  -h, --help     this text, or that of the command\n"
    "  --version      print the version\n";

constexpr std::size_t kFlagsShown = 2;  // of one verb, in the list of all; `help VERB` shows them all

constexpr std::string_view kExitStatus =
    "Exit status: 0 ok, 1 negative answer (no such key, check failed, refused), 2 usage or a bad file or invite,\n"
    "  69 no daemon, 73 too big or full, 74 output not written, 75 try again (no quorum, timeout, not joined),\n"
    "  76 the daemon's answer makes no sense, 77 not permitted, 78 bad configuration, or a device in no fleet.\n";

std::string joined(std::string_view first, std::string_view second) {
    std::string text(first);
    if (!second.empty()) text.append(" ").append(second);
    return text;
}

}  // namespace

std::string help_text() {
    std::string out = "chordctl: asks the chordd of this device\n\nUsage: chordctl [OPTION...] COMMAND [WORD...]\n\n";
    std::vector<std::vector<Cell>> rows;
    for (const Verb& verb : verbs()) {
        std::string synopsis = joined(verb.name, verb.synopsis);
        if (verb.flags.size() > kFlagsShown) {
            synopsis.append(" [FLAG...]");
        } else {
            for (const Flag& flag : verb.flags) {
                synopsis.append(" [").append(joined(flag.name, flag.argument)).append("]");
            }
        }
        rows.push_back({Cell{}, Cell{std::move(synopsis), Style::plain, false},
                        Cell{std::string(verb.help), Style::plain, false}});
    }
    return out.append("Commands:\n")
        .append(table_text(rows, false))
        .append("\n")
        .append(kGlobalFlags)
        .append("\n")
        .append(kExitStatus);
}

std::string help_text(const Verb& verb) {
    std::string out = "Usage: chordctl [OPTION...] " + joined(verb.name, verb.synopsis);
    if (!verb.flags.empty()) out.append(" [FLAG...]");
    out.append("\n\n").append(verb.help).append("\n\n");
    if (!verb.flags.empty()) {
        std::vector<std::vector<Cell>> rows;
        for (const Flag& flag : verb.flags) {
            rows.push_back({Cell{}, Cell{joined(flag.name, flag.argument), Style::plain, false},
                            Cell{std::string(flag.help), Style::plain, false}});
        }
        out.append("Flags:\n").append(table_text(rows, false)).append("\n");
    }
    return out.append(kGlobalFlags)
        .append("  (time limit of this command: ")
        .append(duration_text(verb.timeout.count() * 1000))
        .append(")\n");
}

std::string version_text() {
    return "chordctl " CHORDD_VERSION "\n";
}

}  // namespace chord::cli
