#include "storage/record_format.hpp"

#include <doctest/doctest.h>

#include "node/core/base/hash.hpp"
#include "tests/support/store_model.hpp"

namespace chord::storage {
namespace {

Bytes from_hex(std::string_view hex) {
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    }
    return bytes;
}

Record small_record() {
    Record record;
    record.key = "key";
    record.value = "value";
    record.version = {0x0102030405060708, 0x1112131415161718};
    record.expires = Time(Duration(0x2122232425262728));
    record.writer_uid = 1000;
    record.base = {0x0102030405060707, 0x3132333435363738};
    return record;
}

TEST_CASE("the bytes are those of FORMAT.md") {
    // Header, key and value by hand; the checksum with python3: hashlib.blake2b(id + bytes, digest_size=32).
    const Bytes expected = from_hex(
        "0100"
        "0300"
        "05000000"
        "e8030000"
        "0807060504030201"
        "1817161514131211"
        "2827262524232221"
        "0707060504030201"
        "3837363534333231"
        "6b6579"
        "76616c7565"
        "1c7c7a10d2e80b4d");
    const Bytes encoded = encode_record(key_id("key"), small_record());
    CHECK(encoded == expected);
}

TEST_CASE("decode(encode(x)) == x") {
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        Rng rng(seed);
        const Record record = test::some_record(rng);
        const Id id = key_id(record.key);
        const Bytes bytes = encode_record(id, record);
        CHECK(bytes.size() == kRecordOverheadBytes + record.key.size() + record.value.size());
        const auto decoded = decode_record(id, bytes);
        REQUIRE(decoded.has_value());
        CHECK(*decoded == record);
        const auto head = decode_head(bytes);
        REQUIRE(head.has_value());
        CHECK(head->version == record.version);
        CHECK(head->expires == record.expires);
        CHECK(head->tombstone == record.tombstone);
        CHECK(head->value_size == record.value.size());
    }
}

TEST_CASE("every single flipped bit and every cut is corrupt") {
    const Id id = key_id("key");
    const Bytes good = encode_record(id, small_record());
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
        Bytes bad = good;
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
        const auto decoded = decode_record(id, bad);
        REQUIRE(!decoded.has_value());
        CHECK(decoded.error() == Error::corrupt);
    }
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK(!decode_record(id, BytesView(good).substr(0, size)).has_value());
    }
    CHECK(!decode_record(id, good + '\0').has_value());
}

TEST_CASE("a record under another's id is corrupt") {
    const Bytes bytes = encode_record(key_id("key"), small_record());
    CHECK(!decode_record(key_id("other"), bytes).has_value());
}

TEST_CASE("limits") {
    Record record = small_record();
    record.key.assign(kKeyBytesMax, 'k');
    record.value.assign(kValueBytesMax, 'v');
    CHECK(!reason_to_refuse(record));
    record.value.push_back('v');
    CHECK(reason_to_refuse(record) == Error::too_big);
    record.value.clear();
    record.key.push_back('k');
    CHECK(reason_to_refuse(record) == Error::too_big);
    CHECK(!reason_to_refuse_meta("peers", Bytes(kMetaValueBytesMax, 'x')));
    CHECK(reason_to_refuse_meta("peers", Bytes(kMetaValueBytesMax + 1, 'x')) == Error::too_big);
}

TEST_CASE("named values carry a checksum over name and value") {
    const Bytes bytes = encode_meta("time", "12345");
    const auto value = decode_meta("time", bytes);
    REQUIRE(value.has_value());
    CHECK(*value == "12345");
    CHECK(!decode_meta("tame", bytes).has_value());
    CHECK(!decode_meta("time", BytesView(bytes).substr(1)).has_value());
    CHECK(!decode_meta("time", "").has_value());
    Bytes bad = bytes;
    bad[0] = '2';
    CHECK(!decode_meta("time", bad).has_value());
    CHECK(*decode_meta("empty", encode_meta("empty", "")) == "");
}

}  // namespace
}  // namespace chord::storage
