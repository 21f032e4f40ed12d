#include "tests/sim/key_audit.hpp"

#include <memory>

namespace chord::sim {

namespace {

constexpr std::size_t kBatch = 16;
constexpr Duration kPatience = std::chrono::seconds(12);  // above NodeOptions::operation_timeout

std::string value_of(const std::string& key) {
    return "value of " + key;
}

}  // namespace

// The callbacks share what they count with this call: one that comes after its patience has ended still finds it.
void KeyAudit::write(std::size_t count) {
    for (std::size_t done = 0; done < count; done += kBatch) {
        const std::size_t batch = std::min(kBatch, count - done);
        auto ended = std::make_shared<std::size_t>(0);
        auto acknowledged = std::make_shared<std::vector<std::string>>();
        for (std::size_t i = 0; i < batch; ++i) {
            const std::string key = "key " + std::to_string(attempted_++);
            world_.with_client(world_.random_member(rng_), [&](Client& client) {
                Write write;
                write.key = key;
                write.value = value_of(key);
                client.write(std::move(write), [key, ended, acknowledged](const Result<WriteReply>& reply) {
                    ++*ended;
                    if (reply) {
                        acknowledged->push_back(key);
                    }
                });
            });
        }
        world_.run_until([&] { return *ended == batch; }, kPatience);
        acknowledged_.insert(acknowledged_.end(), acknowledged->begin(), acknowledged->end());
    }
}

KeyAudit::Findings KeyAudit::read_all() {
    Findings findings;
    findings.attempted = attempted_;
    findings.acknowledged = acknowledged_.size();
    for (std::size_t done = 0; done < acknowledged_.size(); done += kBatch) {
        const std::size_t batch = std::min(kBatch, acknowledged_.size() - done);
        auto answers = std::make_shared<std::map<std::string, Result<std::optional<Record>>>>();
        for (std::size_t i = 0; i < batch; ++i) {
            const std::string& key = acknowledged_[done + i];
            world_.with_client(world_.random_member(rng_), [&](Client& client) {
                client.get(key, [key, answers](Result<std::optional<Record>> read) {
                    answers->emplace(key, std::move(read));
                });
            });
        }
        world_.run_until([&] { return answers->size() == batch; }, kPatience);
        for (std::size_t i = 0; i < batch; ++i) {
            const std::string& key = acknowledged_[done + i];
            const auto answer = answers->find(key);
            if (answer == answers->end()) {
                findings.unreadable.push_back(key + " (the read never ended)");
            } else if (!answer->second) {
                findings.unreadable.push_back(key + " (" + std::string(text(answer->second.error())) + ")");
            } else if (!*answer->second || (*answer->second)->value != value_of(key)) {
                findings.lost.push_back(key);
            } else {
                ++findings.read;
            }
        }
    }
    return findings;
}

}  // namespace chord::sim
