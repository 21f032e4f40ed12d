// FleetPort: what the local API asks of a device's place in its fleet. The daemon fills it; tests have a fake one.
//
// There is a port in fleet mode and on a device that nobody has admitted yet; with a network key file (trial mode)
// there is none, ApiContext::fleet is null, and the commands in commands_fleet.cpp say so.
//
// The node never holds the fleet key: everything that the fleet key signs (lists, network keys) is made elsewhere, and
// only checked and passed on here.
//
// Invariants for whoever fills it
//  1. Each operation with a callback ends by exactly one call of it, possibly before the call returns, at latest after
//     kFleetPatience.
//  2. What is answered is durable: a certificate taken by join(), a list taken by set_list() is on disk.
//  3. Invites, admission files and network key records are secrets: they are not logged and not kept longer than
//     needed, and sentences of a FleetFault do not quote them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "net/admission/certificate.hpp"
#include "net/admission/standing.hpp"
#include "node/core/base/bytes.hpp"
#include "node/core/base/id.hpp"

namespace chord::api {

/// The longest that join(), renew() and certificates() take.
inline constexpr std::chrono::seconds kFleetPatience{30};

/// Why something was not done. Its kind decides the first word of the error reply and chordctl's exit code.
struct FleetFault {
    enum class Kind : std::uint8_t {
        bad_input,      // BADINPUT: it is not what it should be: mistyped, damaged, made for another device or fleet
        refused,        // REFUSED: understood, and not done: an invite that is used up, an older list, admitted already
        not_delegated,  // NOPERM: this node may not invite or renew (the fleet's list does not delegate it)
        not_admitted,   // NOTADMITTED: this device is in no fleet, or shut out of its fleet
        timeout,        // TIMEOUT: nobody answered in time; the port may go on trying (see FleetView::enrolment)
        try_again,      // TRYAGAIN: another such operation is under way, or the node is stopping
        no_room,        // FULL: a bound is reached, or the disk is full
        failed,         // ERR: the disk or the kernel said no
    };
    Kind kind = Kind::failed;
    std::string sentence;  // without a full stop; says what to do where somebody can do something
};

/// A value, or why there is none.
template <typename T>
class [[nodiscard]] OrFleetFault {
public:
    OrFleetFault(T value) : state_(std::in_place_index<0>, std::move(value)) {}           // NOLINT: implicit on purpose
    OrFleetFault(FleetFault fault) : state_(std::in_place_index<1>, std::move(fault)) {}  // NOLINT: implicit on purpose

