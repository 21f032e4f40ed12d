// ApiClient: a Session over a FakeClient, spoken to as a program at the socket would.
#pragma once

#include <initializer_list>
#include <string>

#include "node/api/session.hpp"
#include "tests/support/fake_client.hpp"

namespace chord::testing {

struct ApiClient {
    explicit ApiClient(bool admin = false)
        : context{client, "0.1.0", "farm", "barn-3"}, session(context, {1000, admin}, [this] { ++wakes; }) {}

    /// Sends one inline command and gives what comes back.
    std::string ask(std::string_view line) { return send(std::string(line) + "\r\n"); }

    std::string send(std::string_view bytes) {
        session.feed(bytes);
        return session.take_output();
    }

    /// The same with arguments of any bytes.
    std::string call(std::initializer_list<BytesView> args) { return send(array(args)); }

    static std::string array(std::initializer_list<BytesView> args) {
        std::string bytes = "*" + std::to_string(args.size()) + "\r\n";
        for (const BytesView arg : args) {
            bytes += "$" + std::to_string(arg.size()) + "\r\n" + std::string(arg) + "\r\n";
        }
        return bytes;
    }

    FakeClient client;
    api::ApiContext context;
    int wakes = 0;
    api::Session session;
};

}  // namespace chord::testing
