#include "net/rpc.hpp"

#include <algorithm>
#include <map>
#include <type_traits>
#include <utility>
#include <variant>

#include "net/calls.hpp"
#include "net/codec.hpp"
#include "net/envelope.hpp"
#include "net/message/messages.hpp"
#include "net/other_addresses.hpp"
#include "net/outbox.hpp"
#include "net/served.hpp"
#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

/// Every request but Write can be carried out twice without harm: the others ask, or say what stays true.
bool is_repeatable(const Request& request) {
    return !std::holds_alternative<Write>(request);
}

/// What peers answer without waiting for a disk or for others: only such an answer measures the path.
bool is_prompt(const Request& request) {
    if (const auto* const head = std::get_if<HeadQuery>(&request)) return !head->durable;
    return !std::holds_alternative<Write>(request) && !std::holds_alternative<Replicate>(request) &&
           !std::holds_alternative<Witness>(request);
}

MessageOptions message_options(const RpcOptions& options) {
    MessageOptions messages = options.messages;
    messages.first_message_id = static_cast<std::uint32_t>(options.first_request_id);
    return messages;
}

bool is_fleets(std::span<const std::uint8_t> body) {
    return !body.empty() && body.front() == kFleetTag;
}

std::vector<std::uint8_t> fleet_body(std::span<const std::uint8_t> message) {
    std::vector<std::uint8_t> body{kFleetTag};
    body.insert(body.end(), message.begin(), message.end());
    return body;
}

}  // namespace

class Rpc::Parts {
public:
    Parts(const RpcOptions& options, LocalIdentity identity, RpcEvents& events)
        : self_(options.self),
          events_(events),
          channels_(std::move(identity), options.channels, counters_,
                    [this](const Peer& peer, std::optional<Duration> rtt) { calls_.reached(peer, rtt, now_); }),
          messages_(message_options(options)),
          outbox_(channels_, messages_),
          calls_(options, outbox_, others_, counters_),
          served_(options) {}

    void begin_turn(Time now) {
        CHORD_CHECK(now >= now_);
        now_ = now;
    }

    void call(CallId id, const Callee& to, const Request& request, Priority priority) {
        const Calls::Manner manner{is_prompt(request), !channels_.is_open(to, now_), priority};
        if (!calls_.start(id, to, encode(request, {now_, to.address}), manner, now_)) {
            ++counters_.drops_overloaded;
            refused_.push_back(id);
        }
    }

    void call_fleet(CallId id, const Callee& to, std::span<const std::uint8_t> message) {
        // It may wait for a disk, so it measures nothing.
        const Calls::Manner manner{false, !channels_.is_open(to, now_), Priority::foreground};
        if (!calls_.start(id, to, fleet_body(message), manner, now_)) {
            ++counters_.drops_overloaded;
            refused_.push_back(id);
        }
    }

    void reply(ReplyToken token, const Response& response) {
        const auto asker = served_.asker(token);
        if (!asker) return;
        std::vector<std::uint8_t> body = encode(response, {now_, asker->address});
        if (Outbox::is_long(body)) {
            if (channels_.is_proven(*asker)) return reply_long(token, body);
            // A member could have it sent to somebody else, a hundred times what it costs to ask (RFC 9000
            // section 8.1).
            ++counters_.answers_unproven;
            channels_.ask_for_proof(*asker, now_);
            if (served_.begin_long(token)) served_.end_long(token, false, now_);  // it will be asked for again
            return;
        }
        const auto answered = served_.answer(token, std::move(body), now_);
        if (answered) answer(*answered, Kind::response, *answered->body);
    }

    void also_at(const Id& node, const std::vector<Endpoint>& addresses) { others_.tell(node, addresses); }

    void receive(const Endpoint& from, std::span<std::uint8_t> datagram, const Endpoint& at);
    void tick();

    Time next_deadline() const {
        if (!refused_.empty() || messages_.has_events()) return now_;
        return std::min(calls_.next_deadline(), messages_.next_deadline());
    }

    std::vector<Datagram> take_datagrams() {
        outbox_.flush(now_);
        return channels_.take();
    }

