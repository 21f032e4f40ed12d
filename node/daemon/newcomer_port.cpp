#include "node/daemon/newcomer_port.hpp"

#include <sodium.h>

#include <utility>

#include "net/address.hpp"
#include "net/admission/admission_file.hpp"
#include "net/admission/armor.hpp"
#include "node/daemon/device_request.hpp"
#include "node/daemon/initiation_file.hpp"
#include "node/daemon/wall_clock.hpp"

namespace chord::daemon {
namespace {

using namespace net::admission;
using api::FleetAdmission;
using api::FleetFault;
using api::FleetPhase;
using Kind = FleetFault::Kind;

FleetFault not_admitted() {
    return {Kind::not_admitted, "this device is in no fleet yet (see: chordctl join)"};
}

/// What an inviter's refusal means to the person who has the invite.
std::string refusal_text(Error error) {
    switch (error) {
        case Error::overloaded: return "the invite is used up; ask for another one";
        case Error::bad_message: return "the name or tag that this device wishes, or its request, is not accepted";
        case Error::wrong_peer:
            return "the invite does not stand: it has expired or was revoked, its inviter may not invite any more, or "
                   "this device is revoked; ask for another one";
        default: return "the inviter could not admit it (" + std::string(text(error)) + "); try again later";
    }
}

/// The name in the line "Fleet: NAME" above an admission file's armour; empty when there is none that can be one. Only
/// people go by it.
std::string fleet_name_of(std::string_view text) {
    constexpr std::string_view kLabel = "Fleet: ";
    const std::size_t begin = text.starts_with(kLabel) ? 0 : text.find("\nFleet: ");
    if (begin == std::string_view::npos) return {};
    std::string_view name = text.substr(text.find(kLabel, begin) + kLabel.size());
    name = name.substr(0, name.find_first_of("\r\n"));
    return is_name(name) ? std::string(name) : std::string();
}

/// Whether an admission is what it should be for this device; the sentence if not.
std::string problem_of(const OpenedAdmission& opened, const DeviceSecrets& device) {
    if (opened.file.certificate.content.sign_key != device.sign_key.public_key())
        return "the file was made for another device; make a request here (chordctl request) and have it admitted";
    return {};
}

}  // namespace

NewcomerPort::NewcomerPort(std::string state_dir, DeviceSecrets device, const net::RpcOptions& rpc, Log& log)
    : state_dir_(std::move(state_dir)), device_(std::move(device)), rpc_(rpc), log_(log) {}

NewcomerPort::~NewcomerPort() = default;

// ---- The loop's side ------------------------------------------------------------------------------------------------

void NewcomerPort::resume(Invite invite, Time now) {
    now_ = now;
    log_.notice("enrol", "goes on with the invite to fleet '" + invite.fleet_name + "'");
    if (const std::optional<Fault> fault = begin(std::move(invite))) log_.error("enrol", fault->sentence);
}

void NewcomerPort::receive(const Endpoint& from, std::span<std::uint8_t> datagram, const Endpoint& at) {
    if (attempt_) attempt_->enrolment->receive(now_, from, datagram, at);
}

void NewcomerPort::tick() {
    ended_.reset();
    if (attempt_ && now_ >= attempt_->enrolment->next_deadline()) attempt_->enrolment->tick(now_);
    if (attempt_) {
        const Newcomer::Status& status = attempt_->enrolment->status();
        if (status.state == Newcomer::State::admitted)
            end_admitted();
        else if (is_final(status))
            end_refused(*status.last_error);
    }
    if (now_ < answer_by_) return;
    const std::string line = "no node at " + addresses() + " has let this device in yet";
    log_.warning("enrol", line + "; going on");
    answer(FleetFault{Kind::timeout, line + "; it goes on trying (see: chordctl status). Is the address right, and "
                                            "does the node run that made the invite?"});
}

/// An inviter's no. Others do not know the invite, so all that it names are heard first; who has counted has said it.
bool NewcomerPort::is_final(const Newcomer::Status& status) const {
    if (!status.last_error) return false;
    const bool all_asked = static_cast<std::size_t>(status.attempts) >= attempt_->origin.bootstrap.size();
    return *status.last_error == Error::overloaded || (*status.last_error == Error::wrong_peer && all_asked);
}

Time NewcomerPort::next_deadline() const {
    return std::min(answer_by_, attempt_ ? attempt_->enrolment->next_deadline() : kNever);
}

std::vector<net::Datagram> NewcomerPort::take_datagrams() {
    return attempt_ ? attempt_->enrolment->take_datagrams() : std::vector<net::Datagram>{};
}

std::string NewcomerPort::status_line() const {
    if (attempt_) return "redeems an invite to fleet '" + attempt_->origin.name + "' at " + addresses();
    return "not admitted: run chordctl join INVITE or FILE, or give a network key (--network-key FILE)";
}

void NewcomerPort::stop() {
    answer(FleetFault{Kind::try_again, "the node is stopping; it goes on with the invite at its next start"});
}

std::optional<Fault> NewcomerPort::begin(Invite invite) {
    OrFault<std::uint64_t> first = reserve_initiations(state_dir_, Clock::wall_us() / 1'000'000);
    if (!first) return first.fault();
    std::uint64_t seed = 0;
    randombytes_buf(&seed, sizeof seed);
    FleetOrigin origin{invite.fleet_key, invite.fleet_name, invite.bootstrap};
    EnrolmentOptions options;
    options.rpc = rpc_;
    options.first_initiation = *first;
    options.newcomer.invite = std::move(invite);
    options.newcomer.name = name_wish_;
    options.newcomer.tag = tag_wish_;
    options.newcomer.built = release_time_floor();
    options.newcomer.seed = seed;
    randombytes_buf(&options.rpc.first_request_id, sizeof options.rpc.first_request_id);
    auto enrolment = std::make_unique<Enrolment>(std::move(options), device_.sign_key, device_.static_key.clone(),
                                                 system_dice(), now_);
    attempt_ = Attempt{std::move(origin), std::move(enrolment)};
    return std::nullopt;
}

std::optional<Fault> NewcomerPort::admit(const FleetOrigin& origin, const FleetFiles& files) {
    if (std::optional<Fault> fault = create_fleet_state(state_dir_, origin, files)) {
        log_.error("admitted", fault->sentence);
        return fault;
    }
    admitted_ = true;
    const Result<SignedCertificate> certificate = parse_certificate(files[FleetItem::certificate]);
    CHORD_CHECK(certificate);
    const Certificate& content = certificate->content;
    log_.notice("admitted", "admitted as '" + content.name + "'" +
                                (content.tag.empty() ? "" : " (tag " + content.tag + ")") + " to fleet " +
                                (origin.name.empty() ? "" : "'" + origin.name + "', ") + "fingerprint " +
                                fingerprint(origin.fleet_key) + ", until " + day_of(content.not_after()));
    return std::nullopt;
}

void NewcomerPort::end_admitted() {
    const FleetOrigin origin = attempt_->origin;
    const FleetFiles& files = attempt_->enrolment->files();
    const std::optional<Fault> fault = admit(origin, files);
    const Result<SignedCertificate> certificate = parse_certificate(files[FleetItem::certificate]);
    // The inviter has counted this device; with the invite still on disk, the next start gets the same again.
    ended_ = std::move(attempt_->enrolment);
    attempt_.reset();
    if (fault) return answer(fleet_fault(*fault));
    answer(FleetAdmission{origin.name, origin.fleet_key, *certificate});
}

void NewcomerPort::end_refused(Error error) {
    const std::string why = refusal_text(error);
    log_.warning("refused", "the invite to fleet '" + attempt_->origin.name + "' was refused: " + why);
    ended_ = std::move(attempt_->enrolment);
    attempt_.reset();
    drop_pending_invite(state_dir_);
    answer(FleetFault{Kind::refused, why});
}

void NewcomerPort::answer(api::OrFleetFault<FleetAdmission> result) {
    answer_by_ = kNever;
    if (!waiting_) return;
    // It may call join() again.
    const auto done = std::exchange(waiting_, nullptr);
    done(std::move(result));
}

std::string NewcomerPort::addresses() const {
    std::string all;
    if (attempt_)
        for (const Endpoint& address : attempt_->origin.bootstrap)
            all += (all.empty() ? "" : ", ") + net::to_text(address);
    return all.empty() ? "any address (the invite names none)" : all;
}

// ---- The people's side ----------------------------------------------------------------------------------------------

FleetPhase NewcomerPort::phase() const {
    return attempt_ ? FleetPhase::enrolling : FleetPhase::unadmitted;
}

api::FleetView NewcomerPort::view() const {
    api::FleetView view;
    view.phase = phase();
    if (!attempt_) return view;
    view.name = attempt_->origin.name;
    view.fleet_key = attempt_->origin.fleet_key;
    const Newcomer::Status& status = attempt_->enrolment->status();
    view.enrolment = status_line() + ": asked " + std::to_string(status.attempts) + " times";
    if (status.last_error) view.enrolment += ", the last time: " + std::string(text(*status.last_error));
    return view;
}

void NewcomerPort::join(std::string_view invite_or_file, Callback<FleetAdmission> done) {
    if (waiting_ || admitted_) return done(FleetFault{Kind::try_again, "this device is being admitted just now"});
    if (std::optional<std::vector<std::uint8_t>> file = unarmored(kCertificateArmor, invite_or_file))
        return join_by_file(*file, fleet_name_of(invite_or_file), std::move(done));

    Result<Invite> invite = read_invite(invite_or_file);
    if (!invite) {
        return done(FleetFault{Kind::bad_input,
                               "that is neither an invite (chord1:…) without typing errors nor an admission file "
                               "(BEGIN CHORD CERTIFICATE)"});
    }
    if (invite->bootstrap.empty()) {
        return done(FleetFault{Kind::bad_input, "the invite names no address of a node; ask for one that does"});
    }
    if (const std::optional<Fault> fault = save_pending_invite(state_dir_, *invite)) return done(fleet_fault(*fault));
    if (const std::optional<Fault> fault = begin(std::move(*invite))) {
        drop_pending_invite(state_dir_);
        return done(fleet_fault(*fault));
    }
    waiting_ = std::move(done);
    answer_by_ = now_ + api::kFleetPatience;
    log_.notice("enrol", status_line());
}

void NewcomerPort::join_by_file(View file, std::string fleet_name, Callback<FleetAdmission> done) {
    const Result<OpenedAdmission> opened = open_admission_file(file, device_.static_key);
    if (!opened) {
        return done(FleetFault{Kind::bad_input,
                               "the admission file is damaged or was made for another device; make a request here "
                               "(chordctl request) and have it admitted"});
    }
    if (const std::string problem = problem_of(*opened, device_); !problem.empty())
        return done(FleetFault{Kind::bad_input, problem});
    const FleetOrigin origin{opened->file.fleet_key, std::move(fleet_name), opened->file.bootstrap};
    FleetFiles files = first_files(*opened);
    const std::optional<Fault> fault = admit(origin, files);
    sodium_memzero(files[FleetItem::network_keys].data(), files[FleetItem::network_keys].size());
    if (fault) return done(fleet_fault(*fault));
    attempt_.reset();
    done(FleetAdmission{origin.name, origin.fleet_key, opened->file.certificate});
}

api::OrFleetFault<std::string> NewcomerPort::request(std::string_view name, std::string_view tag) {
    auto made = device_request(device_.sign_key, device_.static_key.public_key(), name, tag);
    if (made) {  // an invite is asked with the same wishes
        name_wish_ = name;
        tag_wish_ = tag;
    }
    return made;
}

void NewcomerPort::certificates(bool, Callback<std::vector<api::FleetDevice>> done) {
    done(not_admitted());
}
api::OrFleetFault<std::string> NewcomerPort::invite(const api::InviteWish&) {
    return not_admitted();
}
api::OrFleetFault<std::string> NewcomerPort::admit(std::string_view, const api::AdmitWish&) {
    return not_admitted();
}
api::OrFleetFault<std::uint32_t> NewcomerPort::set_list(BytesView) {
    return not_admitted();
}
api::OrFleetFault<std::uint32_t> NewcomerPort::set_network_key(BytesView) {
    return not_admitted();
}
void NewcomerPort::renew(Callback<FleetAdmission> done) {
    done(not_admitted());
}

}  // namespace chord::daemon
