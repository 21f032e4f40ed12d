#include "node/engine/enrolment.hpp"

#include <algorithm>
#include <utility>

#include "node/core/base/check.hpp"

namespace chord {

using net::admission::kFleetCallBit;
using net::admission::Newcomer;

class Enrolment::Parts final : public net::RpcEvents {
public:
    Parts(EnrolmentOptions options, const net::admission::SigningKey& device, net::noise::KeyPair static_key,
          net::Dice dice, Time now)
        : newcomer(std::move(options.newcomer), device, static_key.public_key(), now),
          rpc(with_self(options.rpc, newcomer.id()),
              newcomer.identity(std::move(static_key), options.first_initiation, std::move(dice)), *this) {}

    void begin_turn(Time now) {
        rpc.begin_turn(now);
        newcomer.begin_turn(now);
    }
    void follow() {
        while (auto question = newcomer.next()) {
            rpc.call_fleet(CallId{++calls_made_ | kFleetCallBit}, Callee(question->to), question->message);
        }
    }

    void on_request(Inbound request) override { rpc.reply(request.token, Refusal{Error::not_admitted, {}}); }
    void on_answer(CallId, Result<Answer> answer) override {
        newcomer.on_failure(answer ? Error::bad_message : answer.error());
    }
    void on_fleet_answer(CallId, const Peer& from, std::span<const std::uint8_t> body) override {
        newcomer.on_answer(from, body);
    }

    Newcomer newcomer;
    net::Rpc rpc;

private:
    static net::RpcOptions with_self(net::RpcOptions options, const Id& self) {
        options.self = self;
        return options;
    }

    std::uint64_t calls_made_ = 0;
};

Enrolment::Enrolment(EnrolmentOptions options, const net::admission::SigningKey& device, net::noise::KeyPair static_key,
                     net::Dice dice, Time now)
    : parts_(std::make_unique<Parts>(std::move(options), device, std::move(static_key), std::move(dice), now)) {}

Enrolment::~Enrolment() = default;

void Enrolment::receive(Time now, const Endpoint& from, std::span<std::uint8_t> datagram, const Endpoint& at) {
    parts_->begin_turn(now);
    parts_->rpc.receive(from, datagram, at);
    parts_->follow();
}

void Enrolment::tick(Time now) {
    parts_->begin_turn(now);
    parts_->rpc.tick();
    parts_->follow();
}

Time Enrolment::next_deadline() const {
    return std::min(parts_->rpc.next_deadline(), parts_->newcomer.next_deadline());
}

std::vector<net::Datagram> Enrolment::take_datagrams() {
    return parts_->rpc.take_datagrams();
}

const Newcomer::Status& Enrolment::status() const {
    return parts_->newcomer.status();
}

const net::admission::FleetFiles& Enrolment::files() const {
    CHORD_CHECK(status().state == Newcomer::State::admitted);
    return parts_->newcomer.files();
}

}  // namespace chord
