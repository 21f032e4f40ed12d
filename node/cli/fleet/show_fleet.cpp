#include "node/cli/fleet/show_fleet.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "node/cli/reply_fields.hpp"
#include "node/cli/table.hpp"
#include "node/cli/text.hpp"

namespace chord::cli {
namespace {

using api::Reply;
using net::admission::Certificate;
using net::admission::Reason;
using net::admission::Role;
using net::admission::Seconds;

constexpr std::array<std::pair<Role, std::string_view>, 2> kRoles{{{Role::inviter, "inviter"}, {Role::admin, "admin"}}};

std::string date_at(const Reply& reply, std::string_view name) {
    const Reply* const found = reply.find(name);
    return found != nullptr && found->is(Reply::Kind::integer) ? date_text(static_cast<Seconds>(found->integer)) : "-";
}

std::string tag_or_dash(const std::string& tag) {
    return tag.empty() ? "-" : tag;
}

Style standing_style(std::string_view standing) {
    return standing == "admitted" ? Style::good : standing == "-" ? Style::warn : Style::bad;
}

Cell plain(std::string text) {
    return {std::move(text), Style::plain, false};
}

Cell faint(std::string text) {
    return {std::move(text), Style::faint, false};
}

std::string origin_text(const Reply& device) {
    const std::int64_t invite = count_at(device, {"invite"});
    if (device.find("invite") == nullptr) return "-";
    if (invite == 0) return "file";
    return "invite " + invite_number_text(static_cast<std::uint32_t>(invite)) + " use " +
           std::to_string(count_at(device, {"use"}));
}

}  // namespace

std::string date_text(Seconds seconds) {
    constexpr Seconds kYear9999 = 253'402'300'799;
    if (seconds > kYear9999) return "after 9999";
    const std::chrono::sys_days day{std::chrono::days(static_cast<int>(seconds / 86400))};
    const std::chrono::year_month_day date(day);
    std::array<char, 32> shown{};
    std::snprintf(shown.data(), shown.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return shown.data();
}

std::optional<Seconds> parse_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto number = [&](std::size_t at, std::size_t digits) -> int {
        int value = -1;
        const char* const end = text.data() + at + digits;
        const auto [stop, error] = std::from_chars(text.data() + at, end, value);
        return error == std::errc{} && stop == end ? value : -1;
    };
    const int year = number(0, 4);
    const int month = number(5, 2);
    const int day = number(8, 2);
    if (year < 1970 || month < 1 || day < 1) return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day)));
    if (!date.ok()) return std::nullopt;
    return static_cast<Seconds>(std::chrono::sys_days(date).time_since_epoch().count()) * 86400;
}

std::string span_text(Seconds seconds) {
    return duration_text(static_cast<std::int64_t>(seconds) * 1000);
}

std::string device_text(const Certificate& certificate) {
    return certificate.name + " (" + certificate.position(0).short_hex() + ")";
}

std::string roles_text(std::uint8_t roles) {
    std::string shown;
    for (const auto& [role, name] : kRoles) {
        if (has_role(roles, role)) shown.append(shown.empty() ? "" : ",").append(name);
    }
    return shown.empty() ? "-" : shown;
}

std::optional<std::uint8_t> parse_roles(std::string_view text) {
    unsigned roles = 0;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view wanted = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        bool found = false;
        for (const auto& [role, name] : kRoles) {
            if (name != wanted) continue;
            roles |= static_cast<unsigned>(role);
            found = true;
        }
        if (!found) return std::nullopt;
    }
    return static_cast<std::uint8_t>(roles);
}

std::string invite_number_text(std::uint32_t number) {
    std::array<char, 16> shown{};
    std::snprintf(shown.data(), shown.size(), "%08x", number);
    return shown.data();
}

std::optional<std::uint32_t> parse_invite_number(std::string_view text) {
    std::uint32_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    if (text.size() != 8 || error != std::errc{} || stop != text.data() + text.size() || number == 0) {
        return std::nullopt;
    }
    return number;
}

std::string_view reason_text(Reason reason) {
    switch (reason) {
        case Reason::unsaid: return "unsaid";
        case Reason::lost: return "lost";
        case Reason::stolen: return "stolen";
        case Reason::left: return "left";
        case Reason::superseded: return "superseded";
    }
    return "unsaid";
}

