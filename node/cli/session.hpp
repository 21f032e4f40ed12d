// Session: one conversation with a daemon. UnixSession speaks RESP3 over its socket; tests answer from a script.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "node/api/resp_reply.hpp"
#include "node/cli/outcome.hpp"

namespace chord::cli {

class Session {
public:
    virtual ~Session() = default;

    /// Sends one command and waits for its reply. An error reply is a Failure, so a Reply is never Kind::error at the
    /// top.
    virtual Outcome<api::Reply> ask(const std::vector<std::string>& command) = 0;
};

/// Connects at the first ask(), says HELLO 3 in the same write, and closes at the end. Whatever sits at the other end,
/// nothing here waits past the deadline and nothing grows past ReplyLimits. The connection is of no use after a
/// Failure.
class UnixSession : public Session {
public:
    /// `timeout` counts from the first ask(), over all that follow. REQUIRES: path fits into a sockaddr_un.
    UnixSession(std::string path, std::chrono::milliseconds timeout);
    ~UnixSession() override;
    UnixSession(const UnixSession&) = delete;
    UnixSession& operator=(const UnixSession&) = delete;

    Outcome<api::Reply> ask(const std::vector<std::string>& command) override;

private:
    using Clock = std::chrono::steady_clock;

    std::optional<Failure> connect();
    std::optional<Failure> send(const std::string& bytes);
    Outcome<api::Reply> receive();
    bool wait(short events);
    Failure late() const;
    Failure hung_up() const;

    std::string path_;
    std::chrono::milliseconds timeout_;
    Clock::time_point deadline_{};
    int socket_ = -1;
    bool greeted_ = false;
    api::ReplyParser parser_;
};

/// `command` as a RESP array of bulk strings.
std::string encode_command(const std::vector<std::string>& command);

}  // namespace chord::cli
