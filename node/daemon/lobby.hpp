// Lobby: the event loop of a device that waits to be admitted. Its local interface answers what a device without a
// ring can answer, its UDP ports are silent unless an invite is being redeemed, and its loop ends when it is admitted.
//
// Invariants
//  1. No store is opened: the node's id, which the store belongs to, comes with the certificate.
//  2. The reply to the command that admitted the device has left before the loop ends.
#pragma once

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>

#include "node/api/absent_client.hpp"
#include "node/api/context.hpp"
#include "node/daemon/api_server.hpp"
#include "node/daemon/clock.hpp"
#include "node/daemon/ending.hpp"
#include "node/daemon/log.hpp"
#include "node/daemon/newcomer_port.hpp"
#include "node/daemon/options.hpp"
#include "node/daemon/startup.hpp"

namespace chord::daemon {

class Lobby {
public:
    /// `io`, `log` and `options` outlive it.
    Lobby(asio::io_context& io, Log& log, const Options& options, OpenedLobby opened);
    Lobby(const Lobby&) = delete;
    Lobby& operator=(const Lobby&) = delete;

    /// Runs until a signal ends it or the device is admitted.
    Ending run();

private:
    void begin_turn();
    void end_turn();
    void arm_timer();
    void keep_house();
    void wait_for_signal();
    void on_signal(int number);
    void finish(Ending ending);
    void tell_status();

    asio::io_context& io_;
    Log& log_;
    const Options& options_;
    const Clock clock_{Time{}};  // of this loop only: nothing is kept by it
    StateLock lock_;
    std::unique_ptr<net::UdpSockets> udp_;
    NewcomerPort newcomer_;
    api::AbsentClient client_;
    api::ApiContext context_;
    ApiServer api_;
    asio::signal_set signals_;
    asio::steady_timer timer_;
    asio::steady_timer house_timer_;

    bool turn_open_ = false;
    Time armed_for_ = kNever;
    std::string told_;
    Ending ending_ = Ending::over;
    bool finished_ = false;
};

}  // namespace chord::daemon
