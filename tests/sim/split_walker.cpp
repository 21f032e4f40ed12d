#include "tests/sim/split_walker.hpp"

#include <algorithm>
#include <memory>
#include <set>

#include "node/core/base/hash.hpp"
#include "tests/sim/fast_world.hpp"
#include "tests/sim/shrink.hpp"

namespace chord::sim {

namespace {

using Kind = SplitAction::Kind;

constexpr std::size_t kReplicas = 3;  // with W = 2
constexpr Duration kStep = std::chrono::milliseconds(250);
constexpr Duration kPatience = std::chrono::seconds(6);  // above NodeOptions::operation_timeout
constexpr std::size_t kReaders = 3;                      // of each key in the end
constexpr int kReadTries = 3;
constexpr std::size_t kToldMax = 4;  // findings of one schedule that are told

MessageWorldOptions world_options(std::size_t successors, std::uint64_t seed) {
    MessageWorldOptions options = fast_world(successors, seed);
    options.node.replicas = kReplicas;
    return options;
}

std::string key_name(std::uint8_t key) {
    return "key " + std::to_string(key);
}

std::string shown(const std::optional<Record>& record) {
    return record ? "'" + record->value + "' " + text(record->version) + " with base " + text(record->base) : "nothing";
}

class SplitRun {
public:
    SplitRun(const WalkOptions& options, const SplitSchedule& schedule)
        : options_(options),
          schedule_(schedule),
          hosts_(schedule.ids.size()),
          world_(world_options(options.length_max, schedule.seed), schedule.ids) {}

    SplitOutcome run() {
        for (const std::uint8_t host : schedule_.together) {
            start(host);
        }
        bool one_ring = settles().has_value();
        for (const SplitAction& action : schedule_.actions) {
            if (!one_ring) {
                break;
            }
            world_.run_until(world_.now() + action.after);
            look_around();
            act(action);
        }
        heal();
        std::optional<std::size_t> rounds;
        if (one_ring) {
            switch_everybody_on();
            rounds = settles();
        }
        world_.run_for(kPatience);  // the last operations end
        if (rounds && settles()) {
            judge();
        } else {
            rounds.reset();
        }
        return finish(rounds);
    }

private:
    struct HostState {
        bool started = false;
        bool has_left = false;  // and stays on until that is noticed
        bool for_good = false;  // it stays away: all was handed over
    };

    void start(std::size_t host) {
        hosts_[host].started = true;
        world_.start(host, {schedule_.seeds.begin(), schedule_.seeds.end()});
    }

    // Periods until all is one ring and settled; nullopt if it was not within the bound.
    std::optional<std::size_t> settles() {
        const Time began = world_.now();
        while (!world_.violation() && !everything_settled()) {
            if (world_.now() - began >= kFastRound * static_cast<std::int64_t>(options_.rounds_max)) {
                return std::nullopt;
            }
            world_.run_until(world_.now() + kStep);
            say_goodbyes();
        }
        look_around();
        return world_.violation() ? std::nullopt
                                  : std::optional(static_cast<std::size_t>((world_.now() - began) / kFastRound));
    }

    bool everything_settled() const {
        bool all_on = sides_.empty();
        for (std::size_t host = 0; host < hosts_.size(); ++host) {
            const HostState& state = hosts_[host];
            all_on = all_on && (!state.started || state.for_good || world_.alive(host));
        }
        return all_on && world_.settled();
    }

    // A host that has left goes off; in the end it comes back like everybody.
    void say_goodbyes() {
        for (std::size_t host = 0; host < hosts_.size(); ++host) {
            if (std::exchange(hosts_[host].has_left, false) && world_.alive(host)) {
                collect_conflicts(host);
                world_.kill(host);
                if (recalled_ && !hosts_[host].for_good) {
                    switch_on(host, Return::DiskFate::old);
                }
            }
        }
    }

    void look_around() {
        say_goodbyes();
        for (std::size_t rule = 0; rule < kRules; ++rule) {
            transient_[rule] = transient_[rule] || world_.transient()[rule];
        }
        if (everything_settled()) {
            history_.note_settled(world_.now());
            losses_ = 0;
            whole_ = true;
            world_.forget_transient();
        }
    }

    // Whether a read must answer the truth: since all was settled there has been one ring, without a split, and whoever
    // went off left a settled ring behind.
    bool is_whole() const { return whole_ && !world_.transient()[static_cast<std::size_t>(Rule::at_most_one_ring)]; }

    void heal() {
        if (!sides_.empty()) {
            change_sides({});
        }
    }

    void change_sides(std::vector<std::uint8_t> sides) {
        whole_ = false;
        ++era_;
        sides_ = std::move(sides);
        world_.network().split(sides_);
        for (const std::size_t host : world_.live()) {
            collect_conflicts(host);
        }
    }

