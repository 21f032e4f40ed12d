// FleetMember: this device as a member of its fleet, sans-I/O. It owns what it goes by (list, network keys, time, its
// own certificate), keeps that up to date with its peers, and says who is out.
//
// How news spreads: every Hello, request or response, tells the numbers of list and network key; whoever has less asks
// who has more. A Hello goes to one random peer a round, to new neighbours, and, when this node has taken something
// new, to all its neighbours and fingers at once: in log N hops of a few round trips everybody has it.
//
// Each time the list or the time moves on, everybody who was let in is judged anew, and who is out any more is expelled
// (port FleetPeers). A certificate is renewed when two thirds of its life are over, by any delegated node (a desk). A
// desk itself is not: its certificate is the fleet key's to renew, for newcomers who have no list judge it by that.
//
// What costs public-key work or a disk for others is bounded by a WorkBudget, guests' apart from members'; who names
// something that he does not have is not believed again for a while (list_fetches.hpp).
//
// Time: WallClock comes in with each turn. Dice: jitter and choice from `seed`; secrets are handed in where needed.
//
// Invariants
//  1. It never goes back: numbers of list and keys, the time floor, its certificate's end only grow.
//  2. What it takes from a peer is signed by the fleet key, or by whom the fleet key's list delegates.
//  3. Guests get Hello, ListQuery and Enrol answered, strangers nothing.
//  4. A node that is expired or revoked itself admits and renews nobody, and is_in() is false.
//  5. All tables are bounded: kCallsMax, kGreetedMax, kDesksMax, kIssuedMax, and those of the parts.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "net/admission/admission_file.hpp"
#include "net/admission/fleet_credentials.hpp"
#include "net/admission/fleet_files.hpp"
#include "net/admission/fleet_message.hpp"
#include "net/admission/invite_desk.hpp"
#include "net/admission/list_fetches.hpp"
#include "net/admission/work_budget.hpp"
#include "net/channel/local_identity.hpp"
#include "node/core/base/rng.hpp"
#include "node/core/network.hpp"

namespace chord::net::admission {

/// What the member needs of the rest of the node.
class FleetPeers {
public:
    virtual ~FleetPeers() = default;
    /// Sends a message of the fleet's; ends in FleetMember::on_answer() or on_failure(), never from inside this call.
    virtual void ask(CallId id, const Peer& to, View message) = 0;
    /// The ring neighbours and fingers, each once; and everybody remembered.
    virtual std::vector<Peer> contacts() const = 0;
    virtual std::vector<Peer> known() const = 0;
    /// Ends its sessions.
    virtual void close(const Id& peer) = 0;
    /// Ends its sessions, and drops it from every table; nobody's word brings it back.
    virtual void expel(const Id& peer) = 0;
    virtual void use_network_keys(std::span<const noise::SecretKey* const> keys, std::size_t begin_with) = 0;
};

struct FleetMemberOptions {
    VerifyKey fleet_key{};
    std::uint8_t position = 0;
    Seconds built = 0;       // when the program was built: the time is not earlier
    std::uint64_t seed = 1;  // of jitter and choice
};

/// What an inviter's operator orders. `expires_in`: seconds from now.
struct InviteOrder {
    std::string fleet_name;
    std::uint16_t uses = 1;
    Seconds expires_in = 86400;
    std::uint32_t lifetime = 30 * 86400;  // of the certificate; cut to what the delegation allows
    std::uint8_t roles = 0;
    std::string tag;
    bool any_desk = false;  // redeemed by every inviter, each counting for itself
    Bootstrap bootstrap;
};

struct FleetStatus {
    VerifyKey fleet_key{};
    NetworkId network{};
    std::uint32_t list_number = 0;
    Seconds list_issued = 0;
    std::size_t revocations = 0;
    std::size_t delegations = 0;
    std::vector<std::uint32_t> network_keys;  // numbers, the newest first
    Seconds time = 0;
    bool time_known = false;
    SignedCertificate certificate;
    std::uint8_t position = 0;
    Standing standing = Standing::admitted;  // own
    bool is_desk = false;                    // the list delegates this device
    bool renewal_is_due = false;
    std::optional<Error> renewal_error;  // of the last attempt
    Standing last_refusal = Standing::admitted;
    std::uint64_t peers_refused = 0;  // in handshakes, for their standing; the last one for last_refusal
    std::uint64_t lists_taken = 0, fetches_failed = 0, expelled = 0, renewed = 0, granted = 0, refused = 0,
                  saves_failed = 0;
};

class FleetMember {
public:
    static constexpr Duration kRound = std::chrono::seconds(45);  // ± 20 %: the expired are out within a minute
    /// After a start, while the time is not known, this many rounds are shorter: until then only the base says who has
    /// expired.
    static constexpr Duration kFirstRound = std::chrono::seconds(10);
    static constexpr int kFirstRounds = 6;
    static constexpr Duration kGreetPause = std::chrono::seconds(5);
    static constexpr Duration kGreetedFor = std::chrono::minutes(10);
    static constexpr Duration kKeyGrace = std::chrono::minutes(1);  // until handshakes begin with a new network key
    static constexpr Duration kFloorPeriod = std::chrono::hours(1);
    static constexpr Duration kRenewPauseMax = std::chrono::hours(1);
    static constexpr std::size_t kCallsMax = 64;
    static constexpr std::size_t kGreetedMax = 64;
    static constexpr std::size_t kGreetAtOnce = 32;
    static constexpr std::size_t kDesksMax = 4;
    static constexpr std::size_t kIssuedMax = 256;

