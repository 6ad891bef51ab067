#include "sim/simulation.hpp"

#include <algorithm>

#include "node/base/limits.hpp"
#include "vm/base/check.hpp"

namespace talea::sim {
namespace {

std::vector<Person> validators_of(std::size_t count) {
    std::vector<Person> persons;
    for (std::size_t i = 0; i < count; ++i) persons.push_back(person(1, i));
    std::ranges::sort(persons, {}, &Person::address);
    return persons;
}

std::vector<Person> candidates_of(std::size_t validators, std::size_t count) {
    std::vector<Person> persons;
    for (std::size_t i = 0; i < count; ++i) persons.push_back(person(1, validators + i));
    return persons;
}

std::vector<vm::Address> addresses_of(const std::vector<Person>& persons) {
    std::vector<vm::Address> addresses;
    for (const auto& person : persons) addresses.push_back(person.address);
    return addresses;
}

/// Everybody who is in the network, whether it votes at the time or not.
std::vector<Person> admitted_of(const std::vector<Person>& validators, const std::vector<Person>& candidates,
                                std::size_t observers) {
    std::vector<Person> admitted = validators;
    admitted.insert(admitted.end(), candidates.begin(), candidates.end());
    for (std::size_t i = 0; i < observers; ++i) admitted.push_back(person(3, i));
    return admitted;
}

// What a node may hold at most; beyond, something is not bounded.
constexpr std::size_t candidates_max = 128;
constexpr std::size_t fetches_max = 64;
constexpr std::size_t journal_bytes_max = 1024 * 1024;
constexpr std::size_t events_max = 500'000;

constexpr std::uint64_t blocks_between_supplies = 8;
/// Beyond the idle intervals, until an idle core must have made two more blocks.
constexpr Micros idle_slack = 60 * second;
constexpr Micros apart_max = 20 * second;  ///< what a clock is off by, either way

}  // namespace

Simulation::Simulation(const Options& options, bool trace_printed)
    : options_(options),
      trace_(scheduler_, trace_printed),
      random_(~options.seed),
      validators_(validators_of(options.validators)),
      candidates_(candidates_of(options.validators, options.candidates)),
      economy_(options.load.holders, addresses_of(validators_),
               admitted_of(validators_, candidates_, options.observers), options.idle_interval_seconds),
      world_(economy_.genesis(), options.remember),
      checker_({world_.genesis_hash(), economy_.genesis().timestamp, addresses_of(validators_), economy_.roles()}),
      backups_(options.validators + options.candidates + options.observers),
      mute_(backups_.size()) {
    trace_.line(Trace::nobody, "{}", to_string(options_));
    around_.reset(new Surroundings{
        scheduler_, trace_, marks_, world_, checker_, options_,
        options_.remember ? static_cast<const node::Signatures&>(remembered_) : node::plain_signatures(), remembered_,
        addresses_of(validators_)});
    for (const auto& candidate : candidates_) around_->addresses.push_back(candidate.address);
    for (std::size_t i = 0; i < options_.observers; ++i) around_->addresses.push_back(person(3, i).address);
    const std::size_t count = around_->addresses.size();
    network_ = std::make_unique<Network>(
        scheduler_, trace_, marks_, random_.branch("network"), options_.network, count,
        Network::Handlers{
            [this](std::size_t to, std::size_t from, const Frame& frame) { nodes_[to]->on_frame(from, frame); },
            [this](std::size_t at, std::size_t peer, bool up) { nodes_[at]->on_connection(peer, up); }});
    around_->network = network_.get();
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t keys = validators_.size() + candidates_.size();
        const bool is_observer = i >= keys;
        const Person who = is_observer              ? person(3, i - keys)
                           : i < validators_.size() ? validators_[i]
                                                    : candidates_[i - validators_.size()];
        nodes_.push_back(std::make_unique<Node>(*around_, i, who, is_observer, random_.branch("machine")));
        // Nobody is told by a machine that lies; its clients ask others.
        nodes_[i]->on_final = [this, i](const FinalRecord& record) {
            if (!nodes_[i]->is_honest) return;
            clients_->hear(record);
            if (record.block->header.number.value < supply_checked_.value + blocks_between_supplies) return;
            supply_checked_ = record.block->header.number;
            check_supply(i);
        };
        nodes_[i]->on_death = [this, i] { restart_later(i); };
    }
    for (std::size_t made = 0; made < options_.byzantine;) {
        Node& node = *nodes_[random_.below(validators_.size())];
        if (!node.is_honest) continue;
        if (made == 0 && options_.lying_disk) {
            node.is_honest = false;
            node.journal().options().lies = node.blocks().options().lies = true;
        } else {
            node.corrupt();
        }
        ++made;
    }
    clients_ = std::make_unique<Clients>(scheduler_, economy_, random_.branch("clients"), options_.load,
                                         [this](std::uint64_t drawn, const SignedTransaction& transaction) {
                                             for (std::size_t i = 0; i < nodes_.size(); ++i)
                                                 if (nodes_[(drawn + i) % nodes_.size()]->submit(transaction)) return;
                                         });
}

