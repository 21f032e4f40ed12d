#include "net/admission/fleet_key.hpp"

#include <sodium.h>

#include <algorithm>
#include <utility>

#include "net/admission/armor.hpp"
#include "node/core/base/check.hpp"

namespace chord::net::admission {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kPlain = 0;
constexpr std::uint8_t kSealed = 1;
constexpr std::size_t kKeysMax = 2;
constexpr std::size_t kContentBytesMax = 1 + 1 + kNameBytesMax + 32 + 4 + 5 + 1 + kKeysMax * (4 + 32);
constexpr std::size_t kChecksumBytes = 16;
constexpr std::size_t kBoxOverhead = crypto_secretbox_MACBYTES;

/// Bytes that are wiped when they go. Never grown after it holds a secret.
class Wiped {
public:
    explicit Wiped(std::vector<std::uint8_t> secret) : bytes(std::move(secret)) {}
    explicit Wiped(std::size_t size) : bytes(size) {}
    ~Wiped() { sodium_memzero(bytes.data(), bytes.size()); }
    Wiped(const Wiped&) = delete;
    Wiped& operator=(const Wiped&) = delete;

    std::vector<std::uint8_t> bytes;
};

std::array<std::uint8_t, kChecksumBytes> checksum(View content) {
    std::array<std::uint8_t, kChecksumBytes> sum{};
    crypto_generichash(sum.data(), sum.size(), content.data(), content.size(), nullptr, 0);
    return sum;
}

/// Into `room`, whose owner wipes it.
std::size_t write_content(const FleetKey& fleet, std::span<std::uint8_t> room) {
    CHORD_CHECK(is_name(fleet.name) && !fleet.network_keys.empty() && fleet.network_keys.size() <= kKeysMax);
    Writer writer(room);
    writer.u8(kVersion);
    write_label(writer, fleet.name);
    writer.bytes(fleet.key.seed().bytes());
    writer.u32(fleet.list_number);
    write_seconds(writer, fleet.signed_last);
    writer.u8(static_cast<std::uint8_t>(fleet.network_keys.size()));
    for (const NetworkKey& key : fleet.network_keys) {
        writer.u32(key.number);
        writer.bytes(key.key.bytes());
    }
    CHORD_CHECK(!writer.failed());
    return writer.written().size();
}

noise::Secret<32> read_secret(Reader& reader) {
    noise::Secret<32> made;
    const View bytes = reader.bytes(32);
    std::copy(bytes.begin(), bytes.end(), made.writable().begin());
    return made;
}

Result<FleetKey> read_content(View content) {
    Reader reader(content);
    if (reader.u8() != kVersion) return Error::newer_schema;
    std::string name = read_label(reader, kNameBytesMax);
    const noise::Secret<32> seed = read_secret(reader);
    FleetKey fleet{std::move(name), SigningKey(seed), reader.u32(), 0, {}};
    fleet.signed_last = read_seconds(reader);
    const std::size_t keys = reader.u8();
    for (std::size_t i = 0; i < keys && !reader.failed(); ++i) {
        NetworkKey key;
        key.number = reader.u32();
        key.key = read_secret(reader);
        fleet.network_keys.push_back(std::move(key));
    }
    if (!reader.finish() || !is_name(fleet.name) || keys < 1 || keys > kKeysMax) return Error::corrupt;
    if (fleet.network_keys.back().number == 0) return Error::corrupt;
    if (keys == 2 && fleet.network_keys[0].number <= fleet.network_keys[1].number) return Error::corrupt;
    return fleet;
}

bool derive(noise::Secret<32>& key, std::string_view passphrase, View salt, PassphraseCost cost) {
    if (passphrase.empty()) passphrase = "";  // libsodium wants no null pointer
    return crypto_pwhash(key.data(), noise::Secret<32>::kBytes, passphrase.data(), passphrase.size(), salt.data(),
                         cost.operations, std::size_t{cost.memory_kib} * 1024, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

bool is_allowed(PassphraseCost cost) {
    return cost.operations >= crypto_pwhash_OPSLIMIT_MIN && cost.operations <= kPassphraseOperationsMax &&
           std::size_t{cost.memory_kib} * 1024 >= crypto_pwhash_MEMLIMIT_MIN &&
           cost.memory_kib <= kPassphraseMemoryKibMax;
}

Result<FleetKey> open_sealed(Reader& reader, std::string_view passphrase) {
    const View salt = reader.bytes(crypto_pwhash_SALTBYTES);
    PassphraseCost cost;
    cost.operations = reader.u32();
    cost.memory_kib = reader.u32();
    const View nonce = reader.bytes(crypto_secretbox_NONCEBYTES);
    const View box = reader.rest();
    if (reader.failed() || box.size() < kBoxOverhead || box.size() > kContentBytesMax + kBoxOverhead) {
        return Error::corrupt;
    }
    if (!is_allowed(cost)) return Error::corrupt;
    noise::Secret<32> key;
    if (!derive(key, passphrase, salt, cost)) return Error::overloaded;
    Wiped content(box.size() - kBoxOverhead);
    if (crypto_secretbox_open_easy(content.bytes.data(), box.data(), box.size(), nonce.data(), key.data()) != 0) {
        return Error::corrupt;
    }
    return read_content(content.bytes);
}

}  // namespace

Seconds FleetKey::issue_time(Seconds wall) {
    CHORD_CHECK(wall <= kSecondsMax);
    signed_last = std::max(signed_last, wall);
    return signed_last;
}

void FleetKey::trust_clock(Seconds wall) {
    CHORD_CHECK(wall <= kSecondsMax);
    signed_last = wall;
}

std::vector<std::uint8_t> FleetKey::sign_next(FleetList& list, Seconds wall) {
    list.network = network();
    list.number = std::max(list.number, list_number) + 1;
    CHORD_CHECK(list.number > 0);
    list.issued = issue_time(wall);
    list_number = list.number;
    return sign_list(list, key);
}

void FleetKey::rotate_network_key(noise::SecretKey fresh) {
    const std::uint32_t number = network_keys.front().number + 1;
    CHORD_CHECK(number > 0);
    network_keys.insert(network_keys.begin(), NetworkKey{number, std::move(fresh)});
    if (network_keys.size() > kKeysMax) network_keys.pop_back();
}

FleetKey make_fleet(std::string name, const SigningKey::Seed& seed, noise::SecretKey network_key) {
    CHORD_CHECK(is_name(name));
    FleetKey fleet{std::move(name), SigningKey(seed), 0, 0, {}};
    fleet.network_keys.push_back(NetworkKey{1, std::move(network_key)});
    return fleet;
}

std::string fleet_key_file(const FleetKey& fleet) {
    Wiped file(1 + kContentBytesMax + kChecksumBytes);
    file.bytes[0] = kPlain;
    const std::size_t size = write_content(fleet, std::span(file.bytes).subspan(1, kContentBytesMax));
    const auto sum = checksum(View(file.bytes).subspan(1, size));
    std::copy(sum.begin(), sum.end(), file.bytes.begin() + static_cast<std::ptrdiff_t>(1 + size));
    return armored(kFleetKeyArmor, View(file.bytes).first(1 + size + kChecksumBytes));
}

Result<std::string> fleet_key_file(const FleetKey& fleet, std::string_view passphrase, const FleetKeyDice& dice,
                                   PassphraseCost cost) {
    static_assert(crypto_pwhash_SALTBYTES == 16 && crypto_secretbox_NONCEBYTES == 24);
    CHORD_CHECK(is_allowed(cost));
    noise::Secret<32> key;
    if (!derive(key, passphrase, dice.salt, cost)) return Error::overloaded;
    Wiped content(kContentBytesMax);
    const std::size_t size = write_content(fleet, content.bytes);
    std::vector<std::uint8_t> box(size + kBoxOverhead);
    crypto_secretbox_easy(box.data(), content.bytes.data(), size, dice.nonce.data(), key.data());
    const auto head = encoded<1 + 16 + 4 + 4 + 24>([&](Writer& writer) {
        writer.u8(kSealed);
        writer.bytes(dice.salt);
        writer.u32(cost.operations);
        writer.u32(cost.memory_kib);
        writer.bytes(dice.nonce);
    });
    box.insert(box.begin(), head.begin(), head.end());
    return armored(kFleetKeyArmor, box);
}

bool needs_passphrase(std::string_view file) {
    std::optional<std::vector<std::uint8_t>> bytes = unarmored(kFleetKeyArmor, file);
    if (!bytes) return false;
    const Wiped wiped(std::move(*bytes));
    return !wiped.bytes.empty() && wiped.bytes[0] == kSealed;
}

Result<FleetKey> read_fleet_key(std::string_view file, std::string_view passphrase) {
    std::optional<std::vector<std::uint8_t>> bytes = unarmored(kFleetKeyArmor, file);
    if (!bytes) return Error::foreign;
    const Wiped wiped(std::move(*bytes));
    Reader reader(wiped.bytes);
    const std::uint8_t form = reader.u8();
    if (form == kSealed) return open_sealed(reader, passphrase);
    if (reader.failed()) return Error::corrupt;
    if (form != kPlain) return Error::newer_schema;
    const View rest = reader.rest();
    if (rest.size() < kChecksumBytes) return Error::corrupt;
    const View content = rest.first(rest.size() - kChecksumBytes);
    const auto sum = checksum(content);
    if (sodium_memcmp(sum.data(), rest.last(kChecksumBytes).data(), kChecksumBytes) != 0) return Error::corrupt;
    return read_content(content);
}

}  // namespace chord::net::admission
