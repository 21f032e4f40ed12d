// Register: the plain text beside a fleet key that says what was admitted and invited with it, so that a person can
// name a device that no node reaches. One line each, '#' begins a comment:
//
//   device DATE NAME TAG|- RING-ID CERTIFICATE       the certificate in base64
//   invite DATE NUMBER UNTIL USES TAG|-              of an invite nothing that could be used
//
// It is a help, not an authority: it knows nothing of devices that inviters admitted, and a node that was admitted here
// may have been renewed by another.
//
// Invariants
//  1. It is only ever appended to; of a device with several lines the last one counts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "net/admission/invite.hpp"
#include "node/cli/outcome.hpp"

namespace chord::cli {

class Register {
public:
    struct InviteLine {
        std::uint32_t number = 0;
        std::string until;
        unsigned uses = 0;
    };

    /// The register in that file; an empty one when there is none. Failure: bad_config for a damaged one.
    static Outcome<Register> read(const std::string& path);

    /// Each device once, in the order in which they were first admitted.
    const std::vector<net::admission::SignedCertificate>& devices() const { return devices_; }
    const std::vector<InviteLine>& invites() const { return invites_; }

    /// That of this sign key, or null.
    const net::admission::SignedCertificate* device(const net::admission::VerifyKey& key) const;

    /// Appends a line, on disk when it returns.
    std::optional<Failure> add(const net::admission::SignedCertificate& certificate, net::admission::Seconds at);
    std::optional<Failure> add(const net::admission::InviteTerms& terms, net::admission::Seconds at);

private:
    explicit Register(std::string path) : path_(std::move(path)) {}

    std::optional<Failure> append(const std::string& line);
    bool take(std::string_view line);
    void remember(net::admission::SignedCertificate certificate);

    std::string path_;
    std::string text_;
    std::vector<net::admission::SignedCertificate> devices_;
    std::vector<InviteLine> invites_;
};

}  // namespace chord::cli
