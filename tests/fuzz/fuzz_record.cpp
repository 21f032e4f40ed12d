// Bytes from a damaged disk: the decoders of records and named values never read outside of them, and what they
// accept encodes to the same bytes.
#include <cstddef>
#include <cstdint>

#include "node/core/base/check.hpp"
#include "node/core/base/hash.hpp"
#include "storage/record_format.hpp"

using namespace chord;

namespace {

const Id kId{{1, 2, 3, 4}};

/// The input as it is, and with its checksum made right, so that what stands behind the checksum is reached too.
void decode(BytesView bytes) {
    const auto record = storage::decode_record(kId, bytes);
    const auto head = storage::decode_head(bytes);
    if (!record) return;
    CHORD_CHECK(head.has_value());
    CHORD_CHECK(head->version == record->version && head->expires == record->expires);
    CHORD_CHECK(head->value_size == record->value.size() && head->tombstone == record->tombstone);
    if (!storage::reason_to_refuse(*record)) CHORD_CHECK(storage::encode_record(kId, *record) == bytes);
}

/// The record that the input describes goes to disk and comes back.
void round_trip(BytesView input) {
    Record record;
    const std::size_t key_size = input.empty() ? 0 : static_cast<std::uint8_t>(input[0]);
    record.key = input.substr(0, key_size);
    record.value = input.substr(record.key.size()).substr(0, kValueBytesMax);
    for (const char byte : record.key) {
        record.version.clock = record.version.clock * 257 + static_cast<std::uint8_t>(byte);
    }
    record.version.clock &= kVersionClockMax;
    record.version.node = ~record.version.clock;
    record.writer_uid = static_cast<std::uint32_t>(record.version.clock);
    record.expires = Time(Duration(static_cast<std::int64_t>(record.version.clock * 3)));
    record.tombstone = input.size() % 2 == 1;
    const auto back = storage::decode_record(kId, storage::encode_record(kId, record));
    CHORD_CHECK(back.has_value());
    CHORD_CHECK(*back == record);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView input(reinterpret_cast<const char*>(data), size);
    decode(input);
    const auto id = kId.bytes();
    const auto digest = hash256({BytesView(reinterpret_cast<const char*>(id.data()), id.size()), input}).bytes();
    decode(Bytes(input) + Bytes(digest.begin(), digest.begin() + 8));
    round_trip(input);
    if (const auto value = storage::decode_meta("name", input))
        CHORD_CHECK(storage::encode_meta("name", *value) == input);
    const auto value = storage::decode_meta("name", storage::encode_meta("name", input));
    CHORD_CHECK(value.has_value());
    CHORD_CHECK(*value == input);
    return 0;
}
