#include "net/served.hpp"

#include "node/core/base/check.hpp"

namespace chord::net {

Served::Served(const RpcOptions& options)
    : served_max_(options.served_max), bytes_max_(options.served_bytes_max), served_for_(options.served_for) {
    CHORD_CHECK(served_max_ > 0 && bytes_max_ >= kBodyBytesMax);
}

Served::Lookup Served::find(const Envelope& request, Time now) {
    forget_old(now);
    const auto found = requests_.find(key_of(request));
    if (found == requests_.end()) return {};
    const Entry& entry = found->second;
    return {entry.state, entry.body.empty() ? nullptr : &entry.body};
}

std::optional<ReplyToken> Served::admit(const Asker& asker, const Envelope& request, bool repeatable, Time now,
                                        const Endpoint& at) {
    if (requests_.size() >= served_max_) {
        auto& oldest = bodiless_.empty() ? answered_ : bodiless_;  // a body is dropped before any later one
        if (oldest.empty()) return std::nullopt;
        bytes_ -= oldest.front()->second.body.size();
        requests_.erase(oldest.front());
        oldest.pop_front();
    }
    Entry entry;
    entry.attempt = request.attempt;
    entry.repeatable = repeatable;
    entry.background = request.background;
    entry.asker = asker;
    entry.at = at;
    entry.since = now;
    const auto [position, is_new] = requests_.emplace(key_of(request), std::move(entry));
    CHORD_CHECK(is_new);
    const ReplyToken token{next_token_++};
    in_progress_.emplace_hint(in_progress_.end(), token, position);
    return token;
}

std::optional<Asker> Served::asker(ReplyToken token) const {
    const auto found = in_progress_.find(token);
    return found == in_progress_.end() ? std::nullopt : std::optional(found->second->second.asker);
}

std::optional<Served::Answered> Served::answer(ReplyToken token, std::vector<std::uint8_t> body, Time now) {
    CHORD_CHECK(!body.empty() && body.size() <= kBodyBytesMax);
    const auto found = in_progress_.find(token);
    if (found == in_progress_.end()) return std::nullopt;
    const Position position = found->second;
    in_progress_.erase(found);
    while (bytes_ + body.size() > bytes_max_) drop_oldest_body();
    bytes_ += body.size();
    answered_.push_back(position);

    Entry& entry = position->second;
    entry.state = State::answered;
    entry.since = now;
    entry.body = std::move(body);
    return Answered{entry.asker, entry.at, position->first.first, entry.attempt, &entry.body};
}

std::optional<Served::Beginning> Served::begin_long(ReplyToken token) {
    auto node = in_progress_.extract(token);
    if (node.empty()) return std::nullopt;
    const Position position = node.mapped();
    CHORD_CHECK(position->second.repeatable);  // what is not repeatable has short answers
    coming_.insert(std::move(node));
    Entry& entry = position->second;
    entry.state = State::coming;
    const auto& [request_id, sender] = position->first;
    return Beginning{{entry.asker, entry.at, request_id, entry.attempt, nullptr}, sender, entry.background};
}

void Served::end_long(ReplyToken token, bool delivered, Time now) {
    const auto found = coming_.find(token);
    CHORD_CHECK(found != coming_.end());
    const Position position = found->second;
    coming_.erase(found);
    if (!delivered) {
        requests_.erase(position);
        return;
    }
    position->second.state = State::answered;
    position->second.since = now;
    bodiless_.push_back(position);
}

void Served::drop_oldest_body() {
    CHORD_CHECK(!answered_.empty());
    const Position position = answered_.front();
    answered_.pop_front();
    bytes_ -= position->second.body.size();
    if (position->second.repeatable) {
        requests_.erase(position);
    } else {
        std::vector<std::uint8_t>().swap(position->second.body);
        bodiless_.push_back(position);
    }
}

void Served::forget_old(Time now) {
    const auto is_old = [&](Position position) { return now - position->second.since >= served_for_; };
    while (!in_progress_.empty() && is_old(in_progress_.begin()->second)) {
        requests_.erase(in_progress_.begin()->second);
        in_progress_.erase(in_progress_.begin());
    }
    while (!bodiless_.empty() && is_old(bodiless_.front())) {
        requests_.erase(bodiless_.front());
        bodiless_.pop_front();
    }
    while (!answered_.empty() && is_old(answered_.front())) {
        bytes_ -= answered_.front()->second.body.size();
        requests_.erase(answered_.front());
        answered_.pop_front();
    }
}

}  // namespace chord::net
