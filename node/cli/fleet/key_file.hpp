// KeyFile: the fleet key file as a verb uses it: found, opened, changed, written back. Beside DIR/NAME.key lie
// NAME.list, the list that was signed last, and NAME.register, what was admitted (register.hpp).
//
// Invariants
//  1. While one is open, no other chordctl opens a key of the same directory: two would sign two lists of one number.
//  2. The passphrase and the file's text are wiped.
#pragma once

#include <optional>
#include <string>

#include "net/admission/fleet_key.hpp"
#include "node/cli/fleet/files.hpp"
#include "node/cli/fleet/machine.hpp"
#include "node/cli/verbs.hpp"
#include "node/host/file_descriptor.hpp"

namespace chord::cli {

class KeyFile {
public:
    /// That of --fleet NAME, or the only one there is; its passphrase from --passphrase-file or asked for.
    static Outcome<KeyFile> open(Call& call);
    /// A new fleet. Never replaces a file. A passphrase comes from --passphrase-file, or is asked for twice with
    /// --passphrase.
    static Outcome<KeyFile> make(Call& call, const std::string& name);

    /// Writes it back.
    std::optional<Failure> save();

    std::string path() const { return directory_ + "/" + fleet.name + ".key"; }
    std::string list_path() const { return directory_ + "/" + fleet.name + ".list"; }
    std::string register_path() const { return directory_ + "/" + fleet.name + ".register"; }
    bool has_passphrase() const { return sealed_; }

    net::admission::FleetKey fleet;

private:
    KeyFile(net::admission::FleetKey key, std::string directory, const Machine& machine, FileDescriptor lock)
        : fleet(std::move(key)), directory_(std::move(directory)), machine_(&machine), lock_(std::move(lock)) {}

    Outcome<WipedText> text() const;

    std::string directory_;
    const Machine* machine_;
    FileDescriptor lock_;
    bool sealed_ = false;
    WipedText passphrase_;
};

/// Whether a fleet key can be meant: --fleet was given or there is a key file.
bool has_key_file(const Call& call);

/// The machine's clock as the time to sign with. Failure: bad_config when it is far from what was signed last or before
/// this program was written, unless --trust-clock was given, which makes it the key's time, later or earlier.
Outcome<net::admission::Seconds> signing_time(Call& call, net::admission::FleetKey& fleet);

}  // namespace chord::cli
