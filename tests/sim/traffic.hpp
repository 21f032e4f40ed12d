// Traffic: what the datagrams of a simulated network were, by the kind of message: where bytes and messages go. It goes
// by Datagram::label, since the bytes say nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace chord::sim {

/// An IPv4 and a UDP header: each datagram costs so much beside its bytes.
inline constexpr std::uint64_t kHeaderBytes = 28;

class Traffic {
public:
    struct Count {
        std::uint64_t datagrams = 0;
        std::uint64_t bytes = 0;    // headers included
        std::uint64_t repeats = 0;  // of the datagrams: sent again, or answered again
    };

    void add(const std::array<std::uint8_t, 3>& label, std::size_t bytes);

    Count total() const;
    /// What came since `before`, a copy of this one.
    Traffic since(const Traffic& before) const;

    struct Row {
        std::string kind;  // "ping", "re:step", "working"
        Count count;
    };
    /// The kinds that occurred, most bytes first.
    std::vector<Row> rows() const;
    /// One line a kind: its share of the bytes, its datagrams.
    std::string text() const;

private:
    static constexpr std::size_t kTags = 32;
    static constexpr std::size_t kKinds = 7;  // handshake, those of envelope.hpp, kMessageLabel

    std::array<std::array<Count, kTags>, kKinds> counts_{};
};

}  // namespace chord::sim
