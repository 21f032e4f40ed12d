#include "node/cli/fleet/flags.hpp"

#include <algorithm>

#include "net/address.hpp"
#include "node/cli/fleet/show_fleet.hpp"
#include "node/cli/text.hpp"

namespace chord::cli {
namespace {

using net::admission::Seconds;

Failure bad(std::string_view flag, std::string_view needs, const std::string& given) {
    return {ExitCode::usage,
            "option " + std::string(flag) + " needs " + std::string(needs) + ", not '" + printable(given) + "'"};
}

/// Whole seconds, or nothing.
std::optional<Seconds> seconds_of(const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration || duration->count() % 1000 != 0) return std::nullopt;
    const auto seconds = static_cast<Seconds>(duration->count() / 1000);
    return seconds <= kSignedLifeMax ? std::optional(seconds) : std::nullopt;
}

}  // namespace

Outcome<Seconds> seconds_flag(const Call& call, std::string_view flag, Seconds otherwise) {
    const std::string* const given = call.line.flag(flag);
    if (given == nullptr) return otherwise;
    if (const auto seconds = seconds_of(*given)) return *seconds;
    return bad(flag, "a time of whole seconds and at most five years, such as 90d or 12h", *given);
}

Outcome<Seconds> until_flag(const Call& call, std::string_view flag, Seconds now, Seconds otherwise) {
    const std::string* const given = call.line.flag(flag);
    if (given == nullptr) return otherwise;
    const auto date = parse_date(*given);
    const auto span = seconds_of(*given);
    if (date && *date > now && *date <= now + kSignedLifeMax) return *date;
    if (span) return now + *span;
    return bad(flag, "a date to come, such as 2027-12-31, or a time from now, such as 366d, and at most five years",
               *given);
}

Outcome<std::string> name_flag(const Call& call) {
    const std::string* const given = call.line.flag("--name");
    if (given == nullptr) return std::string();
    if (net::admission::is_name(*given)) return *given;
    return bad("--name", "up to 20 of a-z, 0-9, '-', '_' and '.', a letter or digit first", *given);
}

Outcome<std::string> tag_flag(const Call& call) {
    const std::string* const given = call.line.flag("--tag");
    if (given == nullptr || net::admission::is_tag(*given)) return given == nullptr ? std::string() : *given;
    return bad("--tag", "up to 11 of a-z, 0-9, '-', '_' and '.', a letter or digit first", *given);
}

Outcome<std::uint8_t> roles_flag(const Call& call) {
    const std::string* const given = call.line.flag("--roles");
    if (given == nullptr) return std::uint8_t{0};
    if (const auto roles = parse_roles(*given)) return *roles;
    return bad("--roles", "inviter, admin or both with a comma between", *given);
}

Outcome<net::admission::Bootstrap> bootstrap_flag(const Call& call) {
    net::admission::Bootstrap bootstrap;
    const std::string* const given = call.line.flag("--bootstrap");
    if (given == nullptr) return bootstrap;
    std::string_view rest = *given;
    while (!rest.empty()) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        const auto endpoint = net::parse_endpoint(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        if (!endpoint || !net::admission::is_carried(*endpoint)) {
            return bad("--bootstrap",
                       "addresses such as 192.168.7.14:7400 or [fd00::31]:7400 with commas between (no names, no "
                       "link-local ones)",
                       *given);
        }
        bootstrap.push_back(*endpoint);
    }
    if (bootstrap.empty() || bootstrap.size() > net::admission::kBootstrapMax) {
        return bad("--bootstrap", "one to four addresses", *given);
    }
    return bootstrap;
}

std::string bootstrap_text(const net::admission::Bootstrap& bootstrap) {
    std::string shown;
    for (const Endpoint& endpoint : bootstrap) {
        shown.append(shown.empty() ? "" : ",").append(net::to_text(endpoint));
    }
    return shown;
}

}  // namespace chord::cli