    /// `device`: the key that the certificate names. `saves` outlives the member. Errors: corrupt for files that are
    /// none of ours, wrong_peer for the certificate of another fleet or device.
    static Result<std::unique_ptr<FleetMember>> open(const FleetMemberOptions& options, const SigningKey& device,
                                                     const FleetFiles& files, FleetSaves& saves, Time now);

    /// The ring id: the position that the certificate gives.
    Id id() const;
    /// With which the device enters handshakes. REQUIRES: the certificate's static key.
    LocalIdentity identity(noise::KeyPair static_key, std::uint64_t first_initiation, Dice dice) const;

    // ---- Driven by the engine.

    /// To be called once, before all others. `peers` outlives the member.
    void attach(FleetPeers& peers);
    void begin_turn(Time now, const WallClock& wall);
    /// What to answer: never empty.
    std::vector<std::uint8_t> on_request(const Peer& from, View message);
    void on_answer(CallId id, const Peer& from, View message);
    void on_failure(CallId id, Error error);
    /// The neighbours or fingers are others than before.
    void on_contacts_changed();
    void tick();
    Time next_deadline() const;

    /// Whether this node itself may take part: else it serves no data.
    bool is_in() const { return standing_ == Standing::admitted; }
    /// Whether a peer with a session may ask for more than enrolment.
    bool is_member(const Id& peer) const { return credentials_->certificate(peer) != nullptr; }

    // ---- What people order on this device (fleet_orders.cpp). Inside a turn.

    FleetStatus status() const;

