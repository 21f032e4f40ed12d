// Computes every vector of a file with net/noise, as initiator and as responder, and compares each byte.
//
// Usage: noise_vectors FILE    exit 0 all agree, 1 one differs, 77 the file is not there (ctest reports it as skipped)
//
// The format is that of the Cacophony vectors. "rekeyed_messages" (optional) is ours: both sides rekey once after
// "messages", their counters go on, and the initiator speaks first again.
#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

#include "net/noise/handshake.hpp"
#include "tests/support/vector_file.hpp"

namespace {

using namespace chord;
using namespace chord::net::noise;
using testing::VectorNode;
using Raw = std::vector<std::uint8_t>;

void must(bool good, const std::string& what) {
    if (!good) throw std::runtime_error(what);
}

SecretKey secret(const VectorNode& node) {
    const Raw bytes = node.bytes();
    must(bytes.size() == kKeyBytes, "a key of another length");
    return SecretKey::copy_of(std::span<const std::uint8_t, kKeyBytes>(bytes));
}

const Pattern& pattern_named(const std::string& name) {
    for (const Pattern* pattern : {&kIkPsk2, &kXxPsk3}) {
        if (pattern->protocol_name == name) return *pattern;
    }
    throw std::runtime_error("none of our patterns: " + name);
}

Handshake side_of(const VectorNode& vector, chord::net::Role role) {
    const std::string who = role == chord::net::Role::initiator ? "init" : "resp";
    must(vector[who + "_psks"].items.size() == 1, "not one psk");
    const KeyPair static_key(secret(vector[who + "_static"]));
    const SecretKey psk = secret(vector[who + "_psks"].items[0]);
    const Raw prologue = vector[who + "_prologue"].bytes();
    std::optional<PublicKey> remote;
    if (const VectorNode* key = vector.find(who + "_remote_static")) {
        remote.emplace();
        const SecretKey bytes = secret(*key);
        std::copy(bytes.bytes().begin(), bytes.bytes().end(), remote->begin());
    }
    return Handshake({.pattern = pattern_named(vector["protocol_name"].text),
                      .role = role,
                      .prologue = prologue,
                      .static_key = static_key,
                      .pre_shared_key = psk,
                      .ephemeral = secret(vector[who + "_ephemeral"]),
                      .remote_static = remote});
}

void check_handshake_message(Handshake& writer, Handshake& reader, const VectorNode& message) {
    const Raw payload = message["payload"].bytes();
    Raw written;
    must(writer.write_message(payload, written).has_value(), "it could not be written");
    must(written == message["ciphertext"].bytes(), "other bytes were written");
    const auto read = reader.read_message(written);
    must(read.has_value(), "it could not be read");
    must(std::equal(read->begin(), read->end(), payload.begin(), payload.end()), "another payload was read");
}

void check_session_message(const Cipher& sender, const Cipher& receiver, std::uint64_t counter,
                           const VectorNode& message) {
    const Raw payload = message["payload"].bytes();
    Raw bytes = payload;
    bytes.resize(payload.size() + kCipherTagBytes);
    must(sender.encrypt(counter, {}, bytes).has_value(), "it could not be encrypted");
    must(bytes == message["ciphertext"].bytes(), "it was encrypted to other bytes");
    const auto text = receiver.decrypt(counter, {}, bytes);
    must(text.has_value(), "it could not be decrypted");
    must(std::equal(text->begin(), text->end(), payload.begin(), payload.end()), "it was decrypted to another payload");
}

void check(const VectorNode& vector, std::string& where) {
    where = "the handshake";
    const std::size_t handshake_messages = pattern_named(vector["protocol_name"].text).messages.size();
    const auto& messages = vector["messages"].items;
    must(messages.size() >= handshake_messages, "too few messages");
    std::array<Handshake, 2> sides = {side_of(vector, chord::net::Role::initiator),
                                      side_of(vector, chord::net::Role::responder)};
    for (std::size_t i = 0; i < handshake_messages; ++i) {
        where = "message " + std::to_string(i);
        check_handshake_message(sides[i % 2], sides[1 - i % 2], messages[i]);
    }
    where = "the end of the handshake";
    const Raw expected = vector["handshake_hash"].bytes();
    for (Handshake& side : sides) {
        must(side.is_finished(), "not finished");
        const Hash& found = side.handshake_hash();
        must(std::equal(found.begin(), found.end(), expected.begin(), expected.end()), "another handshake hash");
    }
    std::array<SessionCiphers, 2> ciphers = {sides[0].split(), sides[1].split()};
    std::array<std::uint64_t, 2> counters = {0, 0};
    for (std::size_t i = handshake_messages; i < messages.size(); ++i) {
        where = "message " + std::to_string(i);
        check_session_message(ciphers[i % 2].send, ciphers[1 - i % 2].receive, counters[i % 2]++, messages[i]);
    }
    const VectorNode* rekeyed = vector.find("rekeyed_messages");
    if (rekeyed == nullptr) return;
    for (SessionCiphers& both : ciphers) {
        both.send.rekey();
        both.receive.rekey();
    }
    for (std::size_t i = 0; i < rekeyed->items.size(); ++i) {
        where = "rekeyed message " + std::to_string(i);
        check_session_message(ciphers[i % 2].send, ciphers[1 - i % 2].receive, counters[i % 2]++, rekeyed->items[i]);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: noise_vectors FILE\n");
        return 64;
    }
    if (!std::filesystem::exists(argv[1])) {
        std::printf("skipped: %s is not there\n", argv[1]);
        return 77;
    }
    std::string where = "the file";
    std::size_t number = 0;
    try {
        std::ifstream stream(argv[1], std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(stream), {}};
        const VectorNode file = testing::VectorFileReader(text).read();
        const auto& vectors = file["vectors"].items;
        must(!vectors.empty(), "no vectors");
        for (const VectorNode& vector : vectors) {
            ++number;
            check(vector, where);
        }
        std::printf("%zu vectors agree\n", vectors.size());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "vector %zu, %s: %s\n", number, where.c_str(), error.what());
        return 1;
    }
    return 0;
}
