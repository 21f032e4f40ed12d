#include "node/daemon/initiation_file.hpp"

#include <algorithm>

#include "node/core/base/hash.hpp"
#include "node/host/secret_file.hpp"

namespace chord::daemon {
namespace {

constexpr const char* kFileName = "initiations";
constexpr const char* kWhat = "initiations file";
constexpr BytesView kMagic = "chordin1";
constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kCheckBytes = 8;
constexpr std::size_t kFileBytes = 8 + kNumberBytes + kCheckBytes;

/// With a static key that nobody has seen any number is fresh. Peers have to learn the new key, no more.
constexpr const char* kRemedy =
    "; restore it from a backup, or move it and the file 'static.key' away and start again: the node keeps its id and "
    "its data, and has a new key for handshakes";

Bytes check_of(BytesView content) {
    const auto digest = hash256({content}).bytes();
    return Bytes(digest.begin(), digest.begin() + kCheckBytes);
}

}  // namespace

std::optional<std::uint64_t> next_first_initiation(std::uint64_t latest, std::uint64_t unix_seconds) {
    // In starts, each of which is one second of a clock that is right.
    const std::uint64_t clock = unix_seconds < kClockBelievedBefore ? unix_seconds : 0;
    const std::uint64_t start = std::max(latest / kInitiationsPerStart + 1, clock);
    if (start > UINT64_MAX / kInitiationsPerStart) return std::nullopt;
    return start * kInitiationsPerStart;
}

Bytes encode_initiation_file(std::uint64_t first) {
    Bytes content(kMagic);
    for (int shift = 56; shift >= 0; shift -= 8) content.push_back(static_cast<char>((first >> shift) & 0xff));
    return content + check_of(content);
}

std::optional<std::uint64_t> decode_initiation_file(BytesView content) {
    if (content.size() != kFileBytes || !content.starts_with(kMagic)) return std::nullopt;
    if (content.substr(kFileBytes - kCheckBytes) != check_of(content.substr(0, kFileBytes - kCheckBytes)))
        return std::nullopt;
    std::uint64_t first = 0;
    for (const char byte : content.substr(kMagic.size(), kNumberBytes))
        first = (first << 8) | static_cast<std::uint8_t>(byte);
    return first;
}

OrFault<std::uint64_t> reserve_initiations(const std::string& state_dir, std::uint64_t unix_seconds) {
    const std::string path = state_dir + "/" + kFileName;
    OrFault<std::optional<Bytes>> file = read_secret_file(kWhat, path, kFileBytes);
    if (!file) return file.fault();
    const std::optional<std::uint64_t> latest = file->has_value() ? decode_initiation_file(**file) : 0;
    if (!latest) {
        return Fault{Exit::needs_operator,
                     std::string("the ") + kWhat + " " + path + " is damaged or was not written by chordd" + kRemedy};
    }
    const std::optional<std::uint64_t> first = next_first_initiation(*latest, unix_seconds);
    if (!first) {
        return Fault{Exit::needs_operator,
                     std::string("the numbers for handshakes in the ") + kWhat + " " + path + " are used up" + kRemedy};
    }
    if (std::optional<Fault> fault = replace_secret_file(kWhat, state_dir, kFileName, encode_initiation_file(*first)))
        return *fault;
    return *first;
}

}  // namespace chord::daemon