    void close(const Id& peer) {
        channels_.close(peer);
        messages_.forget(peer, Error::wrong_peer);
    }

    Outbox& outbox() { return outbox_; }
    Channels& channels() { return channels_; }
    const MessageCounters& message_counters() const { return messages_.counters(); }
    const Calls& calls() const { return calls_; }
    Time heard(const Peer& peer) { return channels_.heard(peer, now_); }
    Time now() const { return now_; }
    const RpcCounters& counters() const { return counters_; }

private:
    using Answered = Served::Answered;

    /// What came, as one datagram or as a message.
    void receive_parcel(const Asker& asker, const Id& sender, std::span<const std::uint8_t> bytes, bool is_long,
                        const Endpoint& at);
    void receive_request(const Asker& asker, const Parcel& parcel, const Endpoint& at);
    void receive_response(const Endpoint& from, const Parcel& parcel, bool is_long);
    void take_message_events(SessionIndex session, const Endpoint& at);
    void answer(const Answered& to, Kind kind, std::span<const std::uint8_t> body);
    void reply_long(ReplyToken token, std::span<const std::uint8_t> body);
    void on_sent(const MessageEnded& ended);

    Id self_;
    RpcEvents& events_;
    RpcCounters counters_;
    Time now_{};
    Channels channels_;
    Messages messages_;
    Outbox outbox_;
    OtherAddresses others_;
    Calls calls_;
    Served served_;
    std::map<SendHandle, ReplyToken> answering_;  // long answers on their way
    std::vector<CallId> refused_;  // found no room in calls_; told at the next tick, never from inside call()
};

void Rpc::Parts::receive(const Endpoint& from, std::span<std::uint8_t> datagram, const Endpoint& at) {
    ++counters_.rx_datagrams;
    counters_.rx_bytes += datagram.size();
    const auto opened = channels_.receive(from, datagram, at, now_);
    if (!opened) return;
    if (is_message_frame(opened->plaintext)) {
        if (!events_.takes_long_from(opened->sender)) {
            ++counters_.drops_unexpected;
            return;
        }
        const Status taken = messages_.receive(Peer{opened->sender, from}, opened->plaintext, now_);
        if (!taken) ++counters_.drops_malformed;
        return take_message_events(opened->session, at);
    }
    receive_parcel(Asker{from, opened->session}, opened->sender, opened->plaintext, false, at);
}

/// `session`: under which came what brought this about; an answer to a message goes back under it.
void Rpc::Parts::take_message_events(SessionIndex session, const Endpoint& at) {
    for (std::vector<MessageEvent> events = messages_.take_events(); !events.empty();
         events = messages_.take_events()) {
        for (const MessageEvent& event : events) {
            if (const auto* const ended = std::get_if<MessageEnded>(&event)) {
                on_sent(*ended);
            } else {
                const auto& [from, bytes] = std::get<MessageDelivered>(event);
                receive_parcel(Asker{from.address, session}, from.id, bytes, true, at);
            }
        }
    }
}

void Rpc::Parts::on_sent(const MessageEnded& ended) {
    if (const auto answering = answering_.find(ended.handle); answering != answering_.end()) {
        served_.end_long(answering->second, ended.status.has_value(), now_);
        answering_.erase(answering);
    } else if (const auto over = calls_.on_sent(ended.handle, ended.status, now_)) {
        events_.on_answer(over->id, over->error);
    }
}

void Rpc::Parts::answer(const Answered& to, Kind kind, std::span<const std::uint8_t> body) {
    const Envelope envelope{.kind = kind, .attempt = to.attempt, .request_id = to.request_id};
    outbox_.post_answer(to.asker, envelope, body, to.from, now_);
}

