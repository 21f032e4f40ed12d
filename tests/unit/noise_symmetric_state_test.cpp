// SymmetricState, step by step against the definitions of section 5.2.
#include "net/noise/symmetric_state.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "tests/support/memory_search.hpp"
#include "tests/support/noise_sides.hpp"

namespace chord::net::noise {
namespace {

using testing::raw;
using testing::Raw;
using testing::secret_of;
using testing::view;

/// InitializeSymmetric for a name that is shorter than a hash: the name, and zeros behind it.
Hash padded(std::string_view name) {
    Hash start{};
    std::copy(name.begin(), name.end(), start.begin());
    return start;
}

SecretKey cut(const SecretHash& output) {
    return SecretKey::copy_of(output.bytes().first<kKeyBytes>());
}

Raw encrypted(const Cipher& cipher, std::uint64_t counter, const Hash& associated, std::string_view text) {
    Raw message = raw(text);
    message.resize(text.size() + kCipherTagBytes);
    CHECK(cipher.encrypt(counter, associated, message));
    return message;
}

TEST_CASE("noise_symmetric_state: keys, transcript and counters are those of the specification") {
    SymmetricState state("name");
    Hash transcript = padded("name");
    SecretHash chaining_key = SecretHash::copy_of(transcript);
    CHECK_EQ(state.transcript_hash(), transcript);

    state.mix_hash(view("public"));
    transcript = hash(transcript, view("public"));
    CHECK_EQ(state.transcript_hash(), transcript);

    state.mix_key(view("secret"));
    auto two = hkdf<2>(chaining_key, view("secret"));
    chaining_key = std::move(two[0]);
    CHECK_EQ(state.transcript_hash(), transcript);
    const Cipher first(cut(two[1]));
    for (const std::uint64_t counter : {0U, 1U}) {
        Raw message = raw("text");
        message.resize(message.size() + kCipherTagBytes);
        CHECK(state.encrypt_and_hash(message));
        CHECK_EQ(message, encrypted(first, counter, transcript, "text"));
        transcript = hash(transcript, message);
        CHECK_EQ(state.transcript_hash(), transcript);
    }

    const SecretKey psk = secret_of(7);
    state.mix_key_and_hash(psk);
    auto three = hkdf<3>(chaining_key, psk.bytes());
    chaining_key = std::move(three[0]);
    transcript = hash(transcript, three[1].bytes());
    CHECK_EQ(state.transcript_hash(), transcript);
    Raw message = encrypted(Cipher(cut(three[2])), 0, transcript, "answer");
    transcript = hash(transcript, message);
    const auto text = state.decrypt_and_hash(message);
    REQUIRE(text);
    CHECK_EQ(Raw(text->begin(), text->end()), raw("answer"));
    CHECK_EQ(state.transcript_hash(), transcript);

    const auto keys = hkdf<2>(chaining_key, {});
    const auto [initiators, responders] = state.split();
    const Hash none{};
    CHECK_EQ(encrypted(initiators, 0, none, "x"), encrypted(Cipher(cut(keys[0])), 0, none, "x"));
    CHECK_EQ(encrypted(responders, 0, none, "x"), encrypted(Cipher(cut(keys[1])), 0, none, "x"));
}

TEST_CASE("noise_symmetric_state: what does not decrypt leaves transcript and counter as they were") {
    SymmetricState writer("name");
    SymmetricState reader("name");
    writer.mix_key(view("secret"));
    reader.mix_key(view("secret"));
    Raw message(kCipherTagBytes);
    REQUIRE(writer.encrypt_and_hash(message));
    const Hash before = reader.transcript_hash();
    for (std::size_t i = 0; i < message.size(); ++i) {
        Raw forged = message;
        forged[i] ^= 1;
        CHECK_FALSE(reader.decrypt_and_hash(forged));
        CHECK_EQ(reader.transcript_hash(), before);
    }
    CHECK(reader.decrypt_and_hash(message));
    CHECK_EQ(reader.transcript_hash(), writer.transcript_hash());
}

TEST_CASE("noise_symmetric_state: a clone goes its own way") {
    SymmetricState state("name");
    state.mix_key(view("secret"));
    SymmetricState twin = state.clone();
    Raw one(kCipherTagBytes);
    Raw other(kCipherTagBytes);
    CHECK(state.encrypt_and_hash(one));
    CHECK_NE(state.transcript_hash(), twin.transcript_hash());
    CHECK(twin.encrypt_and_hash(other));
    CHECK_EQ(one, other);
    CHECK_EQ(state.transcript_hash(), twin.transcript_hash());
}

TEST_CASE("noise_symmetric_state: wipe_keys and the end leave neither chaining key nor cipher key") {
    const auto outputs = hkdf<2>(SecretHash::copy_of(padded("name")), view("secret"));
    const auto key = outputs[1].bytes().first<kKeyBytes>();
    for (const bool by_wiping : {true, false}) {
        testing::Storage<SymmetricState> storage(SymmetricState("name"));
        storage->mix_key(view("secret"));
        CHECK(storage.contains(outputs[0].bytes()));
        CHECK(storage.contains(key));
        by_wiping ? storage->wipe_keys() : storage.destroy();
        CHECK_FALSE(storage.contains(outputs[0].bytes()));
        CHECK_FALSE(storage.contains(key));
    }
}

}  // namespace
}  // namespace chord::net::noise
