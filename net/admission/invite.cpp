#include "net/admission/invite.hpp"

#include <sodium.h>

#include <algorithm>
#include <utility>

#include "net/admission/armor.hpp"
#include "node/core/base/check.hpp"
#include "node/core/base/hash.hpp"

namespace chord::net::admission {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kSecretBytes = InviteSecret::kBytes;
constexpr std::size_t kTokenHeadBytes = 1 + 16 + 32;  // what the string leaves out, since it follows from the rest
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kPayloadBytesMax =
    kSecretBytes + 32 + 4 + 32 + kTokenBytesMax - kTokenHeadBytes + kBootstrapBytesMax + kChecksumBytes;
constexpr std::string_view kPrefix = "chord1:";

static_assert(1 + kTokenBytesMax + kSignatureBytes <= kCredentialBytesMax);
static_assert(kPrefix.size() + kNameBytesMax + 1 + (kPayloadBytesMax * 8 + 4) / 5 <= kInviteTextBytesMax);

BytesView text_of(View bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// From `number` to the tag.
void write_terms(Writer& writer, const InviteTerms& terms, const IssuerId& issuer) {
    writer.u32(terms.number);
    write_seconds(writer, terms.not_after);
    writer.u16(terms.uses);
    writer.u8(terms.roles);
    writer.u32(terms.lifetime);
    writer.bytes(terms.counter);
    writer.bytes(issuer);
    write_label(writer, terms.tag);
}

void read_terms(Reader& reader, InviteTerms& terms, IssuerId& issuer) {
    terms.number = reader.u32();
    terms.not_after = read_seconds(reader);
    terms.uses = reader.u16();
    terms.roles = reader.u8();
    terms.lifetime = reader.u32();
    terms.counter = read_array<8>(reader);
    issuer = read_array<8>(reader);
    terms.tag = read_label(reader, kTagBytesMax);
}

std::vector<std::uint8_t> body_of(const InviteToken& token) {
    return encoded<kTokenBytesMax - kSignatureBytes>([&](Writer& writer) {
        writer.u8(kVersion);
        writer.bytes(token.network);
        writer.bytes(token.invite_key);
        write_terms(writer, token.terms, token.issuer);
    });
}

/// What the invite key signs when it is used.
std::vector<std::uint8_t> use_of(View token, const noise::PublicKey& static_key) {
    std::vector<std::uint8_t> message(token.begin(), token.end());
    message.insert(message.end(), static_key.begin(), static_key.end());
    return message;
}

std::array<std::uint8_t, kChecksumBytes> checksum(std::string_view fleet_name, View payload) {
    const auto digest = hash256({"chordd invite text", fleet_name, text_of(payload)}).bytes();
    std::array<std::uint8_t, kChecksumBytes> sum{};
    std::copy_n(digest.begin(), kChecksumBytes, sum.begin());
    return sum;
}

bool is_within(const InviteToken& token, const Delegation& delegation) {
    const InviteTerms& terms = token.terms;
    return (terms.roles & ~delegation.roles) == 0 && terms.lifetime <= delegation.lifetime_max &&
           terms.not_after <= delegation.until && (delegation.tag.empty() || terms.tag == delegation.tag);
}

Result<Invite> read_payload(std::string_view fleet_name, View payload) {
    Reader reader(payload);
    Invite invite;
    invite.fleet_name = fleet_name;
    const View secret = reader.bytes(kSecretBytes);
    std::copy(secret.begin(), secret.end(), invite.secret.writable().begin());
    invite.fleet_key = read_array<32>(reader);
    invite.network_key.number = reader.u32();
    const View key = reader.bytes(noise::kKeyBytes);
    std::copy(key.begin(), key.end(), invite.network_key.key.writable().begin());
    read_terms(reader, invite.token.terms, invite.token.issuer);
    invite.token.signature = read_array<kSignatureBytes>(reader);
    invite.bootstrap = read_bootstrap(reader);
    if (const Status end = reader.finish(); !end) return end.error();
    if (!is_well_formed(invite.token.terms) || invite.network_key.number == 0) return Error::bad_message;
    invite.token.network = network_id(invite.fleet_key);
    invite.token.invite_key = invite_key(invite.secret).public_key();
    return invite;
}

}  // namespace

SigningKey invite_key(const InviteSecret& secret) {
    // Straight into a Secret: hash256() would leave the seed on the stack.
    constexpr std::string_view kLabel = "chordd invite key";
    SigningKey::Seed seed;
    crypto_generichash_state state;
    crypto_generichash_init(&state, nullptr, 0, SigningKey::Seed::kBytes);
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(kLabel.data()), kLabel.size());
    crypto_generichash_update(&state, secret.data(), kSecretBytes);
    crypto_generichash_final(&state, seed.data(), SigningKey::Seed::kBytes);
    sodium_memzero(&state, sizeof state);
    return SigningKey(seed);
}

bool is_well_formed(const InviteTerms& terms) {
    return terms.number > 0 && terms.not_after <= kSecondsMax && terms.uses >= 1 && terms.uses <= kInviteUsesMax &&
           terms.lifetime >= 1 && is_tag(terms.tag);
}

