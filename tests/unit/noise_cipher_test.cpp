// Cipher: RFC 8439's example; what is changed, however little, does not decrypt; counters in any order.
#include "net/noise/cipher.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "tests/support/memory_search.hpp"
#include "tests/support/noise_points.hpp"
#include "tests/support/noise_sides.hpp"

namespace chord::net::noise {
namespace {

using testing::bytes32;
using testing::raw;
using testing::Raw;
using testing::secret_of;
using testing::view;

Raw encrypted(const Cipher& cipher, std::uint64_t counter, std::string_view associated, std::string_view text) {
    Raw message = raw(text);
    message.resize(text.size() + kCipherTagBytes);
    CHECK(cipher.encrypt(counter, view(associated), message));
    return message;
}

/// The text, or the error.
Result<Raw> decrypted(const Cipher& cipher, std::uint64_t counter, std::string_view associated, Raw message) {
    const auto text = cipher.decrypt(counter, view(associated), message);
    if (!text) return text.error();
    CHECK_EQ(text->data(), message.data());  // in place
    return Raw(text->begin(), text->end());
}

TEST_CASE("noise_cipher: RFC 8439, appendix A.5, whose nonce is a counter of ours") {
    const Cipher cipher(
        SecretKey::copy_of(bytes32("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0")));
    const std::string_view text =
        "Internet-Drafts are draft documents valid for a maximum of six months and may be updated, replaced, or "
        "obsoleted by other documents at any time. It is inappropriate to use Internet-Drafts as reference material "
        "or to cite them other than as /\xe2\x80\x9cwork in progress./\xe2\x80\x9d";
    const std::string_view associated("\xf3\x33\x88\x86\x00\x00\x00\x00\x00\x00\x4e\x91", 12);
    const Raw message = encrypted(cipher, 0x0807060504030201, associated, text);
    const Raw begin = {0x64, 0xa0, 0x86, 0x15, 0x75, 0x86, 0x1a, 0xf4, 0x60, 0xf0, 0x62, 0xc7, 0x9b, 0xe6, 0x43, 0xbd};
    const Raw tag = {0xee, 0xad, 0x9d, 0x67, 0x89, 0x0c, 0xbb, 0x22, 0x39, 0x23, 0x36, 0xfe, 0xa1, 0x85, 0x1f, 0x38};
    REQUIRE_EQ(message.size(), text.size() + 16);
    CHECK(std::equal(begin.begin(), begin.end(), message.begin()));
    CHECK(std::equal(tag.begin(), tag.end(), message.end() - 16));
    CHECK_EQ(*decrypted(cipher, 0x0807060504030201, associated, message), raw(text));
}

TEST_CASE("noise_cipher: messages decrypt in any order, by the counters they were encrypted under") {
    const Cipher cipher(secret_of(1));
    const Raw zero = encrypted(cipher, 0, "", "zero");
    const Raw one = encrypted(cipher, 1, "", "one");
    const Raw last = encrypted(cipher, kCounterEnd - 1, "", "");
    CHECK_EQ(*decrypted(cipher, kCounterEnd - 1, "", last), raw(""));
    CHECK_EQ(*decrypted(cipher, 1, "", one), raw("one"));
    CHECK_EQ(*decrypted(cipher, 0, "", zero), raw("zero"));
    CHECK_EQ(*decrypted(cipher, 0, "", zero), raw("zero"));  // a replay: not the cipher's business
    CHECK_FALSE(decrypted(cipher, 1, "", zero));
    CHECK_FALSE(decrypted(cipher, std::uint64_t{1} << 32, "", zero));  // all 64 bits count
}

TEST_CASE("noise_cipher: whatever is changed, cut off or added, nothing decrypts and no byte of the text remains") {
    const Cipher cipher(secret_of(1));
    const Raw good = encrypted(cipher, 5, "header", "a secret text");
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        Raw bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << bit % 8);
        CAPTURE(bit);
        REQUIRE_FALSE(cipher.decrypt(5, view("header"), bad));
        const Raw text = raw("secret");
        CHECK(std::search(bad.begin(), bad.end(), text.begin(), text.end()) == bad.end());
    }
    for (std::size_t size = 0; size < good.size(); ++size) {
        CAPTURE(size);
        CHECK_EQ(
            decrypted(cipher, 5, "header", Raw(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))).error(),
            Error::bad_message);
    }
    Raw longer = good;
    longer.push_back(0);
    CHECK_FALSE(decrypted(cipher, 5, "header", longer));
    CHECK_FALSE(decrypted(cipher, 5, "heade", good));
    CHECK_FALSE(decrypted(cipher, 5, "", good));
    CHECK_FALSE(decrypted(Cipher(secret_of(2)), 5, "header", good));
    CHECK(decrypted(cipher, 5, "header", good));
}

TEST_CASE("noise_cipher: the reserved counter and a message beyond 65,535 bytes are errors that change nothing") {
    const Cipher cipher(secret_of(1));
    Raw message(20, 'x');
    CHECK_EQ(cipher.encrypt(kCounterEnd, {}, message).error(), Error::overloaded);
    CHECK_EQ(cipher.decrypt(kCounterEnd, {}, message).error(), Error::overloaded);
    CHECK_EQ(message, Raw(20, 'x'));
    Raw largest(65535, 'x');
    CHECK(cipher.encrypt(0, {}, largest));
    CHECK(cipher.decrypt(0, {}, largest));
    Raw too_large(65536, 'x');
    CHECK_EQ(cipher.encrypt(0, {}, too_large).error(), Error::too_big);
    CHECK_EQ(cipher.decrypt(0, {}, too_large).error(), Error::bad_message);
    CHECK_EQ(too_large, Raw(65536, 'x'));
}

TEST_CASE("noise_cipher: rekeyed on both sides they understand each other; the old key opens nothing new") {
    Cipher a(secret_of(1));
    Cipher z(secret_of(1));
    const Raw before = encrypted(a, 0, "", "before");
    a.rekey();
    const Raw after = encrypted(a, 1, "", "after");
    CHECK_FALSE(decrypted(z, 1, "", after));
    CHECK(decrypted(z, 0, "", before));
    z.rekey();
    CHECK_EQ(*decrypted(z, 1, "", after), raw("after"));
    CHECK_FALSE(decrypted(z, 0, "", before));
    a.rekey();
    CHECK_FALSE(decrypted(z, 2, "", encrypted(a, 2, "", "twice")));
    z.rekey();
    CHECK(decrypted(z, 2, "", encrypted(a, 2, "", "twice")));
}

TEST_CASE("noise_cipher: keys are wiped by a rekey, a move and the end") {
    const Raw key(32, 0x5d);
    testing::Storage<Cipher> storage(Cipher(secret_of(0x5d)));
    CHECK(storage.contains(key));
    storage->rekey();
    CHECK_FALSE(storage.contains(key));
    CHECK_FALSE(storage.is_zero());
    Cipher moved = std::move(*storage);
    CHECK(storage.is_zero());
    *storage = std::move(moved);
    CHECK_FALSE(storage.is_zero());
    storage.destroy();
    CHECK(storage.is_zero());
}

}  // namespace
}  // namespace chord::net::noise
