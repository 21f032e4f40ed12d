#include "node/daemon/member_port.hpp"

#include <sodium.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "net/admission/admission_file.hpp"
#include "net/admission/armor.hpp"
#include "node/daemon/device_request.hpp"
#include "node/daemon/startup.hpp"

namespace chord::daemon {
namespace {

using namespace net::admission;
using api::FleetAdmission;
using api::FleetDevice;
using api::FleetFault;
using api::FleetPhase;
using Kind = FleetFault::Kind;

View view_of(BytesView bytes) {
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

FleetFault not_delegated(const Certificate& own) {
    return {Kind::not_delegated,
            "the fleet's list does not let this device ('" + own.name +
                "') admit others, or not with that; its operator can change that (chordctl fleet delegate)"};
}

FleetFault from_the_future(Seconds issued, Seconds time) {
    return {Kind::refused, "the list is dated " + day_of(issued) + ", " + std::to_string((issued - time) / 86400) +
                               " d ahead of this fleet's time; is the clock of the machine that signed it right?"};
}

/// The disk did not take what was to be durable.
FleetFault not_saved(Error error) {
    return {error == Error::full ? Kind::no_room : Kind::failed,
            "taken, but not written to disk: " + std::string(text(error)) + " (see the log)"};
}

}  // namespace

/// Asks every node of a walk for its certificate, some at a time.
class MemberPort::Census : public std::enable_shared_from_this<Census> {
public:
    Census(MemberPort& port, Callback<std::vector<FleetDevice>> done, std::vector<FleetDevice> known)
        : port_(port), done_(std::move(done)), until_(port.now_ + api::kFleetPatience), devices_(std::move(known)) {}

    void begin(std::vector<Peer> peers) {
        peers_ = std::move(peers);
        ask_on();
    }
    Time until() const { return until_; }
    bool over() const { return !done_; }

    /// Whoever has not answered by now did not.
    void end() {
        if (!done_) return;
        for (std::size_t i = 0; i < peers_.size(); ++i)
            if (i >= asked_ || !answered_[i]) devices_.push_back(FleetDevice{peers_[i].id, std::nullopt, {}, false});
        std::exchange(done_, nullptr)(std::move(devices_));
    }
    void fail(FleetFault fault) {
        if (done_) std::exchange(done_, nullptr)(std::move(fault));
    }

private:
    void ask_on() {
        while (done_ && asked_ < peers_.size() && open_ < kAskedAtOnce) {
            const std::size_t index = asked_++;
            answered_.push_back(false);
            ++open_;
            port_.parts_.member.ask_certificate(
                peers_[index], [self = shared_from_this(), index](Result<SignedCertificate> certificate) {
                    self->take(index, std::move(certificate));
                });
        }
        if (done_ && open_ == 0 && asked_ == peers_.size()) end();
    }
    void take(std::size_t index, Result<SignedCertificate> certificate) {
        --open_;
        if (!done_) return;
        if (certificate) {
            answered_[index] = true;
            devices_.push_back(port_.device_of(peers_[index].id, *certificate));
        }
        ask_on();
    }

