// Enrolment: a device that is no member yet minus socket and clock: in place of an Engine while it has an invite and no
// certificate. It is driven like an Engine. It answers nothing to anybody, and asks nothing but to be admitted.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "net/admission/newcomer.hpp"
#include "net/rpc.hpp"

namespace chord {

struct EnrolmentOptions {
    net::RpcOptions rpc;  // `self` is filled in
    net::admission::NewcomerOptions newcomer;
    std::uint64_t first_initiation = 1;  // as in LocalIdentity
};

class Enrolment {
public:
    /// `device` and `static_key` are the keys that the certificate will name.
    Enrolment(EnrolmentOptions options, const net::admission::SigningKey& device, net::noise::KeyPair static_key,
              net::Dice dice, Time now);
    ~Enrolment();
    Enrolment(const Enrolment&) = delete;
    Enrolment& operator=(const Enrolment&) = delete;

    /// As of Engine; the first tick() begins.
    void receive(Time now, const Endpoint& from, std::span<std::uint8_t> datagram, const Endpoint& at = {});
    void tick(Time now);
    Time next_deadline() const;
    std::vector<net::Datagram> take_datagrams();

    const net::admission::Newcomer::Status& status() const;
    /// What to begin with as a member, an Engine then. REQUIRES: status().state is admitted.
    const net::admission::FleetFiles& files() const;

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace chord
