#include "node/daemon/lobby.hpp"

#include <signal.h>
#include <asio/post.hpp>

#include <chrono>
#include <span>
#include <utility>

#include "node/daemon/api_setup.hpp"
#include "node/daemon/engine_options.hpp"
#include "node/daemon/listen.hpp"
#include "node/daemon/sd_notify.hpp"

namespace chord::daemon {
namespace {

constexpr std::chrono::seconds kHouseEvery{10};

net::RpcOptions rpc_options(const Options& options) {
    EngineOptions engine;
    apply_profile(options.profile, engine);
    return engine.rpc;
}

NodeView absent_view(const net::UdpSockets& udp) {
    NodeView view;
    view.self.address = own_address(udp);
    return view;
}

}  // namespace

Lobby::Lobby(asio::io_context& io, Log& log, const Options& options, OpenedLobby opened)
    : io_(io),
      log_(log),
      options_(options),
      lock_(std::move(opened.lock)),
      udp_(std::move(opened.udp)),
      newcomer_(options.state_dir, std::move(opened.device), rpc_options(options), log),
      client_(absent_view(*udp_)),
      context_(api_context(options, client_)),
      api_(io_, std::move(opened.api), context_, api_options(),
           {[this] { begin_turn(); }, [this] { return clock_.now(); }}, log_),
      signals_(io_),
      timer_(io_),
      house_timer_(io_) {
    context_.fleet = &newcomer_;
    asio::error_code ignored;
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) signals_.add(number, ignored);
    if (opened.invite) newcomer_.resume(std::move(*opened.invite), clock_.now());
}

Ending Lobby::run() {
    wait_for_signal();
    udp_->start([this](std::span<const net::UdpSocket::Received> batch) {
        begin_turn();
        for (const auto& datagram : batch) newcomer_.receive(datagram.from, datagram.bytes, datagram.at);
    });
    api_.start();
    log_.notice("ready", "ready: listening on " + text(*udp_) + ", api " + options_.api_path);
    sd_notify("READY=1");
    keep_house();
    begin_turn();
    io_.run();
    return ending_;
}

void Lobby::begin_turn() {
    newcomer_.begin_turn(clock_.now());
    if (turn_open_ || finished_) return;
    turn_open_ = true;
    asio::post(io_, [this] { end_turn(); });
}

void Lobby::end_turn() {
    if (finished_) return;
    newcomer_.begin_turn(clock_.now());
    newcomer_.tick();
    api_.flush();
    udp_->send(newcomer_.take_datagrams());
    turn_open_ = false;
    if (newcomer_.admitted()) return finish(Ending::begin_anew);
    tell_status();
    arm_timer();
}

void Lobby::arm_timer() {
    const Time deadline = newcomer_.next_deadline();
    if (deadline >= armed_for_) return;
    armed_for_ = deadline;
    timer_.expires_at(clock_.steady_at(deadline));
    timer_.async_wait([this](const asio::error_code& error) {
        if (error || finished_) return;
        armed_for_ = kNever;
        begin_turn();
    });
}

void Lobby::keep_house() {
    if (finished_) return;
    api_.drop_stalled();
    house_timer_.expires_after(kHouseEvery);
    house_timer_.async_wait([this](const asio::error_code& error) {
        if (!error) keep_house();
    });
}

void Lobby::tell_status() {
    const std::string line = newcomer_.status_line();
    if (line == told_) return;
    told_ = line;
    log_.notice("status", line);
    sd_notify("STATUS=" + line);
}

void Lobby::wait_for_signal() {
    signals_.async_wait([this](const asio::error_code& error, int number) {
        if (error || finished_) return;
        on_signal(number);
        wait_for_signal();
    });
}

void Lobby::on_signal(int number) {
    switch (number) {
        case SIGHUP: break;  // nothing that a configuration says matters before there is a node
        case SIGUSR1: log_.notice("state", "state: " + newcomer_.status_line()); break;
        default:
            sd_notify("STOPPING=1");
            newcomer_.stop();
            finish(Ending::over);
    }
}

void Lobby::finish(Ending ending) {
    if (finished_) return;
    api_.flush();
    finished_ = true;
    ending_ = ending;
    api_.close();
    io_.stop();
    log_.notice("end", ending == Ending::over ? "ended" : "begins anew as a node of its fleet");
}

}  // namespace chord::daemon
