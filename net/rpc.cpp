#include "net/rpc.hpp"

#include <type_traits>
#include <variant>

#include "net/calls.hpp"
#include "net/codec.hpp"
#include "net/envelope.hpp"
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
    return !std::holds_alternative<Write>(request) && !std::holds_alternative<Replicate>(request) &&
           !std::holds_alternative<Witness>(request);
}

}  // namespace

class Rpc::Parts {
public:
    Parts(const RpcOptions& options, LocalIdentity identity, RpcEvents& events)
        : self_(options.self),
          events_(events),
          channels_(std::move(identity), options.channels, counters_,
                    [this](const Peer& peer, std::optional<Duration> rtt) { calls_.reached(peer, rtt, now_); }),
          outbox_(channels_),
          calls_(options, outbox_, others_, counters_),
          served_(options) {}

    void begin_turn(Time now) {
        CHORD_CHECK(now >= now_);
        now_ = now;
    }

    void call(CallId id, const Callee& to, const Request& request) {
        const Calls::Manner manner{is_prompt(request), !channels_.is_open(to, now_)};
        if (!calls_.start(id, to, encode(request, {now_, to.address}), manner, now_)) {
            ++counters_.drops_overloaded;
            refused_.push_back(id);
        }
    }

    void reply(ReplyToken token, const Response& response) {
        const auto asker = served_.asker(token);
        if (!asker) return;
        const auto answered = served_.answer(token, encode(response, {now_, asker->address}), now_);
        if (!answered) return;
        outbox_.post_answer(answered->asker, Kind::response, answered->request_id, answered->attempt, *answered->body,
                            answered->from, now_);
    }

    void also_at(const Id& node, const std::vector<Endpoint>& addresses) { others_.tell(node, addresses); }

    void receive(const Endpoint& from, std::span<std::uint8_t> datagram, const Endpoint& at);
    void tick();

    Time next_deadline() const { return refused_.empty() ? calls_.next_deadline() : now_; }

    Outbox& outbox() { return outbox_; }
    Channels& channels() { return channels_; }
    const Calls& calls() const { return calls_; }
    Time now() const { return now_; }
    const RpcCounters& counters() const { return counters_; }

private:
    void receive_request(const Asker& asker, const Parcel& parcel, const Endpoint& at);
    void receive_response(const Endpoint& from, const Parcel& parcel);

    Id self_;
    RpcEvents& events_;
    RpcCounters counters_;
    Time now_{};
    Channels channels_;
    Outbox outbox_;
    OtherAddresses others_;
    Calls calls_;
    Served served_;
    std::vector<CallId> refused_;  // found no room in calls_; told at the next tick, never from inside call()
};

void Rpc::Parts::receive(const Endpoint& from, std::span<std::uint8_t> datagram, const Endpoint& at) {
    ++counters_.rx_datagrams;
    counters_.rx_bytes += datagram.size();
    const auto opened = channels_.receive(from, datagram, at, now_);
    if (!opened) return;
    const auto parcel = parse_parcel(opened->sender, opened->plaintext);
    if (!parcel) {
        ++counters_.drops_malformed;
        return;
    }
    if (parcel->envelope.sender == self_) {
        ++counters_.drops_own;
        return;
    }
    if (parcel->envelope.kind == Kind::request) {
        receive_request(Asker{from, opened->session}, *parcel, at);
    } else {
        receive_response(from, *parcel);
    }
}

void Rpc::Parts::receive_request(const Asker& asker, const Parcel& parcel, const Endpoint& at) {
    const Endpoint& from = asker.address;
    const Envelope& envelope = parcel.envelope;
    const Served::Lookup known = served_.find(envelope, now_);
    if (known.state != Served::State::unknown) {
        ++counters_.duplicates;
        if (known.body) {
            outbox_.post_answer(asker, Kind::response, envelope.request_id, envelope.attempt, *known.body, at, now_);
        } else if (known.state == Served::State::in_progress) {
            outbox_.post_answer(asker, Kind::working, envelope.request_id, envelope.attempt, {}, at, now_);
        }
        return;
    }
    auto request = decode_request(parcel.body, Arrival{now_, from});
    if (!request) {
        ++counters_.drops_malformed;
        const auto body = encode(Response(Refusal{request.error(), {}}), now_);
        outbox_.post_answer(asker, Kind::response, envelope.request_id, envelope.attempt, body, at, now_);
        return;
    }
    const auto token = served_.admit(asker, envelope, is_repeatable(*request), now_, at);
    if (!token) {
        ++counters_.drops_overloaded;
        return;
    }
    events_.on_request(Inbound{Peer{envelope.sender, from}, envelope.member, std::move(*request), *token});
}

void Rpc::Parts::receive_response(const Endpoint& from, const Parcel& parcel) {
    const Envelope& envelope = parcel.envelope;
    const std::optional<Callee> asked = calls_.asked(envelope);
    if (!asked || channels_.peer_of(*asked, now_) != envelope.sender) {
        ++counters_.drops_unexpected;
        return;
    }
    if (envelope.kind == Kind::working) {
        calls_.extend(envelope, now_);
        return;
    }
    auto response = decode_response(parcel.body, Arrival{now_, from});
    if (!response) {
        ++counters_.drops_malformed;
        return;
    }
    ++counters_.answers;
    const CallId id = calls_.finish(envelope, now_);
    events_.on_answer(id, Answer{Peer{envelope.sender, from}, std::move(*response)});
}

void Rpc::Parts::tick() {
    for (const CallId id : std::exchange(refused_, {})) events_.on_answer(id, Error::overloaded);
    std::optional<CallId> ended;
    while (calls_.expire_one(now_, ended)) {
        if (ended) events_.on_answer(*ended, Error::timeout);
    }
}

Rpc::Rpc(const RpcOptions& options, LocalIdentity identity, RpcEvents& events)
    : parts_(std::make_unique<Parts>(options, std::move(identity), events)) {}

Rpc::~Rpc() = default;

void Rpc::begin_turn(Time now) {
    parts_->begin_turn(now);
}

void Rpc::call(CallId id, const Callee& to, Request request) {
    parts_->call(id, to, request);
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
    return parts_->channels().take();
}

std::vector<std::pair<std::string, std::uint64_t>> Rpc::named_counters() const {
    const RpcCounters& c = parts_->counters();
    return {
        {"answers", c.answers},
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

const RpcCounters& Rpc::counters() const {
    return parts_->counters();
}

}  // namespace chord::net
