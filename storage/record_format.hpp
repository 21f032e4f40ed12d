// Record format: a record and a named value as bytes on disk (FORMAT.md), and back. Knows nothing of LMDB.
//
// Invariants
//  1. decode(encode(x)) == x for every record within the limits.
//  2. No input makes a decoder read outside of it; whatever does not match its checksum is Error::corrupt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "node/core/base/bytes.hpp"
#include "node/core/base/id.hpp"
#include "node/core/base/result.hpp"
#include "node/core/data/record.hpp"

namespace chord::storage {

/// What a record needs on disk beside its key and value: 52 bytes of header, 8 of checksum.
inline constexpr std::size_t kRecordOverheadBytes = 60;

/// Limits of the named values beside the records.
inline constexpr std::size_t kMetaNameBytesMax = 32;
inline constexpr std::size_t kMetaValueBytesMax = 16 * 1024;

/// Error::too_big for a record that the store cannot hold; nullopt when it can.
std::optional<Error> reason_to_refuse(const Record& record);

/// Error::too_big for a named value that the store cannot hold. REQUIRES: `name` is ASCII of 1 to 32 bytes.
std::optional<Error> reason_to_refuse_meta(std::string_view name, BytesView value);

/// The record's bytes under `key_id`. REQUIRES: reason_to_refuse(record) is nullopt.
Bytes encode_record(const Id& key_id, const Record& record);

/// Errors: corrupt, also for bytes that were written under another id.
Result<Record> decode_record(const Id& key_id, BytesView bytes);

/// The head without the checksum being looked at, so that a scan need not read values. Errors: corrupt, when the
/// lengths do not fit together.
Result<RecordHead> decode_head(BytesView bytes);

/// The head of a record that is in memory.
RecordHead head_of(const Record& record);

/// A named value with its checksum, and back. Errors: corrupt.
Bytes encode_meta(std::string_view name, BytesView value);
Result<Bytes> decode_meta(std::string_view name, BytesView bytes);

/// Little-endian integers, as everywhere in the format.
void put_u32(Bytes& out, std::uint32_t number);
std::uint32_t read_u32(BytesView bytes, std::size_t offset);

}  // namespace chord::storage