    MemberPort& port_;
    Callback<std::vector<FleetDevice>> done_;
    Time until_;
    std::vector<FleetDevice> devices_;
    std::vector<Peer> peers_;
    std::vector<bool> answered_;
    std::size_t asked_ = 0;
    std::size_t open_ = 0;
};

MemberPort::MemberPort(Parts parts) : parts_(std::move(parts)) {}
MemberPort::~MemberPort() = default;

// ---- Waiting --------------------------------------------------------------------------------------------------------

void MemberPort::after_turn(Time now) {
    now_ = now;
    for (std::size_t i = 0; i < renewals_.size();) {
        const Seconds not_after = parts_.member.certificate().content.not_after();
        const bool is_renewed = not_after > renewals_[i].not_after;
        if (!is_renewed && now < renewals_[i].until) {
            ++i;
            continue;
        }
        const Renewal ended = std::move(renewals_[i]);
        renewals_.erase(renewals_.begin() + static_cast<std::ptrdiff_t>(i));
        if (is_renewed) {
            ended.done(admission());
            continue;
        }
        const std::optional<Error> error = parts_.member.status().renewal_error;
        ended.done(FleetFault{error ? Kind::refused : Kind::timeout,
                              error ? "no node would renew it: " + std::string(text(*error))
                                    : std::string("no node that may renew certificates has answered in time")});
    }
    for (const std::shared_ptr<Census>& census : censuses_)
        if (now >= census->until()) census->end();
    std::erase_if(censuses_, [](const std::shared_ptr<Census>& census) { return census->over(); });
}

Time MemberPort::next_deadline() const {
    Time deadline = kNever;
    for (const Renewal& renewal : renewals_) deadline = std::min(deadline, renewal.until);
    for (const std::shared_ptr<Census>& census : censuses_) deadline = std::min(deadline, census->until());
    return deadline;
}

// ---- What is ------------------------------------------------------------------------------------------------------

FleetPhase MemberPort::phase() const {
    return parts_.member.is_in() ? FleetPhase::member : FleetPhase::shut_out;
}

api::FleetView MemberPort::view() const {
    const FleetStatus status = parts_.member.status();
    api::FleetView view;
    view.phase = phase();
    view.name = parts_.origin.name;
    view.fleet_key = status.fleet_key;
    view.list_number = status.list_number;
    view.list_issued = status.list_issued;
    view.revocations = status.revocations;
    view.delegations = status.delegations;
    view.network_keys = status.network_keys;
    view.time = status.time;
    view.time_known = status.time_known;
    view.certificate = status.certificate;
    view.position = status.position;
    view.standing = status.standing;
    view.renewal_due = status.renewal_is_due;
    view.inviter = status.is_desk;
    if (status.renewal_is_due && status.renewal_error)
        view.enrolment = "the last node asked to renew the certificate: " + std::string(text(*status.renewal_error));
    return view;
}

FleetDevice MemberPort::device_of(const Id& id, const SignedCertificate& certificate) const {
    return {id, certificate, parts_.member.judged(certificate), false};
}

FleetAdmission MemberPort::admission() const {
    return {parts_.origin.name, parts_.origin.fleet_key, parts_.member.certificate()};
}

std::string MemberPort::fleet_name() const {
    return parts_.origin.name.empty() ? parts_.fallback_name : parts_.origin.name;
}

void MemberPort::certificates(bool all, Callback<std::vector<FleetDevice>> done) {
    std::vector<FleetDevice> devices;
    devices.push_back(device_of(parts_.member.id(), parts_.member.certificate()));
    devices.back().self = true;
    if (!all) {
        for (const SignedCertificate& issued : parts_.member.issued())
            devices.push_back(device_of(issued.content.position(0), issued));
        return done(std::move(devices));
    }
    if (censuses_.size() >= kWaitingMax)
        return done(FleetFault{Kind::try_again, "too many such commands are under way"});
    censuses_.push_back(std::make_shared<Census>(*this, std::move(done), std::move(devices)));
    parts_.client.walk(kWalkMax, [census = censuses_.back(),
                                  own = parts_.member.id()](Result<std::vector<Client::WalkedNode>> walked) {
        if (!walked)
            return census->fail(
                {Kind::try_again, "the ring could not be walked: " + std::string(text(walked.error()))});
        std::vector<Peer> peers;
        for (const Client::WalkedNode& node : *walked) {
            const bool is_known = node.peer.id == own || std::any_of(peers.begin(), peers.end(), [&](const Peer& peer) {
                                      return peer.id == node.peer.id;
                                  });
            if (!is_known) peers.push_back(node.peer);
        }
        census->begin(std::move(peers));
    });
}

Bytes MemberPort::list() const {
    const View bytes = parts_.member.list_bytes();
    return Bytes(bytes.begin(), bytes.end());
}

api::OrFleetFault<std::string> MemberPort::request(std::string_view name, std::string_view tag) {
    return device_request(parts_.sign_key, parts_.static_key.public_key(), name, tag);
}

// ---- What is ordered --------------------------------------------------------------------------------------------

void MemberPort::join(std::string_view invite_or_file, Callback<FleetAdmission> done) {
    // A device that is in already may get a new certificate this way, when nobody would renew the old one.
    const auto file = unarmored(kCertificateArmor, invite_or_file);
    const Certificate& own = parts_.member.certificate().content;
    const FleetFault in_already{Kind::refused, "this device is in a fleet already, as '" + own.name +
                                                   "'; to enter another one, start with an empty --state-dir"};
    if (!file) return done(in_already);
    const Result<OpenedAdmission> opened = open_admission_file(*file, parts_.static_key);
    if (!opened)
        return done(FleetFault{Kind::bad_input, "the admission file is damaged or was made for another device"});
    if (opened->file.fleet_key != parts_.origin.fleet_key) return done(in_already);
    const Result<bool> taken = parts_.member.offer_certificate(opened->file.certificate);
    if (!taken) {
        return done(FleetFault{Kind::refused,
                               "the certificate in the file does not stand, or it is a new admission and no renewal: "
                               "this device stays at its place on the ring (see: chordctl renew)"});
    }
    if (!*taken) {
        return done(FleetFault{Kind::refused, "the certificate in the file does not end later than this device's (" +
                                                  day_of(own.not_after()) + ")"});
    }
    if (const auto error = parts_.disk.failed(FleetItem::certificate)) return done(not_saved(*error));
    done(admission());
}

api::OrFleetFault<std::string> MemberPort::invite(const api::InviteWish& wish) {
    if (parts_.addresses.empty()) {
        return FleetFault{Kind::failed,
                          "this node has no address that a newcomer could reach it at; give one with --listen"};
    }
    InviteOrder order;
    order.fleet_name = fleet_name();
    order.uses = wish.uses;
    order.expires_in = wish.seconds;
    if (wish.lifetime > 0) order.lifetime = wish.lifetime;
    order.tag = wish.tag;
    order.bootstrap = parts_.addresses;
    Result<Invite> made = parts_.member.invite(order, system_dice());
    if (made) return invite_text(*made);
    switch (made.error()) {
        case Error::wrong_peer: return not_delegated(parts_.member.certificate().content);
        case Error::bad_message: return FleetFault{Kind::bad_input, "no such invite can be made"};
        default: return FleetFault{Kind::try_again, "no invite can be made now: " + std::string(text(made.error()))};
    }
}

api::OrFleetFault<std::string> MemberPort::admit(std::string_view request, const api::AdmitWish& wish) {
    const std::optional<std::vector<std::uint8_t>> bytes = unarmored(kRequestArmor, request);
    const Result<net::admission::Request> asked =
        bytes ? read_request(*bytes) : Result<net::admission::Request>(Error::bad_message);
    if (!asked) {
        return FleetFault{Kind::bad_input,
                          "that is no request of a device, or a damaged one; make it anew there (chordctl request)"};
    }
    const bool is_revoked = parts_.member.list().revocation_of_key(asked->sign_key) != nullptr ||
                            parts_.member.list().revocation_of_key(asked->static_key) != nullptr;
    if (is_revoked) return FleetFault{Kind::refused, "the device of that request is revoked"};
    const std::uint32_t lifetime = wish.lifetime > 0 ? wish.lifetime : std::numeric_limits<std::uint32_t>::max();
    const auto file = parts_.member.admit(*bytes, wish.name, wish.tag, lifetime, parts_.addresses, system_dice());
    if (file) {
        const std::string& device = parts_.member.issued().back().content.name;
        return "Fleet: " + fleet_name() + "\nDevice: " + device + "\n" + armored(kCertificateArmor, *file);
    }
    switch (file.error()) {
        case Error::wrong_peer: return not_delegated(parts_.member.certificate().content);
        case Error::bad_message: return FleetFault{Kind::bad_input, "no certificate can be made of that name and tag"};
        default:
            return FleetFault{Kind::try_again, "nobody can be admitted here now: " + std::string(text(file.error()))};
    }
}

api::OrFleetFault<std::uint32_t> MemberPort::set_list(BytesView list) {
    const Result<FleetList> read = read_list(view_of(list), parts_.origin.fleet_key);
    if (!read) {
        return FleetFault{Kind::bad_input, read.error() == Error::wrong_peer
                                               ? "the list is of another fleet"
                                               : "the list is damaged, or not signed by this fleet's key"};
    }
    const std::uint32_t own = parts_.member.list().number;
    if (read->number < own) {
        return FleetFault{Kind::refused, "the list has number " + std::to_string(read->number) +
                                             ", and this node goes by number " + std::to_string(own)};
    }
    if (read->number == own && this->list() != list) {
        return FleetFault{Kind::refused,
                          "another list of number " + std::to_string(own) + " is in force here; sign the next one"};
    }
    if (read->number > own) {
        const Result<bool> taken = parts_.member.offer_list(view_of(list));
        if (!taken && taken.error() == Error::condition_failed)
            return from_the_future(read->issued, parts_.member.status().time);
        if (!taken) return FleetFault{Kind::bad_input, "the list was not taken"};
    }
    if (const auto error = parts_.disk.failed(FleetItem::list)) return not_saved(*error);
    return read->number;
}

api::OrFleetFault<std::uint32_t> MemberPort::set_network_key(BytesView record) {
    const auto newest = [&] {
        const std::vector<std::uint32_t> numbers = parts_.member.status().network_keys;
        return numbers.empty() ? 0 : numbers.front();
    };
    NetworkKeyring probe(parts_.origin.fleet_key);
    const Result<bool> read = probe.offer(view_of(record));
    if (!read) {
        return FleetFault{Kind::bad_input, read.error() == Error::wrong_peer
                                               ? "the network key is of another fleet"
                                               : "the network key is damaged, or not signed by this fleet's key"};
    }
    const std::uint32_t number = probe.keys().front().number;
    if (number < newest()) {
        return FleetFault{Kind::refused, "the network key has number " + std::to_string(number) +
                                             ", and this node has number " + std::to_string(newest())};
    }
    if (!parts_.member.offer_network_key(view_of(record)))
        return FleetFault{Kind::bad_input, "the network key was not taken"};
    if (const auto error = parts_.disk.failed(FleetItem::network_keys)) return not_saved(*error);
    return newest();
}

void MemberPort::renew(Callback<FleetAdmission> done) {
    if (renewals_.size() >= kWaitingMax)
        return done(FleetFault{Kind::try_again, "too many such commands are under way"});
    const Status begun = parts_.member.renew_now();
    const Certificate& own = parts_.member.certificate().content;
    if (!begun && begun.error() == Error::condition_failed) {
        return done(FleetFault{Kind::refused, "the certificate is not due before " + day_of(own.renew_from()) +
                                                  " (it ends on " + day_of(own.not_after()) + ")"});
    }
    if (!begun && begun.error() == Error::wrong_peer) {
        return done(FleetFault{Kind::refused,
                               "no node that may renew certificates is known here yet; have one made with chordctl "
                               "request and chordctl admit"});
    }
    if (!begun && begun.error() != Error::already_in_use)
        return done(FleetFault{Kind::failed, std::string(text(begun.error()))});
    renewals_.push_back({std::move(done), own.not_after(), now_ + api::kFleetPatience});
}

}  // namespace chord::daemon