void Rpc::Parts::reply_long(ReplyToken token, std::span<const std::uint8_t> body) {
    const auto begun = served_.begin_long(token);
    if (!begun) return;
    const Answered& to = begun->answered;
    const Peer asker{begun->sender, to.asker.address};
    const Envelope envelope{.kind = Kind::response, .attempt = to.attempt, .request_id = to.request_id};
    const Priority priority = begun->background ? Priority::background : Priority::foreground;
    const auto handle = outbox_.send_long(asker, envelope, body, priority, calls_.rtt(asker.address, now_), now_);
    if (handle) {
        answer(to, Kind::coming, {});
        answering_.emplace(*handle, token);
    } else {
        answer(to, Kind::response, encode(Response(Refusal{handle.error(), {}}), {now_, asker.address}));
        served_.end_long(token, false, now_);
    }
}

void Rpc::Parts::receive_parcel(const Asker& asker, const Id& sender, std::span<const std::uint8_t> bytes, bool is_long,
                                const Endpoint& at) {
    const auto parcel = parse_parcel(sender, bytes);
    if (!parcel) {
        ++counters_.drops_malformed;
        return;
    }
    if (parcel->envelope.sender == self_) {
        ++counters_.drops_own;
        return;
    }
    const Kind kind = parcel->envelope.kind;
    if (kind == Kind::request || kind == Kind::again) {
        receive_request(asker, *parcel, at);
    } else {
        receive_response(asker.address, *parcel, is_long);
    }
}

void Rpc::Parts::receive_request(const Asker& asker, const Parcel& parcel, const Endpoint& at) {
    const Endpoint& from = asker.address;
    const Envelope& envelope = parcel.envelope;
    const Answered here{asker, at, envelope.request_id, envelope.attempt, nullptr};
    const Served::Lookup known = served_.find(envelope, now_);
    if (known.state != Served::State::unknown) {
        ++counters_.duplicates;
        if (known.body) return answer(here, Kind::response, *known.body);
        if (known.state == Served::State::in_progress) return answer(here, Kind::working, {});
        if (known.state == Served::State::coming) return answer(here, Kind::coming, {});
        return;
    }
    if (envelope.kind == Kind::again) {
        ++counters_.drops_unexpected;  // this node has started anew since, or has long forgotten it
        return;
    }
    if (is_fleets(parcel.body)) {
        const auto said = events_.on_fleet_request(Peer{envelope.sender, from}, parcel.body.subspan(1));
        if (said) return answer(here, Kind::response, fleet_body(*said));
    }
    auto request = decode_request(parcel.body, Arrival{now_, from});
    if (!request) {
        ++counters_.drops_malformed;
        return answer(here, Kind::response, encode(Response(Refusal{request.error(), {}}), {now_, from}));
    }
    const auto token = served_.admit(asker, envelope, is_repeatable(*request), now_, at);
    if (!token) {
        ++counters_.drops_overloaded;
        return;
    }
    events_.on_request(Inbound{Peer{envelope.sender, from}, envelope.member, std::move(*request), *token});
}

void Rpc::Parts::receive_response(const Endpoint& from, const Parcel& parcel, bool is_long) {
    const Envelope& envelope = parcel.envelope;
    const std::optional<Callee> asked = calls_.asked(envelope);
    if (!asked || channels_.peer_of(*asked, now_) != envelope.sender) {
        ++counters_.drops_unexpected;
        return;
    }
    if (envelope.kind != Kind::response) {
        const CallId id = calls_.extend(envelope, now_);
        if (envelope.kind == Kind::coming) events_.on_coming(id);
        return;
    }
    if (is_fleets(parcel.body)) {
        ++counters_.answers;
        events_.on_fleet_answer(calls_.finish(envelope, from, is_long, now_), Peer{envelope.sender, from},
                                parcel.body.subspan(1));
        return;
    }
    auto response = decode_response(parcel.body, Arrival{now_, from});
    if (!response) {
        ++counters_.drops_malformed;
        return;
    }
    ++counters_.answers;
    const CallId id = calls_.finish(envelope, from, is_long, now_);
    events_.on_answer(id, Answer{Peer{envelope.sender, from}, std::move(*response)});
}