ReplyMap device_map(const Certificate& certificate) {
    ReplyMap map;
    map.text("name", certificate.name).text("id", certificate.position(0).hex()).text("tag", certificate.tag);
    map.text("roles", roles_text(certificate.roles)).number("not_before", certificate.not_before);
    map.number("not_after", certificate.not_after());
    return map;
}

std::string show_certs(const Reply& certs, bool colour) {
    std::vector<std::vector<Cell>> rows;
    rows.push_back(
        {faint("name"), faint("id"), faint("tag"), faint("until"), faint("renews"), faint("by"), faint("standing")});
    for (const Reply& device : certs.items) {
        const std::string standing = text_at(device, {"standing"});
        const bool self = flag_at(device, {"self"}) == true;
        rows.push_back({Cell{text_at(device, {"name"}), self ? Style::strong : Style::plain, false},
                        plain(id_at(device, {"id"})), plain(tag_or_dash(text_at(device, {"tag"}))),
                        plain(date_at(device, "not_after")), plain(date_at(device, "renew_from")),
                        plain(origin_text(device)),
                        Cell{standing == "-" ? "no answer" : standing, standing_style(standing), false}});
    }
    return table_text(rows, colour);
}

std::string show_fleet_status(const Reply& fleet, bool colour) {
    const std::string mode = text_at(fleet, {"mode"});
    std::string out = "fleet    ";
    if (mode == "unadmitted") return out + styled("none", Style::warn, colour) + ": chordctl join INVITE|FILE\n";
    const std::string name = text_at(fleet, {"name"}, "");
    if (!name.empty()) out.append("\"").append(name).append("\"  ");
    out.append(text_at(fleet, {"fingerprint"})).append("   ");
    out.append(styled(mode, mode == "ready" ? Style::good : Style::bad, colour)).append("\n");
    const Reply* const own = at(fleet, {"certificate"});
    if (own != nullptr) {
        const std::string standing = text_at(*own, {"standing"});
        out.append("device   ").append(styled(text_at(*own, {"name"}), Style::strong, colour)).append("  ");
        out.append(id_at(*own, {"id"})).append("  tag ").append(tag_or_dash(text_at(*own, {"tag"}))).append("  until ");
        out.append(date_at(*own, "not_after")).append("  ");
        out.append(styled(standing, standing_style(standing), colour));
        if (flag_at(*own, {"renewal_due"}) == true) out.append("  renewal is due");
        out.push_back('\n');
    }
    const std::int64_t number = count_at(fleet, {"list_number"});
    out.append("list     ");
    if (number == 0) {
        out.append("none yet\n");
    } else {
        out.append(std::to_string(number)).append("  signed ").append(date_at(fleet, "list_issued")).append("  ");
        out.append(std::to_string(count_at(fleet, {"revocations"}))).append(" revoked  ");
        out.append(std::to_string(count_at(fleet, {"delegations"}))).append(" delegated");
        if (flag_at(fleet, {"inviter"}) == true) out.append("  this device may invite");
        out.push_back('\n');
    }
    out.append("keys     network key");
    if (const Reply* const keys = at(fleet, {"network_keys"})) {
        for (const Reply& key : keys->items) out.append(" ").append(std::to_string(key.integer));
    }
    const Reply* const time = at(fleet, {"time"});
    out.append("   time ").append(time == nullptr ? "not known" : date_at(fleet, "time")).append("\n");
    const std::string enrolment = text_at(fleet, {"enrolment"}, "");
    if (!enrolment.empty()) out.append("note     ").append(enrolment).append("\n");
    return out;
}

std::string show_admission(const Reply& admission, bool colour) {
    std::string out = text_at(admission, {"result"}) + " as ";
    out.append(styled(text_at(admission, {"name"}), Style::strong, colour)).append("  tag ");
    out.append(tag_or_dash(text_at(admission, {"tag"}))).append("  until ").append(date_at(admission, "not_after"));
    const std::string fleet = text_at(admission, {"fleet"}, "");
    out.append("\nfleet ");
    if (!fleet.empty()) out.append("\"").append(fleet).append("\"  ");
    return out.append("fingerprint ").append(text_at(admission, {"fingerprint"})).append("\n");
}

}  // namespace chord::cli
