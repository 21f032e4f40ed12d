// NewcomerPort: FleetPort on a device that nobody has admitted yet, and its way into a fleet: by a file that was made
// for it, or by an invite that some node of the fleet redeems. The loop around it (lobby.hpp) moves bytes.
//
// Invariants
//  1. Once admitted() is true, all that the device needs as a member is on disk, and the invite is not any more.
//  2. An invite is on disk before it is tried, so that a power cut does not lose the use that it has taken. It is
//     dropped when it is refused for good; who does not answer has not refused.
//  3. Without an invite it is silent: it sends nothing and answers nobody.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/datagram.hpp"
#include "node/api/fleet_port.hpp"
#include "node/daemon/fleet_state.hpp"
#include "node/daemon/log.hpp"
#include "node/daemon/startup.hpp"
#include "node/engine/enrolment.hpp"

namespace chord::daemon {

class NewcomerPort final : public api::FleetPort {
public:
    /// `rpc`: the options of messages for enrolment. `log` outlives it.
    NewcomerPort(std::string state_dir, DeviceSecrets device, const net::RpcOptions& rpc, Log& log);
    ~NewcomerPort() override;

    /// Goes on with an invite that was on disk at the start.
    void resume(net::admission::Invite invite, Time now);

    // Driven by the loop. All of it after begin_turn().
    void begin_turn(Time now) { now_ = now; }
    void receive(const Endpoint& from, std::span<std::uint8_t> datagram, const Endpoint& at);
    /// Whatever has become of the enrolment, and answers that are due. To be called at next_deadline() too.
    void tick();
    Time next_deadline() const;
    std::vector<net::Datagram> take_datagrams();

    bool admitted() const { return admitted_; }
    /// One line for the service manager.
    std::string status_line() const;
    /// The loop ends: whoever waits for join() is told.
    void stop();

    // FleetPort
    api::FleetPhase phase() const override;
    api::FleetView view() const override;
    void certificates(bool all, Callback<std::vector<api::FleetDevice>> done) override;
    void join(std::string_view invite_or_file, Callback<api::FleetAdmission> done) override;
    api::OrFleetFault<std::string> request(std::string_view name, std::string_view tag) override;
    api::OrFleetFault<std::string> invite(const api::InviteWish& wish) override;
    api::OrFleetFault<std::string> admit(std::string_view request, const api::AdmitWish& wish) override;
    Bytes list() const override { return {}; }
    api::OrFleetFault<std::uint32_t> set_list(BytesView list) override;
    api::OrFleetFault<std::uint32_t> set_network_key(BytesView record) override;
    void renew(Callback<api::FleetAdmission> done) override;

private:
    /// An invite on its way.
    struct Attempt {
        FleetOrigin origin;
        std::unique_ptr<Enrolment> enrolment;
    };

    void join_by_file(net::admission::View file, std::string fleet_name, Callback<api::FleetAdmission> done);
    std::optional<Fault> begin(net::admission::Invite invite);
    std::optional<Fault> admit(const FleetOrigin& origin, const net::admission::FleetFiles& files);
    void end_admitted();
    bool is_final(const net::admission::Newcomer::Status& status) const;
    void end_refused(Error error);
    void answer(api::OrFleetFault<api::FleetAdmission> result);
    std::string addresses() const;

    std::string state_dir_;
    DeviceSecrets device_;
    net::RpcOptions rpc_;
    Log& log_;
    Time now_{};
    std::string name_wish_, tag_wish_;
    std::optional<Attempt> attempt_;
    std::unique_ptr<Enrolment> ended_;  // the one before; it may be what calls
    Callback<api::FleetAdmission> waiting_;
    Time answer_by_ = kNever;
    bool admitted_ = false;
};

}  // namespace chord::daemon
