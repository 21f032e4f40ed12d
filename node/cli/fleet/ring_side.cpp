#include "node/cli/fleet/ring_side.hpp"

#include "net/admission/armor.hpp"
#include "node/cli/fleet/machine.hpp"
#include "node/cli/fleet/show_fleet.hpp"
#include "node/cli/reply_fields.hpp"

namespace chord::cli {

using api::Reply;
using net::admission::Seconds;

Outcome<bool> RingSide::is_there(const net::admission::VerifyKey& fleet_key) {
    if (there_) return *there_;
    there_ = true;  // for ask()
    Outcome<std::optional<Reply>> answer = ask({"CHORD.FLEET"});
    there_ = false;
    if (const auto* failure = std::get_if<Failure>(&answer)) return *failure;
    const auto& fleet = std::get<std::optional<Reply>>(answer);
    if (!fleet) return false;
    const std::string own = net::admission::fingerprint(fleet_key);
    const std::string theirs = text_at(*fleet, {"fingerprint"}, "");
    if (theirs.empty()) {
        why_ = "the node there is in no fleet yet";
        return false;
    }
    if (theirs != own) {
        return Failure{ExitCode::usage, "the node at the socket is of another fleet (" + theirs + "), this key is of " +
                                            own + "; choose the key with --fleet or the node with --socket"};
    }
    if (const std::int64_t told = count_at(*fleet, {"time"}); told > 0) time_ = static_cast<Seconds>(told);
    there_ = true;
    return true;
}

std::optional<Failure> RingSide::clock_problem(const Call& call) const {
    constexpr Seconds kDay = 86400;
    const Seconds wall = call.machine.wall();
    if (!time_ || call.line.flag("--trust-clock") != nullptr) return std::nullopt;
    if (wall <= *time_ + kDay && *time_ <= wall + kDay) return std::nullopt;
    return Failure{ExitCode::bad_config, "this machine's clock says " + date_text(wall) + ", and the fleet's time is " +
                                             date_text(*time_) + "; set it, or add --trust-clock if it is right"};
}

Outcome<std::optional<Reply>> RingSide::ask(const std::vector<std::string>& command) {
    if (!there_.value_or(false)) return std::optional<Reply>();
    Outcome<Reply> answer = session_.ask(command);
    if (auto* reply = std::get_if<Reply>(&answer)) return std::optional<Reply>(std::move(*reply));
    const auto& failure = std::get<Failure>(answer);
    if (failure.code == ExitCode::not_permitted) return failure;
    // Silence: the connection is of no use any more.
    if (failure.code == ExitCode::unreachable || failure.code == ExitCode::try_again) there_ = false;
    why_ = failure.sentence;
    return std::optional<Reply>();
}

}  // namespace chord::cli
