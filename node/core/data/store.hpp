// Store: the port through which the core keeps records. Adapters: storage/lmdb_store (disk), storage/memory_store.
//
// Invariants
//  1. What put() and erase() were given is visible to get() and scan() at once, before it is durable.
//  2. Tickets rise by one per put/erase/put_meta; commits cover them in order and each ticket exactly once.
//  3. A ticket whose commit failed is undone: get() and scan() show what was there before.
//  4. The store merges nothing: the last put of an id wins. Which version is greater is the core's business.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "node/core/base/id.hpp"
#include "node/core/base/result.hpp"
#include "node/core/data/record.hpp"

namespace chord {

/// Names one write; 0 names none.
using Ticket = std::uint64_t;

/// The writes first..last (inclusive) are durable, or were undone for `error`.
struct Commit {
    Ticket first = 0;
    Ticket last = 0;
    std::optional<Error> error;
};

struct StoreStats {
    std::uint64_t records = 0;          // live records and tombstones
    std::uint64_t map_bytes = 0;        // the most that the store may hold
    std::uint64_t used_bytes = 0;       // of it in use
    std::uint64_t bytes_written = 0;    // to disk since the process started
    std::uint64_t commits = 0;          // since the process started
    std::uint64_t corrupt_records = 0;  // checksum mismatches met since the process started
};

class Store {
public:
    /// Return false to end the scan.
    using Visitor = std::function<bool(const Id&, const RecordHead&)>;

    virtual ~Store() = default;

    /// The record under `key_id`, tombstones and expired ones included. Errors: corrupt, io.
    virtual Result<std::optional<Record>> get(const Id& key_id) = 0;

    /// Replaces the record under `key_id`. Its durability (or failure: full, io) is told by the commit of the ticket.
    virtual Ticket put(const Id& key_id, const Record& record) = 0;

    /// Removes the record, leaving no tombstone. Removing what is not there is no error.
    virtual Ticket erase(const Id& key_id) = 0;

    /// Visits the ids in (from, to] clockwise from `from`; from == to is the whole ring. The visitor must not write.
    virtual Status scan(const Id& from, const Id& to, const Visitor& visit) = 0;

    /// Small named values beside the records (the peer cache, node time). Names are ASCII, at most 32 bytes.
    virtual std::optional<Bytes> meta(std::string_view name) = 0;
    virtual Ticket put_meta(std::string_view name, BytesView value) = 0;

    virtual StoreStats stats() const = 0;
};

}  // namespace chord