    /// The network's keys, the newest first: for what else is sealed under them.
    std::vector<noise::SecretKey> network_keys() const;
    View list_bytes() const { return list_.bytes(); }
    const FleetList& list() const { return list_.list(); }
    /// A list, a network key's record, an own certificate that came by hand: true when it was newer. Errors: those of
    /// the parts; wrong_peer for a certificate that is no renewal of this node's or does not stand; condition_failed
    /// for a list dated more than a day ahead of a known time, from a peer or by hand.
    Result<bool> offer_list(View signed_list);
    Result<bool> offer_network_key(View record);
    Result<bool> offer_certificate(const SignedCertificate& certificate);
    /// Asks a desk now. What came of it, status() says. Errors: wrong_peer when no desk is known, condition_failed
    /// when it is not due, already_in_use while one is being asked.
    Status renew_now();
    /// Errors: wrong_peer when the list does not delegate this node or not so much; bad_message for an order that is
    /// not well-formed; condition_failed without a network key.
    Result<Invite> invite(const InviteOrder& order, const Dice& secret_dice) const;
    /// An admission file for the request, issued by this node. Errors: as above; those of read_request().
    Result<std::vector<std::uint8_t>> admit(View request, const std::string& name, const std::string& tag,
                                            std::uint32_t lifetime, const Bootstrap& bootstrap,
                                            const Dice& secret_dice);
    /// What this node has issued since it started, renewals left out.
    const std::vector<SignedCertificate>& issued() const { return issued_; }
    const SignedCertificate& certificate() const { return *credentials_->own_certificate(); }
    /// The standing of somebody's certificate, by list and time as they are here. One signature check.
    Standing judged(const SignedCertificate& certificate) const {
        return chord::net::admission::standing_of(certificate, by());
    }
    /// Asks a peer for its own; not judged. Errors: those of calls, overloaded, bad_message.
    void ask_certificate(const Peer& peer, std::function<void(Result<SignedCertificate>)> done);

private:
    enum class Purpose : std::uint8_t { hello, list, network_keys, renew, certificate };
    struct Asked {
        Purpose purpose{};
        Peer peer;
        std::function<void(Result<SignedCertificate>)> done;  // of certificate
    };

    FleetMember(const FleetMemberOptions& options, const SigningKey& device, FleetSaves& saves, InviteLedger ledger,
                Seconds floor, Time now);

    Judgement by() const { return {options_.fleet_key, list_.list(), time_, now_}; }
    bool ask(Purpose purpose, const Peer& to, const FleetRequest& request,
             std::function<void(Result<SignedCertificate>)> done = {});
    bool is_asking(Purpose purpose, const Id* peer = nullptr) const;
    void save(FleetItem item, View bytes);

    Hello own_hello() const;
    void take_hello(const Peer& from, const Hello& hello);
    void note_desk(const Peer& desk);
    void greet(const Peer& peer);
    void tell_everybody();
    void greet_new_contacts();
    void greet_unproved();

    FleetResponse answer(const Peer& from, const FleetRequest& request);
    FleetResponse answer_guest(const Peer& from, const FleetRequest& request);
    FleetResponse granted(Result<SignedCertificate> certificate, bool is_new);
    void note_issued(const SignedCertificate& certificate);

    void fetch_on();
    void ask_slice(const std::optional<ListFetches::Question>& question);
    void take_slice(const Peer& from, const ListSlice& slice);
    Result<bool> take_list(View bytes);
    void take_network_keys(const Peer& from, const NetworkKeys& keys);
    Result<bool> take_network_key_records(std::span<const View> records);
    void use_network_keys();
    void take_renewed(View certificate);
    Result<bool> take_certificate(const SignedCertificate& certificate);

    void round();
    void renew_if_due();
    void judge_all();

    FleetMemberOptions options_;
    SigningKey device_;
    FleetSaves& saves_;
    Rng rng_;
    Time now_{};
    WallClock wall_;
    ListKeeper list_;
    NetworkKeyring keyring_;
    FleetTime time_;
    std::shared_ptr<FleetCredentials> credentials_;
    InviteDesk desk_;
    bool is_desk_ = false;
    Standing standing_ = Standing::admitted;
    FleetPeers* peers_ = nullptr;

    std::uint64_t calls_made_ = 0;
    std::map<CallId, Asked> calls_;
    ListFetches fetches_;
    std::map<Id, Time> greeted_;
    std::vector<Peer> unproved_;  // remembered when the list came, and not met yet
    std::vector<Peer> desks_;     // the latest heard of last
    WorkBudget work_for_members_;
    WorkBudget work_for_guests_;
    std::vector<SignedCertificate> issued_;

    Time round_at_{};
    int first_rounds_ = 0;
    Time greet_at_ = kNever;
    Time greeted_last_{};
    Time begin_with_newest_at_ = kNever;
    Time renew_at_{};
    Duration renew_pause_ = kRound;
    Seconds floor_saved_ = 0;
    std::optional<Time> floor_saved_at_;
    FleetStatus counts_;  // its counters only
};

/// The files with which a device begins that was admitted by file.
FleetFiles first_files(const OpenedAdmission& opened);

}  // namespace chord::net::admission
