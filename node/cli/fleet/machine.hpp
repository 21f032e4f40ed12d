// Machine: what the fleet verbs need of the machine that they run on. The process fills it; tests have their own.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "net/admission/fleet_key.hpp"
#include "node/cli/outcome.hpp"

namespace chord::cli {

struct Machine {
    /// Where fleet keys lie: $XDG_CONFIG_HOME/chordctl, else ~/.config/chordctl; empty when neither is known.
    std::string directory;
    /// The clock, seconds since 1970.
    std::function<net::admission::Seconds()> wall;
    /// Fills with random bytes that are good enough for keys.
    std::function<void(std::span<std::uint8_t>)> roll;
    /// Asks on the terminal, without echo. The caller wipes the answer. Failure where there is no terminal.
    std::function<Outcome<std::string>(const std::string& prompt)> ask_passphrase;
    /// What a new or changed key file with a passphrase costs to open.
    net::admission::PassphraseCost cost{};
};

/// kSize random bytes.
template <std::size_t kSize>
std::array<std::uint8_t, kSize> rolled_bytes(const Machine& machine) {
    std::array<std::uint8_t, kSize> bytes{};
    machine.roll(bytes);
    return bytes;
}

template <std::size_t kSize>
net::noise::Secret<kSize> rolled_secret(const Machine& machine) {
    net::noise::Secret<kSize> secret;
    machine.roll(secret.writable());
    return secret;
}

}  // namespace chord::cli
