#include "net/admission/certificate.hpp"

#include "node/core/base/check.hpp"
#include "node/core/base/hash.hpp"

namespace chord::net::admission {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kFixedBytes = 1 + 16 + 32 + 32 + 16 + 3 + 5 + 4 + 8 + 8 + 1 + 1 + kSignatureBytes;
static_assert(kFixedBytes + kNameBytesMax + kTagBytesMax == kCertificateBytesMax);  // not a byte to spare

template <std::size_t kSize>
BytesView text_of(const std::array<std::uint8_t, kSize>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), kSize};
}

/// What is signed.
std::vector<std::uint8_t> body_of(const Certificate& certificate) {
    return encoded<kCertificateBytesMax>([&](Writer& writer) {
        writer.u8(kVersion);
        writer.bytes(certificate.network);
        writer.bytes(certificate.sign_key);
        writer.bytes(certificate.static_key);
        writer.bytes(certificate.nonce);
        writer.u8(certificate.positions);
        writer.u8(certificate.roles);
        writer.u8(certificate.capacity);
        write_seconds(writer, certificate.not_before);
        writer.u32(certificate.lifetime);
        writer.bytes(certificate.issuer);
        writer.u32(certificate.invite);
        writer.u32(certificate.use);
        write_label(writer, certificate.name);
        write_label(writer, certificate.tag);
    });
}

}  // namespace

Id Certificate::position(std::uint8_t index) const {
    CHORD_CHECK(index < positions);
    return position_id(text_of(network), text_of(nonce), text_of(sign_key), index);
}

bool is_well_formed(const Certificate& certificate) {
    return is_name(certificate.name) && is_tag(certificate.tag) && certificate.positions >= 1 &&
           certificate.positions <= kPositionsMax && certificate.lifetime >= 1 &&
           certificate.not_before <= kSecondsMax - certificate.lifetime;
}

bool is_renewal(const Certificate& old, const Certificate& renewed) {
    return renewed.network == old.network && renewed.sign_key == old.sign_key && renewed.static_key == old.static_key &&
           renewed.nonce == old.nonce && renewed.positions == old.positions && renewed.not_after() > old.not_after();
}

SignedCertificate issue(Certificate content, const SigningKey& issuer) {
    content.issuer = issuer_id(issuer.public_key());
    CHORD_CHECK(is_well_formed(content));
    const Signature signature = issuer.sign(Purpose::certificate, body_of(content));
    return {std::move(content), signature};
}

bool is_issued_by(const SignedCertificate& certificate, const VerifyKey& issuer) {
    return certificate.content.issuer == issuer_id(issuer) &&
           is_signed(Purpose::certificate, body_of(certificate.content), certificate.signature, issuer);
}

std::vector<std::uint8_t> encode(const SignedCertificate& certificate) {
    CHORD_CHECK(is_well_formed(certificate.content));
    return with_signature(body_of(certificate.content), certificate.signature);
}

Result<SignedCertificate> parse_certificate(View file_form) {
    const Result<SignedParts> parts = signed_parts(file_form);
    if (!parts) return parts.error();
    Reader reader(parts->body);
    if (reader.u8() != kVersion) return Error::bad_message;
    SignedCertificate made;
    Certificate& content = made.content;
    content.network = read_array<16>(reader);
    content.sign_key = read_array<32>(reader);
    content.static_key = read_array<32>(reader);
    content.nonce = read_array<16>(reader);
    content.positions = reader.u8();
    content.roles = reader.u8();
    content.capacity = reader.u8();
    content.not_before = read_seconds(reader);
    content.lifetime = reader.u32();
    content.issuer = read_array<8>(reader);
    content.invite = reader.u32();
    content.use = reader.u32();
    content.name = read_label(reader, kNameBytesMax);
    content.tag = read_label(reader, kTagBytesMax);
    made.signature = parts->signature;
    if (const Status end = reader.finish(); !end) return end.error();
    if (!is_well_formed(content)) return Error::bad_message;
    return made;
}

std::vector<std::uint8_t> shown_form(const SignedCertificate& certificate, std::uint8_t position) {
    CHORD_CHECK(position < certificate.content.positions);
    std::vector<std::uint8_t> shown = encode(certificate);
    shown.insert(shown.begin(), {kCertificateKind, position});
    return shown;
}

Result<ShownCertificate> parse_shown_certificate(View shown) {
    if (shown.size() < 2 || shown[0] != kCertificateKind) return Error::bad_message;
    Result<SignedCertificate> certificate = parse_certificate(shown.subspan(2));
    if (!certificate) return certificate.error();
    if (shown[1] >= certificate->content.positions) return Error::bad_message;
    return ShownCertificate{std::move(*certificate), shown[1]};
}

}  // namespace chord::net::admission
