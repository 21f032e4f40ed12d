#include "net/noise/handshake.hpp"

#include <algorithm>
#include <utility>

#include "node/core/base/check.hpp"

namespace chord::net::noise {

namespace {

constexpr std::size_t kSealedKeyBytes = kKeyBytes + kCipherTagBytes;

/// Appends the bytes and room for the tag; returns the place.
std::span<std::uint8_t> append_with_room(std::vector<std::uint8_t>& datagram, std::span<const std::uint8_t> bytes) {
    const std::size_t begin = datagram.size();
    datagram.insert(datagram.end(), bytes.begin(), bytes.end());
    datagram.resize(datagram.size() + kCipherTagBytes);
    return std::span(datagram).subspan(begin);
}

PublicKey to_public_key(std::span<const std::uint8_t> bytes) {
    CHORD_CHECK(bytes.size() == kKeyBytes);
    PublicKey key{};
    std::copy(bytes.begin(), bytes.end(), key.begin());
    return key;
}

/// Section 9.2: an ephemeral key goes into the chaining key too, since there is a psk in every pattern of ours.
void mix_ephemeral(SymmetricState& symmetric, const PublicKey& key) {
    symmetric.mix_hash(key);
    symmetric.mix_key(key);
}

}  // namespace

Handshake::Handshake(HandshakeOptions options)
    : pattern_(&options.pattern),
      role_(options.role),
      progress_{SymmetricState(options.pattern.protocol_name), options.remote_static, std::nullopt, 0},
      static_key_(options.static_key.clone()),
      ephemeral_(std::move(options.ephemeral)),
      pre_shared_key_(options.pre_shared_key.clone()) {
    const bool initiator = role_ == Role::initiator;
    CHORD_CHECK(options.remote_static.has_value() == (pattern_->responder_static_known && initiator));
    progress_.symmetric.mix_hash(options.prologue);
    if (pattern_->responder_static_known) {
        progress_.symmetric.mix_hash(initiator ? *options.remote_static : static_key_->public_key());
    }
}

bool Handshake::is_my_turn() const {
    return !is_finished() && (progress_.messages % 2 == 0) == (role_ == Role::initiator);
}

Status Handshake::write_message(std::span<const std::uint8_t> payload, std::vector<std::uint8_t>& datagram) {
    CHORD_CHECK(is_my_turn());
    const std::size_t overhead = message_overhead(*pattern_, progress_.messages);
    if (payload.size() > kMessageBytesMax - overhead) return Error::too_big;

    const std::size_t begin = datagram.size();
    datagram.reserve(begin + overhead + payload.size());
    Progress next = progress_.clone();
    Status status = Success{};
    for (const Token token : pattern_->messages[progress_.messages]) {
        if (status) status = append_token(token, next, datagram);
    }
    if (status) status = next.symmetric.encrypt_and_hash(append_with_room(datagram, payload));
    if (!status) {
        datagram.resize(begin);
        return status;
    }
    CHORD_CHECK(datagram.size() - begin == overhead + payload.size());
    ++next.messages;
    progress_ = std::move(next);
    return status;
}

Result<std::span<std::uint8_t>> Handshake::read_message(std::span<std::uint8_t> message) {
    if (is_finished() || is_my_turn()) return Error::bad_message;
    if (message.size() < message_overhead(*pattern_, progress_.messages)) return Error::bad_message;
    if (message.size() > kMessageBytesMax) return Error::bad_message;

    Progress next = progress_.clone();
    std::span<std::uint8_t> rest = message;
    for (const Token token : pattern_->messages[progress_.messages]) {
        const Status status = take_token(token, next, rest);
        if (!status) return status.error();
    }
    const auto payload = next.symmetric.decrypt_and_hash(rest);
    if (!payload) return payload;
    ++next.messages;
    progress_ = std::move(next);
    return payload;
}

const Hash& Handshake::handshake_hash() const {
    CHORD_CHECK(is_finished());
    return progress_.symmetric.transcript_hash();
}

SessionCiphers Handshake::split() {
    CHORD_CHECK(is_finished() && !split_);
    split_ = true;
    auto [initiators, responders] = progress_.symmetric.split();
    progress_.symmetric.wipe_keys();
    static_key_.reset();
    ephemeral_key_.reset();
    ephemeral_.wipe();
    pre_shared_key_.wipe();
    if (role_ == Role::initiator) return {std::move(initiators), std::move(responders)};
    return {std::move(responders), std::move(initiators)};
}

/// The public key is not computed before it is needed: a responder that refuses a first message never needs it.
const KeyPair& Handshake::ephemeral() {
    if (!ephemeral_key_) ephemeral_key_.emplace(std::move(ephemeral_));
    return *ephemeral_key_;
}

/// ee, es, se, ss: the first letter is the initiator's key, the second the responder's.
Status Handshake::mix_secret(Token token, Progress& progress) {
    const bool initiators_is_ephemeral = token == Token::ee || token == Token::es;
    const bool responders_is_ephemeral = token == Token::ee || token == Token::se;
    const bool initiator = role_ == Role::initiator;
    const bool own_is_ephemeral = initiator ? initiators_is_ephemeral : responders_is_ephemeral;
    const bool remote_is_ephemeral = initiator ? responders_is_ephemeral : initiators_is_ephemeral;

    const KeyPair& own = own_is_ephemeral ? ephemeral() : *static_key_;
    const auto& remote = remote_is_ephemeral ? progress.remote_ephemeral : progress.remote_static;
    CHORD_CHECK(remote.has_value());  // is_sound(pattern)
    const Result<SecretKey> shared = own.diffie_hellman(*remote);
    if (!shared) return shared.error();
    progress.symmetric.mix_key(shared->bytes());
    return Success{};
}

Status Handshake::append_token(Token token, Progress& progress, std::vector<std::uint8_t>& datagram) {
    switch (token) {
        case Token::e: {
            const PublicKey& key = ephemeral().public_key();
            datagram.insert(datagram.end(), key.begin(), key.end());
            mix_ephemeral(progress.symmetric, key);
            return Success{};
        }
        case Token::s:
            return progress.symmetric.encrypt_and_hash(append_with_room(datagram, static_key_->public_key()));
        case Token::psk: progress.symmetric.mix_key_and_hash(pre_shared_key_); return Success{};
        default: return mix_secret(token, progress);
    }
}

/// The bytes are there: read_message has compared the size with what the pattern needs.
Status Handshake::take_token(Token token, Progress& progress, std::span<std::uint8_t>& rest) {
    switch (token) {
        case Token::e:
            progress.remote_ephemeral = to_public_key(rest.first(kKeyBytes));
            rest = rest.subspan(kKeyBytes);
            mix_ephemeral(progress.symmetric, *progress.remote_ephemeral);
            return Success{};
        case Token::s: {
            const auto key = progress.symmetric.decrypt_and_hash(rest.first(kSealedKeyBytes));
            if (!key) return key.error();
            rest = rest.subspan(kSealedKeyBytes);
            progress.remote_static = to_public_key(*key);
            return Success{};
        }
        case Token::psk: progress.symmetric.mix_key_and_hash(pre_shared_key_); return Success{};
        default: return mix_secret(token, progress);
    }
}

}  // namespace chord::net::noise