std::vector<std::size_t> Simulation::voters() const {
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (std::ranges::binary_search(checker_.next_validators(), nodes_[i]->address())) indices.push_back(i);
    return indices;
}

std::uint64_t Simulation::head(std::size_t index) const {
    return nodes_[index]->runs() ? nodes_[index]->ledger().number().value : 0;
}

void Simulation::start_all() {
    for (auto& node : nodes_)
        if (!node->runs()) node->start();
}

bool Simulation::step() {
    if (checker_.violation() || !scheduler_.step()) return false;
    if (scheduler_.steps() % 64 == 0) check_heads();
    if (scheduler_.steps() % 1'024 == 0) check_sizes();
    return !checker_.violation();
}

void Simulation::run_for(Micros time) {
    const Micros end = scheduler_.now() + time;
    while (scheduler_.next_due() <= end && step()) {
    }
}

bool Simulation::run_until(const std::function<bool()>& condition, Micros limit) {
    const Micros end = scheduler_.now() + limit;
    while (!condition()) {
        if (scheduler_.next_due() > end || !step()) return false;
    }
    return true;
}

/// What a node shows its clients is final.
void Simulation::check_heads() {
    for (const auto& node : nodes_) {
        if (!node->runs() || !node->is_honest) continue;
        const auto& ledger = node->ledger();
        if (checker_.hash_of(ledger.number()) != ledger.head_hash())
            checker_.fail("n{} shows a head {} that is not final", node->index(), ledger.number().value);
    }
}

void Simulation::check_sizes() {
    // A node that clients reach and blocks do not, in a long night, keeps what the pool's contract lets every sender
    // wait: the actors, and the one that sends nonsense.
    const std::size_t pool_max = (economy_.actors() + 1) * node::limits::pool_txs_per_sender_max;
    for (const auto& node : nodes_) {
        const auto sizes = node->sizes();
        if (sizes.candidates > candidates_max || sizes.fetches > fetches_max || sizes.pool > pool_max ||
            sizes.journal_bytes > journal_bytes_max)
            checker_.fail("n{} grows: {} blocks in hand, {} asked for, {} transactions, a journal of {} bytes",
                          node->index(), sizes.candidates, sizes.fetches, sizes.pool, sizes.journal_bytes);
    }
    if (scheduler_.pending() > events_max) checker_.fail("{} events are pending", scheduler_.pending());
}

/// Where nothing fails, nobody waits for a timer.
void Simulation::check_health() {
    for (const auto& node : nodes_) {
        const auto& counters = node->counters();
        if (counters.timeouts + counters.round_changes > 0)
            checker_.fail("n{} timed out {} times and changed the round {} times, and nothing was wrong", node->index(),
                          counters.timeouts, counters.round_changes);
    }
}

void Simulation::check_supply(std::size_t index) {
    const Node& node = *nodes_[index];
    if (node.runs() && node.is_honest && !economy_.supply_is_held(world_.evm(), node.ledger().state()))
        checker_.fail("the holdings at n{} are not the supply", index);
}

// ---- Faults ----

bool Simulation::is_faulty(std::size_t index) {
    if (nodes_[index]->runs()) {
        // Out of quarantine is not yet signing: that begins two heights later.
        const auto why = nodes_[index]->why();
        mute_[index] = why.in_quarantine || (mute_[index] && !why.signs);
    }
    return !nodes_[index]->is_honest || mute_[index];
}

/// Whether `index` may lie or forget from now on.
bool Simulation::one_more_may_fail(std::size_t index) {
    if (nodes_[index]->is_observer() || is_faulty(index) || set_is_changing()) return false;
    const auto set = voters();
    if (std::ranges::find(set, index) == set.end()) return true;
    const auto faulty = std::ranges::count_if(set, [this](std::size_t voter) { return is_faulty(voter); });
    return static_cast<std::size_t>(faulty) < (set.size() - 1) / 3;
}

bool Simulation::is_cut_off(std::size_t index) const {
    const auto found = cut_off_.find(index);
    return found != cut_off_.end() && !(found->second && checker_.is_final(*found->second));
}

/// An observer is cut off from the network, or let in again.
SignedTransaction Simulation::change_admission() {
    const std::size_t first = validators_.size() + candidates_.size();
    const std::size_t chosen = random_.below(options_.observers);
    const Person observer = person(3, chosen);
    const auto found = cut_off_.find(first + chosen);
    if (found == cut_off_.end() || !is_cut_off(first + chosen)) {
        marks_.hit("node: cut off");
        cut_off_[first + chosen] = std::nullopt;
        return economy_.remove_node(observer.address);
    }
    if (found->second) return nullptr;  // on its way
    marks_.hit("node: let in again");
    const auto change = economy_.admit_node(observer);
    found->second = change->hash;
    return change;
}

/// Adds, removes or replaces a validator where that leaves a quorum of good ones; one change at a time.
SignedTransaction Simulation::change_set() {
    if (options_.observers > 0 && random_.below(3) == 0) return change_admission();
    if (set_is_changing()) return nullptr;
    auto set = voters();
    std::vector<std::size_t> outside;
    for (std::size_t i = 0; i < validators_.size() + candidates_.size(); ++i)
        if (std::ranges::find(set, i) == set.end()) outside.push_back(i);
    const bool adds = !outside.empty() && random_.below(3) != 0;
    const bool removes = set.size() > 1 && (!adds || random_.below(2) == 0);
    if (!adds && !removes) return nullptr;
    const std::size_t coming = adds ? outside[random_.below(outside.size())] : 0;
    std::size_t leaving = set[random_.below(set.size())];
    const auto& head = *nodes_[random_.below(nodes_.size())];
    if (removes && head.runs() && random_.below(2) == 0) {
        // Whoever is about to propose, as far as that node knows.
        const auto proposer = head.why().proposer;
        const auto found = std::ranges::find(set, proposer, [&](std::size_t i) { return nodes_[i]->address(); });
        if (found != set.end()) leaving = *found;
        marks_.hit("set: proposer leaves");
    }
    if (removes) std::erase(set, leaving);
    if (adds) set.push_back(coming);
    const auto faulty = std::ranges::count_if(set, [this](std::size_t voter) { return is_faulty(voter); });
    if (static_cast<std::size_t>(faulty) > (set.size() - 1) / 3) return nullptr;
    const auto person_at = [this](std::size_t index) {
        return index < validators_.size() ? validators_[index] : candidates_[index - validators_.size()];
    };
    SignedTransaction change;
    if (adds && removes) {
        marks_.hit("set: replaced");
        change = economy_.replace_validator(person_at(leaving).address, person_at(coming), world_.genesis_hash());
    } else if (adds) {
        marks_.hit("set: added");
        change = economy_.add_validator(person_at(coming), world_.genesis_hash());
    } else {
        marks_.hit("set: removed");
        change = economy_.remove_validator(person_at(leaving).address);
    }
    pending_change_ = change->hash;
    return change;
}

void Simulation::start_faults() {
    network_->start_faults();
    clients_->change_set = [this] { return change_set(); };
    const auto& machine = options_.machine;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        Clock& clock = nodes_[i]->clock();
        const auto either_way = [&](std::int64_t most) {
            return most == 0
                       ? 0
                       : static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(2 * most + 1))) - most;
        };
        clock.utc_skew_us = either_way(machine.utc_skew_max_us);
        clock.drift_ppm = either_way(machine.drift_max_ppm);
        plan_crash(i);
        plan_pause(i);
        plan_backup(i);
    }
    plan_clock_jump();
    if (machine.rolling_at != 0)
        scheduler_.after(machine.rolling_at, [this, epoch = fault_epoch_] {
            if (epoch == fault_epoch_) roll(0);
        });
    if (machine.blackout_at != 0)
        scheduler_.after(machine.blackout_at, [this, epoch = fault_epoch_] {
            if (epoch == fault_epoch_) blackout();
        });
}

