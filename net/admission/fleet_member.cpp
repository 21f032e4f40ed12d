#include "net/admission/fleet_member.hpp"

#include <algorithm>
#include <utility>

#include "node/core/base/check.hpp"

namespace chord::net::admission {
namespace {

// Twice the sessions: whoever is crowded out has none, as a rule.
constexpr std::size_t kPeersMax = 2048;
constexpr std::size_t kKeyQueriesMax = 2;

std::array<std::uint8_t, 5> floor_bytes(Seconds floor) {
    std::array<std::uint8_t, 5> bytes{};
    Writer writer(bytes);
    write_seconds(writer, floor);
    return bytes;
}

}  // namespace

Result<std::unique_ptr<FleetMember>> FleetMember::open(const FleetMemberOptions& options, const SigningKey& device,
                                                       const FleetFiles& files, FleetSaves& saves, Time now) {
    const Result<SignedCertificate> certificate = parse_certificate(files[FleetItem::certificate]);
    if (!certificate || options.position >= certificate->content.positions) return Error::corrupt;
    if (certificate->content.sign_key != device.public_key()) return Error::wrong_peer;
    Seconds floor = options.built;
    if (!files[FleetItem::time_floor].empty()) {
        Reader reader(files[FleetItem::time_floor]);
        floor = std::max(floor, read_seconds(reader));
        if (!reader.finish()) return Error::corrupt;
    }
    Result<InviteLedger> ledger = InviteLedger::open(
        files[FleetItem::ledger], [&saves](View bytes) { return saves.save(FleetItem::ledger, bytes); });
    if (!ledger) return Error::corrupt;
    std::unique_ptr<FleetMember> member(new FleetMember(options, device, saves, std::move(*ledger), floor, now));
    if (!member->keyring_.restore(files[FleetItem::network_keys]) || member->keyring_.keys().empty()) {
        return Error::corrupt;
    }
    if (const View list = files[FleetItem::list]; !list.empty()) {
        const Result<bool> taken = member->list_.offer(list);
        if (!taken || !*taken) return Error::corrupt;
        member->time_.learn_signed(member->list_.list().issued, now);
    }
    if (const Status shown = member->credentials_->show(*certificate, options.position); !shown) return shown.error();
    return member;
}

FleetMember::FleetMember(const FleetMemberOptions& options, const SigningKey& device, FleetSaves& saves,
                         InviteLedger ledger, Seconds floor, Time now)
    : options_(options),
      device_(device.clone()),
      saves_(saves),
      rng_(options.seed),
      now_(now),
      list_(options.fleet_key),
      keyring_(options.fleet_key),
      time_(floor, now),
      credentials_(std::make_shared<FleetCredentials>(
          FleetCredentialsOptions{.fleet_key = options.fleet_key, .peers_max = kPeersMax}, list_, time_)),
      desk_(device, std::move(ledger)),
      round_at_(now),
      floor_saved_(floor) {
    credentials_->set_now(now);
}

Id FleetMember::id() const {
    return certificate().content.position(options_.position);
}

LocalIdentity FleetMember::identity(noise::KeyPair static_key, std::uint64_t first_initiation, Dice dice) const {
    CHORD_CHECK(static_key.public_key() == certificate().content.static_key);
    return {.static_key = std::move(static_key),
            .network_key = keyring_.keys().front().key.clone(),
            .credentials = credentials_,
            .first_initiation = first_initiation,
            .dice = std::move(dice)};
}

void FleetMember::attach(FleetPeers& peers) {
    CHORD_CHECK(peers_ == nullptr);
    peers_ = &peers;
    use_network_keys();
    judge_all();
}

void FleetMember::begin_turn(Time now, const WallClock& wall) {
    now_ = now;
    wall_ = wall;
    credentials_->set_now(now);
}

void FleetMember::tick() {
    if (credentials_->has_departed()) judge_all();
    if (now_ >= begin_with_newest_at_) {
        begin_with_newest_at_ = kNever;
        use_network_keys();
    }
    if (now_ >= greet_at_) greet_new_contacts();
    if (now_ >= round_at_) round();
    fetch_on();
}

Time FleetMember::next_deadline() const {
    if (credentials_->has_departed()) return now_;
    const Time fetch_at = calls_.size() < kCallsMax ? fetches_.next_deadline() : kNever;
    return std::min({round_at_, greet_at_, begin_with_newest_at_, fetch_at});
}

void FleetMember::round() {
    time_.update(wall_, now_);
    const bool is_first = !time_.is_known() && first_rounds_ < kFirstRounds;
    first_rounds_ += is_first ? 1 : 0;
    round_at_ = now_ + rng_.jittered(is_first ? kFirstRound : kRound);
    judge_all();
    if (const std::vector<Peer> known = peers_->known(); !known.empty()) greet(known[rng_.below(known.size())]);
    greet_unproved();
    renew_if_due();
    const bool due = !floor_saved_at_ || now_ - *floor_saved_at_ >= kFloorPeriod;
    if (time_.floor() > floor_saved_ && due) {
        floor_saved_ = time_.floor();
        floor_saved_at_ = now_;
        save(FleetItem::time_floor, floor_bytes(floor_saved_));
    }
}

void FleetMember::judge_all() {
    for (const Id& peer : credentials_->rejudge()) {
        ++counts_.expelled;
        std::erase_if(desks_, [&](const Peer& desk) { return desk.id == peer; });
        peers_->expel(peer);
    }
    for (const Id& peer : credentials_->take_crowded_out()) peers_->close(peer);
    standing_ = credentials_->own_standing();
    is_desk_ = list_.list().delegation(issuer_id(device_.public_key())) != nullptr && is_in();
    if (is_desk_) {
        credentials_->open_desk(issuer_id(device_.public_key()));
    } else {
        credentials_->close_desk();
    }
}

void FleetMember::save(FleetItem item, View bytes) {
    if (!saves_.save(item, bytes)) ++counts_.saves_failed;
}

// ---- Hello

Hello FleetMember::own_hello() const {
    Hello hello;
    hello.list = list_.list().number;
    hello.told = time_.told(now_);
    hello.network_key = keyring_.keys().front().number;
    hello.is_desk = is_desk_;
    if (!desks_.empty() && is_carried(desks_.back().address)) hello.desk = desks_.back();
    return hello;
}

void FleetMember::take_hello(const Peer& from, const Hello& hello) {
    const SignedCertificate* const certificate = credentials_->certificate(from.id);
    if (certificate != nullptr) time_.hear(device_id(certificate->content.sign_key), hello.told, now_);
    const bool delegated =
        certificate != nullptr && list_.list().delegation(issuer_id(certificate->content.sign_key)) != nullptr;
    if (hello.is_desk && delegated) {
        note_desk(from);
    } else if (hello.desk && hello.desk->id != id() && desks_.size() < kDesksMax &&
               std::none_of(desks_.begin(), desks_.end(),
                            [&](const Peer& desk) { return desk.id == hello.desk->id; })) {
        desks_.insert(desks_.begin(), *hello.desk);  // hearsay; what was heard from desks themselves stands behind it
    }
    if (hello.list > list_.list().number) fetches_.offered(from, hello.list, now_);
    const bool lacks_key = hello.network_key > keyring_.keys().front().number ||
                           (hello.network_key == keyring_.keys().front().number && keyring_.record(0).empty());
    if (lacks_key && !fetches_.is_shunned(from.id, now_) && !is_asking(Purpose::network_keys, &from.id)) {
        const auto asking = std::count_if(calls_.begin(), calls_.end(), [](const auto& call) {
            return call.second.purpose == Purpose::network_keys;
        });
        if (static_cast<std::size_t>(asking) < kKeyQueriesMax) ask(Purpose::network_keys, from, NetworkKeysQuery{});
    }
    fetch_on();
}

void FleetMember::note_desk(const Peer& desk) {
    std::erase_if(desks_, [&](const Peer& known) { return known.id == desk.id; });
    if (desks_.size() == kDesksMax) desks_.erase(desks_.begin());
    desks_.push_back(desk);
}

void FleetMember::greet(const Peer& peer) {
    if (!ask(Purpose::hello, peer, own_hello())) return;
    if (greeted_.size() == kGreetedMax && !greeted_.contains(peer.id)) {
        greeted_.erase(std::min_element(greeted_.begin(), greeted_.end(),
                                        [](const auto& a, const auto& b) { return a.second < b.second; }));
    }
    greeted_[peer.id] = now_;
}

void FleetMember::tell_everybody() {
    std::vector<Peer> contacts = peers_->contacts();
    contacts.resize(std::min(contacts.size(), kGreetAtOnce));
    for (const Peer& peer : contacts) greet(peer);
}

void FleetMember::on_contacts_changed() {
    greet_at_ = std::min(greet_at_, std::max(now_, greeted_last_ + kGreetPause));
}

void FleetMember::greet_new_contacts() {
    greet_at_ = kNever;
    greeted_last_ = now_;
    std::size_t room = kGreetAtOnce;
    for (const Peer& peer : peers_->contacts()) {
        const auto greeted = greeted_.find(peer.id);
        const bool lately = greeted != greeted_.end() && now_ - greeted->second < kGreetedFor;
        if (!lately && room-- > 0) greet(peer);
        if (room == 0) break;
    }
}

// ---- Questions of this node

bool FleetMember::ask(Purpose purpose, const Peer& to, const FleetRequest& request,
                      std::function<void(Result<SignedCertificate>)> done) {
    if (calls_.size() >= kCallsMax) return false;
    const CallId call{++calls_made_ | kFleetCallBit};
    calls_.emplace(call, Asked{purpose, to, std::move(done)});
    peers_->ask(call, to, encode(request));
    return true;
}

bool FleetMember::is_asking(Purpose purpose, const Id* peer) const {
    return std::any_of(calls_.begin(), calls_.end(), [&](const auto& call) {
        return call.second.purpose == purpose && (peer == nullptr || call.second.peer.id == *peer);
    });
}

void FleetMember::on_answer(CallId id, const Peer& from, View message) {
    const Result<FleetResponse> response = parse_fleet_response(message);
    if (!response) return on_failure(id, response.error());
    if (const auto* refused = std::get_if<Refused>(&*response)) return on_failure(id, refused->error);
    const auto found = calls_.find(id);
    if (found == calls_.end()) return;
    const Purpose purpose = found->second.purpose;
    const auto* hello = std::get_if<Hello>(&*response);
    const auto* slice = std::get_if<ListSlice>(&*response);
    const auto* keys = std::get_if<NetworkKeys>(&*response);
    const auto* certificate = std::get_if<Granted>(&*response);
    const bool fits = (purpose == Purpose::hello && hello != nullptr) ||
                      (purpose == Purpose::list && slice != nullptr) ||
                      (purpose == Purpose::network_keys && keys != nullptr) ||
                      ((purpose == Purpose::renew || purpose == Purpose::certificate) && certificate != nullptr);
    if (!fits) return on_failure(id, Error::bad_message);
    const Asked asked = std::move(found->second);
    calls_.erase(found);
    switch (purpose) {
        case Purpose::hello: take_hello(from, *hello); break;
        case Purpose::list: take_slice(from, *slice); break;
        case Purpose::network_keys: take_network_keys(from, *keys); break;
        case Purpose::renew: take_renewed(certificate->certificate); break;
        case Purpose::certificate: asked.done(parse_certificate(certificate->certificate)); break;
    }
    fetch_on();
}

void FleetMember::on_failure(CallId id, Error error) {
    const auto found = calls_.find(id);
    if (found == calls_.end()) return;
    const Asked asked = std::move(found->second);
    calls_.erase(found);
    switch (asked.purpose) {
        case Purpose::hello: break;
        case Purpose::list:
        case Purpose::network_keys:
            ++counts_.fetches_failed;
            fetches_.silent(asked.peer.id, now_);
            break;
        case Purpose::renew:
            counts_.renewal_error = error;
            std::erase_if(desks_, [&](const Peer& desk) { return desk.id == asked.peer.id; });
            break;
        case Purpose::certificate: asked.done(error); break;
    }
    fetch_on();
}

void FleetMember::fetch_on() {
    if (calls_.size() >= kCallsMax) return;  // no fault of the peer's; when a call ends there is room
    if (const auto question = fetches_.begin(list_.list().number, now_)) ask_slice(question);
}

void FleetMember::ask_slice(const std::optional<ListFetches::Question>& question) {
    if (!question) return;
    if (!ask(Purpose::list, question->peer, ListQuery{question->offset})) fetches_.silent(question->peer.id, now_);
}

void FleetMember::take_slice(const Peer& from, const ListSlice& slice) {
    std::vector<std::uint8_t> whole;
    ask_slice(fetches_.take(from.id, slice, whole, now_));
    if (!whole.empty()) {
        const Result<bool> taken = take_list(whole);
        if (!taken) {
            ++counts_.fetches_failed;
            fetches_.failed(from.id, now_);
        } else if (!*taken) {
            fetches_.silent(from.id, now_);  // another one was quicker, or it named what it does not have
        }
    }
    fetch_on();
}

Result<bool> FleetMember::take_list(View bytes) {
    // A list from the future would raise the floor of every node that restarts, for good (fleet_time.hpp).
    const Seconds latest = time_.is_known() ? time_.estimate(now_) + FleetTime::kFloorSlack : kSecondsMax;
    const Result<bool> newer = list_.offer(bytes, latest);
    if (!newer || !*newer) return newer;
    ++counts_.lists_taken;
    time_.learn_signed(list_.list().issued, now_);
    save(FleetItem::list, list_.bytes());
    judge_all();
    tell_everybody();
    unproved_ = peers_->known();
    greet_unproved();
    return true;
}

// Who is remembered from before a restart may be one of those that are out now; only a handshake tells.
void FleetMember::greet_unproved() {
    std::erase_if(unproved_, [this](const Peer& peer) { return is_member(peer.id); });
    const std::size_t some = std::min(unproved_.size(), kGreetAtOnce);
    for (std::size_t i = 0; i < some; ++i) greet(unproved_[i]);
    unproved_.erase(unproved_.begin(), unproved_.begin() + static_cast<std::ptrdiff_t>(some));
}

void FleetMember::take_network_keys(const Peer& from, const NetworkKeys& keys) {
    std::vector<View> records;
    for (const auto& record : keys.records) records.emplace_back(record.bytes());
    const Result<bool> newer = take_network_key_records(records);
    if (!newer) {
        ++counts_.fetches_failed;
        fetches_.failed(from.id, now_);
    } else if (!*newer) {
        fetches_.silent(from.id, now_);
    }
}

// What comes before a bad record is taken.
Result<bool> FleetMember::take_network_key_records(std::span<const View> records) {
    const std::uint32_t before = keyring_.keys().front().number;
    Result<bool> newer = false;
    bool changed = false;
    for (const View record : records) {
        const Result<bool> taken = keyring_.offer(record);
        if (!taken) {
            newer = taken.error();
            break;
        }
        changed = changed || *taken;
    }
    if (!changed) return newer;
    std::vector<std::uint8_t> saved = keyring_.saved();
    save(FleetItem::network_keys, saved);
    sodium_memzero(saved.data(), saved.size());
    if (keyring_.keys().front().number > before) begin_with_newest_at_ = now_ + kKeyGrace;
    use_network_keys();
    if (keyring_.keys().front().number > before) tell_everybody();
    return newer ? Result<bool>(true) : newer;
}

// A new key is answered at once and begun with only when the others have it as well: they take it up in seconds.
std::vector<noise::SecretKey> FleetMember::network_keys() const {
    std::vector<noise::SecretKey> keys;
    for (const NetworkKey& each : keyring_.keys()) keys.push_back(each.key.clone());
    return keys;
}

void FleetMember::use_network_keys() {
    std::vector<const noise::SecretKey*> keys;
    for (const NetworkKey& key : keyring_.keys()) keys.push_back(&key.key);
    const bool waits = begin_with_newest_at_ != kNever && keys.size() > 1;
    peers_->use_network_keys(keys, waits ? 1 : 0);
}

}  // namespace chord::net::admission
