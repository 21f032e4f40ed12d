#include "tests/sim/key_audit.hpp"

namespace chord::sim {

namespace {

constexpr std::size_t kBatch = 16;
constexpr Duration kPatience = std::chrono::seconds(30);  // above NodeOptions::operation_timeout and a long value's
constexpr std::uint64_t kNewOfFour = 3;

std::string key_of(std::uint64_t number) {
    return "key " + std::to_string(number);
}

// What ends the value of each write of the key.
std::string mark_of(const std::string& key) {
    return " of " + key;
}

}  // namespace

// The callbacks share what they count with this call: one that comes after its patience has ended still finds it.
void KeyAudit::write(std::size_t count) {
    for (std::size_t done = 0; done < count; done += kBatch) {
        const std::size_t batch = std::min(kBatch, count - done);
        auto ended = std::make_shared<std::size_t>(0);
        for (std::size_t i = 0; i < batch; ++i) {
            begin(key_of(attempted_++), [ended] { ++*ended; });
        }
        world_.run_until([&] { return *ended == batch; }, kPatience);
    }
}

void KeyAudit::begin_write() {
    const bool fresh = attempted_ == 0 || rng_.below(4) < kNewOfFour;
    begin(key_of(fresh ? attempted_++ : rng_.below(attempted_)), [] {});
}

void KeyAudit::begin(const std::string& key, const std::function<void()>& ended) {
    std::string value = "value " + std::to_string(values_++);
    if (value_bytes_max_ > 0) value += std::string(rng_.below(value_bytes_max_), '.');
    value += mark_of(key);
    world_.with_client(world_.random_member(rng_), [&](Client& client) {
        Write write;
        write.key = key;
        write.value = value;
        client.write(std::move(write), [key, value, ended, ledger = acknowledged_](const Result<WriteReply>& reply) {
            ended();
            if (!reply) {
                return;
            }
            Acknowledged& known = (*ledger)[key];
            if (known.version < reply->version) {
                known = {reply->version, value};
            }
        });
    });
}

KeyAudit::Findings KeyAudit::read_all() {
    Findings findings;
    findings.attempted = attempted_;
    findings.acknowledged = acknowledged_->size();
    std::vector<std::string> keys;
    for (const auto& [key, acknowledged] : *acknowledged_) {
        keys.push_back(key);
    }
    for (std::size_t done = 0; done < keys.size(); done += kBatch) {
        const std::size_t batch = std::min(kBatch, keys.size() - done);
        auto answers = std::make_shared<std::map<std::string, Result<std::optional<Record>>>>();
        for (std::size_t i = 0; i < batch; ++i) {
            const std::string& key = keys[done + i];
            world_.with_client(world_.random_member(rng_), [&](Client& client) {
                client.get(key, [key, answers](Result<std::optional<Record>> read) {
                    answers->emplace(key, std::move(read));
                });
            });
        }
        world_.run_until([&] { return answers->size() == batch; }, kPatience);
        for (std::size_t i = 0; i < batch; ++i) {
            const std::string& key = keys[done + i];
            const auto answer = answers->find(key);
            if (answer == answers->end()) {
                findings.unreadable.push_back(key + " (the read never ended)");
            } else if (!answer->second) {
                findings.unreadable.push_back(key + " (" + std::string(text(answer->second.error())) + ")");
            } else if (!is_right(key, *answer->second)) {
                findings.lost.push_back(key + (*answer->second ? " (another value)" : " (nothing there)"));
            } else {
                ++findings.read;
            }
        }
    }
    return findings;
}

bool KeyAudit::is_right(const std::string& key, const std::optional<Record>& record) const {
    const Acknowledged& acknowledged = acknowledged_->at(key);
    if (!record || record->version < acknowledged.version) {
        return false;
    }
    return record->version == acknowledged.version ? record->value == acknowledged.value
                                                   : record->value.ends_with(mark_of(key));
}

}  // namespace chord::sim
