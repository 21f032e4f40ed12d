#include "node/cli/options.hpp"

#include <sys/un.h>

#include "node/cli/text.hpp"
#include "node/cli/verbs.hpp"

namespace chord::cli {
namespace {

constexpr std::string_view kDefaultSocket = "/run/chordd/chordd.sock";
constexpr std::size_t kSocketPathMax = sizeof(sockaddr_un{}.sun_path) - 1;

Failure usage(std::string sentence) {
    return {ExitCode::usage, std::move(sentence)};
}

class Parser {
public:
    explicit Parser(const std::vector<std::string>& arguments) : arguments_(arguments) {}

    Outcome<CommandLine> parse() {
        bool flags_over = false;
        while (at_ < arguments_.size()) {
            const std::string& argument = arguments_[at_++];
            if (!flags_over && argument == "--") {
                flags_over = true;
            } else if (!flags_over && argument.size() > 1 && argument.front() == '-') {
                if (auto failure = take_flag(argument)) return *failure;
            } else if (line_.verb == nullptr) {
                const std::string name = group_.empty() ? argument : group_ + " " + argument;
                line_.verb = find_verb(name);
                if (line_.verb == nullptr && group_.empty() && is_verb_group(name)) {
                    group_ = name;
                    continue;
                }
                if (line_.verb == nullptr) {
                    return usage("unknown command '" + printable(name) + "' (try: chordctl help)");
                }
                if (line_.verb->raw) take_raw_words();
            } else {
                line_.words.push_back(argument);
            }
        }
        if (line_.help || line_.version) return line_;
        if (auto failure = check_words()) return *failure;
        return line_;
    }

private:
    std::optional<Failure> take_flag(const std::string& argument) {
        const std::size_t equals = argument.find('=');
        const std::string name = argument.substr(0, equals);
        std::optional<std::string> given;
        if (equals != std::string::npos) given = argument.substr(equals + 1);

        if (bool* global = global_switch(name)) {
            if (given) return usage("option " + name + " takes no value");
            *global = true;
            return std::nullopt;
        }
        const Flag* own = line_.verb == nullptr ? nullptr : find_flag(*line_.verb, name);
        const bool known = own != nullptr || name == "--socket" || name == "--timeout";
        if (!known) {
            return usage("unknown option '" + printable(name) +
                         "' (put -- before a key or value that begins with '-')");
        }
        if (own != nullptr && own->argument.empty()) {
            if (given) return usage("option " + name + " takes no value");
            line_.flags.emplace_back(own->name, "");
            return std::nullopt;
        }
        if (!given) {
            if (at_ == arguments_.size()) return usage("option " + name + " needs a value");
            given = arguments_[at_++];
        }
        if (own != nullptr) {
            line_.flags.emplace_back(own->name, *given);
        } else if (name == "--socket") {
            if (given->empty()) return usage("option --socket needs a path");
            line_.socket = *given;
        } else {
            line_.timeout = parse_duration(*given);
            if (!line_.timeout) {
                return usage("option --timeout needs a time above 0 and at most 100 years, such as 5s or 500ms, not '" +
                             printable(*given) + "'");
            }
        }
        return std::nullopt;
    }

    bool* global_switch(std::string_view name) {
        if (name == "--json") return &line_.json;
        if (name == "--quiet" || name == "-q") return &line_.quiet;
        if (name == "--no-color") return &line_.no_color;
        if (name == "--help" || name == "-h") return &line_.help;
        if (name == "--version") return &line_.version;
        return nullptr;
    }

    void take_raw_words() {
        if (at_ < arguments_.size() && (arguments_[at_] == "--help" || arguments_[at_] == "-h")) line_.help = true;
        if (at_ < arguments_.size() && arguments_[at_] == "--") ++at_;
        for (; at_ < arguments_.size(); ++at_) line_.words.push_back(arguments_[at_]);
    }

    std::optional<Failure> check_words() const {
        if (line_.verb == nullptr && !group_.empty()) {
            return usage("'" + group_ + "' is the first word of several commands (try: chordctl help)");
        }
        if (line_.verb == nullptr) return usage("no command given (try: chordctl help)");
        const Verb& verb = *line_.verb;
        if (line_.words.size() >= verb.words_min && line_.words.size() <= verb.words_max) return std::nullopt;
        std::string sentence = "usage: chordctl " + std::string(verb.name);
        if (!verb.synopsis.empty()) sentence.append(" ").append(verb.synopsis);
        return usage(std::move(sentence));
    }

    const std::vector<std::string>& arguments_;
    std::size_t at_ = 0;
    std::string group_;  // the first word of a verb of two
    CommandLine line_;
};

}  // namespace

const std::string* CommandLine::flag(std::string_view name) const {
    for (auto given = flags.rbegin(); given != flags.rend(); ++given) {
        if (given->first == name) return &given->second;
    }
    return nullptr;
}

Outcome<CommandLine> parse_command_line(const std::vector<std::string>& arguments) {
    return Parser(arguments).parse();
}

Outcome<std::string> socket_path(const CommandLine& line, const char* environment) {
    const bool from_environment = !line.socket && environment != nullptr && *environment != '\0';
    std::string path = line.socket ? *line.socket : from_environment ? environment : std::string(kDefaultSocket);
    if (path.size() <= kSocketPathMax) return path;
    return Failure{from_environment ? ExitCode::bad_config : ExitCode::usage,
                   std::string(from_environment ? "$CHORDD_SOCKET" : "--socket") + " has a path of " +
                       std::to_string(path.size()) + " bytes, a socket path has at most " +
                       std::to_string(kSocketPathMax)};
}

}  // namespace chord::cli
