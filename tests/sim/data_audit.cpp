#include "tests/sim/data_audit.hpp"

#include <algorithm>
#include <set>

#include "node/core/base/hash.hpp"

namespace chord::sim {

namespace {

constexpr std::uint64_t kFleetingOneOf = 4;  // keys whose values have lifetimes
constexpr std::uint64_t kLifetimeSecondsMax = 20;
constexpr Duration kEarly = std::chrono::seconds(1);  // how long before its end a value is asked for no more

bool is_fleeting(std::size_t key) {
    return key % kFleetingOneOf == 0;
}

std::string name_of(std::size_t key) {
    return (is_fleeting(key) ? "fleeting " : "key ") + std::to_string(key);
}

bool is_fleeting(const std::string& key) {
    return key.starts_with("fleeting");
}

}  // namespace

struct DataAudit::Session {
    std::size_t device = 0;
    std::uint64_t life = 0;  // of that device, when the session began
    bool waits = false;
    struct Seen {
        Version version;
        Time until = kNever;  // on the world's clock
    };
    std::map<std::string, Seen> seen;
};

struct DataAudit::State {
    struct Watcher {
        std::string key;
        std::size_t device = 0;
        std::uint64_t life = 0;  // of that device, when the watch began; 0: there is none yet
        std::optional<WatchEvent> last;
        bool resynced = false;  // what comes next need not follow upon the last
        Version top;
    };
    struct Fleeting {
        Version version;
        Time until{};  // on the world's clock: not before this
    };

    KeyHistory history;
    std::vector<std::string> keys;
    std::vector<std::shared_ptr<Session>> sessions;
    std::vector<std::shared_ptr<Watcher>> watchers;
    std::map<std::string, Version> version_of;                          // by value
    std::map<std::pair<std::string, Version>, std::uint64_t> replaced;  // by conditional writes, by what they wanted
    std::map<std::string, Fleeting> alive;  // the latest acknowledged value of a fleeting key
    std::uint64_t values = 0;
    Counts counts;
    std::vector<std::string> violations, loose;  // loose: violations where the faults allow none

