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
#include "node/daemon/log.hpp"
#include "node/daemon/options.hpp"
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

int run_node(const Options& options, std::function<OrFault<Options>()> reload) {
    const Clock uptime(Time{});
    Log log(options.log_level, log_style_of_stderr(), {[&] { return uptime.now(); }, &Clock::wall}, stderr_sink());
    asio::io_context io(1);
    StoreWake wake(io);
    OrFault<Opened> opened = open_all(options, io, wake, log);
    if (!opened) return fail(opened.fault());

    const std::optional<Bytes> saved = opened->store->meta(kNodeTimeMeta);
    const Clock clock(saved ? decode_node_time(*saved).value_or(Time{}) : Time{});
    Daemon daemon({io, wake, clock, log}, options, std::move(*opened), std::move(reload));
    daemon.run();
    return static_cast<int>(Exit::ok);
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
        OrFault<NetworkKey> key = open_network_key(*options);
        return key ? print("chordd: the configuration is good\n") : fail(key.fault());
    }
    return run_node(*options, [arguments] { return load_options(arguments); });
}

}  // namespace chord::daemon
