#include "node/api/session.hpp"

#include <algorithm>
#include <utility>

#include "node/api/argument.hpp"
#include "node/api/call.hpp"
#include "node/api/failure.hpp"
#include "node/api/fleet_text.hpp"

namespace chord::api {
namespace {

/// Bytes that a driver may feed beyond wants_input() before the session ends.
constexpr std::size_t kBufferedMax = 2 * kCommandBytesMax;

/// Redis' text, with its 128 bytes of name and of arguments.
std::string unknown_command(std::span<const BytesView> args) {
    constexpr std::size_t kShownMax = 128;
    const auto shown = [](BytesView text, std::size_t most) {
        return std::string(text.substr(0, std::min(most, text.find('\0'))));
    };
    std::string rest;
    for (const BytesView arg : args.subspan(1)) {
        if (rest.size() >= kShownMax) break;
        rest += '\'' + shown(arg, kShownMax - rest.size()) + "' ";
    }
    return "ERR unknown command '" + shown(args[0], kShownMax) + "', with args beginning with: " + rest;
}

std::string oversize_text(const Oversize& oversize, const CommandSpec* spec, std::size_t arguments,
                          std::size_t value_bytes_max) {
    switch (oversize.what) {
        case Oversize::What::arguments:
            return "TOOBIG command has " + std::to_string(oversize.size) + " arguments, limit " +
                   std::to_string(kArgumentsMax);
        case Oversize::What::command: return "TOOBIG command is over " + std::to_string(kCommandBytesMax) + " bytes";
        case Oversize::What::argument: break;
    }
    if (spec != nullptr && arity_fits(*spec, arguments)) {
        const KeyRange keys = key_range(*spec, arguments);
        const std::size_t i = oversize.index;
        const bool is_key = i >= keys.first && i < keys.end && (i - keys.first) % keys.step == 0;
        if (is_key) return *key_too_big(oversize.size);
        if ((spec->flags & kWrite) != 0) return *value_too_big(oversize.size, value_bytes_max);
    }
    return "TOOBIG argument is " + std::to_string(oversize.size) + " bytes, limit " + std::to_string(kArgumentBytesMax);
}

}  // namespace

/// Marks that the session is inside one of its own calls, so that operations that end at once do not wake the driver.
class Session::Running {
public:
    explicit Running(Connection& connection) : connection_(connection) {
        connection_.running = true;
        connection_.woken = false;
    }
    ~Running() { connection_.running = false; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

private:
    Connection& connection_;
};

Session::Session(ApiContext& context, Caller caller, std::function<void()> wake)
    : connection_(std::make_shared<Connection>(context, caller, std::move(wake))) {}

Session::~Session() = default;

void Session::feed(BytesView bytes) {
    if (connection_->closing) return;
    const Running running(*connection_);
    parser_.feed(bytes);
    run();
    if (parser_.buffered() > kBufferedMax) connection_->abort("the client sends more than it may");
}

std::string Session::take_output() {
    const Running running(*connection_);
    run();
    return connection_->replies.take_output();
}

bool Session::wants_input() const {
    return may_run() && !waiting_for_key_;
}

bool Session::closed() const {
    return connection_->closing && connection_->replies.waiting() == 0 && connection_->replies.bytes() == 0;
}

bool Session::may_run() const {
    const Connection& connection = *connection_;
    return !connection.closing && connection.replies.waiting() < kInFlightMax &&
           connection.order.size() < kInFlightMax && connection.replies.output_bytes() < kOutputPauseBytes;
}

void Session::run() {
    waiting_for_key_ = false;
    while (may_run()) {
        switch (parser_.parse()) {
            case RespParser::Outcome::incomplete: return;
            case RespParser::Outcome::error:
                reply_error("ERR " + std::string(parser_.error()));
                connection_->closing = true;
                connection_->close_reason = parser_.error();
                return;
            case RespParser::Outcome::command:
                if (!run_command()) {
                    waiting_for_key_ = true;
                    return;
                }
                parser_.consume();
                ++commands_done_;
        }
    }
}

/// Runs the parser's command. False when it has to wait for a command in flight.
bool Session::run_command() {
    const auto args = parser_.arguments();
    const CommandSpec* spec = args.empty() ? nullptr : find_command(args[0]);
    if (const auto problem = objection(args, spec)) {
        reply_error(*problem);
        return true;
    }
    if (must_wait(args, *spec)) return false;

    const ReplyQueue::Slot slot = connection_->replies.open(connection_->protocol);
    const KeyRange keys = key_range(*spec, args.size());
    for (std::size_t i = keys.first; i < keys.end; i += keys.step) {
        connection_->order.add(slot, args[i], (spec->flags & kWrite) != 0);
    }
    ++connection_->context.commands_processed;
    Call call(connection_, *spec, args, slot);
    spec->handler(call);
    if ((spec->flags & kSecret) != 0) parser_.wipe_arguments();
    if (!call.deferred()) connection_->finish(slot);
    return true;
}

/// Why the command cannot be run at all.
std::optional<std::string> Session::objection(std::span<const BytesView> args, const CommandSpec* spec) const {
    if (parser_.oversize())
        return oversize_text(*parser_.oversize(), spec, args.size(), connection_->context.value_bytes_max);
    if (spec == nullptr) return unknown_command(args);
    if (!arity_fits(*spec, args.size())) {
        return "ERR wrong number of arguments for '" + std::string(spec->name) + "' command";
    }
    if ((spec->flags & kPubsub) == 0 && connection_->protocol == Protocol::resp2 &&
        !connection_->watches.all(Watches::Kind::channels).empty()) {
        return "ERR Can't execute '" + std::string(spec->name) +
               "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context";
    }
    if ((spec->flags & kAdmin) != 0 && !connection_->caller.admin) {
        return "NOPERM this user has no permissions to run the '" + std::string(spec->name) + "' command";
    }
    if (const FleetPort* fleet = connection_->context.fleet; fleet != nullptr && needs_ring(*spec)) {
        if (const FleetPhase phase = fleet->phase(); phase != FleetPhase::member) {
            return "NOTADMITTED " + not_admitted_sentence(phase, text(fleet->view().standing));
        }
    }
    return std::nullopt;
}

bool Session::must_wait(std::span<const BytesView> args, const CommandSpec& spec) const {
    const KeyRange keys = key_range(spec, args.size());
    for (std::size_t i = keys.first; i < keys.end; i += keys.step) {
        if (connection_->order.must_wait(args[i], (spec.flags & kWrite) != 0)) return true;
    }
    return false;
}

void Session::reply_error(std::string_view text) {
    const ReplyQueue::Slot slot = connection_->replies.open(connection_->protocol);
    connection_->replies.writer(slot).error(text);
    connection_->finish(slot);
}

}  // namespace chord::api