    // What a node lists is forgotten when it goes off; whoever watches the node has it then.
    void collect_conflicts(std::size_t host) {
        for (const Conflict& conflict : world_.node(host).conflicts()) {
            history_.note_conflict(conflict);
        }
    }

    Side side_of(std::size_t host) const { return {era_, sides_.empty() ? std::uint8_t{0} : sides_[host]}; }

    void act(const SplitAction& action) {
        switch (action.kind) {
            case Kind::split: change_sides(action.sides); return;
            case Kind::heal: heal(); return;
            case Kind::on: switch_on(action.host, action.disk); return;
            case Kind::back_up: world_.back_up(action.host); return;
            case Kind::kill:
            case Kind::leave: go(action); return;
            default: break;
        }
        const std::optional<std::size_t> member = member_at(action.host);
        if (!member) {
            return;
        }
        if (action.kind == Kind::read) {
            read(*member, key_name(action.key));
        } else {
            write(*member, action);
        }
    }

    void switch_on(std::size_t host, Return::DiskFate disk) {
        if (world_.alive(host)) {
            return;
        }
        if (!hosts_[host].started) {
            start(host);
            return;
        }
        Return how;
        if (disk != Return::DiskFate::old && losses_ == 0) {
            ++losses_;
            how.disk = disk;
        }
        losses_ -= std::exchange(hosts_[host].for_good, false) ? 1 : 0;
        world_.restart(host, how);
    }

    void go(const SplitAction& action) {
        const std::size_t host = action.host;
        if (!world_.alive(host) || !world_.may_vanish(host) || world_.node(host).phase() == Phase::leaving) {
            return;
        }
        whole_ = whole_ && world_.settled();
        if (action.kind == Kind::kill) {
            collect_conflicts(host);
            world_.kill(host);
            return;
        }
        world_.with_client(host, [this, host, for_good = action.for_good](Client& client) {
            client.leave([this, host, for_good](const Status& left) {
                hosts_[host].has_left = true;
                if (left && for_good && losses_ == 0) {
                    ++losses_;
                    hosts_[host].for_good = true;
                }
            });
        });
    }

    std::optional<std::size_t> member_at(std::size_t host) const {
        for (std::size_t i = 0; i < hosts_.size(); ++i) {
            const std::size_t candidate = (host + i) % hosts_.size();
            const bool same_side = sides_.empty() || sides_[candidate] == sides_[host];
            if (same_side && world_.member(candidate) && world_.node(candidate).phase() != Phase::leaving) {
                return candidate;
            }
        }
        return std::nullopt;
    }

    void write(std::size_t host, const SplitAction& action) {
        Write write;
        write.key = key_name(action.key);
        write.tombstone = action.kind == Kind::erase;
        write.value = write.tombstone ? "" : "v" + std::to_string(values_++);
        write.condition = action.kind == Kind::write_if_absent    ? Condition::if_absent
                          : action.kind == Kind::write_if_present ? Condition::if_present
                                                                  : Condition::always;
        const std::size_t attempt = history_.begin(
            write.key, write.tombstone ? std::nullopt : std::optional(write.value), side_of(host), world_.now());
        const Id id = key_id(write.key);
        world_.with_client(host, [&, contended = has_two_owners(id)](Client& client) {
            client.write(write, [this, attempt, key = id, contended](const Result<WriteReply>& reply) {
                if (reply && (contended || has_two_owners(key))) {
                    contended_.insert(reply->version);
                }
                history_.end(attempt, reply, reply ? base_of(key, reply->version) : std::nullopt, world_.now());
            });
        });
    }

    // Of the record that some disk holds under exactly this version.
    std::optional<Version> base_of(const Id& key, const Version& version) const {
        for (std::size_t host = 0; host < hosts_.size(); ++host) {
            const std::optional<Record> held = world_.held(host, key);
            if (held && held->version == version) {
                return held->base;
            }
        }
        return std::nullopt;
    }

    void read(std::size_t host, const std::string& key) {
        ++reads_;
        const Version floor = history_.acknowledged(key);
        const bool judged = is_whole() && floor != Version{};
        world_.with_client(host, [&](Client& client) {
            client.get(key, [this, key, floor, judged](const Result<std::optional<Record>>& found) {
                if (!found || !judged || !is_whole()) {
                    return;
                }
                ++reads_judged_;
                KeyHistory::Findings stale;
                history_.judge_read(key, floor, *found, stale);
                if (!stale.stale.empty() && (has_two_owners(key_id(key)) || contended_.contains(floor))) {
                    ++stale_between_joins_;
                    return;
                }
                findings_.stale.insert(findings_.stale.end(), stale.stale.begin(), stale.stale.end());
            });
        });
    }

