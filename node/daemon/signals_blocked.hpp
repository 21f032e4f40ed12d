// SignalsBlocked: while it lives, this thread and those that it makes take no signals. What comes meanwhile waits.
#pragma once

#include <signal.h>

namespace chord::daemon {

class SignalsBlocked {
public:
    SignalsBlocked() { before_ = block(); }
    ~SignalsBlocked() { set(before_); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

    /// While it lives, signals are as they were before they were blocked.
    class Lifted {
    public:
        explicit Lifted(const SignalsBlocked& blocked) { set(blocked.before_); }
        ~Lifted() { block(); }
        Lifted(const Lifted&) = delete;
        Lifted& operator=(const Lifted&) = delete;
    };

private:
    static sigset_t block() {
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        return before;
    }
    static void set(const sigset_t& mask) { pthread_sigmask(SIG_SETMASK, &mask, nullptr); }

    sigset_t before_{};
};

}  // namespace chord::daemon
