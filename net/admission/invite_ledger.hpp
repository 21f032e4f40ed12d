// InviteLedger: who came in by which invite, kept by the node that counts.
//
// Invariants
//  1. No invite is used by more devices than it has uses, wherever the process is killed: a use is durable before
//  take()
//     returns it.
//  2. A device that asks again, since the answer was lost, gets its old use back; it is not counted twice.
//  3. An entry is dropped only when the time floor, which never falls, has passed the invite's end.
//  4. At most kInvitesMax invites and kDevicesMax devices in all; beyond that nobody is admitted until some expire.
#pragma once

#include <functional>
#include <vector>

#include "net/admission/invite.hpp"

namespace chord::net::admission {

class InviteLedger {
public:
    static constexpr std::size_t kInvitesMax = 256;
    static constexpr std::size_t kDevicesMax = 4096;
    static constexpr std::size_t kBytesMax = 3 + kInvitesMax * (4 + 5 + 2) + kDevicesMax * 16;

    /// Makes these bytes durable in place of the former; only then returns success.
    using Save = std::function<Status(View)>;

    /// Errors: corrupt for bytes that save() was never given; no bytes are an empty ledger.
    static Result<InviteLedger> open(View saved, Save save);

    /// The use, from 1, of this invite that the device has. `device`: key_pair_id(); the same sign key with another
    /// static key is another device, since it gets a certificate of its own. Errors: overloaded when all uses or all
    /// room is taken; those of Save, and then nothing is taken.
    Result<std::uint32_t> take(const InviteTerms& terms, const KeyId& device);

    /// How many devices came in by it.
    std::size_t used(std::uint32_t number) const;

    /// Drops what ended before `floor` (FleetTime::floor()) by more than FleetTime::kSkew. Not saved until the next
    /// take.
    void forget_expired(Seconds floor);

private:
    struct Entry {
        std::uint32_t number = 0;
        Seconds not_after = 0;
        std::vector<KeyId> devices;  // the n-th came in by use n
    };

    explicit InviteLedger(Save save) : save_(std::move(save)) {}
    std::vector<std::uint8_t> bytes() const;
    std::size_t devices() const;

    Save save_;
    std::vector<Entry> entries_;
};

}  // namespace chord::net::admission
