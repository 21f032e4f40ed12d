#include "node/api/connection.hpp"

namespace chord::api {

Connection::Connection(ApiContext& shared, Caller who, std::function<void()> wake)
    : context(shared), caller(who), id(++shared.sessions_started), watches(shared.client), wake_(std::move(wake)) {
    ++context.sessions_open;
}

Connection::~Connection() {
    --context.sessions_open;
}

void Connection::finish(ReplyQueue::Slot slot) {
    replies.close(slot);
    order.remove(slot);
    note_output();
}

void Connection::note_output() {
    if (replies.bytes() > kOutputBytesMax) abort("the client does not read its replies");
    if (!running && !woken && wake_) {
        woken = true;
        wake_();
    }
}

void Connection::abort(std::string reason) {
    replies.abandon();
    closing = true;
    close_reason = std::move(reason);
}

void Connection::reset() {
    protocol = Protocol::resp2;
    seen = {};
    read_level = write_level = Level::standard;
    last_write.reset();
    watches.clear();
    name.clear();
}

}  // namespace chord::api
