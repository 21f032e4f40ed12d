#include "node/daemon/fleet_log.hpp"

#include <array>
#include <utility>

#include "node/daemon/device_request.hpp"

namespace chord::daemon {

using namespace net::admission;

namespace {

/// "1 peer", "2 peers".
std::string counted(std::uint64_t count, const char* what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

std::string rough_text(Seconds seconds) {
    constexpr std::array<std::pair<Seconds, const char*>, 3> kUnits{{{86400, "day"}, {3600, "hour"}, {60, "minute"}}};
    for (const auto& [unit, name] : kUnits) {
        const Seconds count = seconds / unit;
        if (count > 0) return counted(count, name);
    }
    return "less than a minute";
}

void FleetLog::state(const FleetStatus& is, Time now) {
    standing(is);
    renewal(is, now);
    if (!told_) {
        told_ = is;
        return;
    }
    if (is.list_number != told_->list_number) {
        log_.notice("fleet-list", "fleet list number " + std::to_string(is.list_number) +
                                      " is in force: " + std::to_string(is.revocations) + " revoked, " +
                                      std::to_string(is.delegations) + " may invite");
    }
    if (!is.network_keys.empty() && (told_->network_keys.empty() || is.network_keys[0] != told_->network_keys[0]))
        log_.notice("network-key", "network key number " + std::to_string(is.network_keys[0]) + " has come");
    if (is.is_desk != told_->is_desk)
        log_.notice("desk", is.is_desk ? "the fleet lets this device invite and renew others"
                                       : "the fleet does not let this device invite and renew others any more");
    // Whoever is out goes on knocking, so it is no news each time.
    if (const std::uint64_t count = is.expelled - told_->expelled; count > 0)
        log_.info("expelled", counted(count, "peer") + " dropped from all tables, for want of a good certificate");

    // Counted: what was not told keeps until the next time.
    std::uint64_t refused_told = told_->peers_refused;
    if (is.peers_refused != refused_told && now >= refused_quiet_until_) {
        log_.warning("peer-refused", counted(is.peers_refused - refused_told, "handshake") +
                                         " of peers refused, the last one because its certificate is " +
                                         std::string(text(is.last_refusal)));
        refused_quiet_until_ = now + kCountedEvery;
        refused_told = is.peers_refused;
    }
    told_ = is;
    told_->peers_refused = refused_told;
}

void FleetLog::standing(const FleetStatus& is) {
    const Standing before = told_ ? told_->standing : Standing::admitted;
    if (is.standing == before) return;
    if (is.standing == Standing::admitted)
        log_.notice("standing", "this device's certificate stands again");
    else
        log_.error("standing", "the fleet shuts this device out: its certificate is " + std::string(text(is.standing)) +
                                   "; it serves nothing, and keeps its data");
}

void FleetLog::renewal(const FleetStatus& is, Time now) {
    const Certificate& certificate = is.certificate.content;
    if (told_ && told_->certificate.content.not_after() != certificate.not_after()) {
        log_.notice("renewed", "certificate renewed: it now ends on " + day_of(certificate.not_after()));
        not_renewed_quiet_until_ = {};
    }
    // One that was just found to be due is renewed within the minute; who has waited for half of what is left has
    // nobody who would.
    const Seconds left = certificate.not_after() > is.time ? certificate.not_after() - is.time : 0;
    const bool overdue = is.renewal_is_due && left < certificate.lifetime / 6;
    if (!overdue || is.standing != Standing::admitted || now < not_renewed_quiet_until_) return;
    log_.warning("not-renewed", "this device's certificate will end in " + rough_text(left) +
                                    ", and no node that may renew it has done so; have a new one made with "
                                    "chordctl request and chordctl admit");
    not_renewed_quiet_until_ = now + kNotRenewedEvery;
}

}  // namespace chord::daemon
