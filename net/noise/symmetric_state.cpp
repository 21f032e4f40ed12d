#include "net/noise/symmetric_state.hpp"

#include <algorithm>

#include "node/core/base/check.hpp"

namespace chord::net::noise {

namespace {

/// Section 5.2: HASHLEN is 64, so an output is cut to the length of a cipher key.
SecretKey cut(const SecretHash& output) {
    return SecretKey::copy_of(output.bytes().first<kKeyBytes>());
}

}  // namespace

SymmetricState::SymmetricState(std::string_view protocol_name) {
    CHORD_CHECK(protocol_name.size() <= hash_.size());
    std::copy(protocol_name.begin(), protocol_name.end(), hash_.begin());  // and zeros behind
    chaining_key_ = SecretHash::copy_of(hash_);
}

SymmetricState SymmetricState::clone() const {
    SymmetricState twin;
    twin.chaining_key_ = chaining_key_.clone();
    twin.hash_ = hash_;
    if (cipher_) twin.cipher_.emplace(cipher_->clone());
    twin.counter_ = counter_;
    return twin;
}

void SymmetricState::mix_key(std::span<const std::uint8_t> input) {
    auto outputs = hkdf<2>(chaining_key_, input);
    chaining_key_ = std::move(outputs[0]);
    begin_key(outputs[1]);
}

void SymmetricState::mix_hash(std::span<const std::uint8_t> bytes) {
    hash_ = hash(hash_, bytes);
}

void SymmetricState::mix_key_and_hash(const SecretKey& input) {
    auto outputs = hkdf<3>(chaining_key_, input.bytes());
    chaining_key_ = std::move(outputs[0]);
    mix_hash(outputs[1].bytes());
    begin_key(outputs[2]);
}

Status SymmetricState::encrypt_and_hash(std::span<std::uint8_t> message) {
    CHORD_CHECK(cipher_.has_value());
    const Status done = cipher_->encrypt(counter_, hash_, message);
    if (!done) return done;
    ++counter_;
    mix_hash(message);
    return done;
}

Result<std::span<std::uint8_t>> SymmetricState::decrypt_and_hash(std::span<std::uint8_t> message) {
    CHORD_CHECK(cipher_.has_value());
    const Hash next = hash(hash_, message);  // now, since the message is decrypted where it stands
    const auto text = cipher_->decrypt(counter_, hash_, message);
    if (!text) return text;
    ++counter_;
    hash_ = next;
    return text;
}

std::pair<Cipher, Cipher> SymmetricState::split() const {
    const auto outputs = hkdf<2>(chaining_key_, {});
    return {Cipher(cut(outputs[0])), Cipher(cut(outputs[1]))};
}

void SymmetricState::wipe_keys() {
    chaining_key_.wipe();
    cipher_.reset();
}

void SymmetricState::begin_key(const SecretHash& output) {
    cipher_.emplace(cut(output));
    counter_ = 0;
}

}  // namespace chord::net::noise
