// MemberPort: FleetPort on a device that has been admitted. It turns what people order into calls of FleetMember, and
// what comes of them into sentences.
//
// Invariants
//  1. At most kWaitingMax callers wait at a time, none for longer than api::kFleetPatience.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/admission/fleet_member.hpp"
#include "node/api/fleet_port.hpp"
#include "node/core/client.hpp"
#include "node/daemon/fleet_disk.hpp"
#include "node/daemon/fleet_state.hpp"

namespace chord::daemon {

class MemberPort final : public api::FleetPort {
public:
    static constexpr std::size_t kWaitingMax = 64;
    static constexpr std::size_t kWalkMax = 1024;    // nodes of a ring that are asked for their certificates
    static constexpr std::size_t kAskedAtOnce = 16;  // of them

    struct Parts {
        const FleetOrigin& origin;
        const net::admission::SigningKey& sign_key;
        const net::noise::KeyPair& static_key;
        FleetDisk& disk;
        net::admission::FleetMember& member;
        Client& client;
        net::admission::Bootstrap addresses;  // of this node, for invites
        std::string fallback_name;            // of a fleet that nobody has told the name of
    };

    /// All parts outlive it.
    explicit MemberPort(Parts parts);
    ~MemberPort() override;

    /// What was waited for may have come. To be called at the end of each turn and at next_deadline().
    void after_turn(Time now);
    Time next_deadline() const;

    // FleetPort
    api::FleetPhase phase() const override;
    api::FleetView view() const override;
    void certificates(bool all, Callback<std::vector<api::FleetDevice>> done) override;
    void join(std::string_view invite_or_file, Callback<api::FleetAdmission> done) override;
    api::OrFleetFault<std::string> request(std::string_view name, std::string_view tag) override;
    api::OrFleetFault<std::string> invite(const api::InviteWish& wish) override;
    api::OrFleetFault<std::string> admit(std::string_view request, const api::AdmitWish& wish) override;
    Bytes list() const override;
    api::OrFleetFault<std::uint32_t> set_list(BytesView list) override;
    api::OrFleetFault<std::uint32_t> set_network_key(BytesView record) override;
    void renew(Callback<api::FleetAdmission> done) override;

private:
    class Census;

    /// Somebody who waits for a renewed certificate.
    struct Renewal {
        Callback<api::FleetAdmission> done;
        net::admission::Seconds not_after = 0;  // of the certificate when he asked
        Time until{};
    };

    api::FleetDevice device_of(const Id& id, const net::admission::SignedCertificate& certificate) const;
    api::FleetAdmission admission() const;
    std::string fleet_name() const;

    Parts parts_;
    Time now_{};
    std::vector<Renewal> renewals_;
    std::vector<std::shared_ptr<Census>> censuses_;
};

}  // namespace chord::daemon