void Simulation::plan_crash(std::size_t index) {
    if (options_.machine.crash_every == 0) return;
    scheduler_.after(random_.exponential(options_.machine.crash_every), [this, index, epoch = fault_epoch_] {
        if (epoch != fault_epoch_) return;
        crash_soon(index, random_.percent(90) ? 200 * millisecond : 0);
        plan_crash(index);
    });
}

void Simulation::crash_soon(std::size_t index, Micros patience) {
    // Most crashes wait for the moment that hurts: something is written and not yet durable.
    const LogFile& journal = nodes_[index]->journal();
    if (patience > 0 && nodes_[index]->runs() && journal.durable_bytes() == journal.content().size()) {
        scheduler_.after(500, [this, index, patience, epoch = fault_epoch_] {
            if (epoch == fault_epoch_) crash_soon(index, patience - std::min<Micros>(patience, 500));
        });
        return;
    }
    crash(index, random_.below(2) == 0);
}

void Simulation::crash(std::size_t index, bool power_cut) {
    if (!nodes_[index]->runs()) return;
    marks_.hit(power_cut ? "power cut" : "crash");
    nodes_[index]->crash(power_cut);
    restart_later(index);
}

void Simulation::restart_later(std::size_t index) {
    scheduler_.after(random_.exponential(options_.machine.down_mean), [this, index, epoch = fault_epoch_] {
        if (epoch == fault_epoch_) restart(index);
    });
}

