#include "net/admission/invite_ledger.hpp"

#include <algorithm>
#include <utility>

namespace chord::net::admission {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

Result<InviteLedger> InviteLedger::open(View saved, Save save) {
    InviteLedger ledger(std::move(save));
    if (saved.empty()) return ledger;
    if (saved.size() > kBytesMax) return Error::corrupt;
    Reader reader(saved);
    if (reader.u8() != kVersion) return Error::corrupt;
    for (std::size_t entries = reader.u16(); entries > 0 && !reader.failed(); --entries) {
        Entry entry;
        entry.number = reader.u32();
        entry.not_after = read_seconds(reader);
        for (std::size_t devices = reader.u16(); devices > 0 && !reader.failed(); --devices) {
            entry.devices.push_back(read_array<16>(reader));
        }
        ledger.entries_.push_back(std::move(entry));
    }
    if (!reader.finish() || ledger.entries_.size() > kInvitesMax || ledger.devices() > kDevicesMax) {
        return Error::corrupt;
    }
    return ledger;
}

std::vector<std::uint8_t> InviteLedger::bytes() const {
    std::vector<std::uint8_t> room(kBytesMax);
    Writer writer(room);
    writer.u8(kVersion);
    writer.u16(static_cast<std::uint16_t>(entries_.size()));
    for (const Entry& entry : entries_) {
        writer.u32(entry.number);
        write_seconds(writer, entry.not_after);
        writer.u16(static_cast<std::uint16_t>(entry.devices.size()));
        for (const KeyId& device : entry.devices) writer.bytes(device);
    }
    CHORD_CHECK(!writer.failed());
    room.resize(writer.written().size());
    return room;
}

std::size_t InviteLedger::devices() const {
    std::size_t sum = 0;
    for (const Entry& entry : entries_) sum += entry.devices.size();
    return sum;
}

std::size_t InviteLedger::used(std::uint32_t number) const {
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& each) { return each.number == number; });
    return found == entries_.end() ? 0 : found->devices.size();
}

Result<std::uint32_t> InviteLedger::take(const InviteTerms& terms, const KeyId& device) {
    auto entry =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& each) { return each.number == terms.number; });
    if (entry != entries_.end()) {
        const auto known = std::find(entry->devices.begin(), entry->devices.end(), device);
        if (known != entry->devices.end()) return static_cast<std::uint32_t>(known - entry->devices.begin()) + 1;
        if (entry->devices.size() >= terms.uses) return Error::overloaded;
    }
    if (devices() >= kDevicesMax) return Error::overloaded;
    const bool is_first = entry == entries_.end();
    if (is_first) {
        if (entries_.size() >= kInvitesMax) return Error::overloaded;
        entries_.push_back({terms.number, terms.not_after, {}});
        entry = entries_.end() - 1;
    }
    entry->devices.push_back(device);
    if (const Status saved = save_(bytes()); !saved) {
        entry->devices.pop_back();
        if (is_first) entries_.pop_back();
        return saved.error();
    }
    return static_cast<std::uint32_t>(entry->devices.size());
}

void InviteLedger::forget_expired(Seconds floor) {
    std::erase_if(entries_, [&](const Entry& entry) { return floor >= entry.not_after + FleetTime::kSkew; });
}

}  // namespace chord::net::admission
