// Watches: what one connection watches, by CHORD.WATCH and by SUBSCRIBE, and is told of. Ends with the connection.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>

#include "node/core/client.hpp"

namespace chord::api {

class Watches {
public:
    static constexpr std::size_t kWatchesMax = 1024;  // of each kind

    explicit Watches(Client& client) : client_(client) {}
    ~Watches() { clear(); }
    Watches(const Watches&) = delete;
    Watches& operator=(const Watches&) = delete;

    enum class Kind : std::uint8_t { keys, channels };

    /// Success too when the key is watched already, and then nothing changes. Errors: as Client::watch.
    Status begin(Kind kind, BytesView key, const std::optional<Version>& from, WatchListener listener) {
        std::map<Bytes, WatchId>& watched = of(kind);
        if (watched.contains(Bytes(key))) return Success{};
        if (watched.size() == kWatchesMax) return Error::overloaded;
        const Result<WatchId> id = client_.watch(key, from, std::move(listener));
        if (!id) return id.error();
        watched.emplace(key, *id);
        return Success{};
    }

    bool end(Kind kind, BytesView key) {
        const auto known = of(kind).find(Bytes(key));
        if (known == of(kind).end()) return false;
        client_.unwatch(known->second);
        of(kind).erase(known);
        return true;
    }

    /// The keys watched, in order.
    const std::map<Bytes, WatchId>& all(Kind kind) const { return kind == Kind::keys ? keys_ : channels_; }

    void clear() {
        for (std::map<Bytes, WatchId>* watched : {&keys_, &channels_}) {
            for (const auto& [key, id] : *watched) client_.unwatch(id);
            watched->clear();
        }
    }

private:
    std::map<Bytes, WatchId>& of(Kind kind) { return kind == Kind::keys ? keys_ : channels_; }

    Client& client_;
    std::map<Bytes, WatchId> keys_, channels_;
};

}  // namespace chord::api
