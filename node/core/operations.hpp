// Operations: carries the device's own requests through the ring: finds the owner, asks it, and asks again, with
// growing pauses, while the ring heals. Each ends within NodeOptions::operation_timeout.
#pragma once

#include "node/core/client.hpp"
#include "node/core/context.hpp"
#include "node/core/data/quorum_reader.hpp"
#include "node/core/data/reader.hpp"
#include "node/core/data/records.hpp"
#include "node/core/data/writer.hpp"
#include "node/core/ring/lookup.hpp"
#include "node/core/ring/owner_check.hpp"

namespace chord {

class Operations {
public:
    static constexpr std::size_t kOperationsMax = 8192;  // under way at once

    Operations(Context& context, Lookup& lookup, Records& records, Reader& reader, Writer& writer,
               std::function<void()> on_silent_owner)
        : context_(context),
          lookup_(lookup),
          owner_check_(context),
          records_(records),
          reader_(reader),
          quorum_reader_(context, records, reader),
          writer_(writer),
          on_silent_owner_(std::move(on_silent_owner)) {}

    void read(BytesView key, const ReadOptions& options, Client::Callback<Found> done);
    void write(Write write, Client::Callback<WriteReply> done);
    void await_copies(BytesView key, const Version& version, std::size_t wanted, Duration patience,
                      Client::Callback<std::size_t> done);
    void lookup(const Id& target, Client::Callback<LookupTrace> done);
    void walk(std::size_t count, Client::Callback<std::vector<Client::WalkedNode>> done);

private:
    Task<void> run_read(Id key, ReadOptions options, Client::Callback<Found> done);
    Task<void> run_write(Write write, Client::Callback<WriteReply> done);
    Task<void> run_await_copies(Id key, Version version, std::size_t wanted, Time deadline,
                                Client::Callback<std::size_t> done);
    Task<void> run_lookup(Id target, Client::Callback<LookupTrace> done);
    Task<void> run_walk(std::size_t count, Client::Callback<std::vector<Client::WalkedNode>> done);

    Task<Result<Found>> read_once(Id key, Level level, Time deadline);
    Task<std::size_t> count_copies(Id key, Version version, std::size_t wanted, Time deadline);
    Task<Result<WriteReply>> write_once(Write write, Time deadline);
    Task<Result<WriteReply>> write_here(Write write);
    Task<bool> pause(Time deadline, int attempt);
    bool admit();

    Context& context_;
    Lookup& lookup_;
    OwnerCheck owner_check_;
    Records& records_;
    Reader& reader_;
    QuorumReader quorum_reader_;
    Writer& writer_;
    std::function<void()> on_silent_owner_;
    std::size_t under_way_ = 0;
};

}  // namespace chord
