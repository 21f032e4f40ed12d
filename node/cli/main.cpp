// chordctl: the process around node/cli/run.hpp. Environment, terminal, clock, dice, standard input and output live
// here.
#include <fcntl.h>
#include <sodium.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "node/cli/run.hpp"
#include "node/host/file_descriptor.hpp"

namespace {

using namespace chord::cli;

// All of standard input; stops at the first byte too many.
Outcome<std::string> read_value() {
    std::string value;
    std::array<char, 65536> chunk{};
    for (;;) {
        const ssize_t count = ::read(STDIN_FILENO, chunk.data(), chunk.size());
        if (count == 0) return value;
        if (count > 0) {
            value.append(chunk.data(), static_cast<std::size_t>(count));
            if (value.size() > kPutBytesMax) return value;  // put refuses it
        } else if (errno != EINTR) {
            return Failure{ExitCode::usage, std::string("cannot read the value: ") + std::strerror(errno)};
        }
    }
}

// $XDG_CONFIG_HOME/chordctl, else ~/.config/chordctl (XDG Base Directory Specification); relative paths do not count.
std::string key_directory() {
    const char* const config = std::getenv("XDG_CONFIG_HOME");
    if (config != nullptr && *config == '/') return std::string(config) + "/chordctl";
    const char* const home = std::getenv("HOME");
    return home != nullptr && *home == '/' ? std::string(home) + "/.config/chordctl" : std::string();
}

// Asks at the terminal itself, so that standard input and output may be files. Without echo. Ctrl-C raises no signal
// meanwhile, which would leave the terminal without echo, but ends the line and with it the run.
Outcome<std::string> ask_passphrase(const std::string& prompt) {
    constexpr std::size_t kLengthMax = 1024;
    constexpr char kInterrupt = '\x03';
    const chord::FileDescriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    termios before{};
    if (!terminal || ::tcgetattr(terminal.number(), &before) != 0) {
        return Failure{ExitCode::usage,
                       "no terminal to ask for the passphrase at; give it with --passphrase-file FILE"};
    }
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    silent.c_cc[VEOL] = kInterrupt;
    ::tcsetattr(terminal.number(), TCSAFLUSH, &silent);
    static_cast<void>(::write(terminal.number(), prompt.data(), prompt.size()) < 0);
    std::string line;
    line.reserve(kLengthMax);  // it never moves, so that wiping it wipes all of it
    char c = 0;
    while (line.size() < kLengthMax && ::read(terminal.number(), &c, 1) == 1 && c != '\n') {
        line.push_back(c);
        if (c == kInterrupt) break;
    }
    ::tcsetattr(terminal.number(), TCSAFLUSH, &before);
    static_cast<void>(::write(terminal.number(), "\n", 1) < 0);
    if (!line.empty() && line.back() == kInterrupt) {
        sodium_memzero(line.data(), line.size());
        return Failure{ExitCode::usage, "interrupted; nothing was done"};
    }
    return line;
}

chord::net::admission::Seconds wall_seconds() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    return seconds < 0 ? 0 : static_cast<chord::net::admission::Seconds>(seconds);
}

// 0, or the errno that stopped the writing.
int write_all(int file, const std::string& text) {
    std::size_t written = 0;
    while (written < text.size()) {
        const ssize_t count = ::write(file, text.data() + written, text.size() - written);
        if (count >= 0) {
            written += static_cast<std::size_t>(count);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (sodium_init() < 0) {
        static_cast<void>(write_all(STDERR_FILENO, "chordctl: libsodium finds no source of randomness\n"));
        return static_cast<int>(ExitCode::bad_config);
    }
    std::signal(SIGPIPE, SIG_IGN);  // `chordctl ring | head -1` is no accident
    const char* const no_color = std::getenv("NO_COLOR");
    Surroundings surroundings;
    surroundings.socket_variable = std::getenv("CHORDD_SOCKET");
    surroundings.no_color = no_color != nullptr && *no_color != '\0';
    surroundings.terminal = ::isatty(STDOUT_FILENO) == 1;
    surroundings.read_value = read_value;
    surroundings.machine.directory = key_directory();
    surroundings.machine.wall = wall_seconds;
    surroundings.machine.roll = [](std::span<std::uint8_t> bytes) { randombytes_buf(bytes.data(), bytes.size()); };
    surroundings.machine.ask_passphrase = ask_passphrase;
    surroundings.open = [](std::string path, std::chrono::milliseconds timeout) {
        return std::make_unique<UnixSession>(std::move(path), timeout);
    };

    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    RunResult result = run(arguments, surroundings);
    const int error = write_all(STDOUT_FILENO, result.out);
    sodium_memzero(result.out.data(), result.out.size());  // it may have been an invite
    if (error != 0 && error != EPIPE) {
        result.err += std::string("chordctl: cannot write the output: ") + std::strerror(error) + "\n";
        result.code = ExitCode::output;
    }
    write_all(STDERR_FILENO, result.err);
    return static_cast<int>(result.code);
}
