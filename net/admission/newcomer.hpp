// Newcomer: a device with an invite and no certificate, sans-I/O. It knocks at the addresses in the invite, asks the
// inviter that answers for a certificate, and for the list that goes with it. Nothing else is asked or answered.
//
// It never gives up: an inviter may be down for now, and whether an invite is used up or revoked, only it knows. What
// came of the last attempt, status() says.
//
// Invariants
//  1. A certificate is taken only from whom the session proves to be the one that signed it, and only for these keys.
//  2. It is admitted only with a certificate that holds by the list it has, or that the fleet key itself has signed.
//  3. One question at a time. Each address is knocked at in turn, after a pause that doubles up to kPauseMax.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "net/admission/fleet_credentials.hpp"
#include "net/admission/fleet_files.hpp"
#include "net/admission/fleet_message.hpp"
#include "net/channel/local_identity.hpp"
#include "node/core/base/rng.hpp"

namespace chord::net::admission {

struct NewcomerOptions {
    Invite invite;
    std::string name;  // wished; is_name() or empty
    std::string tag;   // wished; is_tag()
    std::uint8_t capacity = 0;
    Seconds built = 0;
    std::uint64_t seed = 1;  // of jitter
};

class Newcomer {
public:
    static constexpr Duration kPauseMin = std::chrono::seconds(1);
    static constexpr Duration kPauseMax = std::chrono::minutes(1);
    static constexpr int kListTries = 3;

    /// `device` makes the request; `static_key` enters the handshakes.
    Newcomer(NewcomerOptions options, const SigningKey& device, const noise::PublicKey& static_key, Time now);

    LocalIdentity identity(noise::KeyPair static_key, std::uint64_t first_initiation, Dice dice) const;
    /// Its id in handshakes, which is no ring position.
    Id id() const { return guest_id(static_key_); }

    void begin_turn(Time now);

    /// What to ask now, and whom; nullopt: nothing, or an answer is being waited for. Ends in on_answer() or
    /// on_failure().
    struct Question {
        Endpoint to;
        std::vector<std::uint8_t> message;
    };
    std::optional<Question> next();
    void on_answer(const Peer& from, View message);
    void on_failure(Error error);
    Time next_deadline() const;

    enum class State : std::uint8_t { knocking, admitted };
    struct Status {
        State state = State::knocking;
        int attempts = 0;
        /// timeout: nobody answers, or nobody who takes this invite (others do not answer strangers); overloaded: it
        /// is used up; wrong_peer: it is not, or no more, to be let in.
        std::optional<Error> last_error;
    };
    const Status& status() const { return status_; }

    /// With which the device begins as a member. REQUIRES: admitted.
    const FleetFiles& files() const { return files_; }

private:
    void take_certificate(const Peer& from, View bytes);
    void take_slice(const ListSlice& slice);
    void finish();

    NewcomerOptions options_;
    Request request_;
    std::vector<std::uint8_t> signed_request_;
    noise::PublicKey static_key_;
    Rng rng_;
    Time now_{};
    ListKeeper list_;
    FleetTime time_;
    std::shared_ptr<FleetCredentials> credentials_;
    Status status_;
    std::size_t turn_ = 0;
    Time ask_at_{};
    Duration pause_ = kPauseMin;
    bool waits_ = false;
    std::optional<Endpoint> desk_;  // that has granted the certificate, and is asked for the list
    ListFetch fetch_;
    int list_tries_ = 0;
    FleetFiles files_;
};

}  // namespace chord::net::admission
