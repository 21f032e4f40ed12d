#include "node/cli/fleet/key_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "node/cli/fleet/show_fleet.hpp"
#include "node/cli/text.hpp"
#include "node/host/secret_file.hpp"

namespace chord::cli {
namespace {

using net::admission::FleetKey;
using net::admission::Seconds;

constexpr std::size_t kKeyFileBytesMax = 4096;
constexpr std::string_view kSuffix = ".key";
constexpr Seconds kWritten = 1'790'000'000;  // September 2026: a clock before this program was written is wrong
constexpr Seconds kDay = 86400;
constexpr Seconds kClockLeapMax = 2 * 366 * kDay;

std::string key_name(const Call& call) {
    const std::string* const given = call.line.flag("--fleet");
    return given == nullptr ? std::string() : *given;
}

/// Names of the fleets with a key in the directory, sorted.
std::vector<std::string> fleets_in(const std::string& directory) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(directory.c_str()), ::closedir);
    if (!listing) return names;
    while (const dirent* entry = ::readdir(listing.get())) {
        const std::string_view name = entry->d_name;
        if (name.size() <= kSuffix.size() || name.substr(name.size() - kSuffix.size()) != kSuffix) continue;
        const std::string_view fleet = name.substr(0, name.size() - kSuffix.size());
        if (net::admission::is_name(fleet)) names.emplace_back(fleet);
    }
    std::sort(names.begin(), names.end());
    return names;
}

Failure no_directory() {
    return {ExitCode::bad_config,
            "neither $XDG_CONFIG_HOME nor $HOME is set, so there is no place for fleet keys to lie in"};
}

/// --fleet NAME, or the only one.
Outcome<std::string> chosen_fleet(const Call& call) {
    const std::string& directory = call.machine.directory;
    if (directory.empty()) return no_directory();
    const std::string given = key_name(call);
    if (!given.empty()) {
        if (net::admission::is_name(given)) return given;
        return Failure{ExitCode::usage, "'" + printable(given) + "' is no fleet's name"};
    }
    const std::vector<std::string> names = fleets_in(directory);
    if (names.size() == 1) return names.front();
    if (names.empty()) {
        return Failure{ExitCode::bad_config, "there is no fleet key in " + printable(directory) +
                                                 " (copy it there, or begin a fleet with: chordctl fleet init NAME)"};
    }
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    return Failure{ExitCode::usage, "there are several fleet keys (" + list + "): choose one with --fleet NAME"};
}

