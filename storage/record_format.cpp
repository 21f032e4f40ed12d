#include "storage/record_format.hpp"

#include <algorithm>
#include <array>

#include "node/core/base/check.hpp"
#include "node/core/base/hash.hpp"

namespace chord::storage {

namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::uint8_t kTombstone = 0x01;
constexpr std::size_t kHeaderBytes = 52;
constexpr std::size_t kChecksumBytes = 8;
static_assert(kHeaderBytes + kChecksumBytes == kRecordOverheadBytes);

template <typename Number>
void put_little(Bytes& out, Number number) {
    for (std::size_t shift = 0; shift < 8 * sizeof(Number); shift += 8) {
        out.push_back(static_cast<char>(static_cast<std::uint8_t>(number >> shift)));
    }
}

/// REQUIRES: offset + sizeof(Number) <= bytes.size().
template <typename Number>
Number read_little(BytesView bytes, std::size_t offset) {
    CHORD_CHECK(offset + sizeof(Number) <= bytes.size());
    std::uint64_t number = 0;
    for (std::size_t i = sizeof(Number); i-- > 0;) {
        number = (number << 8) | static_cast<std::uint8_t>(bytes[offset + i]);
    }
    return static_cast<Number>(number);
}

/// The first 8 bytes of BLAKE2b-256(place | covered). The place is part of it, so that good bytes in the wrong
/// place are as bad as wrong bytes.
Bytes checksum(BytesView place, BytesView covered) {
    const auto digest = hash256({place, covered}).bytes();
    return Bytes(digest.begin(), digest.begin() + kChecksumBytes);
}

Bytes bytes_of(const Id& id) {
    const auto bytes = id.bytes();
    return Bytes(bytes.begin(), bytes.end());
}

/// What the checksum covers, when it matches.
std::optional<BytesView> checked(BytesView place, BytesView bytes) {
    if (bytes.size() < kChecksumBytes) return std::nullopt;
    const BytesView covered = bytes.substr(0, bytes.size() - kChecksumBytes);
    if (bytes.substr(covered.size()) != checksum(place, covered)) return std::nullopt;
    return covered;
}

std::size_t key_size(BytesView bytes) {
    return read_little<std::uint16_t>(bytes, 2);
}

}  // namespace

std::optional<Error> reason_to_refuse(const Record& record) {
    if (record.key.size() > kKeyBytesMax || record.value.size() > kValueBytesMax) return Error::too_big;
    return std::nullopt;
}

std::optional<Error> reason_to_refuse_meta(std::string_view name, BytesView value) {
    CHORD_CHECK(!name.empty() && name.size() <= kMetaNameBytesMax);
    CHORD_CHECK(std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; }));
    if (value.size() > kMetaValueBytesMax) return Error::too_big;
    return std::nullopt;
}

Bytes encode_record(const Id& key_id, const Record& record) {
    CHORD_CHECK(!reason_to_refuse(record));
    Bytes out;
    out.reserve(kRecordOverheadBytes + record.key.size() + record.value.size());
    out.push_back(static_cast<char>(kFormat));
    out.push_back(static_cast<char>(record.tombstone ? kTombstone : 0));
    put_little(out, static_cast<std::uint16_t>(record.key.size()));
    put_little(out, static_cast<std::uint32_t>(record.value.size()));
    put_little(out, record.writer_uid);
    put_little(out, record.version.clock);
    put_little(out, record.version.node);
    put_little(out, static_cast<std::uint64_t>(record.expires.time_since_epoch().count()));
    put_little(out, record.base.clock);
    put_little(out, record.base.node);
    CHORD_CHECK(out.size() == kHeaderBytes);
    out += record.key;
    out += record.value;
    out += checksum(bytes_of(key_id), out);
    return out;
}

Result<RecordHead> decode_head(BytesView bytes) {
    if (bytes.size() < kRecordOverheadBytes) return Error::corrupt;
    const auto format = static_cast<std::uint8_t>(bytes[0]);
    const auto flags = static_cast<std::uint8_t>(bytes[1]);
    if (format != kFormat || (flags & ~kTombstone) != 0) return Error::corrupt;
    RecordHead head;
    head.value_size = read_u32(bytes, 4);
    const std::uint64_t body = std::uint64_t{key_size(bytes)} + head.value_size;
    if (body != bytes.size() - kRecordOverheadBytes) return Error::corrupt;
    head.version = {read_little<std::uint64_t>(bytes, 12), read_little<std::uint64_t>(bytes, 20)};
    if (head.version.clock > kVersionClockMax) return Error::corrupt;
    head.expires = Time(Duration(read_little<std::int64_t>(bytes, 28)));
    head.tombstone = (flags & kTombstone) != 0;
    return head;
}

Result<Record> decode_record(const Id& key_id, BytesView bytes) {
    const auto head = decode_head(bytes);
    if (!head || !checked(bytes_of(key_id), bytes)) return Error::corrupt;
    Record record;
    record.key = bytes.substr(kHeaderBytes, key_size(bytes));
    record.value = bytes.substr(kHeaderBytes + record.key.size(), head->value_size);
    record.version = head->version;
    record.expires = head->expires;
    record.writer_uid = read_u32(bytes, 8);
    record.tombstone = head->tombstone;
    record.base = {read_little<std::uint64_t>(bytes, 36), read_little<std::uint64_t>(bytes, 44)};
    if (record.base > record.version) return Error::corrupt;
    return record;
}

RecordHead head_of(const Record& record) {
    return {record.version, record.expires, static_cast<std::uint32_t>(record.value.size()), record.tombstone};
}

Bytes encode_meta(std::string_view name, BytesView value) {
    Bytes out(value);
    out += checksum(name, value);
    return out;
}

Result<Bytes> decode_meta(std::string_view name, BytesView bytes) {
    const auto value = checked(name, bytes);
    if (!value) return Error::corrupt;
    return Bytes(*value);
}

void put_u32(Bytes& out, std::uint32_t number) {
    put_little(out, number);
}

std::uint32_t read_u32(BytesView bytes, std::size_t offset) {
    return read_little<std::uint32_t>(bytes, offset);
}

}  // namespace chord::storage
