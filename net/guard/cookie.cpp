#include "net/guard/cookie.hpp"

#include <sodium.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "net/guard/source.hpp"
#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

using View = std::span<const std::uint8_t>;

constexpr std::array<std::uint8_t, crypto_aead_chacha20poly1305_ietf_NPUBBYTES> kZeroNonce{};
static_assert(kCookieReplyBytes == kCookieNonceBytes + kMacBytes + crypto_aead_chacha20poly1305_ietf_ABYTES);

/// BLAKE2b of the concatenated parts; unkeyed when `key` is empty.
template <std::size_t kSize>
std::array<std::uint8_t, kSize> blake2b(View key, std::initializer_list<View> parts) {
    std::array<std::uint8_t, kSize> digest{};
    crypto_generichash_state state;
    crypto_generichash_init(&state, key.empty() ? nullptr : key.data(), key.size(), kSize);
    for (const View part : parts) crypto_generichash_update(&state, part.data(), part.size());
    crypto_generichash_final(&state, digest.data(), digest.size());
    sodium_memzero(&state, sizeof state);
    return digest;
}

std::array<std::uint8_t, 32> derived(std::string_view label, const ResponderKey& responder) {
    const View bytes(reinterpret_cast<const std::uint8_t*>(label.data()), label.size());
    return blake2b<32>({}, {bytes, responder});
}

bool equal(const Mac& mac, View other) {
    CHORD_CHECK(other.size() == mac.size());
    return sodium_memcmp(mac.data(), other.data(), mac.size()) == 0;
}

Mac cookie_of(const std::array<std::uint8_t, 32>& secret, const Endpoint& source) {
    return blake2b<kMacBytes>(secret, {bytes_of(source)});
}

View mac1_of(View message) {
    return message.last(kMacsBytes).first(kMacBytes);
}

}  // namespace

MacKeys::MacKeys(const ResponderKey& responder)
    : mac1_key_(derived("mac1", responder)), cookie_key_(derived("cookie", responder)) {
    CHORD_CHECK(sodium_init() >= 0);  // harmless when repeated
}

MacKeys::~MacKeys() {
    sodium_memzero(mac1_key_.data(), mac1_key_.size());
    sodium_memzero(cookie_key_.data(), cookie_key_.size());
}

Mac MacKeys::mac1(View message) const {
    return blake2b<kMacBytes>(mac1_key_, {message});
}

MacKeys::Key MacKeys::one_time_key(View nonce, View mac1) const {
    return blake2b<32>(cookie_key_, {nonce, mac1});
}

CookieReply MacKeys::seal(const Mac& cookie, const std::array<std::uint8_t, kCookieNonceBytes>& nonce,
                          std::span<const std::uint8_t, kMacBytes> mac1) const {
    CookieReply reply{};
    std::copy(nonce.begin(), nonce.end(), reply.begin());
    Key key = one_time_key(nonce, mac1);
    unsigned long long size = 0;
    crypto_aead_chacha20poly1305_ietf_encrypt(reply.data() + kCookieNonceBytes, &size, cookie.data(), cookie.size(),
                                              nullptr, 0, nullptr, kZeroNonce.data(), key.data());
    sodium_memzero(key.data(), key.size());
    CHORD_CHECK(size == reply.size() - kCookieNonceBytes);
    return reply;
}

Result<Mac> MacKeys::open(View reply, const Mac& mac1) const {
    if (reply.size() != kCookieReplyBytes) return Error::bad_message;
    const View sealed = reply.subspan(kCookieNonceBytes);
    Key key = one_time_key(reply.first(kCookieNonceBytes), mac1);
    Mac cookie{};
    unsigned long long size = 0;
    const int failed = crypto_aead_chacha20poly1305_ietf_decrypt(
        cookie.data(), &size, nullptr, sealed.data(), sealed.size(), nullptr, 0, kZeroNonce.data(), key.data());
    sodium_memzero(key.data(), key.size());
    if (failed != 0) return Error::bad_message;
    return cookie;
}

CookieIssuer::~CookieIssuer() {
    for (Secret* secret : {&current_, &previous_}) sodium_memzero(secret->bytes.data(), secret->bytes.size());
}

bool CookieIssuer::mac1_is_right(View message) const {
    if (message.size() < kMacsBytes) return false;
    return equal(keys_.mac1(message.first(message.size() - kMacsBytes)), mac1_of(message));
}

bool CookieIssuer::mac2_is_right(View message, const Endpoint& from, Time now) const {
    if (message.size() < kMacsBytes) return false;
    const View before = message.first(message.size() - kMacBytes);
    bool right = false;
    for (const Secret* secret : {&current_, &previous_}) {
        if (now >= secret->accepted_until) continue;
        Mac cookie = cookie_of(secret->bytes, from);
        right |= equal(blake2b<kMacBytes>(cookie, {before}), message.last(kMacBytes));
        sodium_memzero(cookie.data(), cookie.size());
    }
    return right;
}

CookieReply CookieIssuer::reply(View message, const Endpoint& from, Time now, const CookieDice& dice) {
    CHORD_CHECK(message.size() >= kMacsBytes);
    if (now + kCookieLifetime >= current_.accepted_until) {
        previous_ = current_;
        current_ = Secret{dice.secret, now + 2 * kCookieLifetime};
    }
    Mac cookie = cookie_of(current_.bytes, from);
    const CookieReply reply = keys_.seal(cookie, dice.nonce, mac1_of(message).first<kMacBytes>());
    sodium_memzero(cookie.data(), cookie.size());
    return reply;
}

CookieHolder::~CookieHolder() {
    sodium_memzero(cookie_.data(), cookie_.size());
}

void CookieHolder::append_macs(std::vector<std::uint8_t>& message, Time now) {
    mac1_ = keys_.mac1(message);
    message.insert(message.end(), mac1_->begin(), mac1_->end());
    const Mac mac2 = now < cookie_until_ ? blake2b<kMacBytes>(cookie_, {message}) : Mac{};
    message.insert(message.end(), mac2.begin(), mac2.end());
}

Status CookieHolder::take_reply(View reply, Time now) {
    if (!mac1_) return Error::bad_message;
    Result<Mac> cookie = keys_.open(reply, *mac1_);
    if (!cookie) return cookie.error();
    mac1_.reset();
    cookie_ = *cookie;
    sodium_memzero(cookie->data(), cookie->size());
    cookie_until_ = now + kCookieLifetime;
    return Success{};
}

}  // namespace chord::net
