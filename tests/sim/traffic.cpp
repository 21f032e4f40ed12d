#include "tests/sim/traffic.hpp"

#include <algorithm>
#include <cstdio>

#include "node/core/base/check.hpp"

namespace chord::sim {

namespace {

// By the tags of net/WIRE.md; a tag beyond these is shown by its number.
constexpr std::array<const char*, 17> kRequests{"?",     "ping",        "state_query", "notify", "nudge",     "step",
                                                "leave", "hint",        "read",        "write",  "replicate", "fetch",
                                                "sync",  "owner_query", "witness",     "vouch",  "fingers"};

std::string kind_name(std::size_t kind, std::size_t tag) {
    const std::string number = tag < kRequests.size() ? kRequests[tag] : std::to_string(tag);
    static constexpr std::array<const char*, 12> kResponses{
        "?",          "ack",        "refusal",     "state_reply",
        "step_reply", "read_reply", "write_reply", "replicate_reply",
        "sync_reply", "state_same", "owner_reply", "fingers_reply"};
    switch (kind) {
        case 0: return "handshake";
        case 1: return number;
        case 2: return "re:" + (tag < kResponses.size() ? kResponses[tag] : std::to_string(tag));
        case 3: return "working";
        case 4: return "again";
        case 5: return "coming";
        default: return "message";
    }
}

}  // namespace

void Traffic::add(const std::array<std::uint8_t, 3>& label, std::size_t bytes) {
    const auto [kind, attempt, tag] = label;
    CHORD_CHECK(kind < kKinds);
    Count& count = counts_[kind][std::min<std::size_t>(tag, kTags - 1)];
    ++count.datagrams;
    count.bytes += bytes + kHeaderBytes;
    count.repeats += attempt > 0 ? 1U : 0U;
}

Traffic::Count Traffic::total() const {
    Count sum;
    for (const auto& kind : counts_) {
        for (const Count& count : kind) {
            sum.datagrams += count.datagrams;
            sum.bytes += count.bytes;
            sum.repeats += count.repeats;
        }
    }
    return sum;
}

Traffic Traffic::since(const Traffic& before) const {
    Traffic difference = *this;
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
        for (std::size_t tag = 0; tag < kTags; ++tag) {
            Count& count = difference.counts_[kind][tag];
            count.datagrams -= before.counts_[kind][tag].datagrams;
            count.bytes -= before.counts_[kind][tag].bytes;
            count.repeats -= before.counts_[kind][tag].repeats;
        }
    }
    return difference;
}

std::vector<Traffic::Row> Traffic::rows() const {
    std::vector<Row> rows;
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
        for (std::size_t tag = 0; tag < kTags; ++tag) {
            if (counts_[kind][tag].datagrams > 0) {
                rows.push_back({kind_name(kind, tag), counts_[kind][tag]});
            }
        }
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return a.count.bytes > b.count.bytes; });
    return rows;
}

std::string Traffic::text() const {
    const std::uint64_t all = std::max<std::uint64_t>(1, total().bytes);
    std::string lines;
    for (const Row& row : rows()) {
        char line[120];
        std::snprintf(line, sizeof line, "%-16s %5.1f %% of the bytes, %llu datagrams, %llu of them repeats",
                      row.kind.c_str(), 100.0 * static_cast<double>(row.count.bytes) / static_cast<double>(all),
                      static_cast<unsigned long long>(row.count.datagrams),
                      static_cast<unsigned long long>(row.count.repeats));
        lines += (lines.empty() ? "" : "\n") + std::string(line);
    }
    return lines;
}

}  // namespace chord::sim