    // Nodes that join in one place at once do not know of each other for a stabilize period, in which each may take
    // itself for the owner.
    bool has_two_owners(const Id& key) const {
        return std::count_if(world_.live().begin(), world_.live().end(), [&](std::size_t host) {
                   const RingState& ring = world_.node(host).ring();
                   return world_.member(host) && ring.predecessor() && ring.owns(key);
               }) > 1;
    }

    void switch_everybody_on() {
        recalled_ = true;
        for (std::size_t host = 0; host < hosts_.size(); ++host) {
            if (hosts_[host].started && !hosts_[host].for_good) {
                switch_on(host, Return::DiskFate::old);
            }
        }
    }

    // All is quiet: every key is read through several members, who must agree; and what they tell is judged.
    void judge() {
        for (const std::size_t host : world_.live()) {
            collect_conflicts(host);
        }
        std::vector<std::size_t> members = world_.live();
        std::sort(members.begin(), members.end());
        std::size_t turn = schedule_.seed % members.size();
        for (const std::string& key : history_.keys()) {
            std::optional<std::optional<Record>> agreed;
            for (std::size_t i = 0; i < std::min(kReaders, members.size()); ++i) {
                const std::size_t host = members[turn++ % members.size()];
                Result<std::optional<Record>> read = read_now(host, key);
                if (!read) {
                    wrong_.push_back("unreadable: " + key + " through n" + std::to_string(host) + ": " +
                                     std::string(chord::text(read.error())));
                    continue;
                }
                const std::optional<Record> standing = *read ? std::move(*read) : tombstone(key);
                if (agreed && *agreed != standing) {
                    wrong_.push_back("disagreeing: " + key + ": n" + std::to_string(host) + " tells " +
                                     shown(standing) + ", another " + shown(*agreed));
                }
                if (!agreed) {
                    agreed = standing;
                    const std::size_t lost = findings_.lost.size();
                    history_.judge(key, standing, findings_);
                    tell_holders(key, findings_.lost.size() > lost);
                }
            }
        }
    }

    void tell_holders(const std::string& key, bool lost) {
        for (std::size_t host = 0; lost && host < hosts_.size(); ++host) {
            const std::optional<Record> held = world_.held(host, key_id(key));
            holders_ += held ? "  n" + std::to_string(host) + " holds " + key + ": " + shown(held) + "\n" : "";
        }
    }

    Result<std::optional<Record>> read_now(std::size_t host, const std::string& key) {
        Result<std::optional<Record>> answer = Error::timeout;
        for (int tries = 0; tries < kReadTries && !answer; ++tries) {
            auto ended = std::make_shared<std::optional<Result<std::optional<Record>>>>();
            world_.with_client(host, [&](Client& client) {
                client.get(key, [ended](Result<std::optional<Record>> read) { ended->emplace(std::move(read)); });
            });
            const Time limit = world_.now() + kPatience;
            while (!*ended && world_.now() < limit) {
                world_.run_until(world_.now() + std::chrono::milliseconds(20));
            }
            if (*ended) {
                answer = std::move(**ended);
            }
        }
        return answer;
    }

    // Where a client hears of nothing, its owner's disk tells whether it was deleted, and when.
    std::optional<Record> tombstone(const std::string& key) const {
        const Id id = key_id(key);
        const std::optional<Id> owner = world_.true_owner(id);
        const auto host = std::find(schedule_.ids.begin(), schedule_.ids.end(), owner.value_or(Id{}));
        return world_.held(static_cast<std::size_t>(host - schedule_.ids.begin()), id);
    }

    SplitOutcome finish(std::optional<std::size_t> rounds) {
        SplitOutcome split;
        Outcome& outcome = split.outcome;
        outcome.converged = rounds.has_value();
        outcome.rounds = rounds.value_or(options_.rounds_max);
        if (world_.violation()) {
            outcome.broken.push_back(*world_.violation());
        }
        outcome.wrong = wrong_;
        for (const auto* sentences : {&findings_.lost, &findings_.foreign, &findings_.stale, &findings_.unlisted}) {
            outcome.wrong.insert(outcome.wrong.end(), sentences->begin(), sentences->end());
        }
        outcome.events = world_.messages();
        outcome.trace_hash = world_.trace_hash();
        outcome.transient = transient_;
        if (failed(outcome)) {
            outcome.end = world_.dump() + holders_;
            if (!outcome.converged) {
                for (const std::size_t host : world_.live()) {
                    outcome.end +=
                        world_.node(host).settled() ? "" : "  n" + std::to_string(host) + " is not settled\n";
                }
            }
        }
        split.keys = findings_;
        split.totals = history_.totals();
        split.reads = reads_;
        split.reads_judged = reads_judged_;
        split.stale_between_joins = stale_between_joins_;
        return split;
    }

