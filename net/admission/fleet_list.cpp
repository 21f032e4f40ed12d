#include "net/admission/fleet_list.hpp"

#include <algorithm>
#include <tuple>

#include "node/core/base/check.hpp"

namespace chord::net::admission {
namespace {

constexpr std::uint8_t kVersion = 1;

using Subject = std::array<std::uint8_t, 16>;

auto order(const Revocation& revocation) {
    return std::tie(revocation.kind, revocation.subject);
}

bool comes_before(const Revocation& a, const Revocation& b) {
    return order(a) < order(b);
}

Subject subject_of_invite(std::uint32_t number) {
    Subject subject{};
    Writer writer(subject);
    writer.u32(number);
    return subject;
}

Subject subject_of_serial(const IssuerId& issuer, std::uint64_t serial) {
    Subject subject{};
    Writer writer(subject);
    writer.bytes(issuer);
    writer.u64(serial);
    return subject;
}

const Revocation* find(const FleetList& list, Revocation::Kind kind, const Subject& subject) {
    const Revocation wanted{kind, subject, Reason::unsaid, 0};
    const auto found = std::lower_bound(list.revocations.begin(), list.revocations.end(), wanted, comes_before);
    return found != list.revocations.end() && order(*found) == order(wanted) ? &*found : nullptr;
}

void write_delegation(Writer& writer, const Delegation& delegation) {
    writer.bytes(delegation.inviter);
    writer.u8(delegation.roles);
    writer.u32(delegation.lifetime_max);
    write_seconds(writer, delegation.from);
    write_seconds(writer, delegation.until);
    write_label(writer, delegation.tag);
}

Delegation read_delegation(Reader& reader) {
    Delegation made;
    made.inviter = read_array<32>(reader);
    made.roles = reader.u8();
    made.lifetime_max = reader.u32();
    made.from = read_seconds(reader);
    made.until = read_seconds(reader);
    made.tag = read_label(reader, kTagBytesMax);
    return made;
}

void write_revocation(Writer& writer, const Revocation& revocation) {
    writer.u8(static_cast<std::uint8_t>(revocation.kind));
    writer.bytes(revocation.subject);
    writer.u8(static_cast<std::uint8_t>(revocation.reason));
    write_seconds(writer, revocation.at);
}

/// Kinds and reasons that this version does not know are kept: a later one may know more, and the signature covers all.
Revocation read_revocation(Reader& reader) {
    Revocation made;
    made.kind = static_cast<Revocation::Kind>(reader.u8());
    made.subject = read_array<16>(reader);
    made.reason = static_cast<Reason>(reader.u8());
    made.at = read_seconds(reader);
    return made;
}

template <typename Item, typename Before>
bool strictly_ascending(const std::vector<Item>& items, Before before) {
    return std::adjacent_find(items.begin(), items.end(),
                              [&](const Item& a, const Item& b) { return !before(a, b); }) == items.end();
}

bool key_before(const Delegation& a, const Delegation& b) {
    return a.inviter < b.inviter;
}

bool is_sorted_and_bounded(const FleetList& list) {
    return list.number > 0 && list.delegations.size() <= kDelegationsMax &&
           list.revocations.size() <= kRevocationsMax && strictly_ascending(list.delegations, key_before) &&
           strictly_ascending(list.revocations, comes_before);
}

template <typename Item, typename Before>
Status put(std::vector<Item>& items, const Item& item, std::size_t items_max, Before before) {
    const auto at = std::lower_bound(items.begin(), items.end(), item, before);
    if (at != items.end() && !before(item, *at)) {
        *at = item;
        return Success{};
    }
    if (items.size() >= items_max) return Error::full;
    items.insert(at, item);
    return Success{};
}

}  // namespace

Revocation Revocation::of_key(const std::array<std::uint8_t, 32>& key, Reason reason, Seconds at) {
    return {Kind::key, key_id(key), reason, at};
}

Revocation Revocation::of_serial(const IssuerId& issuer, std::uint64_t serial, Reason reason, Seconds at) {
    return {Kind::serial, subject_of_serial(issuer, serial), reason, at};
}

Revocation Revocation::of_invite(std::uint32_t number, Reason reason, Seconds at) {
    return {Kind::invite, subject_of_invite(number), reason, at};
}

const Delegation* FleetList::delegation(const IssuerId& issuer) const {
    const auto found = std::find_if(delegations.begin(), delegations.end(),
                                    [&](const Delegation& each) { return issuer_id(each.inviter) == issuer; });
    return found == delegations.end() || revocation_of_key(found->inviter) != nullptr ? nullptr : &*found;
}

const Revocation* FleetList::revocation_of_key(const std::array<std::uint8_t, 32>& key) const {
    return find(*this, Revocation::Kind::key, key_id(key));
}

const Revocation* FleetList::revocation_of(const Certificate& certificate) const {
    if (const Revocation* found = revocation_of_key(certificate.sign_key)) return found;
    if (const Revocation* found = revocation_of_key(certificate.static_key)) return found;
    if (const Revocation* found = revocation_of_invite(certificate.invite)) return found;
    return find(*this, Revocation::Kind::serial, subject_of_serial(certificate.issuer, certificate.serial()));
}

const Revocation* FleetList::revocation_of_invite(std::uint32_t invite) const {
    if (invite == 0) return nullptr;  // admitted by file: by no invite
    return find(*this, Revocation::Kind::invite, subject_of_invite(invite));
}

Status FleetList::revoke(const Revocation& revocation) {
    return put(revocations, revocation, kRevocationsMax, comes_before);
}

std::size_t FleetList::drop_revocations_before(Seconds at) {
    return std::erase_if(revocations, [&](const Revocation& each) { return each.at < at; });
}

Status FleetList::delegate(const Delegation& delegation) {
    return put(delegations, delegation, kDelegationsMax, key_before);
}

std::vector<std::uint8_t> sign_list(const FleetList& list, const SigningKey& fleet_key) {
    CHORD_CHECK(is_sorted_and_bounded(list));
    std::vector<std::uint8_t> body(kFleetListBytesMax);
    Writer writer(body);
    writer.u8(kVersion);
    writer.bytes(list.network);
    writer.u32(list.number);
    write_seconds(writer, list.issued);
    writer.u8(static_cast<std::uint8_t>(list.delegations.size()));
    for (const Delegation& delegation : list.delegations) {
        CHORD_CHECK(is_tag(delegation.tag));
        write_delegation(writer, delegation);
    }
    writer.u16(static_cast<std::uint16_t>(list.revocations.size()));
    for (const Revocation& revocation : list.revocations) write_revocation(writer, revocation);
    CHORD_CHECK(!writer.failed());
    body.resize(writer.written().size());
    const Signature signature = fleet_key.sign(Purpose::fleet_list, body);
    return with_signature(std::move(body), signature);
}

Result<FleetList> read_list(View bytes, const VerifyKey& fleet_key) {
    if (bytes.size() > kFleetListBytesMax) return Error::bad_message;
    const Result<SignedParts> parts = signed_parts(bytes);
    if (!parts) return parts.error();
    Reader reader(parts->body);
    if (reader.u8() != kVersion) return Error::bad_message;
    FleetList list;
    list.network = read_array<16>(reader);
    list.number = reader.u32();
    list.issued = read_seconds(reader);
    for (std::size_t left = reader.u8(); left > 0 && !reader.failed(); --left) {
        list.delegations.push_back(read_delegation(reader));
    }
    for (std::size_t left = reader.u16(); left > 0 && !reader.failed(); --left) {
        list.revocations.push_back(read_revocation(reader));
    }
    if (const Status end = reader.finish(); !end) return end.error();
    if (!is_sorted_and_bounded(list)) return Error::bad_message;
    if (list.network != network_id(fleet_key)) return Error::wrong_peer;
    if (!is_signed(Purpose::fleet_list, parts->body, parts->signature, fleet_key)) return Error::bad_message;
    return list;
}

}  // namespace chord::net::admission
