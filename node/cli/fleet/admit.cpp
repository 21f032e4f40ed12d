// `admit` and `renew`: certificates that the fleet key signs, as files for the device's `join`.
#include <algorithm>
#include <utility>

#include "net/admission/admission_file.hpp"
#include "net/admission/armor.hpp"
#include "net/admission/request.hpp"
#include "node/cli/fleet/devices.hpp"
#include "node/cli/fleet/flags.hpp"
#include "node/cli/fleet/lists.hpp"
#include "node/cli/fleet/show_fleet.hpp"
#include "node/cli/fleet/verbs_fleet.hpp"
#include "node/cli/text.hpp"

namespace chord::cli::fleet_verb {
namespace {

using net::admission::AdmissionTerms;
using net::admission::Bootstrap;
using net::admission::Certificate;
using net::admission::FleetList;
using net::admission::Request;
using net::admission::Revocation;
using net::admission::Seconds;
using net::admission::SignedCertificate;

constexpr Seconds kYear = 366 * kDaySeconds;

Outcome<Request> request_of(Call& call, const std::string& word) {
    Outcome<std::string> text = read_word(call, "request", word);
    if (const auto* failure = std::get_if<Failure>(&text)) return *failure;
    const std::string source = source_name(word);
    Outcome<std::vector<std::uint8_t>> bytes =
        from_armor(net::admission::kRequestArmor, std::get<std::string>(text), source);
    if (const auto* failure = std::get_if<Failure>(&bytes)) return *failure;
    Result<Request> request = net::admission::read_request(std::get<std::vector<std::uint8_t>>(bytes));
    if (!request)
        return Failure{ExitCode::usage, "the request in " + source + " is damaged; make it anew on the device"};
    return std::move(*request);
}

Failure revoked(const std::string& who, const Revocation& why) {
    return {ExitCode::negative, who + " was revoked on " + date_text(why.at) + " (" +
                                    std::string(reason_text(why.reason)) +
                                    "); to let the device in again, delete its keys and make a new request"};
}

/// Whoever has this name now, of the devices that are not revoked; null when nobody else does.
const SignedCertificate* holder_of(const std::string& name, const Certificate& device, const Register& known,
                                   const FleetList& list) {
    for (const SignedCertificate& other : known.devices()) {
        const bool same = other.content.sign_key == device.sign_key;
        if (!same && other.content.name == name && list.revocation_of(other.content) == nullptr) return &other;
    }
    return nullptr;
}

/// Writes key file and register, then prints the file for the device.
Outcome<ExitCode> hand_out(Call& call, KeyFile& key, Register& known, const SignedCertificate& certificate,
                           const Bootstrap& bootstrap, Seconds now, std::string_view done) {
    // With the list as it is kept, so that the device knows the inviters when it meets none but devices of theirs.
    const Outcome<FleetList> kept = kept_list(key);
    if (const auto* failure = std::get_if<Failure>(&kept)) return *failure;
    const auto& list = std::get<FleetList>(kept);
    const net::noise::KeyPair ephemeral(rolled_secret<32>(call.machine));
    net::admission::AdmissionFile file;
    file.fleet_key = key.fleet.key.public_key();
    file.certificate = certificate;
    file.bootstrap = bootstrap;
    if (list.number > 0) file.list = net::admission::sign_list(list, key.fleet.key);  // the same bytes: RFC 8032
    const Result<std::vector<std::uint8_t>> bytes =
        net::admission::admission_file(file, key.fleet.network_keys.front(), key.fleet.key, ephemeral);
    if (!bytes) return Failure{ExitCode::usage, "the device's static key is none that anything can be sealed for"};
    if (auto failure = key.save()) return *failure;
    if (auto failure = known.add(certificate, now)) return *failure;
    const Certificate& content = certificate.content;
    // Two lines for whoever finds the file on a stick; nobody signs them. The fleet's name is nowhere else in it.
    const std::string text = "Fleet: " + key.fleet.name + "\nDevice: " + content.name + "\n" +
                             net::admission::armored(net::admission::kCertificateArmor, *bytes);
    call.console.out = call.line.json ? device_map(content).text("file", text).json() : text;
    call.console.notes += "chordctl: " + std::string(done) + " " + device_text(content) + "  tag " +
                          (content.tag.empty() ? "-" : content.tag) + "  until " + date_text(content.not_after()) +
                          "; for the device: chordctl join FILE\n";
    return ExitCode::ok;
}

Outcome<ExitCode> admit_by_node(Call& call, const std::string& name, const std::string& tag) {
    if (call.line.flag("--roles") != nullptr || call.line.flag("--bootstrap") != nullptr) {
        return Failure{ExitCode::usage,
                       "a node grants no roles and knows its addresses: --roles and --bootstrap go with "
                       "a fleet key"};
    }
    const Outcome<Seconds> lifetime = seconds_flag(call, "--lifetime", 0);
    if (const auto* failure = std::get_if<Failure>(&lifetime)) return *failure;
    Outcome<std::string> request = read_word(call, "request", call.line.words[0]);
    if (const auto* failure = std::get_if<Failure>(&request)) return *failure;
    std::vector<std::string> command{"CHORD.ADMIT", std::move(std::get<std::string>(request))};
    if (!name.empty()) command.insert(command.end(), {"NAME", name});
    if (!tag.empty()) command.insert(command.end(), {"TAG", tag});
    if (const Seconds seconds = std::get<Seconds>(lifetime); seconds != 0) {
        command.insert(command.end(), {"LIFETIME", std::to_string(seconds)});
    }
    const Outcome<api::Reply> answer = call.session.ask(command);
    if (const auto* failure = std::get_if<Failure>(&answer)) return *failure;
    const std::string file = printable(std::get<api::Reply>(answer).text, true);
    call.console.out = call.line.json ? ReplyMap().text("file", file).json() : file;
    call.console.notes += "chordctl: admitted by the local node; for the device: chordctl join FILE\n";
    return ExitCode::ok;
}

}  // namespace

Outcome<ExitCode> admit(Call& call) {
    const Outcome<std::string> name = name_flag(call);
    if (const auto* failure = std::get_if<Failure>(&name)) return *failure;
    const Outcome<std::string> tag = tag_flag(call);
    if (const auto* failure = std::get_if<Failure>(&tag)) return *failure;
    const Outcome<std::uint8_t> roles = roles_flag(call);
    if (const auto* failure = std::get_if<Failure>(&roles)) return *failure;
    const Outcome<Seconds> lifetime = seconds_flag(call, "--lifetime", kYear);
    if (const auto* failure = std::get_if<Failure>(&lifetime)) return *failure;
    const Outcome<Bootstrap> bootstrap = bootstrap_flag(call);
    if (const auto* failure = std::get_if<Failure>(&bootstrap)) return *failure;
    if (call.line.flag("--node") != nullptr || !has_key_file(call)) {
        return admit_by_node(call, std::get<std::string>(name), std::get<std::string>(tag));
    }
    const Outcome<Request> asked = request_of(call, call.line.words[0]);
    if (const auto* failure = std::get_if<Failure>(&asked)) return *failure;
    const auto& request = std::get<Request>(asked);

    Outcome<KeyFile> opened = KeyFile::open(call);
    if (const auto* failure = std::get_if<Failure>(&opened)) return *failure;
    auto& key = std::get<KeyFile>(opened);
    const Outcome<Seconds> now = signing_time(call, key.fleet);
    if (const auto* failure = std::get_if<Failure>(&now)) return *failure;
    Outcome<Register> read = Register::read(key.register_path());
    if (const auto* failure = std::get_if<Failure>(&read)) return *failure;
    auto& known = std::get<Register>(read);
    const Outcome<FleetList> kept = kept_list(key);
    if (const auto* failure = std::get_if<Failure>(&kept)) return *failure;
    const auto& list = std::get<FleetList>(kept);

    AdmissionTerms terms;
    terms.network = key.fleet.network();
    terms.name = std::get<std::string>(name);
    terms.tag = std::get<std::string>(tag);
    terms.roles = std::get<std::uint8_t>(roles);
    terms.issued = key.fleet.issue_time(std::get<Seconds>(now));
    terms.lifetime = static_cast<std::uint32_t>(std::get<Seconds>(lifetime));
    terms.nonce = rolled_bytes<16>(call.machine);
    const auto use = rolled_bytes<4>(call.machine);
    terms.use = std::uint32_t{use[0]} << 24 | std::uint32_t{use[1]} << 16 | std::uint32_t{use[2]} << 8 | use[3];
    if (const SignedCertificate* former = known.device(request.sign_key)) {
        // The same device again keeps its places on the ring, and its name unless another one is given.
        terms.nonce = former->content.nonce;
        if (terms.name.empty()) terms.name = former->content.name;
    }
    const Result<SignedCertificate> certificate = net::admission::admit(request, terms, key.fleet.key);
    if (!certificate) return Failure{ExitCode::usage, "these terms give no certificate; see chordctl help admit"};
    const Certificate& device = certificate->content;
    if (const Revocation* why = list.revocation_of(device)) return revoked("the device of this request", *why);
    if (const SignedCertificate* other = holder_of(device.name, device, known, list)) {
        return Failure{ExitCode::usage, "the name " + device.name + " is that of " + device_text(other->content) +
                                            "; choose another one with --name, or revoke that device first"};
    }
    if (std::get<Bootstrap>(bootstrap).empty() && !known.devices().empty()) {
        call.console.notes +=
            "chordctl: no --bootstrap: the device knows nobody to knock at but its own --peer and the local link\n";
    }
    return hand_out(call, key, known, *certificate, std::get<Bootstrap>(bootstrap), std::get<Seconds>(now), "admitted");
}

Outcome<ExitCode> renew(Call& call) {
    const Outcome<Bootstrap> bootstrap = bootstrap_flag(call);
    if (const auto* failure = std::get_if<Failure>(&bootstrap)) return *failure;
    Outcome<KeyFile> opened = KeyFile::open(call);
    if (const auto* failure = std::get_if<Failure>(&opened)) return *failure;
    auto& key = std::get<KeyFile>(opened);
    const Outcome<Seconds> now = signing_time(call, key.fleet);
    if (const auto* failure = std::get_if<Failure>(&now)) return *failure;
    Outcome<Register> read = Register::read(key.register_path());
    if (const auto* failure = std::get_if<Failure>(&read)) return *failure;
    auto& known = std::get<Register>(read);
    RingSide ring(call.session);
    const Outcome<ListBase> base = reach_list(call, key, ring, false);
    if (const auto* failure = std::get_if<Failure>(&base)) return *failure;
    if (auto failure = ring.clock_problem(call)) return *failure;
    const FleetList& list = std::get<ListBase>(base).list;
    const Outcome<SignedCertificate> found = find_device(call, key, known, list, ring, call.line.words[0]);
    if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
    const Certificate& old = std::get<SignedCertificate>(found).content;
    const Outcome<Seconds> lifetime = seconds_flag(call, "--lifetime", old.lifetime);
    if (const auto* failure = std::get_if<Failure>(&lifetime)) return *failure;
    if (const Revocation* why = list.revocation_of(old)) return revoked(device_text(old), *why);

    // Keys, nonce, name and serial stay: the node takes it without leaving its place on the ring.
    Certificate renewed = old;
    renewed.not_before = key.fleet.issue_time(std::get<Seconds>(now));
    renewed.lifetime = static_cast<std::uint32_t>(std::get<Seconds>(lifetime));
    const SignedCertificate certificate = net::admission::issue(renewed, key.fleet.key);
    if (!net::admission::is_renewal(old, certificate.content)) {
        return Failure{ExitCode::negative, device_text(old) + " has a certificate until " + date_text(old.not_after()) +
                                               " already; ask for a longer one with --lifetime"};
    }
    return hand_out(call, key, known, certificate, std::get<Bootstrap>(bootstrap), std::get<Seconds>(now), "renewed");
}

}  // namespace chord::cli::fleet_verb
