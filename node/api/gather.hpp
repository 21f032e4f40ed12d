// Gather: one command on several keys. The operations run at the same time; the reply is given when the last has ended.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "node/api/connection.hpp"
#include "node/api/failure.hpp"

namespace chord::api {

template <typename T>
class Gather {
public:
    /// Called once with the results in the order of the keys, when none of them failed.
    using Reply = std::function<void(RespWriter&, const std::vector<T>&)>;

    Gather(Deferred deferred, std::vector<Bytes> keys, Reply reply)
        : deferred_(std::move(deferred)),
          keys_(std::move(keys)),
          reply_(std::move(reply)),
          results_(keys_.size()),
          missing_(keys_.size()) {}

    /// The callback for the operation on key `index`.
    static Client::Callback<T> callback(const std::shared_ptr<Gather>& self, std::size_t index) {
        return [self, index](Result<T> result) { self->end(index, std::move(result)); };
    }

private:
    void end(std::size_t index, Result<T> result) {
        if (result) {
            results_[index] = std::move(result.value());
        } else {
            failed_.push_back({keys_[index], result.error()});
        }
        if (--missing_ > 0) return;
        deferred_.finish([this](RespWriter& out) {
            if (failed_.empty()) return reply_(out, results_);
            out.error(failure_text(failed_, keys_.size()));
        });
    }

    Deferred deferred_;
    std::vector<Bytes> keys_;
    Reply reply_;
    std::vector<T> results_;
    std::vector<FailedKey> failed_;
    std::size_t missing_;
};

}  // namespace chord::api