    explicit operator bool() const { return state_.index() == 0; }
    T& operator*() { return *std::get_if<0>(&state_); }
    T* operator->() { return std::get_if<0>(&state_); }
    const FleetFault& fault() const { return *std::get_if<1>(&state_); }

private:
    std::variant<T, FleetFault> state_;
};

/// How far this device has come.
enum class FleetPhase : std::uint8_t {
    unadmitted,  // knows no fleet: it waits for chordctl join
    enrolling,   // holds an invite and looks for somebody who redeems it
    member,      // its certificate stands
    shut_out,    // it has a certificate that does not stand (expired, revoked): it tries to renew, and serves nothing
};

/// What CHORD.FLEET tells.
struct FleetView {
    FleetPhase phase = FleetPhase::unadmitted;
    std::string name;                                    // of the fleet; empty: not known (admitted by file)
    std::optional<net::admission::VerifyKey> fleet_key;  // none while unadmitted
    std::uint32_t list_number = 0;                       // 0: no list yet
    net::admission::Seconds list_issued = 0;
    std::size_t revocations = 0;
    std::size_t delegations = 0;
    std::vector<std::uint32_t> network_keys;  // their numbers, the newest first
    net::admission::Seconds time = 0;         // FleetTime::estimate()
    bool time_known = false;
    std::optional<net::admission::SignedCertificate> certificate;            // this device's own
    std::uint8_t position = 0;                                               // which of its ring positions is active
    net::admission::Standing standing = net::admission::Standing::admitted;  // of that certificate
    bool renewal_due = false;
    bool inviter = false;   // the list delegates this device: CHORD.INVITE works here
    std::string enrolment;  // one line on how enrolment or renewal goes: whom it asked, what it heard; may be empty
};

/// A certificate that this node knows of, or a node that did not show one.
struct FleetDevice {
    Id id;  // its ring id, which is one of the certificate's positions
    std::optional<net::admission::SignedCertificate> certificate;  // none: it did not answer
    net::admission::Standing standing = net::admission::Standing::admitted;
    bool self = false;
};

/// What CHORD.INVITE wishes.
struct InviteWish {
    std::uint64_t seconds = 2 * 86400;  // from now until it counts no more
    std::uint16_t uses = 1;             // 1…kInviteUsesMax
    std::string tag;                    // is_tag(); empty: what the device wishes, or what the delegation asks for
    std::uint32_t lifetime = 0;         // of certificates, in seconds; 0: as long as the delegation allows
};

/// What CHORD.ADMIT wishes.
struct AdmitWish {
    std::string name;            // is_name(); empty: what the device wishes
    std::string tag;             // is_tag(); likewise
    std::uint32_t lifetime = 0;  // in seconds; 0: as long as the delegation allows
};

/// What join() and renew() came to.
struct FleetAdmission {
    std::string name;  // of the fleet; may be empty
    net::admission::VerifyKey fleet_key{};
    net::admission::SignedCertificate certificate;
};

class FleetPort {
public:
    template <typename T>
    using Callback = std::function<void(OrFleetFault<T>)>;

    virtual ~FleetPort() = default;

    /// Consulted before every command that needs the ring; cheap.
    virtual FleetPhase phase() const = 0;
    virtual FleetView view() const = 0;

    /// This node's certificate and those of whom it let in; with `all` it walks the ring and asks each node.
    virtual void certificates(bool all, Callback<std::vector<FleetDevice>> done) = 0;

    /// Enters a fleet by what a person was given: an invite's string (armor.hpp's base32, may be broken into lines) or
    /// an admission file's text (CHORD CERTIFICATE armour). A member takes an admission file too when it renews its own
    /// certificate (is_renewal()). Faults: bad_input; refused when the device is in a fleet
    /// already, or the inviter says no; timeout when nobody answers: then it goes on trying as `enrolling`. The reply
    /// leaves before the daemon opens its node.
    virtual void join(std::string_view invite_or_file, Callback<FleetAdmission> done) = 0;

    /// This device's request (net/admission/request.hpp) as CHORD REQUEST armour, to be carried to the fleet key. Name
    /// and tag are wishes and may be empty; a join() by an invite that follows wishes the same. In every phase.
    virtual OrFleetFault<std::string> request(std::string_view name, std::string_view tag) = 0;

    /// A fresh invite, signed and counted by this node. Secret; the caller wipes it.
    virtual OrFleetFault<std::string> invite(const InviteWish& wish) = 0;

    /// Admits the device of that request (CHORD REQUEST armour): the admission file's text, for the device's join(),
    /// with the list that proves the delegation, and where this node is reached. Faults: bad_input, refused,
    /// not_delegated.
    virtual OrFleetFault<std::string> admit(std::string_view request, const AdmitWish& wish) = 0;

    /// The signed list that this node goes by; empty when it has none.
    virtual Bytes list() const = 0;
    /// Takes a newer list, and passes it on; its number. The list that it has already is taken again without a word.
    /// Faults: bad_input; refused for an older one (the sentence names both numbers), and for another one of the same
    /// number; not_admitted while no fleet key is known.
    virtual OrFleetFault<std::uint32_t> set_list(BytesView list) = 0;

    /// Takes a signed network key (network_keyring.hpp), and passes it on; its number. Faults as of set_list().
    virtual OrFleetFault<std::uint32_t> set_network_key(BytesView record) = 0;

    /// Asks for a new certificate now. Faults: refused when nobody may or will renew it, timeout.
    virtual void renew(Callback<FleetAdmission> done) = 0;
};

}  // namespace chord::api
