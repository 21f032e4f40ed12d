#include "node/cli/reply_fields.hpp"

#include <cmath>

#include "node/cli/text.hpp"

namespace chord::cli {

using api::Reply;

const Reply* at(const Reply& reply, std::initializer_list<std::string_view> path) {
    const Reply* found = &reply;
    for (const std::string_view name : path) {
        found = found->find(name);
        if (found == nullptr || found->is(Reply::Kind::null)) return nullptr;
    }
    return found;
}

std::string text_at(const Reply& reply, std::initializer_list<std::string_view> path, std::string_view missing) {
    const Reply* const found = at(reply, path);
    return found != nullptr && found->is_text() ? printable(found->text) : std::string(missing);
}

std::optional<double> number_at(const Reply& reply, std::initializer_list<std::string_view> path) {
    const Reply* const found = at(reply, path);
    if (found == nullptr) return std::nullopt;
    if (found->is(Reply::Kind::integer)) return static_cast<double>(found->integer);
    if (found->is(Reply::Kind::real) && std::isfinite(found->real)) return found->real;
    return std::nullopt;
}

std::int64_t count_at(const Reply& reply, std::initializer_list<std::string_view> path) {
    const std::optional<double> number = number_at(reply, path);
    if (!number || *number < 0) return 0;
    return *number >= 9e18 ? std::int64_t{9'000'000'000'000'000'000} : static_cast<std::int64_t>(std::llround(*number));
}

std::optional<bool> flag_at(const Reply& reply, std::initializer_list<std::string_view> path) {
    const Reply* const found = at(reply, path);
    if (found == nullptr || !(found->is(Reply::Kind::boolean) || found->is(Reply::Kind::integer))) return std::nullopt;
    return found->integer != 0;
}

std::string id_at(const Reply& reply, std::initializer_list<std::string_view> path) {
    const Reply* const found = at(reply, path);
    return found != nullptr && found->is_text() ? short_id(found->text) : "-";
}

}  // namespace chord::cli