Outcome<FileDescriptor> lock(const std::string& directory) {
    FileDescriptor folder(::open(directory.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
    if (!folder) {
        return failure_from_fault(system_fault("cannot open the directory of fleet keys " + directory, errno));
    }
    if (::flock(folder.number(), LOCK_EX | LOCK_NB) != 0) {
        return Failure{ExitCode::try_again, "another chordctl works with the fleet keys in " + printable(directory)};
    }
    return folder;
}

/// Makes the directory and those above it that are missing, for this user alone.
std::optional<Failure> make_directory(const std::string& directory) {
    for (std::size_t slash = directory.find('/', 1);; slash = directory.find('/', slash + 1)) {
        const std::string part = directory.substr(0, slash);
        if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
            return failure_from_fault(system_fault("cannot make the directory " + part, errno));
        }
        if (slash == std::string::npos) return std::nullopt;
    }
}

/// The first line of --passphrase-file; nullopt without that flag.
Outcome<std::optional<WipedText>> passphrase_of_file(const Call& call) {
    const std::string* const path = call.line.flag("--passphrase-file");
    if (path == nullptr) return std::optional<WipedText>();
    auto file = read_secret_file("passphrase file", *path, kKeyFileBytesMax);
    if (!file) return failure_from_fault(file.fault());
    if (!file->has_value()) {
        return Failure{ExitCode::usage, "there is no passphrase file " + printable(*path)};
    }
    const WipedText whole(std::move(**file));
    WipedText first(whole.text().substr(0, whole.text().find_first_of("\r\n")));
    if (first.text().empty()) {
        return Failure{ExitCode::usage, "the first line of the passphrase file " + printable(*path) + " is empty"};
    }
    return std::optional<WipedText>(std::move(first));
}

Outcome<WipedText> asked(const Call& call, const std::string& prompt) {
    Outcome<std::string> answer = call.machine.ask_passphrase(prompt);
    if (const auto* failure = std::get_if<Failure>(&answer)) return *failure;
    return WipedText(std::move(std::get<std::string>(answer)));
}

Outcome<WipedText> existing_passphrase(const Call& call, const std::string& name) {
    Outcome<std::optional<WipedText>> of_file = passphrase_of_file(call);
    if (const auto* failure = std::get_if<Failure>(&of_file)) return *failure;
    auto& given = std::get<std::optional<WipedText>>(of_file);
    if (given) return std::move(*given);
    return asked(call, "Passphrase of the fleet key " + name + ": ");
}

/// nullopt: the key is to have none.
Outcome<std::optional<WipedText>> new_passphrase(const Call& call) {
    Outcome<std::optional<WipedText>> of_file = passphrase_of_file(call);
    if (std::holds_alternative<Failure>(of_file) || std::get<std::optional<WipedText>>(of_file)) return of_file;
    if (call.line.flag("--passphrase") == nullptr) return of_file;
    Outcome<WipedText> first = asked(call, "Passphrase for the new fleet key: ");
    if (const auto* failure = std::get_if<Failure>(&first)) return *failure;
    if (std::get<WipedText>(first).text().empty()) return Failure{ExitCode::usage, "the passphrase is empty"};
    Outcome<WipedText> again = asked(call, "The same once more: ");
    if (const auto* failure = std::get_if<Failure>(&again)) return *failure;
    if (std::get<WipedText>(first).text() != std::get<WipedText>(again).text()) {
        return Failure{ExitCode::usage, "the two passphrases differ; nothing was made"};
    }
    return std::optional<WipedText>(std::move(std::get<WipedText>(first)));
}

Failure unreadable(const std::string& path, Error error, bool sealed) {
    const std::string file = "the fleet key file " + printable(path);
    switch (error) {
        case Error::foreign: return {ExitCode::bad_config, file + " is no fleet key file, or damaged"};
        case Error::newer_schema:
            return {ExitCode::bad_config, file + " was written by a later version of chordctl; use that one"};
        case Error::overloaded:
            return {ExitCode::no_room, "there is not enough memory to open " + file + " with its passphrase"};
        default: break;
    }
    if (sealed) return {ExitCode::not_permitted, "the passphrase is wrong, or " + file + " is damaged"};
    return {ExitCode::bad_config, file + " is damaged; take the copy that you keep elsewhere"};
}

}  // namespace

Outcome<KeyFile> KeyFile::open(Call& call) {
    const Outcome<std::string> name = chosen_fleet(call);
    if (const auto* failure = std::get_if<Failure>(&name)) return *failure;
    const std::string& directory = call.machine.directory;
    const std::string path = directory + "/" + std::get<std::string>(name) + std::string(kSuffix);
    if (::access(directory.c_str(), F_OK) != 0) {
        return Failure{ExitCode::bad_config, "there is no fleet key " + printable(path)};
    }
    Outcome<FileDescriptor> locked = lock(directory);
    if (const auto* failure = std::get_if<Failure>(&locked)) return *failure;

    auto file = read_secret_file("fleet key file", path, kKeyFileBytesMax);
    if (!file) return failure_from_fault(file.fault());
    if (!file->has_value()) return Failure{ExitCode::bad_config, "there is no fleet key " + printable(path)};
    const WipedText text(std::move(**file));
    WipedText passphrase;
    const bool sealed = net::admission::needs_passphrase(text.text());
    if (sealed) {
        Outcome<WipedText> given = existing_passphrase(call, std::get<std::string>(name));
        if (const auto* failure = std::get_if<Failure>(&given)) return *failure;
        passphrase = std::move(std::get<WipedText>(given));
    }
    Result<FleetKey> fleet = net::admission::read_fleet_key(text.text(), passphrase.text());
    if (!fleet) return unreadable(path, fleet.error(), sealed);
    if (fleet->name != std::get<std::string>(name)) {
        return Failure{ExitCode::bad_config, printable(path) + " holds the key of fleet " + fleet->name + "; call it " +
                                                 fleet->name + std::string(kSuffix)};
    }
    KeyFile opened(std::move(*fleet), directory, call.machine, std::move(std::get<FileDescriptor>(locked)));
    opened.sealed_ = sealed;
    opened.passphrase_ = std::move(passphrase);
    return opened;
}