    void saw(const std::string& value, const Version& version) {
        const auto [known, is_new] = version_of.emplace(value, version);
        if (!is_new && known->second != version) {
            ++counts.twice;
            loose.push_back("'" + value + "' stands under " + text(known->second) + " and " + text(version));
        }
    }
};

DataAudit::DataAudit(World& world, std::uint64_t seed, std::size_t sessions, std::size_t keys)
    : world_(world), rng_(seed), state_(std::make_shared<State>()) {
    for (std::size_t i = 0; i < keys; ++i) {
        state_->keys.push_back(name_of(i));
        auto watcher = std::make_shared<State::Watcher>();
        watcher->key = name_of(i);
        state_->watchers.push_back(std::move(watcher));
    }
    for (std::size_t i = 0; i < sessions; ++i) {
        auto session = std::make_shared<Session>();
        session->device = world_.random_member(rng_);
        session->life = world_.life(session->device);
        state_->sessions.push_back(std::move(session));
    }
}

DataAudit::~DataAudit() = default;

std::size_t DataAudit::outstanding() const {
    return static_cast<std::size_t>(
        std::count_if(state_->sessions.begin(), state_->sessions.end(), [this](const auto& one) {
            return one->waits && world_.alive(one->device) && world_.life(one->device) == one->life;
        }));
}

DataAudit::Counts DataAudit::counts() const {
    return state_->counts;
}

KeyHistory::Totals DataAudit::totals() const {
    return state_->history.totals();
}

void DataAudit::act() {
    auto& session = state_->sessions[rng_.below(state_->sessions.size())];
    if (!world_.alive(session->device) || world_.life(session->device) != session->life) {
        session = std::make_shared<Session>();  // its program has died with the device
        session->device = world_.random_member(rng_);
        session->life = world_.life(session->device);
    }
    if (session->waits) {
        return;
    }
    const std::string& key = state_->keys[rng_.below(state_->keys.size())];
    session->waits = true;
    rng_.below(3) == 0 ? read(session, key) : write(session, key);
}

void DataAudit::read(const std::shared_ptr<Session>& session, const std::string& key) {
    constexpr Level kLevels[] = {Level::standard, Level::standard, Level::one, Level::quorum, Level::all};
    const Session::Seen seen = session->seen[key];
    // Lifetimes are node time, which stands still while a device is off; so a session asks for no more than may be
    // there.
    const bool may_have_ended = seen.until != kNever && seen.until <= world_.now() + kEarly + std::chrono::seconds(6);
    ReadOptions options{kLevels[rng_.below(5)], may_have_ended ? Version{} : seen.version};
    const Time began = world_.now();
    std::optional<State::Fleeting> must_be;
    const auto alive = state_->alive.find(key);
    if (alive != state_->alive.end() && options.level != Level::one) {
        must_be = alive->second;
    }
    world_.with_client(session->device, [&](Client& client) {
        client.read(
            key, options,
            [this, weak = std::weak_ptr(state_), session, key, options, began, must_be](const Result<Found>& found) {
                const auto state = weak.lock();
                session->waits = false;
                if (!state) {
                    return;
                }
                ++state->counts.reads;
                if (!found) {
                    ++state->counts.reads_failed;
                    return;
                }
                static_cast<void>(began);
                const Version version = found->record ? found->record->version : Version{};
                if (found->record) {
                    state->saw(found->record->value, version);
                }
                // A deleted or expired record is no version to the reader; only what stands can be too old.
                if (found->record && version < options.at_least) {
                    state->violations.push_back("a session that had seen " + text(options.at_least) + " of '" + key +
                                                "' read " + text(version));
                }
                if (must_be && world_.now() + kEarly < must_be->until && !found->record &&
                    state->history.acknowledged(key) == must_be->version) {
                    state->loose.push_back("'" + key + "' was gone before the end of its lifetime");
                }
                if (found->record && session->seen[key].version < version) {
                    session->seen[key] = {version, found->record->expires == kNever ? kNever : world_.now()};
                }
            });
    });
}

void DataAudit::write(const std::shared_ptr<Session>& session, const std::string& key) {
    Write write;
    write.key = key;
    const std::uint64_t kind = rng_.below(8);
    write.tombstone = kind == 0 && !is_fleeting(key);
    if (!write.tombstone) {
        write.value = "v" + std::to_string(state_->values++) + " of " + key;
    }
    if (is_fleeting(key)) {
        write.ttl = std::chrono::seconds(1 + rng_.below(kLifetimeSecondsMax));
    }
    const Version seen = session->seen[key].version;
    if (kind == 1) write.condition = Condition::if_absent;
    if (kind == 2) write.condition = Condition::if_present;
    if (kind == 3 || kind == 4) {
        write.condition = Condition::if_version;
        write.expected_version = seen;
    }
    constexpr Level kLevels[] = {Level::standard, Level::standard, Level::quorum, Level::all};
    write.level = kLevels[rng_.below(4)];
    const std::optional<std::string> value = write.tombstone ? std::nullopt : std::optional(write.value);
    const std::size_t attempt = state_->history.begin(key, value, Side{}, world_.now());
    const Time began = world_.now();
    const std::optional<Duration> ttl = write.ttl;
    const Condition condition = write.condition;
    state_->alive.erase(key);  // until it is known which value stands
    world_.with_client(session->device, [&](Client& client) {
        client.write(write, [this, weak = std::weak_ptr(state_), session, key, value, attempt, began, ttl, condition,
                             seen](const Result<WriteReply>& reply) {
            const auto state = weak.lock();
            session->waits = false;
            if (!state) {
                return;
            }
            state->history.end(attempt, reply, std::nullopt, world_.now());
            if (!reply || reply->version == Version{}) {
                return;
            }
            if (value) {
                state->saw(*value, reply->version);
            }
            if (session->seen[key].version < reply->version) {
                session->seen[key] = {reply->version, ttl ? began + *ttl : kNever};
            }
            if (condition == Condition::if_version && seen != Version{} && ++state->replaced[{key, seen}] == 2) {
                ++state->counts.decided_twice;
                state->loose.push_back("two writes of '" + key + "' took the place of " + text(seen));
            }
            if (ttl && state->history.acknowledged(key) == reply->version) {
                state->alive[key] = {reply->version, began + *ttl};
            }
        });
    });
}

void DataAudit::tend() {
    for (const auto& watcher : state_->watchers) {
        if (watcher->life != 0 && world_.alive(watcher->device) && world_.life(watcher->device) == watcher->life) {
            continue;
        }
        watcher->device = world_.random_member(rng_);
        watcher->life = world_.life(watcher->device);
        watcher->resynced = true;  // this watch has told nothing yet
        const std::optional<Version> from = watcher->last ? std::optional(watcher->last->version) : std::nullopt;
        world_.with_client(watcher->device, [&](Client& client) {
            const auto begun =
                client.watch(watcher->key, from, [weak = std::weak_ptr(state_), watcher](const WatchEvent& event) {
                    const auto state = weak.lock();
                    if (!state) {
                        return;
                    }
                    ++state->counts.events;
                    if (event.kind == WatchEvent::Kind::resync) {
                        ++state->counts.resyncs;
                        watcher->resynced = true;
                        return;
                    }
                    const bool again =
                        watcher->last && watcher->last->version == event.version && watcher->last->kind == event.kind;
                    const bool older = event.version < watcher->top;
                    if (!watcher->resynced && (again || older)) {
                        state->violations.push_back("a watcher of '" + watcher->key + "' was told " +
                                                    text(event.version) + " after " + text(watcher->top));
                    }
                    if (event.kind == WatchEvent::Kind::set) {
                        state->saw(event.value, event.version);
                    }
                    watcher->resynced = false;
                    watcher->top = event.version;
                    watcher->last = event;
                });
            CHORD_CHECK(begun.has_value());
        });
    }
}

// What all holders hold under the key.
std::optional<Record> DataAudit::standing(const std::string& key, std::vector<std::string>& violations) const {
    const Id point = key_id(key);
    std::map<Id, std::size_t> members;
    for (const std::size_t device : world_.live()) {
        members.emplace(world_.id(device), device);
    }
    std::optional<Record> found;
    auto holder = members.lower_bound(point);
    const std::size_t replicas = std::min(world_.replicas(), members.size());
    for (std::size_t i = 0; i < replicas; ++i) {
        holder = holder == members.end() ? members.begin() : holder;
        const auto held = world_.live_record(holder->second, point);
        if (i == 0) {
            found = held;
        } else if ((held ? held->version : Version{}) != (found ? found->version : Version{})) {
            violations.push_back("the holders of '" + key + "' differ: " + text(found ? found->version : Version{}) +
                                 " at the owner, " + text(held ? held->version : Version{}) + " at device " +
                                 std::to_string(holder->second));
        }
        ++holder;
    }
    return found;
}

void DataAudit::judge_standing(const std::string& key, std::vector<std::string>& violations) {
    const std::optional<Record> record = standing(key, violations);
    if (is_fleeting(key)) {
        if (record && !record->tombstone) {
            violations.push_back("'" + key + "' is there long after the end of its lifetime");
        }
        return;
    }
    KeyHistory::Findings findings;
    state_->history.judge(key, record, findings);
    violations.insert(violations.end(), findings.lost.begin(), findings.lost.end());
    violations.insert(violations.end(), findings.foreign.begin(), findings.foreign.end());
}

void DataAudit::judge_watches(std::vector<std::string>& violations) {
    for (const auto& watcher : state_->watchers) {
        std::vector<std::string> ignored;
        const std::optional<Record> record = standing(watcher->key, ignored);
        const bool live = record && !record->tombstone;
        const bool told_live = watcher->last && watcher->last->kind == WatchEvent::Kind::set;
        const bool right = live ? told_live && watcher->last->version == record->version : !told_live;
        if (!right && watcher->last) {
            violations.push_back("a watcher of '" + watcher->key + "' was told " + text(watcher->last->version) +
                                 " last, and " + text(record ? record->version : Version{}) + " stands");
        }
    }
}

std::vector<std::string> DataAudit::judge(bool strict) {
    std::vector<std::string> violations = state_->violations;
    if (strict) {
        violations.insert(violations.end(), state_->loose.begin(), state_->loose.end());
    }
    const std::vector<std::string> written = state_->history.keys();
    for (const std::string& key : written) {
        judge_standing(key, violations);
    }
    judge_watches(violations);
    return violations;
}

}  // namespace chord::sim