InviteToken make_token(const NetworkId& network, const InviteSecret& secret, const InviteTerms& terms,
                       const SigningKey& issuer) {
    CHORD_CHECK(is_well_formed(terms));
    InviteToken token{network, invite_key(secret).public_key(), terms, issuer_id(issuer.public_key()), {}};
    token.signature = issuer.sign(Purpose::invite, body_of(token));
    return token;
}

std::vector<std::uint8_t> encode(const InviteToken& token) {
    CHORD_CHECK(is_well_formed(token.terms));
    return with_signature(body_of(token), token.signature);
}

Result<InviteToken> parse_token(View bytes) {
    const Result<SignedParts> parts = signed_parts(bytes);
    if (!parts) return parts.error();
    Reader reader(parts->body);
    if (reader.u8() != kVersion) return Error::bad_message;
    InviteToken token;
    token.network = read_array<16>(reader);
    token.invite_key = read_array<32>(reader);
    read_terms(reader, token.terms, token.issuer);
    token.signature = parts->signature;
    if (const Status end = reader.finish(); !end) return end.error();
    if (!is_well_formed(token.terms)) return Error::bad_message;
    return token;
}

std::vector<std::uint8_t> shown_form(const InviteToken& token, const InviteSecret& secret,
                                     const noise::PublicKey& static_key) {
    std::vector<std::uint8_t> shown = encode(token);
    const Signature use = invite_key(secret).sign(Purpose::invite_use, use_of(shown, static_key));
    shown.insert(shown.begin(), kInviteKind);
    return with_signature(std::move(shown), use);
}

Result<InviteToken> parse_shown_invite(View shown, const noise::PublicKey& static_key) {
    const Result<SignedParts> parts = signed_parts(shown);
    if (!parts || parts->body.empty() || parts->body[0] != kInviteKind) return Error::bad_message;
    const View bytes = parts->body.subspan(1);
    Result<InviteToken> token = parse_token(bytes);
    if (!token) return token.error();
    if (!is_signed(Purpose::invite_use, use_of(bytes, static_key), parts->signature, token->invite_key)) {
        return Error::bad_message;
    }
    return token;
}

Standing standing_of(const InviteToken& token, const Judgement& by, bool signature_known) {
    if (token.network != network_id(by.fleet_key)) return Standing::other_fleet;
    if (by.time.is_expired(token.terms.not_after, by.now)) return Standing::expired;
    if (by.list.revocation_of_invite(token.terms.number) != nullptr) return Standing::revoked;
    const VerifyKey* issuer = issuer_key(token.issuer, by.fleet_key, by.list);
    if (issuer == nullptr) return Standing::unknown_issuer;
    if (*issuer != by.fleet_key && !is_within(token, *by.list.delegation(token.issuer))) {
        return Standing::beyond_delegation;
    }
    if (!signature_known && !is_signed(Purpose::invite, body_of(token), token.signature, *issuer)) {
        return Standing::forged;
    }
    return Standing::admitted;
}

std::string invite_text(const Invite& invite) {
    CHORD_CHECK(is_name(invite.fleet_name) && invite.network_key.number > 0);
    CHORD_CHECK(invite.token.network == network_id(invite.fleet_key));
    CHORD_CHECK(invite.token.invite_key == invite_key(invite.secret).public_key());
    noise::Secret<kPayloadBytesMax> payload;
    Writer writer(payload.writable());
    writer.bytes(invite.secret.bytes());
    writer.bytes(invite.fleet_key);
    writer.u32(invite.network_key.number);
    writer.bytes(invite.network_key.key.bytes());
    writer.bytes(View(encode(invite.token)).subspan(kTokenHeadBytes));
    write_bootstrap(writer, invite.bootstrap);
    writer.bytes(checksum(invite.fleet_name, writer.written()));
    CHORD_CHECK(!writer.failed());
    std::string text;
    text.reserve(kInviteTextBytesMax);
    std::string letters = base32(writer.written());
    text.append(kPrefix).append(invite.fleet_name).append(":").append(letters);
    sodium_memzero(letters.data(), letters.size());
    return text;
}

Result<Invite> read_invite(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(kSpace);
    if (begin == std::string_view::npos || !text.substr(begin).starts_with(kPrefix)) return Error::bad_message;
    text.remove_prefix(begin + kPrefix.size());
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || text.size() > 2 * kInviteTextBytesMax) return Error::bad_message;
    const std::string_view fleet_name = text.substr(0, colon);
    if (!is_name(fleet_name)) return Error::bad_message;
    std::optional<std::vector<std::uint8_t>> bytes = from_base32(text.substr(colon + 1));
    if (!bytes || bytes->size() < kChecksumBytes) return Error::bad_message;
    const View payload = View(*bytes).first(bytes->size() - kChecksumBytes);
    const auto sum = checksum(fleet_name, payload);
    const bool intact = std::equal(sum.begin(), sum.end(), bytes->end() - kChecksumBytes);
    Result<Invite> invite = intact ? read_payload(fleet_name, payload) : Error::bad_message;
    sodium_memzero(bytes->data(), bytes->size());
    return invite;
}

}  // namespace chord::net::admission