    const WalkOptions& options_;
    const SplitSchedule& schedule_;
    KeyHistory history_;  // outlives the world, whose callbacks tell it
    KeyHistory::Findings findings_;
    std::vector<std::string> wrong_;
    std::string holders_;  // of the keys that were lost, a line each
    std::vector<HostState> hosts_;
    std::vector<std::uint8_t> sides_;
    std::uint32_t era_ = 0;
    std::set<Version> contended_;  // asked for or acknowledged while two members took themselves for the owner
    int losses_ = 0;               // of disks, since everything was settled
    bool recalled_ = false;
    bool whole_ = false;
    std::array<bool, kRules> transient_{};
    std::uint64_t values_ = 0, reads_ = 0, reads_judged_ = 0, stale_between_joins_ = 0;
    MessageWorld world_;
};

// What went wrong first: two failures are of one kind when it is the same word.
std::string kind_of(const Outcome& outcome) {
    if (!outcome.broken.empty()) {
        return std::string(name(outcome.broken.front().rule));
    }
    if (!outcome.converged) {
        return "apart";
    }
    return outcome.wrong.empty() ? "" : outcome.wrong.front().substr(0, outcome.wrong.front().find(':'));
}

WalkFailure explain(const WalkOptions& options, std::uint64_t index) {
    SplitSchedule schedule = random_split_schedule(options, index);
    const std::string kind = kind_of(run_split_schedule(options, schedule).outcome);
    schedule.actions = shrunk_timed(schedule.actions, [&](const std::vector<SplitAction>& fewer) {
        SplitSchedule less = schedule;
        less.actions = fewer;
        return kind_of(run_split_schedule(options, less).outcome) == kind;
    });
    const Outcome outcome = run_split_schedule(options, schedule).outcome;
    WalkFailure failure;
    failure.index = index;
    failure.command = "chord_sim walk --splits --r " + std::to_string(options.length_max) + " --seed " +
                      std::to_string(options.seed) + " --n-max " + std::to_string(options.nodes_max) + " --rounds " +
                      std::to_string(options.rounds_max) + " --schedules 1 --index " + std::to_string(index);
    failure.reason = "not one settled ring after " + std::to_string(options.rounds_max) + " periods";
    if (!outcome.broken.empty()) {
        failure.reason = kind + ": " + outcome.broken.front().text;
    } else if (outcome.converged) {
        failure.reason = outcome.wrong.front();
    }
    failure.text = failure.command + "\n  " + failure.reason + "\n";
    for (std::size_t i = 1; outcome.converged && i < std::min(kToldMax, outcome.wrong.size()); ++i) {
        failure.text += "  " + outcome.wrong[i] + "\n";
    }
    failure.text += "  from a settled ring of";
    for (const std::uint8_t host : schedule.together) {
        failure.text += " n" + std::to_string(host) + " (" + schedule.ids[host].short_hex() + ")";
    }
    failure.text += ":\n";
    for (const SplitAction& action : schedule.actions) {
        failure.text += "    " + text(action) + "\n";
    }
    failure.text += outcome.end;
    return failure;
}

void add(std::vector<std::string>& to, const std::vector<std::string>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

SplitOutcome run_split_schedule(const WalkOptions& options, const SplitSchedule& schedule) {
    return SplitRun(options, schedule).run();
}

SplitReport walk_splits(const WalkOptions& options) {
    SplitReport report;
    report.walk = walk(
        options,
        [&](std::uint64_t index) {
            SplitOutcome split = run_split_schedule(options, random_split_schedule(options, index));
            add(report.keys.lost, split.keys.lost);
            add(report.keys.foreign, split.keys.foreign);
            add(report.keys.unlisted, split.keys.unlisted);
            add(report.keys.stale, split.keys.stale);
            report.keys.listed += split.keys.listed;
            report.keys.claimed += split.keys.claimed;
            report.keys.claimed_apart += split.keys.claimed_apart;
            report.keys.unproven += split.keys.unproven;
            report.totals.attempts += split.totals.attempts;
            report.totals.acknowledged += split.totals.acknowledged;
            report.totals.refused += split.totals.refused;
            report.totals.unanswered += split.totals.unanswered;
            report.reads += split.reads;
            report.reads_judged += split.reads_judged;
            report.stale_between_joins += split.stale_between_joins;
            return std::move(split.outcome);
        },
        [&](std::uint64_t index) { return explain(options, index); });
    return report;
}

}  // namespace chord::sim
