#include "node/cli/outcome.hpp"

#include <array>
#include <utility>

#include "node/cli/text.hpp"

namespace chord::cli {
namespace {

constexpr std::array<std::pair<std::string_view, ExitCode>, 17> kWords{{
    {"ERR", ExitCode::protocol},
    {"NOPROTO", ExitCode::protocol},
    {"CONFLICT", ExitCode::negative},
    {"TOOBIG", ExitCode::no_room},
    {"FULL", ExitCode::no_room},
    {"READONLY", ExitCode::no_room},
    {"TRYAGAIN", ExitCode::try_again},
    {"NOQUORUM", ExitCode::try_again},
    {"TIMEOUT", ExitCode::try_again},
    {"NOTJOINED", ExitCode::try_again},
    {"CLOCK", ExitCode::try_again},
    {"NOPERM", ExitCode::not_permitted},
    {"NOAUTH", ExitCode::not_permitted},
    {"BADINPUT", ExitCode::usage},
    {"REFUSED", ExitCode::negative},
    {"NOTADMITTED", ExitCode::bad_config},
    {"NOFLEET", ExitCode::bad_config},
}};

}  // namespace

Failure failure_from_error(std::string_view error) {
    const std::size_t space = error.find(' ');
    const std::string_view word = error.substr(0, space);
    for (const auto& [known, code] : kWords) {
        if (word != known) continue;
        const std::string_view rest = space == std::string_view::npos ? word : error.substr(space + 1);
        return {code, printable(rest.empty() ? word : rest)};
    }
    return {ExitCode::protocol, error.empty() ? "the daemon answered with an empty error" : printable(error)};
}

}  // namespace chord::cli
