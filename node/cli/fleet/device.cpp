// `join`, `request`, `certs`, `fleet status`: on the device itself, through its node.
#include <utility>

#include "net/admission/armor.hpp"
#include "net/admission/invite.hpp"
#include "node/cli/fleet/files.hpp"
#include "node/cli/fleet/flags.hpp"
#include "node/cli/fleet/show_fleet.hpp"
#include "node/cli/fleet/verbs_fleet.hpp"
#include "node/cli/json.hpp"
#include "node/cli/text.hpp"

namespace chord::cli::fleet_verb {
namespace {

using api::Reply;
using Kind = Reply::Kind;

constexpr std::string_view kInviteHead = "chord1:";

Failure unexpected(std::string_view command) {
    return {ExitCode::protocol, "the daemon's answer to " + std::string(command) + " has another shape than expected"};
}

bool is_invite(std::string_view text) {
    return text.substr(0, kInviteHead.size()) == kInviteHead;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// What is to be joined by: the word itself if it is an invite, else what the file holds. Mistyped and damaged ones are
/// found here, before the node tries for half a minute.
Outcome<WipedText> ticket_of(Call& call) {
    const std::string& word = call.line.words[0];
    WipedText ticket;
    std::string source = "this";
    if (is_invite(word)) {
        ticket = WipedText(word);
    } else {
        Outcome<std::string> text = read_word(call, "invite or admission file", word);
        if (const auto* failure = std::get_if<Failure>(&text)) return *failure;
        ticket = WipedText(std::move(std::get<std::string>(text)));
        source = source_name(word);
    }
    const std::string_view text = trimmed(ticket.text());
    if (is_invite(text)) {
        if (!net::admission::read_invite(text)) {
            return Failure{ExitCode::usage, source + " is no whole invite: mistyped, or cut off"};
        }
        return WipedText(std::string(text));
    }
    Outcome<std::vector<std::uint8_t>> bytes = from_armor(net::admission::kCertificateArmor, text, source);
    if (std::holds_alternative<Failure>(bytes)) {
        return Failure{ExitCode::usage,
                       source + " is neither an invite (chord1:...) nor an admission file that is whole"};
    }
    return ticket;
}

/// CHORD.REQUEST with the wishes that were given.
Outcome<std::vector<std::string>> request_command(const Call& call) {
    const Outcome<std::string> name = name_flag(call);
    if (const auto* failure = std::get_if<Failure>(&name)) return *failure;
    const Outcome<std::string> tag = tag_flag(call);
    if (const auto* failure = std::get_if<Failure>(&tag)) return *failure;
    std::vector<std::string> command{"CHORD.REQUEST"};
    if (!std::get<std::string>(name).empty()) command.insert(command.end(), {"NAME", std::get<std::string>(name)});
    if (!std::get<std::string>(tag).empty()) command.insert(command.end(), {"TAG", std::get<std::string>(tag)});
    return command;
}

}  // namespace

Outcome<ExitCode> join(Call& call) {
    const Outcome<std::vector<std::string>> wishes = request_command(call);
    if (const auto* failure = std::get_if<Failure>(&wishes)) return *failure;
    Outcome<WipedText> ticket = ticket_of(call);
    if (const auto* failure = std::get_if<Failure>(&ticket)) return *failure;
    if (std::get<std::vector<std::string>>(wishes).size() > 1) {
        if (!is_invite(std::get<WipedText>(ticket).text())) {
            return Failure{ExitCode::usage,
                           "an admission file says the device's name and tag: --name and --tag go with an "
                           "invite"};
        }
        // What was wished in the last request is what the node asks the inviter for.
        const Outcome<Reply> made = call.session.ask(std::get<std::vector<std::string>>(wishes));
        if (const auto* failure = std::get_if<Failure>(&made)) return *failure;
    }
    std::vector<std::string> command{"CHORD.JOIN", std::get<WipedText>(ticket).text()};
    const Outcome<Reply> answer = call.session.ask(command);
    const WipedText wiped(std::move(command.back()));
    if (const auto* failure = std::get_if<Failure>(&answer)) return *failure;
    const auto& admission = std::get<Reply>(answer);
    if (!admission.is(Kind::map)) return unexpected("CHORD.JOIN");
    call.console.out =
        call.line.json ? json_object("admission", admission) + "\n" : show_admission(admission, call.console.colour);
    return ExitCode::ok;
}

Outcome<ExitCode> request(Call& call) {
    const Outcome<std::vector<std::string>> command = request_command(call);
    if (const auto* failure = std::get_if<Failure>(&command)) return *failure;
    const Outcome<Reply> answer = call.session.ask(std::get<std::vector<std::string>>(command));
    if (const auto* failure = std::get_if<Failure>(&answer)) return *failure;
    const auto& reply = std::get<Reply>(answer);
    if (!reply.is_text()) return unexpected("CHORD.REQUEST");
    call.console.out = call.line.json ? json_object("request", reply) + "\n" : printable(reply.text, true);
    return ExitCode::ok;
}

Outcome<ExitCode> certs(Call& call) {
    std::vector<std::string> command{"CHORD.CERTS"};
    if (call.line.flag("--all") != nullptr) command.emplace_back("ALL");
    const Outcome<Reply> answer = call.session.ask(command);
    if (const auto* failure = std::get_if<Failure>(&answer)) return *failure;
    const auto& reply = std::get<Reply>(answer);
    if (!reply.is(Kind::array)) return unexpected("CHORD.CERTS");
    call.console.out = call.line.json ? json_object("certs", reply) + "\n" : show_certs(reply, call.console.colour);
    return ExitCode::ok;
}

Outcome<ExitCode> status(Call& call) {
    const Outcome<Reply> answer = call.session.ask({"CHORD.FLEET"});
    if (const auto* failure = std::get_if<Failure>(&answer)) return *failure;
    const auto& reply = std::get<Reply>(answer);
    if (!reply.is(Kind::map)) return unexpected("CHORD.FLEET");
    call.console.out =
        call.line.json ? json_object("fleet", reply) + "\n" : show_fleet_status(reply, call.console.colour);
    return ExitCode::ok;
}

}  // namespace chord::cli::fleet_verb