void Simulation::restart(std::size_t index) {
    Node& node = *nodes_[index];
    if (node.runs()) return;
    if (one_more_may_fail(index)) {
        if (random_.chance(options_.machine.wipe_ppm)) {
            marks_.hit("wipe");
            node.wipe();
            mute_[index] = true;
        } else if (random_.chance(options_.disk.damage_ppm) && node.damage_journal()) {
            marks_.hit("journal damaged");
            mute_[index] = true;
        }
    }
    if (backups_[index] && random_.chance(options_.machine.old_backup_ppm)) restore(index, *backups_[index]);
    node.start();
}

void Simulation::restore(std::size_t index, const Backup& backup) {
    Node& node = *nodes_[index];
    node.restore_blocks(backup);
    switch (one_more_may_fail(index) ? random_.below(4) : 0) {
        case 0:
            marks_.hit("backup: blocks");
            break;
        case 1:
            marks_.hit("backup: no journal");
            node.lose_journal();
            mute_[index] = true;
            break;
        default:
            marks_.hit("backup: journal too");
            node.restore_journal(backup);
            break;
    }
}

void Simulation::plan_backup(std::size_t index) {
    if (options_.machine.backup_every == 0) return;
    scheduler_.after(random_.exponential(options_.machine.backup_every), [this, index, epoch = fault_epoch_] {
        if (epoch != fault_epoch_) return;
        if (nodes_[index]->runs()) backups_[index] = nodes_[index]->backup();
        plan_backup(index);
    });
}

/// As an upgrade does it: one process after another, the next once this one is up.
void Simulation::roll(std::size_t index) {
    if (index == nodes_.size()) return;
    marks_.hit("rolling restart");
    if (nodes_[index]->runs()) nodes_[index]->crash(false);
    scheduler_.after(500 * millisecond, [this, index, epoch = fault_epoch_] {
        if (epoch != fault_epoch_) return;
        restart(index);
        roll(index + 1);
    });
}

void Simulation::plan_pause(std::size_t index) {
    if (options_.machine.pause_every == 0) return;
    scheduler_.after(random_.exponential(options_.machine.pause_every), [this, index, epoch = fault_epoch_] {
        if (epoch != fault_epoch_) return;
        marks_.hit("pause");
        nodes_[index]->pause();
        scheduler_.after(random_.exponential(options_.machine.pause_mean), [this, index] { nodes_[index]->resume(); });
        plan_pause(index);
    });
}

void Simulation::plan_clock_jump() {
    if (options_.machine.clock_jump_every == 0) return;
    scheduler_.after(random_.exponential(options_.machine.clock_jump_every), [this, epoch = fault_epoch_] {
        if (epoch != fault_epoch_) return;
        marks_.hit("clock jump");
        Clock& clock = nodes_[random_.below(nodes_.size())]->clock();
        clock.utc_skew_us +=
            static_cast<std::int64_t>(random_.below(20 * second)) - static_cast<std::int64_t>(10 * second);
        plan_clock_jump();
    });
}

void Simulation::blackout() {
    marks_.hit("blackout");
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (!nodes_[i]->runs()) continue;
        nodes_[i]->crash(true);
        restart_later(i);
    }
}

