// What monitoring and benchmark tools ask of a server: INFO, CONFIG, TIME.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "node/api/argument.hpp"
#include "node/api/call.hpp"
#include "node/api/counters.hpp"
#include "node/api/phase_text.hpp"
#include "node/api/redis_version.hpp"

namespace chord::api::commands {
namespace {

std::string field(std::string_view name, std::string_view value) {
    return std::string(name) + ':' + std::string(value) + "\r\n";
}

std::string field(std::string_view name, std::uint64_t value) {
    return field(name, std::to_string(value));
}

std::string server_section(const ApiContext& context, const NodeView& view) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(view.uptime).count();
    return field("redis_version", kRedisVersion) + field("server_name", "chordd") +
           field("chordd_version", context.version) + field("redis_mode", "standalone") +
           field("arch_bits", sizeof(void*) * 8) + field("process_id", static_cast<std::uint64_t>(context.process_id)) +
           field("tcp_port", "0") + field("uptime_in_seconds", static_cast<std::uint64_t>(seconds)) +
           field("config_file", context.config_file);
}

std::string clients_section(const ApiContext& context, const NodeView&) {
    return field("connected_clients", context.sessions_open);
}

std::string persistence_section(const ApiContext&, const NodeView& view) {
    return field("loading", "0") + field("async_loading", "0") + field("store_map_bytes", view.store.map_bytes) +
           field("store_used_bytes", view.store.used_bytes) + field("store_bytes_written", view.store.bytes_written) +
           field("store_commits", view.store.commits) + field("store_corrupt_records", view.store.corrupt_records);
}

std::string stats_section(const ApiContext& context, const NodeView& view) {
    std::string text = field("total_connections_received", context.sessions_started) +
                       field("total_commands_processed", context.commands_processed);
    for (const auto& [name, value] : all_counters(context, view)) text += field(name, value);
    return text;
}

std::string replication_section(const ApiContext&, const NodeView&) {
    return field("role", "master") + field("connected_slaves", "0");
}

std::string cluster_section(const ApiContext&, const NodeView&) {
    return field("cluster_enabled", "0");
}

std::string chord_section(const ApiContext& context, const NodeView& view) {
    std::array<char, 40> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), view.size_estimate).ptr;
    return field("node_id", view.self.id.hex()) + field("node_name", context.node_name) +
           field("ring_name", context.ring_name) + field("state", phase_text(view.phase)) +
           field("ring_size_estimate", {digits.data(), static_cast<std::size_t>(end - digits.data())}) +
           field("successors", view.successors.size()) + field("keys_owned", view.keys_owned) +
           field("keys_held", view.keys_held) + field("bytes_held", view.bytes_held);
}

/// The keys of this node's own arc: those of the whole ring cannot be counted from here.
std::string keyspace_section(const ApiContext&, const NodeView& view) {
    if (view.keys_owned == 0) return {};
    return field("db0", "keys=" + std::to_string(view.keys_owned) + ",expires=0,avg_ttl=0");
}

struct Section {
    std::string_view name;
    std::string (*text)(const ApiContext&, const NodeView&);
};

constexpr std::array<Section, 8> kSections{{
    {"Server", server_section},
    {"Clients", clients_section},
    {"Persistence", persistence_section},
    {"Stats", stats_section},
    {"Replication", replication_section},
    {"Cluster", cluster_section},
    {"Chord", chord_section},
    {"Keyspace", keyspace_section},
}};

using Setting = std::pair<std::string_view, std::string_view>;

/// What redis-benchmark and client libraries ask for and what has no other value here.
constexpr std::array<Setting, 6> kFixedSettings{{
    {"appendonly", "yes"},  // every acknowledged write is on disk
    {"databases", "1"},
    {"maxmemory", "0"},
    {"proto-max-bulk-len", "536870912"},
    {"save", ""},
    {"timeout", "0"},
}};

void config_get(Call& call) {
    std::vector<Setting> all(call.context().config.begin(), call.context().config.end());
    for (const Setting& fixed : kFixedSettings) {
        const auto same = [&](const Setting& one) { return one.first == fixed.first; };
        if (std::none_of(all.begin(), all.end(), same)) all.push_back(fixed);
    }
    std::sort(all.begin(), all.end());
    const auto unasked = [&](const Setting& one) {
        return std::none_of(call.args.begin() + 2, call.args.end(),
                            [&](BytesView pattern) { return glob_match(pattern, one.first, true); });
    };
    all.erase(std::remove_if(all.begin(), all.end(), unasked), all.end());
    call.out.map(all.size());
    for (const auto& [name, value] : all) {
        call.out.bulk(name);
        call.out.bulk(value);
    }
}

}  // namespace

void info(Call& call) {
    const NodeView view = call.client().view();
    const auto asked = [&](const Section& section) {
        if (call.args.size() == 1) return true;
        return std::any_of(call.args.begin() + 1, call.args.end(), [&](BytesView arg) {
            return equals_ignoring_case(arg, section.name) || equals_ignoring_case(arg, "all") ||
                   equals_ignoring_case(arg, "default") || equals_ignoring_case(arg, "everything");
        });
    };
    std::string text;
    for (const Section& section : kSections) {
        if (!asked(section)) continue;
        if (!text.empty()) text += "\r\n";
        text += "# " + std::string(section.name) + "\r\n" + section.text(call.context(), view);
    }
    call.out.verbatim(text);
}

void config(Call& call) {
    const BytesView verb = call.args[1];
    if (equals_ignoring_case(verb, "get")) {
        return call.args.size() < 3 ? call.wrong_arity("get") : config_get(call);
    }
    if (equals_ignoring_case(verb, "set")) {
        const std::string& file = call.context().config_file;
        return call.out.error("ERR settings are changed in the configuration file" +
                              (file.empty() ? std::string() : ' ' + file) + ", not with CONFIG SET");
    }
    call.other_subcommand();
}

void time(Call& call) {
    const std::uint64_t now = call.context().wall_us ? call.context().wall_us() : 0;
    call.out.array(2);
    call.out.bulk(std::to_string(now / 1'000'000));
    call.out.bulk(std::to_string(now % 1'000'000));
}

}  // namespace chord::api::commands
