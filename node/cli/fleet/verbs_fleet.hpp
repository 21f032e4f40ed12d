// The fleet verbs: rows of the verb table, and the functions behind them, each in the file of its group.
#pragma once

#include "node/cli/verbs.hpp"

namespace chord::cli {

std::span<const Verb> fleet_verbs();

namespace fleet_verb {
// key.cpp: the key file and the network key
Outcome<ExitCode> init(Call& call);
Outcome<ExitCode> show(Call& call);
Outcome<ExitCode> rotate_key(Call& call);
Outcome<ExitCode> key(Call& call);
// list.cpp: what the fleet's list says
Outcome<ExitCode> revoke(Call& call);
Outcome<ExitCode> delegate(Call& call);
Outcome<ExitCode> undelegate(Call& call);
Outcome<ExitCode> list(Call& call);
// admit.cpp, invite.cpp: letting devices in
Outcome<ExitCode> admit(Call& call);
Outcome<ExitCode> renew(Call& call);
Outcome<ExitCode> invite(Call& call);
// device.cpp: on the device itself
Outcome<ExitCode> join(Call& call);
Outcome<ExitCode> request(Call& call);
Outcome<ExitCode> certs(Call& call);
Outcome<ExitCode> status(Call& call);
}  // namespace fleet_verb

}  // namespace chord::cli