void Simulation::stop_faults() {
    ++fault_epoch_;
    clients_->change_set = nullptr;
    network_->stop_faults();
    for (auto& node : nodes_) {
        node->resume();
        node->heal_disk();
        node->heal_signer();
    }
}

/// More than quarantine bears. Blocks stay, so that there is one to go on from: a checkpoint names what somebody has.
void Simulation::lose_all_journals() {
    const auto highest = checker_.highest().value;
    const auto voting = voters();
    if (std::ranges::none_of(voting, [&](std::size_t i) { return nodes_[i]->is_honest && head(i) == highest; })) return;
    for (const std::size_t i : voting) {
        nodes_[i]->crash(false);
        nodes_[i]->lose_journal();
        mute_[i] = true;
    }
}

// ---- Phases ----

bool Simulation::liveness(Result& result) {
    stop_faults();
    if (options_.machine.journals_vanish) lose_all_journals();
    start_all();
    const auto set = voters();
    const std::size_t needed = node::quorum(set.size());
    // The core: honest validators, at least a quorum of them whose journals are whole, chosen at random; all that are
    // honest where the set is about to change.
    std::vector<std::size_t> honest;
    for (const std::size_t i : set)
        if (nodes_[i]->is_honest) honest.push_back(i);
    for (std::size_t i = honest.size(); i > 1; --i) std::swap(honest[i - 1], honest[random_.below(i)]);
    const std::size_t whole_size = honest.size();
    std::size_t size = needed >= whole_size ? whole_size : random_.between(needed, whole_size);
    const bool is_changing = set_is_changing();
    if (is_changing || std::ranges::any_of(honest, [this](std::size_t i) { return is_faulty(i); })) size = whole_size;
    std::vector<bool> in_core(nodes_.size());
    for (std::size_t i = 0; i < size; ++i) in_core[honest[i]] = true;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (std::ranges::find(set, i) == set.end())
            in_core[i] = nodes_[i]->is_honest && !is_cut_off(i) && (is_changing || random_.below(2) == 0);
    // Backups may have taken the last final blocks from some. Somebody in the core has them; where nobody has, no core
    // could go on with what was final.
    const auto has_all = [&](std::size_t i) {
        return nodes_[i]->is_honest && !is_cut_off(i) && head(i) == checker_.highest().value;
    };
    std::size_t holder = 0;
    while (holder < nodes_.size() && !(has_all(holder) && in_core[holder])) ++holder;
    for (std::size_t i = 0; i < nodes_.size() && holder == nodes_.size(); ++i)
        if (has_all(i)) in_core[holder = i] = true;
    if (holder == nodes_.size()) {
        trace_.line(Trace::nobody, "has block {} on no honest disk: nothing can go on", checker_.highest().value);
        return true;
    }

    network_->heal_all();
    network_->options().delay_min = 1 * millisecond;
    network_->options().delay_mean = 2 * millisecond;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (in_core[i]) {
            nodes_[i]->clock().utc_skew_us = 0;
            continue;
        }
        // What is outside stays broken for ever, in one of several ways.
        switch (random_.below(4)) {
            case 0:
                nodes_[i]->crash(true);
                break;
            case 1:
                // Its turns to propose pass in silence, with nothing to tell it from one that thinks.
                marks_.hit("fell silent");
                nodes_[i]->fall_silent();
                break;
            case 2:
                for (std::size_t peer = 0; peer < nodes_.size(); ++peer)
                    if (peer != i) network_->cut(i, peer);
                break;
            default:
                for (std::size_t peer = 0; peer < nodes_.size(); ++peer)
                    if (peer != i) network_->cut(peer, i);
                break;
        }
    }
    std::string core;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (in_core[i]) core += fmt::format(" n{}", i);
    trace_.line(Trace::nobody, "all is well among{}; the rest stays as it is", core);

    const std::uint64_t goal = checker_.highest().value + 3;
    const auto reached = [&] {
        for (std::size_t i = 0; i < nodes_.size(); ++i)
            if (in_core[i] && head(i) < goal) return false;
        return true;
    };
    const auto go_on = [&] { return run_until(reached, options_.liveness_limit); };
    if (go_on()) return idles(result);
    if (checker_.violation()) return false;
    std::size_t signing = 0;
    std::string heads;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        heads += fmt::format(" n{}{} at {}", i, in_core[i] ? "" : " (out)", head(i));
        if (!in_core[i] || !nodes_[i]->runs()) continue;
        const auto why = nodes_[i]->why();
        if (why.signs && std::ranges::binary_search(checker_.next_validators(), nodes_[i]->address())) ++signing;
        heads += fmt::format(" round {} waits for {}", why.round, node::to_string(why.waits_for));
    }
    if (signing < node::quorum(checker_.next_validators().size())) {
        // Journals were lost by more than the rules bear: nothing but a recovery may move this chain.
        marks_.hit("stopped for want of journals");
        const auto recovery = checkpoint();
        instance_ = recovery.instance;
        trace_.line(Trace::nobody, "is recovered at block {}", recovery.number.value);
        // To one of them, who tells the others; and to those in quarantine, whom only their own operator brings out.
        bool is_told = false;
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            if (!in_core[i] || (is_told && nodes_[i]->why().signs)) continue;
            nodes_[i]->recover(recovery);
            is_told = true;
        }
        if (go_on()) return idles(result);
        if (checker_.violation()) return false;
    }
    result.verdict = Verdict::stuck;
    result.sentence = fmt::format("no three blocks within {} s of peace:{}", options_.liveness_limit / second, heads);
    return false;
}

