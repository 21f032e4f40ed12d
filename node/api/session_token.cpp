#include "node/api/session_token.hpp"

#include <algorithm>
#include <charconv>

#include "node/api/version_text.hpp"

namespace chord::api {

void SessionToken::note(const Id& key, const Version& version, Time expires, Time now) {
    const auto known =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.key == key; });
    if (known != entries_.end()) {
        if (version < known->version) return;
        entries_.erase(known);
    }
    if (entries_.size() == kKeysMax) entries_.erase(entries_.begin());
    entries_.push_back(Entry{key, version, std::min(expires, now + kLife)});
}

ReadOptions SessionToken::demand(const Id& key, Level level, Time now) {
    std::erase_if(entries_, [&](const Entry& entry) { return entry.until <= now; });
    const auto known =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.key == key; });
    if (known == entries_.end()) return ReadOptions{level};
    return ReadOptions{level, known->version, known->until};
}

std::string SessionToken::text(Time now) const {
    std::string result;
    for (const Entry& entry : entries_) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(entry.until - now).count();
        if (left <= 0) continue;
        if (!result.empty()) result += ',';
        result += entry.key.hex() + ':' + version_text(entry.version) + ':' + std::to_string(left);
    }
    return result;
}

bool SessionToken::adopt(std::string_view text, Time now) {
    std::vector<Entry> taken;
    while (!text.empty()) {
        const std::string_view item = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), item.size() + 1));
        const std::size_t first = item.find(':');
        const std::size_t second = item.find(':', first == std::string_view::npos ? first : first + 1);
        if (second == std::string_view::npos || taken.size() == kKeysMax) return false;
        const auto key = Id::from_hex(item.substr(0, first));
        const auto version = parse_version(item.substr(first + 1, second - first - 1));
        const std::string_view number = item.substr(second + 1);
        std::int64_t left = 0;
        const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), left);
        if (!key || !version || error != std::errc() || end != number.data() + number.size() || left <= 0 ||
            std::chrono::milliseconds(left) > kLife) {
            return false;
        }
        taken.push_back(Entry{*key, *version, now + std::chrono::milliseconds(left)});
    }
    for (const Entry& entry : taken) note(entry.key, entry.version, entry.until, now);
    return true;
}

}  // namespace chord::api
