#include "net/admission/network_keyring.hpp"

#include <algorithm>
#include <utility>

#include "node/core/base/check.hpp"

namespace chord::net::admission {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kUnsigned = 0;
constexpr std::size_t kKeysMax = 2;

}  // namespace

noise::Secret<kNetworkKeyBytes> sign_network_key(const NetworkKey& key, const SigningKey& fleet_key) {
    CHORD_CHECK(key.number > 0);
    noise::Secret<kNetworkKeyBytes> record;
    Writer writer(record.writable());
    writer.u8(kVersion);
    writer.bytes(network_id(fleet_key.public_key()));
    writer.u32(key.number);
    writer.bytes(key.key.bytes());
    writer.bytes(fleet_key.sign(Purpose::network_key, writer.written()));
    CHORD_CHECK(!writer.failed() && writer.written().size() == kNetworkKeyBytes);
    return record;
}

Result<bool> NetworkKeyring::offer(View record) {
    if (record.size() != kNetworkKeyBytes) return Error::bad_message;
    const Result<SignedParts> parts = signed_parts(record);
    if (!parts) return parts.error();
    Reader reader(parts->body);
    if (reader.u8() != kVersion) return Error::bad_message;
    const auto network = read_array<16>(reader);
    NetworkKey offered;
    offered.number = reader.u32();
    const View key = reader.bytes(noise::kKeyBytes);
    std::copy(key.begin(), key.end(), offered.key.writable().begin());
    if (offered.number == 0) return Error::bad_message;
    if (network != network_id(fleet_key_)) return Error::wrong_peer;
    if (!is_signed(Purpose::network_key, parts->body, parts->signature, fleet_key_)) return Error::bad_message;

    std::size_t at = 0;
    while (at < keys_.size() && keys_[at].number > offered.number) ++at;
    if (at == kKeysMax) return false;
    const auto offset = static_cast<std::ptrdiff_t>(at);
    const bool same_number = at < keys_.size() && keys_[at].number == offered.number;
    if (same_number && !this->record(at).empty()) return false;
    if (same_number) {  // what came by invite gives way to what the fleet key signed
        keys_.erase(keys_.begin() + offset);
        records_.erase(records_.begin() + offset);
    }
    keys_.insert(keys_.begin() + offset, std::move(offered));
    records_.insert(records_.begin() + offset, Record::copy_of(record.first<kNetworkKeyBytes>()));
    if (keys_.size() > kKeysMax) {
        keys_.pop_back();
        records_.pop_back();
    }
    return true;
}

void NetworkKeyring::begin_with(NetworkKey key) {
    CHORD_CHECK(key.number > 0);
    if (!keys_.empty()) return;
    keys_.push_back(std::move(key));
    records_.emplace_back();
}

std::vector<std::uint8_t> NetworkKeyring::saved() const {
    std::vector<std::uint8_t> bytes(keys_.size() * kNetworkKeyBytes);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        const std::span<std::uint8_t> place = std::span(bytes).subspan(i * kNetworkKeyBytes, kNetworkKeyBytes);
        if (const View signed_one = record(i); !signed_one.empty()) {
            std::copy(signed_one.begin(), signed_one.end(), place.begin());
            continue;
        }
        Writer writer(place);
        writer.u8(kUnsigned);
        writer.bytes(network_id(fleet_key_));
        writer.u32(keys_[i].number);
        writer.bytes(keys_[i].key.bytes());
    }
    return bytes;
}

Status NetworkKeyring::restore(View saved) {
    CHORD_CHECK(keys_.empty());
    if (saved.size() % kNetworkKeyBytes != 0 || saved.size() > kKeysMax * kNetworkKeyBytes) return Error::corrupt;
    std::vector<View> signed_ones;
    for (; !saved.empty(); saved = saved.subspan(kNetworkKeyBytes)) {
        const View record = saved.first(kNetworkKeyBytes);
        if (record[0] != kUnsigned) {
            signed_ones.push_back(record);
            continue;
        }
        Reader reader(record.subspan(1));
        const auto network = read_array<16>(reader);
        NetworkKey key;
        key.number = reader.u32();
        const View bytes = reader.bytes(noise::kKeyBytes);
        std::copy(bytes.begin(), bytes.end(), key.key.writable().begin());
        if (network != network_id(fleet_key_) || key.number == 0 || !keys_.empty()) return Error::corrupt;
        begin_with(std::move(key));
    }
    for (const View record : signed_ones) {
        const Result<bool> taken = offer(record);
        if (!taken || !*taken) return Error::corrupt;
    }
    return Success{};
}

View NetworkKeyring::record(std::size_t index) const {
    CHORD_CHECK(index < records_.size());
    const View bytes = records_[index].bytes();
    return bytes[0] == kVersion ? bytes : View{};
}

}  // namespace chord::net::admission