void Rpc::Parts::tick() {
    for (const CallId id : std::exchange(refused_, {})) events_.on_answer(id, Error::overloaded);
    messages_.tick(now_);
    take_message_events({}, {});
    std::optional<Calls::Ended> ended;
    while (calls_.expire_one(now_, ended)) {
        if (ended) events_.on_answer(ended->id, ended->error);
    }
}

Rpc::Rpc(const RpcOptions& options, LocalIdentity identity, RpcEvents& events)
    : parts_(std::make_unique<Parts>(options, std::move(identity), events)) {}

Rpc::~Rpc() = default;

void Rpc::begin_turn(Time now) {
    parts_->begin_turn(now);
}

void Rpc::call(CallId id, const Callee& to, Request request, Priority priority) {
    parts_->call(id, to, request, priority);
}

void Rpc::call_fleet(CallId id, const Callee& to, std::span<const std::uint8_t> body) {
    parts_->call_fleet(id, to, body);
}

void Rpc::use_network_keys(std::span<const noise::SecretKey* const> keys, std::size_t begin_with) {
    parts_->channels().use_network_keys(keys, begin_with);
}

void Rpc::close(const Id& peer) {
    parts_->close(peer);
}

bool Rpc::has_session(const Id& peer) const {
    return parts_->channels().has_session(peer);
}

void Rpc::reply(ReplyToken token, Response response) {
    parts_->reply(token, response);
}

void Rpc::also_at(const Id& node, const std::vector<Endpoint>& addresses) {
    parts_->also_at(node, addresses);
}

void Rpc::set_member(bool member) {
    parts_->outbox().set_member(member);
}

void Rpc::receive(const Endpoint& from, std::span<std::uint8_t> datagram, const Endpoint& at) {
    parts_->receive(from, datagram, at);
}

void Rpc::tick() {
    parts_->tick();
}

Time Rpc::next_deadline() const {
    return parts_->next_deadline();
}

std::vector<Datagram> Rpc::take_datagrams() {
    return parts_->take_datagrams();
}

std::vector<std::pair<std::string, std::uint64_t>> Rpc::named_counters() const {
    const RpcCounters& c = parts_->counters();
    const MessageCounters& m = parts_->message_counters();
    return {
        {"answers", c.answers},
        {"answers_unproven", c.answers_unproven},
        {"cookies_sent", c.cookies_sent},
        {"drops_load", c.drops_load},
        {"drops_malformed", c.drops_malformed},
        {"drops_overloaded", c.drops_overloaded},
        {"drops_oversized", c.drops_oversized},
        {"drops_own", c.drops_own},
        {"drops_replayed", c.drops_replayed},
        {"drops_session", c.drops_session},
        {"drops_stranger", c.drops_stranger},
        {"drops_truncated", c.drops_truncated},
        {"drops_unexpected", c.drops_unexpected},
        {"drops_version", c.drops_version},
        {"duplicates", c.duplicates},
        {"handshakes_done", c.handshakes_done},
        {"handshakes_opened", c.handshakes_opened},
        {"message_background_bytes", m.tx_background_bytes},
        {"message_foreground_bytes", m.tx_foreground_bytes},
        {"message_fragments_lost", m.lost},
        {"message_fragments_sent", m.tx_fragments},
        {"messages_delivered", m.delivered},
        {"messages_failed", m.failed},
        {"messages_refused", m.refused},
        {"messages_sent", m.sent},
        {"retransmissions", c.retransmissions},
        {"rx_bytes", c.rx_bytes},
        {"rx_datagrams", c.rx_datagrams},
        {"timeouts", c.timeouts},
        {"tx_bytes", c.tx_bytes},
        {"tx_datagrams", c.tx_datagrams},
        {"working", c.working},
    };
}

std::optional<Duration> Rpc::rtt(const Endpoint& peer) const {
    return parts_->calls().rtt(peer, parts_->now());
}

Duration Rpc::repeats_after(const Endpoint& peer) const {
    return parts_->calls().repeats_after(peer, parts_->now());
}

Time Rpc::heard(const Peer& peer) const {
    return parts_->heard(peer);
}

const RpcCounters& Rpc::counters() const {
    return parts_->counters();
}

}  // namespace chord::net
