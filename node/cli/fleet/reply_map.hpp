// ReplyMap: builds the one object that a verb prints with --json, as the map that node/cli/json.hpp knows to write.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/api/resp_reply.hpp"
#include "node/cli/json.hpp"

namespace chord::cli {

class ReplyMap {
public:
    ReplyMap() { map_.kind = api::Reply::Kind::map; }

    ReplyMap& text(std::string_view name, std::string value) {
        return member(name, {api::Reply::Kind::text, 0, 0, std::move(value), {}});
    }
    ReplyMap& number(std::string_view name, std::uint64_t value) {
        return member(name, {api::Reply::Kind::integer, static_cast<std::int64_t>(value), 0, {}, {}});
    }
    ReplyMap& flag(std::string_view name, bool value) {
        return member(name, {api::Reply::Kind::boolean, value ? 1 : 0, 0, {}, {}});
    }
    ReplyMap& list(std::string_view name, std::vector<api::Reply> items) {
        return member(name, {api::Reply::Kind::array, 0, 0, {}, std::move(items)});
    }
    ReplyMap& member(std::string_view name, api::Reply value) {
        map_.items.push_back({api::Reply::Kind::text, 0, 0, std::string(name), {}});
        map_.items.push_back(std::move(value));
        return *this;
    }

    const api::Reply& reply() const { return map_; }
    /// The object with its line feed.
    std::string json() const { return json_object("", map_) + "\n"; }

private:
    api::Reply map_;
};

}  // namespace chord::cli
