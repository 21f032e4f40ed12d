// `fleet init`, `fleet show`, `fleet rotate-key`, `fleet key`: the fleet key file, and the network key.
#include <utility>

#include "net/admission/armor.hpp"
#include "net/admission/standing.hpp"
#include "node/cli/fleet/lists.hpp"
#include "node/cli/fleet/register.hpp"
#include "node/cli/fleet/show_fleet.hpp"
#include "node/cli/fleet/verbs_fleet.hpp"
#include "node/cli/table.hpp"
#include "node/cli/text.hpp"

namespace chord::cli::fleet_verb {
namespace {

using api::Reply;
using net::admission::Delegation;
using net::admission::FleetList;
using net::admission::Seconds;
using net::admission::SignedCertificate;

constexpr std::string_view kNetworkKeyArmor = "CHORD NETWORK KEY";

ReplyMap fleet_map(const KeyFile& key) {
    const auto& fleet = key.fleet;
    ReplyMap map;
    map.text("name", fleet.name).text("key", printable(key.path()));
    map.text("fingerprint", net::admission::fingerprint(fleet.key.public_key()));
    map.flag("passphrase", key.has_passphrase()).number("network_key", fleet.network_keys.front().number);
    return map;
}

std::string fleet_text(const KeyFile& key) {
    return "fleet \"" + key.fleet.name + "\"  key " + printable(key.path()) + "  fingerprint " +
           net::admission::fingerprint(key.fleet.key.public_key());
}

/// Who a delegation's key is, as far as the register knows.
std::string inviter_text(const Delegation& delegation, const Register& known) {
    const SignedCertificate* device = known.device(delegation.inviter);
    return device == nullptr ? "a device that was admitted elsewhere" : device_text(device->content);
}

void show_list(std::string& out, const FleetList& list, const Register& known) {
    out += "list     ";
    if (list.number == 0) {
        out += "none yet\n";
        return;
    }
    out += std::to_string(list.number) + "  signed " + date_text(list.issued) + "  " +
           std::to_string(list.revocations.size()) + " revoked\n";
    for (const Delegation& each : list.delegations) {
        out += "inviter  " + inviter_text(each, known) + "  until " + date_text(each.until) + "  certificates of " +
               span_text(each.lifetime_max) + "  tag " + (each.tag.empty() ? "any" : each.tag) + "\n";
    }
}

}  // namespace

Outcome<ExitCode> init(Call& call) {
    Outcome<KeyFile> made = KeyFile::make(call, call.line.words[0]);
    if (const auto* failure = std::get_if<Failure>(&made)) return *failure;
    const auto& key = std::get<KeyFile>(made);
    call.console.out = call.line.json ? fleet_map(key).json() : fleet_text(key) + "\n";
    call.console.notes +=
        "chordctl: back this file up where no thief of this machine finds it: who has it owns the fleet, and without "
        "it nobody is admitted or revoked any more\n";
    return ExitCode::ok;
}

Outcome<ExitCode> show(Call& call) {
    Outcome<KeyFile> opened = KeyFile::open(call);
    if (const auto* failure = std::get_if<Failure>(&opened)) return *failure;
    const auto& key = std::get<KeyFile>(opened);
    const Outcome<Register> read = Register::read(key.register_path());
    if (const auto* failure = std::get_if<Failure>(&read)) return *failure;
    const auto& known = std::get<Register>(read);
    const Outcome<FleetList> kept = kept_list(key);
    if (const auto* failure = std::get_if<Failure>(&kept)) return *failure;
    const auto& list = std::get<FleetList>(kept);

    const net::admission::FleetTime time(call.machine.wall(), Time{});
    const net::admission::Judgement by{key.fleet.key.public_key(), list, time, Time{}};
    std::vector<std::vector<Cell>> rows{{{"device", Style::faint, false},
                                         {"id", Style::faint, false},
                                         {"tag", Style::faint, false},
                                         {"until", Style::faint, false},
                                         {"standing", Style::faint, false}}};
    std::vector<Reply> devices;
    for (const SignedCertificate& device : known.devices()) {
        const auto& content = device.content;
        const auto standing = net::admission::standing_of(device, by);
        const bool good = standing == net::admission::Standing::admitted;
        devices.push_back(device_map(content).text("standing", std::string(text(standing))).reply());
        rows.push_back({{content.name, Style::plain, false},
                        {content.position(0).short_hex(), Style::plain, false},
                        {content.tag.empty() ? "-" : content.tag, Style::plain, false},
                        {date_text(content.not_after()), Style::plain, false},
                        {std::string(text(standing)), good ? Style::good : Style::bad, false}});
    }
    if (call.line.json) {
        ReplyMap map = fleet_map(key);
        map.number("list_number", list.number).number("list_issued", list.issued);
        map.number("revocations", list.revocations.size()).number("delegations", list.delegations.size());
        call.console.out = map.list("devices", std::move(devices)).json();
        return ExitCode::ok;
    }
    std::string& out = call.console.out;
    out = fleet_text(key) + "\nkey      " + (key.has_passphrase() ? "with" : "without") +
          " a passphrase   network key " + std::to_string(key.fleet.network_keys.front().number) + "\n";
    show_list(out, list, known);
    if (!devices.empty()) out += table_text(rows, call.console.colour);
    return ExitCode::ok;
}

Outcome<ExitCode> rotate_key(Call& call) {
    Outcome<KeyFile> opened = KeyFile::open(call);
    if (const auto* failure = std::get_if<Failure>(&opened)) return *failure;
    auto& key = std::get<KeyFile>(opened);
    RingSide ring(call.session);
    const std::string* const out = call.line.flag("--out");
    if (out == nullptr) {
        // A key that no node has would be in the next invites: nobody could enter by them.
        const Outcome<bool> there = ring.is_there(key.fleet.key.public_key());
        if (const auto* failure = std::get_if<Failure>(&there)) return *failure;
        if (!std::get<bool>(there)) {
            return Failure{ExitCode::unreachable,
                           "no node of the fleet answers (" + ring.why() +
                               "), nothing was changed; use --socket, or --out FILE to carry the "
                               "new key to a node"};
        }
    }
    if (call.line.flag("--resend") == nullptr) {
        key.fleet.rotate_network_key(rolled_secret<32>(call.machine));
        if (auto failure = key.save()) return *failure;
    }
    const auto& newest = key.fleet.network_keys.front();
    const auto record = net::admission::sign_network_key(newest, key.fleet.key);
    const std::string number = std::to_string(newest.number);
    ReplyMap map;
    map.number("network_key", newest.number).flag("given", out == nullptr);
    if (out != nullptr) {
        const WipedText text(net::admission::armored(kNetworkKeyArmor, record.bytes()));
        if (auto failure = write_own_file("network key", *out, text.text())) return *failure;
        call.console.out = call.line.json ? map.text("file", *out).json()
                                          : "network key " + number + " is in " + printable(*out) +
                                                " (a secret); give it to a node: chordctl fleet key set FILE\n";
        return ExitCode::ok;
    }
    std::vector<std::string> command{"CHORD.FLEETKEY", "SET", as_text(record.bytes())};
    Outcome<std::optional<Reply>> answer = ring.ask(command);
    const WipedText wiped(std::move(command.back()));
    const auto* failure = std::get_if<Failure>(&answer);
    if (failure != nullptr || !std::get<std::optional<Reply>>(answer)) {
        return Failure{failure != nullptr ? failure->code : ExitCode::try_again,
                       "the node did not take network key " + number + " (" +
                           (failure != nullptr ? failure->sentence : ring.why()) +
                           "); until a node has it no invite is of use: chordctl fleet rotate-key --resend"};
    }
    call.console.out =
        call.line.json ? map.json()
                       : "network key " + number + " is with the ring; the one before counts until the next rotation\n";
    return ExitCode::ok;
}

Outcome<ExitCode> key(Call& call) {
    if (call.line.words[0] != "set") return Failure{ExitCode::usage, "usage: chordctl fleet key set FILE"};
    Outcome<std::string> text = read_word(call, "network key", call.line.words[1]);
    if (const auto* failure = std::get_if<Failure>(&text)) return *failure;
    const WipedText file(std::move(std::get<std::string>(text)));
    Outcome<std::vector<std::uint8_t>> bytes =
        from_armor(kNetworkKeyArmor, file.text(), source_name(call.line.words[1]));
    if (const auto* failure = std::get_if<Failure>(&bytes)) return *failure;
    std::vector<std::string> command{"CHORD.FLEETKEY", "SET", as_text(std::get<std::vector<std::uint8_t>>(bytes))};
    const Outcome<Reply> answer = call.session.ask(command);
    const WipedText wiped(std::move(command.back()));
    if (const auto* failure = std::get_if<Failure>(&answer)) return *failure;
    const std::int64_t number = std::get<Reply>(answer).integer;
    call.console.out = call.line.json ? ReplyMap().number("network_key", static_cast<std::uint64_t>(number)).json()
                                      : "network key " + std::to_string(number) + " is with the ring\n";
    return ExitCode::ok;
}

}  // namespace chord::cli::fleet_verb
