// Arbitrary bytes from a client into a Session, in arbitrary pieces, with operations that end at arbitrary moments.
//
// The first eight bytes seed the pieces and the order; the rest is what the client sends. Checked: memory stays within
// its bounds, the replies are RESP, and one client's reads and writes give the same replies however they are
// interleaved.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "node/api/resp_parser.hpp"
#include "node/api/session.hpp"
#include "node/core/base/rng.hpp"
#include "tests/support/fake_client.hpp"

namespace {

using namespace chord;

/// The place behind the reply that begins at `at`; ends the process when there is none.
std::size_t skip_reply(const std::string& replies, std::size_t at, int depth) {
    CHORD_CHECK(depth < 16);
    CHORD_CHECK(at < replies.size());
    const std::size_t end = replies.find("\r\n", at);
    CHORD_CHECK(end != std::string::npos);
    const char type = replies[at];
    const std::string line = replies.substr(at + 1, end - at - 1);
    CHORD_CHECK(line.find_first_of("\r\n") == std::string::npos);
    const long long size = std::strtoll(line.c_str(), nullptr, 10);
    switch (type) {
        case '+':
        case '-':
        case ':':
        case '_':
        case '#':
        case ',': return end + 2;
        case '$':
        case '=': {
            if (size < 0) return end + 2;
            const std::size_t behind = end + 2 + static_cast<std::size_t>(size);
            CHORD_CHECK(replies.compare(behind, 2, "\r\n") == 0);
            return behind + 2;
        }
        case '*':
        case '~':
        case '%': {
            std::size_t next = end + 2;
            for (long long i = 0; i < size * (type == '%' ? 2 : 1); ++i) next = skip_reply(replies, next, depth + 1);
            return next;
        }
        default: CHORD_CHECK(false);
    }
}

/// What the session answers. With `rng`, pieces and moments are random; without, each operation ends at once.
std::string replies_to(BytesView bytes, Rng* rng) {
    testing::FakeClient client;
    client.shown.self = testing::test_peer(1);
    client.walked = std::vector<Client::WalkedNode>{{testing::test_peer(9), testing::test_peer(1), true}};
    client.hold = rng != nullptr;
    api::ApiContext context{.client = client, .version = "0.1.0", .ring_name = "farm", .node_name = "barn-3"};
    api::Session session(context, {1000, true}, [] {});
    std::string out;
    const auto end_one = [&] { rng->chance(1, 2) ? client.end_first() : client.end_last(); };
    while (!bytes.empty() && !session.closed()) {
        if (session.wants_input()) {
            const std::size_t size =
                rng != nullptr ? 1 + rng->below(std::min<std::size_t>(bytes.size(), 64)) : bytes.size();
            session.feed(bytes.substr(0, size));
            bytes.remove_prefix(size);
        } else if (client.held_back() > 0) {
            end_one();
        }
        if (client.held_back() > 0 && rng->chance(1, 3)) end_one();
        CHORD_CHECK(client.held_back() <= 2 * api::kInFlightMax);
        const std::string more = session.take_output();
        CHORD_CHECK(more.size() <= api::kOutputBytesMax);
        out += more;
        if (more.empty() && !session.wants_input() && client.held_back() == 0) break;
    }
    while (client.held_back() > 0) {
        end_one();
        out += session.take_output();
    }
    for (std::string more = session.take_output(); !more.empty(); more = session.take_output()) out += more;
    return out;
}

/// INFO's counts and the versions in CHORD.GET depend on the order in which operations on different keys end.
bool is_comparable(BytesView bytes) {
    for (std::size_t i = 0; i + 4 <= bytes.size(); ++i) {
        std::string word(bytes.substr(i, 4));
        for (char& c : word) c = static_cast<char>(c | 0x20);
        if (word == "info" || word == "hord") return false;
    }
    return bytes.find("\\x") == BytesView::npos;  // such a word in disguise
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::uint64_t seed = 0;
    for (; size > 0 && (seed >> 56) == 0; --size) seed = seed << 8 | *data++;
    const BytesView bytes(reinterpret_cast<const char*>(data), size);
    Rng rng(seed);
    const std::string mixed = replies_to(bytes, &rng);
    for (std::size_t at = 0; at < mixed.size();) at = skip_reply(mixed, at, 0);
    if (is_comparable(bytes)) CHORD_CHECK(mixed == replies_to(bytes, nullptr));
    return 0;
}
