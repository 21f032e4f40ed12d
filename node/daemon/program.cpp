#include "node/daemon/program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <unistd.h>
#include <asio/io_context.hpp>

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "node/daemon/clock.hpp"
#include "node/daemon/daemon.hpp"
#include "node/daemon/lobby.hpp"
#include "node/daemon/log.hpp"
#include "node/daemon/options.hpp"
#include "node/daemon/signals_blocked.hpp"
#include "node/daemon/startup.hpp"

namespace chord::daemon {
namespace {

int fail(const Fault& fault) {
    std::fprintf(stderr, "chordd: %s\n", fault.sentence.c_str());
    return static_cast<int>(fault.exit);
}

int print(const std::string& text) {
    const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
    return static_cast<int>(written ? Exit::ok : Exit::io);
}

/// Where the caller closed one of the standard descriptors, a file of ours would take its number and get the log.
void open_standard_descriptors() {
    for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number)
        if (::fcntl(number, F_GETFD) < 0) static_cast<void>(::open("/dev/null", O_RDWR));
}

/// One life of the device, as a node or as one that waits to be admitted. Everything is opened in it and closed after
/// it, so that the next begins as a process would. Signals are taken only while a loop listens for them: one that comes
/// between two lives waits for the second.
OrFault<Ending> live(const Options& options, Log& log, const std::function<OrFault<Options>()>& reload,
                     const SignalsBlocked& blocked) {
    OrFault<Start> start = start_mode(options, credentials_dir());
    if (!start) return start.fault();
    asio::io_context io(1);
    if (start->mode == StartMode::unadmitted) {
        OrFault<OpenedLobby> opened = open_lobby(options, io, log);
        if (!opened) return opened.fault();
        Lobby lobby(io, log, options, std::move(*opened));
        const SignalsBlocked::Lifted lifted(blocked);
        return lobby.run();
    }
    StoreWake wake(io);
    OrFault<Opened> opened = open_all(options, *start, io, wake, log);
    if (!opened) return opened.fault();
    Daemon daemon({io, wake, log}, options, std::move(*opened), reload);
    const SignalsBlocked::Lifted lifted(blocked);
    return daemon.run();
}

int run_node(const Options& options, const std::function<OrFault<Options>()>& reload) {
    const Clock uptime(Time{});
    Log log(options.log_level, log_style_of_stderr(), {[&] { return uptime.now(); }, &Clock::wall}, stderr_sink());
    const SignalsBlocked blocked;
    for (;;) {
        OrFault<Ending> ending = live(options, log, reload, blocked);
        if (!ending) return fail(ending.fault());
        if (*ending == Ending::over) return static_cast<int>(Exit::ok);
    }
}

}  // namespace

int run_program(std::span<const char* const> arguments) {
    open_standard_descriptors();
    ::signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0) return fail({Exit::io, "libsodium finds no source of randomness on this system"});

    OrFault<Options> options = load_options(arguments);
    if (!options) return fail(options.fault());
    if (options->help) return print(help_text());
    if (options->version) return print("chordd " CHORDD_VERSION "\n");
    if (options->dump_config) return print(dump_config(*options));
    if (options->check_config) {
        OrFault<Start> start = start_mode(*options, credentials_dir());
        return start ? print("chordd: the configuration is good\n") : fail(start.fault());
    }
    return run_node(*options, [arguments] { return load_options(arguments); });
}

}  // namespace chord::daemon
