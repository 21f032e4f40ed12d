#include "net/admission/admission_file.hpp"

#include <sodium.h>

#include <algorithm>

#include "net/admission/standing.hpp"
#include "node/core/base/check.hpp"

namespace chord::net::admission {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kBoxBytes = kNetworkKeyBytes + crypto_aead_chacha20poly1305_ietf_ABYTES;
constexpr std::size_t kFileBytesMax =
    1 + 32 + 2 + kCertificateBytesMax + 2 + kFleetListBytesMax + kBootstrapBytesMax + 32 + kBoxBytes;
constexpr std::array<std::uint8_t, crypto_aead_chacha20poly1305_ietf_NPUBBYTES> kZeroNonce{};

noise::SecretKey box_key(const noise::SecretKey& shared, const noise::PublicKey& ephemeral,
                         const noise::PublicKey& receiver) {
    constexpr std::string_view kLabel = "chordd admission";
    noise::SecretKey key;
    crypto_generichash_state state;
    crypto_generichash_init(&state, nullptr, 0, noise::SecretKey::kBytes);
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(kLabel.data()), kLabel.size());
    crypto_generichash_update(&state, shared.data(), noise::SecretKey::kBytes);
    crypto_generichash_update(&state, ephemeral.data(), ephemeral.size());
    crypto_generichash_update(&state, receiver.data(), receiver.size());
    crypto_generichash_final(&state, key.data(), noise::SecretKey::kBytes);
    sodium_memzero(&state, sizeof state);
    return key;
}

/// Whether the certificate is the fleet's, by the fleet key itself or by an inviter that the list names.
bool is_of_fleet(const AdmissionFile& file) {
    if (is_issued_by(file.certificate, file.fleet_key)) return true;
    const Result<FleetList> list = read_list(file.list, file.fleet_key);
    if (!list) return false;
    const Delegation* const delegation = list->delegation(file.certificate.content.issuer);
    return delegation != nullptr && is_within(file.certificate.content, *delegation) &&
           is_issued_by(file.certificate, delegation->inviter);
}

/// The file taken apart: of one fleet throughout.
struct Parts {
    AdmissionFile file;
    noise::PublicKey ephemeral{};
    std::array<std::uint8_t, kBoxBytes> box{};
};

Result<Parts> split(View bytes) {
    Reader reader(bytes);
    if (reader.u8() != kVersion) return Error::bad_message;
    Parts parts;
    parts.file.fleet_key = read_array<32>(reader);
    const Result<SignedCertificate> certificate = parse_certificate(reader.bytes(reader.u16()));
    const View list = reader.bytes(reader.u16());
    parts.file.list.assign(list.begin(), list.end());
    parts.file.bootstrap = read_bootstrap(reader);
    parts.ephemeral = read_array<32>(reader);
    parts.box = read_array<kBoxBytes>(reader);
    if (const Status end = reader.finish(); !end) return end.error();
    if (!certificate) return certificate.error();
    parts.file.certificate = *certificate;
    if (certificate->content.network != network_id(parts.file.fleet_key)) return Error::bad_message;
    if (!is_of_fleet(parts.file)) return Error::bad_message;
    if (!parts.file.list.empty() && !read_list(parts.file.list, parts.file.fleet_key)) return Error::bad_message;
    return parts;
}

}  // namespace

Result<std::vector<std::uint8_t>> admission_file(const AdmissionFile& file, const NetworkKey& network_key,
                                                 const SigningKey& fleet_key, const noise::KeyPair& ephemeral) {
    CHORD_CHECK(file.fleet_key == fleet_key.public_key());
    return admission_file(file, sign_network_key(network_key, fleet_key).bytes(), ephemeral);
}

Result<std::vector<std::uint8_t>> admission_file(const AdmissionFile& file,
                                                 std::span<const std::uint8_t, kNetworkKeyBytes> record,
                                                 const noise::KeyPair& ephemeral) {
    const noise::PublicKey& receiver = file.certificate.content.static_key;
    const Result<noise::SecretKey> shared = ephemeral.diffie_hellman(receiver);
    if (!shared) return shared.error();
    const noise::SecretKey key = box_key(*shared, ephemeral.public_key(), receiver);
    std::array<std::uint8_t, kBoxBytes> box{};
    crypto_aead_chacha20poly1305_ietf_encrypt(box.data(), nullptr, record.data(), kNetworkKeyBytes, nullptr, 0, nullptr,
                                              kZeroNonce.data(), key.data());
    const std::vector<std::uint8_t> certificate = encode(file.certificate);
    return encoded<kFileBytesMax>([&](Writer& writer) {
        writer.u8(kVersion);
        writer.bytes(file.fleet_key);
        writer.u16(static_cast<std::uint16_t>(certificate.size()));
        writer.bytes(certificate);
        writer.u16(static_cast<std::uint16_t>(file.list.size()));
        writer.bytes(file.list);
        write_bootstrap(writer, file.bootstrap);
        writer.bytes(ephemeral.public_key());
        writer.bytes(box);
    });
}

Result<AdmissionFile> read_admission_file(View bytes) {
    Result<Parts> parts = split(bytes);
    if (!parts) return parts.error();
    return std::move(parts->file);
}

Result<OpenedAdmission> open_admission_file(View bytes, const noise::KeyPair& own) {
    Result<Parts> parts = split(bytes);
    if (!parts) return parts.error();
    if (parts->file.certificate.content.static_key != own.public_key()) return Error::bad_message;
    const Result<noise::SecretKey> shared = own.diffie_hellman(parts->ephemeral);
    if (!shared) return shared.error();
    const noise::SecretKey key = box_key(*shared, parts->ephemeral, own.public_key());
    OpenedAdmission opened;
    opened.file = std::move(parts->file);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(opened.network_key.data(), nullptr, nullptr, parts->box.data(),
                                                  parts->box.size(), nullptr, 0, kZeroNonce.data(), key.data()) != 0) {
        return Error::bad_message;
    }
    if (!NetworkKeyring(opened.file.fleet_key).offer(opened.network_key.bytes())) return Error::bad_message;
    return opened;
}

}  // namespace chord::net::admission
