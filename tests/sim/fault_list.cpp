#include "tests/sim/fault_list.hpp"

#include <algorithm>
#include <sstream>

#include "tests/sim/nemesis/fault.hpp"

namespace chord::sim {

namespace {

constexpr const char* kNoFault = "none";

}  // namespace

std::function<std::optional<std::string>(const std::string&)> fault_list(
    std::optional<std::vector<std::size_t>>& into) {
    return [&into](const std::string& text) -> std::optional<std::string> {
        std::vector<std::size_t> kinds;
        std::istringstream words(text + ",");  // so that nothing after the last comma is a word, too
        for (std::string word; std::getline(words, word, ',') && text != kNoFault;) {
            const std::optional<std::size_t> kind = fault_named(word);
            if (!kind || std::find(kinds.begin(), kinds.end(), *kind) != kinds.end()) {
                return "names from the list that --help prints, each once, with commas between them, or " +
                       std::string(kNoFault);
            }
            kinds.push_back(*kind);
        }
        into = kinds;
        return std::nullopt;
    };
}

std::string fault_help() {
    std::string lines;
    for (const FaultKind& kind : fault_kinds()) {
        const std::string name = kind.name;
        lines += "  " + name + std::string(name.size() < 16 ? 16 - name.size() : 0, ' ') + " " + kind.help + "\n";
    }
    return lines;
}

}  // namespace chord::sim
