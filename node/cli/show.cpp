#include "node/cli/show.hpp"

#include <charconv>
#include <vector>

#include "node/cli/reply_fields.hpp"
#include "node/cli/table.hpp"
#include "node/cli/text.hpp"

namespace chord::cli {
namespace {

using api::Reply;

std::string rtt_at(const Reply& reply, std::string_view missing) {
    const std::optional<double> ms = number_at(reply, {"rtt_ms"});
    return ms ? rtt_text(*ms) : std::string(missing);
}

std::string neighbor_text(const Reply* neighbor) {
    if (neighbor == nullptr) return "-";
    std::string shown = id_at(*neighbor, {"id"});
    const std::string rtt = rtt_at(*neighbor, "");
    if (!rtt.empty()) shown.append(" (").append(rtt).append(")");
    return shown;
}

std::string percent_text(double fraction) {
    const double percent = fraction * 100;
    std::string digits(32, '\0');
    const auto [end, error] =
        std::to_chars(digits.data(), digits.data() + digits.size(), percent, std::chars_format::fixed, 1);
    if (!(fraction >= 0 && fraction <= 1) || error != std::errc{}) return "-";
    digits.resize(static_cast<std::size_t>(end - digits.data()));
    return digits + "%";
}

Style state_style(std::string_view state) {
    if (state == "ready" || state == "solo") return Style::good;
    if (state == "self" || state == "alive") return Style::plain;
    if (state == "joining" || state == "leaving" || state.substr(0, 7) == "suspect") return Style::warn;
    return Style::bad;
}

Cell plain(std::string text) {
    return {std::move(text), Style::plain, false};
}

Cell right(std::string text) {
    return {std::move(text), Style::plain, true};
}

Cell faint(std::string text) {
    return {std::move(text), Style::faint, false};
}

std::string plural(std::int64_t count, std::string_view noun) {
    std::string shown = std::to_string(count).append(" ").append(noun);
    if (count != 1) shown.push_back('s');
    return shown;
}

std::string ring_word(std::optional<bool> one_ring, bool whole, bool colour) {
    const std::string_view words = !one_ring ? "not known to be one ring" : *one_ring ? "one ring" : "not one ring";
    return styled(words, whole ? Style::good : one_ring ? Style::bad : Style::warn, colour);
}

// What it holds and has moved: the last three lines of the status.
std::string show_amounts(const Reply& status) {
    std::string out;
    const std::int64_t owned = count_at(status, {"keys", "owned"});
    const std::int64_t held = count_at(status, {"keys", "held"});
    out.append("keys     ").append(std::to_string(owned)).append(" owned  ");
    out.append(std::to_string(held > owned ? held - owned : 0)).append(" as replica   ");
    out.append(bytes_text(count_at(status, {"keys", "bytes"}))).append(" of values\n");

    out.append("traffic  sent ").append(bytes_text(count_at(status, {"traffic", "tx_bytes"}))).append(" in ");
    out.append(plural(count_at(status, {"traffic", "tx_datagrams"}), "datagram")).append("   received ");
    out.append(bytes_text(count_at(status, {"traffic", "rx_bytes"}))).append(" in ");
    out.append(plural(count_at(status, {"traffic", "rx_datagrams"}), "datagram")).append("\n");

    out.append("store    ").append(bytes_text(count_at(status, {"store", "used_bytes"}))).append(" of ");
    out.append(bytes_text(count_at(status, {"store", "map_bytes"}))).append("   ");
    out.append(bytes_text(count_at(status, {"store", "bytes_written"}))).append(" written since start\n");
    return out;
}

}  // namespace

std::string show_status(const Reply& status, bool colour) {
    const std::string name = text_at(status, {"node", "name"}, "");
    const std::string state = text_at(status, {"state"});
    std::string out = "chordd " + text_at(status, {"version"}) + "  node ";
    if (!name.empty()) out.append(styled(name, Style::strong, colour)).append("  ");
    out.append(id_at(status, {"node", "id"})).append("  ").append(text_at(status, {"node", "address"}));
    out.append("  up ").append(
        duration_text(count_at(status, {"uptime_s"}) > 9'000'000'000'000 ? -1 : count_at(status, {"uptime_s"}) * 1000));
    out.append("   ").append(styled(state, state_style(state), colour)).append("\n");

    if (const Reply* const notes = at(status, {"notes"})) {
        for (const Reply& note : notes->items) {
            out.append("note     ").append(styled(printable(note.text), Style::bad, colour)).append("\n");
        }
    }

    if (state == "unadmitted" || state == "enrolling" || state == "shut_out") return out;
    const std::optional<bool> one_ring = flag_at(status, {"ring", "one_ring"});
    const std::string ring = text_at(status, {"ring", "name"}, "");
    const Reply* const successors = at(status, {"ring", "successors"});
    const std::size_t successor_count = successors == nullptr ? 0 : successors->items.size();
    out.append("ring     ");
    if (!ring.empty()) out.append("\"").append(ring).append("\"  ");
    if (one_ring) out.append(ring_word(one_ring, *one_ring, colour)).append("  ");
    if (state == "gone") return out.append("left\n").append(show_amounts(status));
    out.append("~").append(plural(count_at(status, {"ring", "size_estimate"}), "node"));
    out.append("   pred ").append(neighbor_text(at(status, {"ring", "predecessor"})));
    out.append("  succ ").append(neighbor_text(successor_count == 0 ? nullptr : &successors->items.front()));
    if (successor_count > 1) {
        const auto backups = static_cast<std::int64_t>(successor_count - 1);
        out.append(" +").append(plural(backups, "backup"));
    }
    out.push_back('\n');
    return out.append(show_amounts(status));
}

std::string show_ring(const Reply& ring, bool colour) {
    std::vector<std::vector<Cell>> rows;
    rows.push_back({Cell{"#", Style::faint, true}, faint("id"), faint("addr"), Cell{"rtt", Style::faint, true},
                    Cell{"owns", Style::faint, true}, faint("state")});
    std::size_t place = 0;
    for (const Reply& node : ring.items) {
        const std::string state = text_at(node, {"state"});
        const std::optional<double> owns = number_at(node, {"owns"});
        const bool self = place == 0;
        rows.push_back({right(self ? "*" : std::to_string(place)),
                        Cell{id_at(node, {"id"}), self ? Style::strong : Style::plain, false},
                        plain(text_at(node, {"address"})), right(rtt_at(node, "-")),
                        right(owns ? percent_text(*owns) : text_at(node, {"owns"})),
                        Cell{state, state_style(state), false}});
        ++place;
    }
    return table_text(rows, colour);
}

bool ring_is_whole(const Reply& check) {
    const std::optional<double> gaps = number_at(check, {"gaps"});
    const std::optional<double> overlaps = number_at(check, {"overlaps"});
    return flag_at(check, {"one_ring"}) == true && gaps && *gaps == 0 && overlaps && *overlaps == 0 &&
           count_at(check, {"missing"}) == 0;
}

std::string show_ring_check(const Reply& check, bool colour) {
    std::string out = ring_word(flag_at(check, {"one_ring"}), ring_is_whole(check), colour);
    out.append(", ").append(plural(count_at(check, {"nodes"}), "node"));
    out.append(", ").append(plural(count_at(check, {"gaps"}), "gap"));
    out.append(", ").append(plural(count_at(check, {"overlaps"}), "overlap"));
    const std::int64_t silent = count_at(check, {"silent"});
    if (silent > 0) out.append(", ").append(std::to_string(silent)).append(" silent");
    const std::int64_t missing = count_at(check, {"missing"});
    if (missing > 0) out.append(", at least ").append(std::to_string(missing)).append(" missing");
    out.push_back('\n');
    if (const Reply* const silent_nodes = at(check, {"silent_nodes"})) {
        for (const Reply& node : silent_nodes->items) {
            out.append("silent: ").append(id_at(node, {"id"})).append(" ").append(text_at(node, {"address"}));
            out.push_back('\n');
        }
    }
    return out;
}

std::string show_fingers(const Reply& fingers, bool colour) {
    if (fingers.items.empty()) return "no fingers: in a small ring the successor list is enough\n";
    std::vector<std::vector<Cell>> rows;
    rows.push_back({faint("finger"), faint("id"), faint("addr")});
    for (const Reply& finger : fingers.items) {
        const std::string first = std::to_string(count_at(finger, {"first"}));
        const std::string last = std::to_string(count_at(finger, {"last"}));
        rows.push_back({plain(first == last ? first : first + "-" + last), plain(id_at(finger, {"id"})),
                        plain(text_at(finger, {"address"}))});
    }
    return table_text(rows, colour);
}

std::string show_trace(const Reply& trace, bool colour) {
    std::string out = "key " + id_at(trace, {"key_id"}) + "  owner ";
    out.append(styled(id_at(trace, {"owner", "id"}), Style::strong, colour));
    out.append(" at ").append(text_at(trace, {"owner", "address"}));
    const std::string owner = text_at(trace, {"owner", "id"});
    std::string replicas;
    if (const Reply* const holders = at(trace, {"holders"})) {
        for (const Reply& holder : holders->items) {
            if (text_at(holder, {"id"}) != owner) replicas.append(" ").append(id_at(holder, {"id"}));
        }
    }
    if (!replicas.empty()) out.append("  replicas").append(replicas);
    out.push_back('\n');

    std::vector<std::vector<Cell>> rows;
    if (const Reply* const hops = at(trace, {"hops"})) {
        for (const Reply& hop : hops->items) {
            const bool answered = number_at(hop, {"rtt_ms"}).has_value();
            rows.push_back({right(std::to_string(rows.size() + 1)), plain(id_at(hop, {"id"})),
                            plain(text_at(hop, {"address"})),
                            Cell{rtt_at(hop, "no answer"), answered ? Style::plain : Style::warn, true},
                            plain(text_at(hop, {"via"}))});
        }
    }
    out.append(rows.empty() ? "this node knows the owner itself\n" : table_text(rows, colour));

    const std::optional<double> elapsed = number_at(trace, {"elapsed_ms"});
    out.append("total ").append(elapsed ? rtt_text(*elapsed) : "-").append("  ");
    out.append(plural(count_at(trace, {"messages"}), "message")).append("\n");
    return out;
}

}  // namespace chord::cli