/// With nothing left to do, a core still signs a block an idle interval.
bool Simulation::idles(Result& result) {
    clients_->stop();
    run_for(5 * second);
    const std::uint64_t goal = checker_.highest().value + 2;
    const Micros limit = 2 * options_.idle_interval_seconds * second + idle_slack;
    if (run_until([&] { return checker_.highest().value >= goal; }, limit)) return true;
    if (checker_.violation()) return false;
    result.verdict = Verdict::stuck;
    result.sentence = fmt::format("no two blocks of an idle network within {} s", limit / second);
    return false;
}

node::Checkpoint Simulation::checkpoint(std::vector<vm::Address> validators) {
    node::Checkpoint checkpoint;
    checkpoint.number = checker_.highest();
    checkpoint.hash = *checker_.hash_of(checkpoint.number);
    checkpoint.instance = instance_ + 1;
    checkpoint.validators = validators.empty() ? checker_.next_validators() : std::move(validators);
    checkpoint.signatures = {
        node::make_seal(economy_.actor(0).key, node::checkpoint_digest(world_.genesis_hash(), checkpoint))};
    vm::check(node::verify_checkpoint(checkpoint, world_.genesis_hash(), economy_.genesis().talea.recovery).has_value(),
              "the simulator's checkpoints are signed as genesis asks");
    checker_.recovered(checkpoint);
    return checkpoint;
}

/// What lasts too long for the safety phase: timers and locks grow old.
void Simulation::pass_the_night() {
    if (options_.night != 0) {
        marks_.hit("night");
        for (std::size_t a = 0; a < nodes_.size(); ++a)
            for (std::size_t b = 0; b < nodes_.size(); ++b)
                if (a != b) network_->cut(a, b);
        run_for(options_.night);
        network_->heal_all();
    }
    if (options_.clocks_apart != 0) {
        marks_.hit("clocks apart");
        for (const auto& node : nodes_)
            node->clock().utc_skew_us =
                static_cast<std::int64_t>(random_.below(2 * apart_max)) - static_cast<std::int64_t>(apart_max);
        run_for(options_.clocks_apart);
    }
}

Result Simulation::run() {
    start_all();
    clients_->start();
    if (options_.faults) start_faults();
    const Micros end = options_.safety_phase;
    while (scheduler_.next_due() <= end && checker_.highest().value < options_.safety_blocks && step()) {
    }
    if (options_.faults) pass_the_night();
    Result made;
    if (!options_.faults) check_health();
    if (!checker_.violation() && liveness(made))
        for (std::size_t i = 0; i < nodes_.size(); ++i) check_supply(i);
    check_heads();
    marks_.hit("nonsense", clients_->nonsense());
    const Verdict live = made.verdict;
    const std::string stuck = made.sentence;
    made = result();
    if (made.verdict == Verdict::good && live == Verdict::stuck) {
        made.verdict = live;
        made.sentence = stuck;
    }
    return made;
}

Result Simulation::result() {
    Result made;
    if (checker_.violation()) {
        made.verdict = Verdict::wrong;
        made.sentence = *checker_.violation();
    }
    made.blocks = checker_.highest().value;
    made.transactions = checker_.transactions();
    made.time = scheduler_.now();
    made.steps = scheduler_.steps();
    made.trace_hash = trace_.hash();
    return made;
}

}  // namespace talea::sim