Outcome<KeyFile> KeyFile::make(Call& call, const std::string& name) {
    if (!net::admission::is_name(name)) {
        return Failure{ExitCode::usage,
                       "a fleet's name has up to 20 of a-z, 0-9, '-', '_' and '.', and begins with a "
                       "letter or digit: not '" +
                           printable(name) + "'"};
    }
    const std::string& directory = call.machine.directory;
    if (directory.empty()) return no_directory();
    if (auto failure = make_directory(directory)) return *failure;
    Outcome<FileDescriptor> locked = lock(directory);
    if (const auto* failure = std::get_if<Failure>(&locked)) return *failure;
    const std::string path = directory + "/" + name + std::string(kSuffix);
    if (::access(path.c_str(), F_OK) == 0) {
        return Failure{ExitCode::bad_config, "there is a fleet key " + printable(path) + " already"};
    }
    Outcome<std::optional<WipedText>> passphrase = new_passphrase(call);
    if (const auto* failure = std::get_if<Failure>(&passphrase)) return *failure;

    FleetKey fleet = net::admission::make_fleet(name, rolled_secret<32>(call.machine), rolled_secret<32>(call.machine));
    KeyFile made(std::move(fleet), directory, call.machine, std::move(std::get<FileDescriptor>(locked)));
    if (auto& given = std::get<std::optional<WipedText>>(passphrase)) {
        made.sealed_ = true;
        made.passphrase_ = std::move(*given);
    }
    Outcome<WipedText> text = made.text();
    if (const auto* failure = std::get_if<Failure>(&text)) return *failure;
    const std::string file = name + std::string(kSuffix);
    if (auto fault = create_secret_file("fleet key file", directory, file, std::get<WipedText>(text).text())) {
        return failure_from_fault(*fault);
    }
    return made;
}

std::optional<Failure> KeyFile::save() {
    Outcome<WipedText> made = text();
    if (const auto* failure = std::get_if<Failure>(&made)) return *failure;
    return write_own_file("fleet key file", path(), std::get<WipedText>(made).text());
}

Outcome<WipedText> KeyFile::text() const {
    if (!sealed_) return WipedText(net::admission::fleet_key_file(fleet));
    const net::admission::FleetKeyDice dice{rolled_bytes<16>(*machine_), rolled_bytes<24>(*machine_)};
    Result<std::string> made = net::admission::fleet_key_file(fleet, passphrase_.text(), dice, machine_->cost);
    if (!made) {
        return Failure{ExitCode::no_room, "there is not enough memory to lock the fleet key with its passphrase"};
    }
    return WipedText(std::move(*made));
}

bool has_key_file(const Call& call) {
    return !key_name(call).empty() || !fleets_in(call.machine.directory).empty();
}

Outcome<Seconds> signing_time(Call& call, FleetKey& fleet) {
    const Seconds wall = call.machine.wall();
    const auto refused = [&](const std::string& why) {
        return Failure{ExitCode::bad_config, "this machine's clock says " + date_text(wall) + ", " + why +
                                                 "; set it, or add --trust-clock if it is right"};
    };
    if (wall > net::admission::kSecondsMax) return refused("which is beyond all that can be signed");
    if (call.line.flag("--trust-clock") != nullptr) {
        fleet.trust_clock(wall);
        return wall;
    }
    if (wall < kWritten) return refused("which is before chordctl was written");
    if (fleet.signed_last != 0 && wall > fleet.signed_last + kClockLeapMax) {
        return refused("more than two years after this key signed last (" + date_text(fleet.signed_last) + ")");
    }
    if (wall + kDay < fleet.signed_last) {
        return refused("before this key signed last (" + date_text(fleet.signed_last) + ")");
    }
    return wall;
}

}  // namespace chord::cli
