// Files that the fleet verbs read and write, and what goes through people's hands in armour.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/admission/keys.hpp"
#include "node/cli/verbs.hpp"
#include "node/host/fault.hpp"

namespace chord::cli {

/// The failure that a fault of node/host is for a user of chordctl; the numbers are the same.
Failure failure_from_fault(const Fault& fault);

/// Bytes that are wiped when they go.
class WipedText {
public:
    WipedText() = default;
    explicit WipedText(std::string text) : text_(std::move(text)) {}
    WipedText(WipedText&& other) noexcept;
    WipedText& operator=(WipedText&& other) noexcept;
    ~WipedText() { wipe(); }

    const std::string& text() const { return text_; }

private:
    void wipe();
    std::string text_;
};

/// The content of a regular file of at most 128 KiB; nullopt when there is none. `what` ("request") begins sentences.
Outcome<std::optional<std::string>> read_file(const std::string& what, const std::string& path);

/// The content of the file that a word names, or of standard input for "-". Failure: usage, when there is none.
Outcome<std::string> read_word(Call& call, const std::string& what, const std::string& word);

/// What the armour in `text` carries. Failure: usage, with `source` ("request.txt") in the sentence.
Outcome<std::vector<std::uint8_t>> from_armor(std::string_view label, std::string_view text, const std::string& source);

/// Makes or replaces a file, whole and on disk or not at all, mode 0600.
std::optional<Failure> write_own_file(const std::string& what, const std::string& path, std::string_view content);

/// "-" as "standard input", a path made printable.
std::string source_name(const std::string& word);

/// Directory and last component of a path.
std::pair<std::string, std::string> split_path(const std::string& path);

std::string as_text(net::admission::View bytes);
inline net::admission::View as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace chord::cli
