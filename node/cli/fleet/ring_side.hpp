// RingSide: the local node as the operator's verbs use it, who can do without one. A node that does not answer is no
// failure here, only noted; one that belongs to another fleet is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "net/admission/fields.hpp"
#include "net/admission/keys.hpp"
#include "node/api/resp_reply.hpp"
#include "node/cli/session.hpp"
#include "node/cli/verbs.hpp"

namespace chord::cli {

class RingSide {
public:
    explicit RingSide(Session& session) : session_(session) {}

    /// True when a node of that fleet answers. Failure: usage for a node of another fleet; not_permitted when the node
    /// or its socket refuses this user.
    Outcome<bool> is_there(const net::admission::VerifyKey& fleet_key);

    /// The reply; nullopt when there is none. REQUIRES: is_there() said true.
    Outcome<std::optional<api::Reply>> ask(const std::vector<std::string>& command);

    /// What the node takes for the time; nullopt while it does not know, or was not asked.
    std::optional<net::admission::Seconds> time() const { return time_; }
    /// When the machine's clock is more than a day from that, unless --trust-clock was given.
    std::optional<Failure> clock_problem(const Call& call) const;

    /// Why there is no node, or no reply: a sentence.
    const std::string& why() const { return why_; }

private:
    Session& session_;
    std::optional<bool> there_;
    std::optional<net::admission::Seconds> time_;
    std::string why_;
};

}  // namespace chord::cli
