// The hash functions: BLAKE2b as in RFC 7693, HMAC with blocks of 128 bytes as Python's hmac computes it, and HKDF.
#include "net/noise/hash.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/support/noise_sides.hpp"

namespace chord::net::noise {
namespace {

using testing::Raw;
using testing::view;

std::string hex(std::span<const std::uint8_t> bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

TEST_CASE("noise_hash: RFC 7693, appendix A, in one part and in two") {
    const std::string_view expected =
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
        "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923";
    CHECK_EQ(hex(hash(view("abc"))), expected);
    CHECK_EQ(hex(hash(view("a"), view("bc"))), expected);
}

TEST_CASE("noise_hash: HMAC, with a short key and with one of a whole block") {
    CHECK_EQ(hex(hmac(view("key"), view("The quick brown fox jumps over the lazy dog")).bytes()),
             "92294f92c0dfb9b00ec9ae8bd94d7e7d8a036b885a499f149dfe2fd2199394aa"
             "af6b8894a1730cccb2cd050f9bcf5062a38b51b0dab33207f8ef35ae2c9df51b");
    Raw block(kHashBlockBytes);
    for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<std::uint8_t>(i);
    CHECK_EQ(hex(hmac(block, {}).bytes()),
             "e79ec585fc83408cd654da61cc87457edd77cae194e6e4727420fa21a001229e"
             "d67f1fb7bb03effaaaec05d2d7902f98bfad11da65b4c08d197eefa96f314b31");
}

TEST_CASE("noise_hash: HKDF is the chain of HMACs that section 4.3 writes down, and two outputs begin three") {
    const SecretHash chaining_key = SecretHash::copy_of(hash(view("chaining key")));
    for (const Raw& input : {Raw{}, Raw(32, 7), Raw(64, 9)}) {
        const SecretHash extracted = hmac(chaining_key.bytes(), input);
        const auto next = [&extracted](std::span<const std::uint8_t> before, std::uint8_t number) {
            Raw data(before.begin(), before.end());
            data.push_back(number);
            return hmac(extracted.bytes(), data);
        };
        const SecretHash first = next({}, 1);
        const SecretHash second = next(first.bytes(), 2);
        const SecretHash third = next(second.bytes(), 3);
        const auto two = hkdf<2>(chaining_key, input);
        CHECK(two[0] == first);
        CHECK(two[1] == second);
        const auto three = hkdf<3>(chaining_key, input);
        CHECK(three[0] == first);
        CHECK(three[1] == second);
        CHECK(three[2] == third);
    }
}

}  // namespace
}  // namespace chord::net::noise
