#include "net/admission/request.hpp"

#include "node/core/base/check.hpp"

namespace chord::net::admission {
namespace {

constexpr std::uint8_t kVersion = 1;

std::vector<std::uint8_t> body_of(const Request& request) {
    return encoded<kRequestBytesMax - kSignatureBytes>([&](Writer& writer) {
        writer.u8(kVersion);
        writer.bytes(request.sign_key);
        writer.bytes(request.static_key);
        writer.u8(request.capacity);
        write_label(writer, request.name);
        write_label(writer, request.tag);
    });
}

}  // namespace

std::vector<std::uint8_t> sign_request(Request request, const SigningKey& device) {
    CHORD_CHECK((request.name.empty() || is_name(request.name)) && is_tag(request.tag));
    request.sign_key = device.public_key();
    std::vector<std::uint8_t> body = body_of(request);
    const Signature signature = device.sign(Purpose::request, body);
    return with_signature(std::move(body), signature);
}

Result<Request> parse_request(View bytes) {
    const Result<SignedParts> parts = signed_parts(bytes);
    if (!parts) return parts.error();
    Reader reader(parts->body);
    if (reader.u8() != kVersion) return Error::bad_message;
    Request made;
    made.sign_key = read_array<32>(reader);
    made.static_key = read_array<32>(reader);
    made.capacity = reader.u8();
    made.name = read_label(reader, kNameBytesMax);
    made.tag = read_label(reader, kTagBytesMax);
    if (const Status end = reader.finish(); !end) return end.error();
    return made;
}

Result<Request> read_request(View bytes) {
    Result<Request> made = parse_request(bytes);
    if (!made) return made;
    const Result<SignedParts> parts = signed_parts(bytes);
    if (!is_signed(Purpose::request, parts->body, parts->signature, made->sign_key)) return Error::bad_message;
    return made;
}

Result<SignedCertificate> admit(const Request& request, const AdmissionTerms& terms, const SigningKey& issuer) {
    Certificate content;
    content.network = terms.network;
    content.sign_key = request.sign_key;
    content.static_key = request.static_key;
    content.nonce = terms.nonce;
    content.roles = terms.roles;
    content.capacity = request.capacity;
    content.not_before = terms.issued;
    content.lifetime = terms.lifetime;
    content.invite = terms.invite;
    content.use = terms.use;
    content.tag = terms.tag.empty() ? request.tag : terms.tag;
    content.name = terms.name.empty() ? request.name : terms.name;
    if (content.name.empty()) content.name = default_name(request.sign_key, content.tag);
    if (!is_well_formed(content)) return Error::bad_message;
    return issue(std::move(content), issuer);
}

Result<SignedCertificate> read_grant(View certificate, const Request& asked, const NetworkId& network,
                                     const VerifyKey& issuer) {
    Result<SignedCertificate> granted = parse_certificate(certificate);
    if (!granted) return granted.error();
    const Certificate& content = granted->content;
    const bool is_ours =
        content.network == network && content.sign_key == asked.sign_key && content.static_key == asked.static_key;
    if (!is_ours || !is_issued_by(*granted, issuer)) return Error::bad_message;
    return granted;
}

std::string default_name(const VerifyKey& device, const std::string& tag) {
    constexpr const char* kHexDigits = "0123456789abcdef";
    std::string name = tag.empty() ? "node" : tag;
    name.push_back('-');
    const KeyId id = key_id(device);
    for (const std::uint8_t byte : {id[0], id[1]}) {
        name.push_back(kHexDigits[byte >> 4]);
        name.push_back(kHexDigits[byte & 15]);
    }
    return name;
}

}  // namespace chord::net::admission
