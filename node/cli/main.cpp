// chordctl: the process around node/cli/run.hpp. Environment, terminal, standard input and output live here.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "node/cli/run.hpp"

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
    std::signal(SIGPIPE, SIG_IGN);  // `chordctl ring | head -1` is no accident
    const char* const no_color = std::getenv("NO_COLOR");
    Surroundings surroundings;
    surroundings.socket_variable = std::getenv("CHORDD_SOCKET");
    surroundings.no_color = no_color != nullptr && *no_color != '\0';
    surroundings.terminal = ::isatty(STDOUT_FILENO) == 1;
    surroundings.read_value = read_value;
    surroundings.open = [](std::string path, std::chrono::milliseconds timeout) {
        return std::make_unique<UnixSession>(std::move(path), timeout);
    };

    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    RunResult result = run(arguments, surroundings);
    const int error = write_all(STDOUT_FILENO, result.out);
    if (error != 0 && error != EPIPE) {
        result.err += std::string("chordctl: cannot write the output: ") + std::strerror(error) + "\n";
        result.code = ExitCode::output;
    }
    write_all(STDERR_FILENO, result.err);
    return static_cast<int>(result.code);
}
