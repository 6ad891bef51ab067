#include "vm/native/permissions.hpp"

#include <algorithm>
#include <expected>
#include <optional>

#include "vm/native/addresses.hpp"
#include "vm/native/admitted_nodes.hpp"
#include "vm/native/slot_key.hpp"

namespace talea::vm {
namespace {

u256 load(RegistryCall& call, const u256& key) {
    return call.meter.load(Registry::permissions, key);
}
void store(RegistryCall& call, const u256& key, const u256& value) {
    call.meter.store(Registry::permissions, key, value);
}

std::uint64_t granted_roles(RegistryCall& call, const Address& account) {
    return load(call, slot_key::roles(account)).low_u64();
}
SettingsRecord settings(RegistryCall& call) {
    return SettingsRecord::from(load(call, slot_key::settings(0)));
}
CountsRecord counts(RegistryCall& call) {
    return CountsRecord::from(load(call, slot_key::settings(2)));
}

ThresholdsRecord thresholds(RegistryCall& call) {
    return ThresholdsRecord::from(load(call, slot_key::settings(4)));
}
bool is_admin(RegistryCall& call, const Address& account) {
    return (granted_roles(call, account) & role::admin) != 0;
}

void log(RegistryCall& call, std::initializer_list<u256> topics, std::initializer_list<u256> words = {}) {
    Bytes data;
    AbiWriter out{data};
    for (const u256& word : words) out.word(word);
    call.meter.log(Registry::permissions, topics, data);
}

// What ADMINs change: directly where one suffices, else by proposals.

/// A change that is well formed.
struct Change {
    ProposedChange what = ProposedChange::none;
    Address account;
    std::uint64_t roles = 0;
    std::uint8_t threshold = 0;
};
using Judged = std::expected<Change, Outcome>;

Judged well_formed(RegistryCall& call, ProposedChange what, const Address& account, const u256& roles,
                   std::uint8_t threshold) {
    const bool sets_threshold = what == ProposedChange::set_threshold;
    if (what == ProposedChange::none || (sets_threshold ? !account.is_zero() : threshold != 0))
        return std::unexpected(call.refuse(selector("BadChange()")));
    if (!roles.fits_u64() || (roles.low_u64() & ~role::all) != 0)
        return std::unexpected(call.refuse(selector("BadRoles(uint256)"), {roles}));
    if (!sets_threshold && account.is_zero()) return std::unexpected(call.zero_address());
    return Change{what, account, roles.low_u64(), threshold};
}

std::uint64_t roles_after(const Change& change, std::uint64_t before) {
    return change.what == ProposedChange::grant ? before | change.roles : before & ~change.roles;
}

/// How many ADMINs must agree to it now: by the roles that it would change.
std::uint8_t approvals_needed(RegistryCall& call, const Change& change) {
    const ThresholdsRecord asked = thresholds(call);
    if (change.what == ProposedChange::set_threshold) return asked.of(change.roles | role::admin);
    const std::uint64_t before = granted_roles(call, change.account);
    return asked.of(before ^ roles_after(change, before));
}

Outcome out_of_reach(RegistryCall& call, std::uint64_t threshold, std::uint64_t admins) {
    return call.refuse(selector("ThresholdOutOfReach(uint256,uint256)"), {threshold, admins});
}

std::optional<Outcome> execute_roles(RegistryCall& call, const Change& change) {
    const std::uint64_t before = granted_roles(call, change.account);
    const std::uint64_t after = roles_after(change, before);
    if (after == before) return std::nullopt;
    if (((before ^ after) & role::admin) != 0) {
        CountsRecord counted = counts(call);
        if ((after & role::admin) != 0) {
            ++counted.admins;
        } else {
            if (counted.admins <= 1) return call.refuse(selector("LastAdmin()"));
            const std::uint8_t most = thresholds(call).of(role::all);
            if (--counted.admins < most) return out_of_reach(call, most, counted.admins);
        }
        store(call, slot_key::settings(2), counted.word());
    }
    store(call, slot_key::roles(change.account), after);
    log(call, {signature_hash("RolesChanged(address,uint256,address)"), to_u256(change.account), to_u256(call.caller)},
        {after});
    return std::nullopt;
}

std::optional<Outcome> execute_threshold(RegistryCall& call, const Change& change) {
    const std::uint64_t admins = counts(call).admins;
    if (change.threshold == 0 || change.threshold > threshold_max || change.threshold > admins)
        return out_of_reach(call, change.threshold, admins);
    const ThresholdsRecord before = thresholds(call);
    ThresholdsRecord after = before;
    after.set(change.roles, change.threshold);
    if (after.bytes == before.bytes) return std::nullopt;
    store(call, slot_key::settings(4), after.word());
    log(call, {signature_hash("ThresholdChanged(uint256,uint8,address)"), to_u256(call.caller)},
        {change.roles, std::uint64_t{change.threshold}});
    return std::nullopt;
}

std::optional<Outcome> execute(RegistryCall& call, const Change& change) {
    return change.what == ProposedChange::set_threshold ? execute_threshold(call, change) : execute_roles(call, change);
}

/// A change by the caller alone.
Outcome change_alone(RegistryCall& call, ProposedChange what, const Address& account, const u256& roles,
                     std::uint8_t threshold) {
    if (!is_admin(call, call.caller)) return call.not_authorized(role::admin);
    const Judged change = well_formed(call, what, account, roles, threshold);
    if (!change) return change.error();
    if (const std::uint8_t needed = approvals_needed(call, *change); needed > 1)
        return call.refuse(selector("ApprovalsNeeded(uint8)"), {std::uint64_t{needed}});
    if (const auto refused = execute(call, *change)) return *refused;
    return call.give();
}

Outcome change_roles(RegistryCall& call, ProposedChange what) {
    call.meter.require_writable();
    const Address account = call.args.address();
    const u256 roles = call.args.word();
    if (call.args.failed()) return call.bad_call();
    return change_alone(call, what, account, roles, 0);
}

Outcome set_threshold(RegistryCall& call) {
    call.meter.require_writable();
    const u256 roles = call.args.word();
    const auto threshold = call.args.number<std::uint8_t>();
    if (call.args.failed()) return call.bad_call();
    return change_alone(call, ProposedChange::set_threshold, {}, roles, threshold);
}

Outcome give_threshold(RegistryCall& call) {
    const u256 asked = call.args.word();
    if (call.args.failed()) return call.bad_call();
    if (!asked.fits_u64() || (asked.low_u64() & ~role::all) != 0)
        return call.refuse(selector("BadRoles(uint256)"), {asked});
    return call.give({std::uint64_t{thresholds(call).of(asked.low_u64())}});
}

// Proposals.

ProposalRecord load_proposal(RegistryCall& call, std::uint64_t id) {
    const u256 first = load(call, slot_key::proposal(id, 0));
    if (first.is_zero()) return {};
    return ProposalRecord::from(first, load(call, slot_key::proposal(id, 1)));
}
Address approver_at(RegistryCall& call, std::uint64_t id, std::uint32_t position) {
    return to_address(load(call, slot_key::approver(id, position)));
}
Change change_of(const ProposalRecord& proposal) {
    return {proposal.change, proposal.account, proposal.roles, proposal.threshold};
}

/// The proposal `id` while it is open; else the refusal.
std::expected<ProposalRecord, Outcome> open_proposal(RegistryCall& call, std::uint64_t id) {
    const ProposalRecord proposal = load_proposal(call, id);
    if (proposal.state == ProposalState::none)
        return std::unexpected(call.refuse(selector("UnknownProposal(uint64)"), {id}));
    if (proposal.state != ProposalState::open)
        return std::unexpected(call.refuse(selector("ProposalClosed(uint64)"), {id}));
    return proposal;
}

void add_approval(RegistryCall& call, std::uint64_t id, ProposalRecord& proposal) {
    store(call, slot_key::approver(id, proposal.approvals), to_u256(call.caller));
    ++proposal.approvals;
    log(call, {signature_hash("Approved(uint64,address)"), id, to_u256(call.caller)});
}

/// Executes the proposal and closes it.
std::optional<Outcome> execute_proposal(RegistryCall& call, std::uint64_t id, ProposalRecord& proposal) {
    if (const auto refused = execute(call, change_of(proposal))) return refused;
    proposal.state = ProposalState::executed;
    log(call, {signature_hash("Executed(uint64,address)"), id, to_u256(call.caller)});
    return std::nullopt;
}

Outcome propose(RegistryCall& call) {
    call.meter.require_writable();
    const auto what = call.args.number<std::uint8_t>();
    if (what > static_cast<std::uint8_t>(ProposedChange::set_threshold)) call.args.fail();
    const Address account = call.args.address();
    const u256 roles = call.args.word();
    const auto threshold = call.args.number<std::uint8_t>();
    const auto expiry = call.args.number<std::uint64_t>();
    if (call.args.failed()) return call.bad_call();
    if (!is_admin(call, call.caller)) return call.not_authorized(role::admin);
    const Judged change = well_formed(call, static_cast<ProposedChange>(what), account, roles, threshold);
    if (!change) return change.error();
    if (expiry <= call.now || expiry - call.now > proposal_seconds_max)
        return call.refuse(selector("BadExpiry(uint64)"), {expiry});

    CountsRecord counted = counts(call);
    const std::uint64_t id = ++counted.proposals;
    store(call, slot_key::settings(2), counted.word());
    ProposalRecord proposal{.account = account,
                            .roles = static_cast<std::uint16_t>(change->roles),
                            .change = change->what,
                            .threshold = threshold,
                            .state = ProposalState::open,
                            .approvals = 0,
                            .proposer = call.caller,
                            .expiry = expiry};
    store(call, slot_key::proposal(id, 1), proposal.second());
    log(call, {signature_hash("Proposed(uint64,address,uint8,address,uint256,uint8,uint64)"), id, to_u256(call.caller)},
        {std::uint64_t{what}, to_u256(account), roles, std::uint64_t{threshold}, expiry});
    add_approval(call, id, proposal);
    if (approvals_needed(call, *change) <= 1)
        if (const auto refused = execute_proposal(call, id, proposal)) return *refused;
    store(call, slot_key::proposal(id, 0), proposal.first());
    return call.give({id});
}

Outcome approve(RegistryCall& call) {
    call.meter.require_writable();
    const auto id = call.args.number<std::uint64_t>();
    if (call.args.failed()) return call.bad_call();
    if (!is_admin(call, call.caller)) return call.not_authorized(role::admin);
    auto proposal = open_proposal(call, id);
    if (!proposal) return proposal.error();
    if (call.now > proposal->expiry) return call.refuse(selector("ProposalExpired(uint64)"), {id});

    std::uint8_t agreed = 0;
    bool again = false;
    for (std::uint32_t i = 0; i < proposal->approvals && !call.meter.halted(); ++i) {
        const Address approver = approver_at(call, id, i);
        if (approver == call.caller) again = true;
        if (is_admin(call, approver)) ++agreed;
    }
    if (!again) {
        if (proposal->approvals == approvals_max) return call.too_many(std::uint64_t{approvals_max} + 1, approvals_max);
        add_approval(call, id, *proposal);
        ++agreed;
    }
    if (agreed >= approvals_needed(call, change_of(*proposal))) {
        if (const auto refused = execute_proposal(call, id, *proposal)) return *refused;
    } else if (again) {
        return call.refuse(selector("AlreadyApproved(uint64,address)"), {id, to_u256(call.caller)});
    }
    store(call, slot_key::proposal(id, 0), proposal->first());
    return call.give();
}

Outcome cancel(RegistryCall& call) {
    call.meter.require_writable();
    const auto id = call.args.number<std::uint64_t>();
    if (call.args.failed()) return call.bad_call();
    auto proposal = open_proposal(call, id);
    if (!proposal) return proposal.error();
    if (proposal->proposer != call.caller) return call.not_authorized();
    proposal->state = ProposalState::cancelled;
    store(call, slot_key::proposal(id, 0), proposal->first());
    log(call, {signature_hash("Cancelled(uint64,address)"), id, to_u256(call.caller)});
    return call.give();
}

Outcome give_proposal(RegistryCall& call) {
    const auto id = call.args.number<std::uint64_t>();
    if (call.args.failed()) return call.bad_call();
    const ProposalRecord proposal = load_proposal(call, id);
    AbiWriter out = call.result();
    out.word(32);
    out.word(static_cast<std::uint64_t>(proposal.state));
    out.word(static_cast<std::uint64_t>(proposal.change));
    out.address(proposal.account);
    out.word(std::uint64_t{proposal.roles});
    out.word(std::uint64_t{proposal.threshold});
    out.address(proposal.proposer);
    out.word(proposal.expiry);
    out.word(8 * 32);
    out.word(std::uint64_t{proposal.approvals});
    for (std::uint32_t i = 0; i < proposal.approvals && !call.meter.halted(); ++i) {
        call.meter.charge(native_gas::list_item);
        out.address(approver_at(call, id, i));
    }
    return Outcome::returned;
}

// What NETWORK changes.

Outcome set_gas_limit(RegistryCall& call) {
    call.meter.require_writable();
    const auto gas_limit = call.args.number<std::uint64_t>();
    if (call.args.failed()) return call.bad_call();
    if ((granted_roles(call, call.caller) & role::network) == 0) return call.not_authorized(role::network);
    if (gas_limit < settable_gas_limit_min || gas_limit > settable_gas_limit_max)
        return call.refuse(selector("GasLimitOutOfRange(uint64,uint64,uint64)"),
                           {gas_limit, settable_gas_limit_min, settable_gas_limit_max});
    SettingsRecord record = settings(call);
    if (record.gas_limit == gas_limit) return call.give();
    record.gas_limit = gas_limit;
    store(call, slot_key::settings(0), record.word());
    log(call, {signature_hash("GasLimitChanged(uint64,address)"), to_u256(call.caller)}, {gas_limit});
    return call.give();
}

/// A signed 64-bit number as an ABI word.
u256 signed_word(std::int64_t value) {
    const u256 magnitude{value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value)};
    return value < 0 ? -magnitude : magnitude;
}

UpgradeRecord scheduled(RegistryCall& call) {
    return UpgradeRecord::from(load(call, slot_key::settings(5)));
}

Outcome schedule_upgrade(RegistryCall& call) {
    call.meter.require_writable();
    const auto version = call.args.number<std::uint32_t>();
    const auto block_number = call.args.number<std::uint64_t>();
    if (call.args.failed()) return call.bad_call();
    if ((granted_roles(call, call.caller) & role::network) == 0) return call.not_authorized(role::network);
    SettingsRecord record = settings(call);
    UpgradeRecord upgrade = scheduled(call);
    const bool holds = upgrade.holds_at(call.block_number);
    if (holds) record.native_version = upgrade.version;
    if (version <= record.native_version)
        return call.refuse(selector("VersionNotHigher(uint32,uint32)"),
                           {std::uint64_t{version}, std::uint64_t{record.native_version}});
    const std::uint64_t ahead = std::max<std::uint64_t>(upgrade.notice_blocks, 1);
    const std::uint64_t earliest = call.block_number + std::min(ahead, ~call.block_number);
    if (block_number < earliest)
        return call.refuse(selector("UpgradeTooSoon(uint64,uint64)"), {block_number, earliest});
    if (holds) store(call, slot_key::settings(0), record.word());
    upgrade.version = version;
    upgrade.block_number = block_number;
    store(call, slot_key::settings(5), upgrade.word());
    log(call, {signature_hash("UpgradeScheduled(uint32,uint64,address)"), to_u256(call.caller)},
        {std::uint64_t{version}, block_number});
    return call.give();
}

Outcome cancel_upgrade(RegistryCall& call) {
    call.meter.require_writable();
    if ((granted_roles(call, call.caller) & role::network) == 0) return call.not_authorized(role::network);
    UpgradeRecord upgrade = scheduled(call);
    if (upgrade.version == 0 || upgrade.holds_at(call.block_number))
        return call.refuse(selector("NoUpgradeScheduled()"));
    log(call, {signature_hash("UpgradeCancelled(uint32,uint64,address)"), to_u256(call.caller)},
        {std::uint64_t{upgrade.version}, upgrade.block_number});
    upgrade.version = 0;
    upgrade.block_number = 0;
    store(call, slot_key::settings(5), upgrade.word());
    return call.give();
}

/// What lies ahead; zeros where that is nothing.
Outcome give_upgrade(RegistryCall& call) {
    const UpgradeRecord upgrade = scheduled(call);
    if (upgrade.holds_at(call.block_number)) return call.give({0, 0});
    return call.give({std::uint64_t{upgrade.version}, upgrade.block_number});
}

Outcome give_version(RegistryCall& call) {
    const UpgradeRecord upgrade = scheduled(call);
    if (upgrade.holds_at(call.block_number)) return call.give({std::uint64_t{upgrade.version}});
    return call.give({std::uint64_t{settings(call).native_version}});
}

Outcome advance_clock(RegistryCall& call) {
    call.meter.require_writable();
    const auto forward = call.args.number<std::uint64_t>();
    if (call.args.failed()) return call.bad_call();
    if ((granted_roles(call, call.caller) & role::network) == 0) return call.not_authorized(role::network);
    if (settings(call).clock_mode == ClockMode::none) return call.refuse(selector("NoTestClock()"));
    const auto clock = static_cast<std::int64_t>(load(call, slot_key::settings(1)).low_u64());
    if (clock > clock_max || forward > static_cast<std::uint64_t>(clock_max - clock))
        return call.refuse(selector("ClockOutOfRange()"));
    const std::int64_t value = clock + static_cast<std::int64_t>(forward);
    store(call, slot_key::settings(1), static_cast<std::uint64_t>(value));
    Bytes data;
    AbiWriter out{data};
    out.word(signed_word(value));
    out.word(forward);
    call.meter.log(Registry::permissions, {signature_hash("ClockAdvanced(int64,uint64,address)"), to_u256(call.caller)},
                   data);
    return call.give();
}

Outcome give_has_role(RegistryCall& call) {
    const Address account = call.args.address();
    const u256 asked = call.args.word();
    if (call.args.failed()) return call.bad_call();
    const u256 held = effective_roles(granted_roles(call, account), settings(call).mode);
    return call.give({std::uint64_t{(held & asked) == asked}});
}

Outcome give_roles(RegistryCall& call) {
    const Address account = call.args.address();
    if (call.args.failed()) return call.bad_call();
    return call.give({granted_roles(call, account)});
}

Outcome give_clock(RegistryCall& call) {
    const ClockMode mode = settings(call).clock_mode;
    const auto value = static_cast<std::int64_t>(load(call, slot_key::settings(1)).low_u64());
    return call.give({static_cast<std::uint64_t>(mode), signed_word(value)});
}

template <typename Read>
ChainSettings settings_by(const Read& read) {
    const SettingsRecord record = SettingsRecord::from(read(slot_key::settings(0)));
    return {.mode = record.mode,
            .clock_mode = record.clock_mode,
            .clock = static_cast<std::int64_t>(read(slot_key::settings(1)).low_u64()),
            .gas_limit = record.gas_limit,
            .base_fee = record.base_fee,
            .native_version = record.native_version};
}

template <typename Read>
bool has_role_by(const Read& read, const Address& account, std::uint64_t roles) {
    const PermissionMode mode = SettingsRecord::from(read(slot_key::settings(0))).mode;
    if ((effective_roles(0, mode) & roles) == roles) return true;
    return (effective_roles(read(slot_key::roles(account)).low_u64(), mode) & roles) == roles;
}

auto reader(const StateView& view) {
    return [&view](const u256& key) { return view.storage(permissions_address, key); };
}

}  // namespace

Outcome call_permissions(RegistryCall& call, std::uint32_t called) {
    switch (called) {
        case selector("grantRoles(address,uint256)"):
            return change_roles(call, ProposedChange::grant);
        case selector("revokeRoles(address,uint256)"):
            return change_roles(call, ProposedChange::revoke);
        case selector("setThreshold(uint256,uint8)"):
            return set_threshold(call);
        case selector("threshold(uint256)"):
            return give_threshold(call);
        case selector("propose(uint8,address,uint256,uint8,uint64)"):
            return propose(call);
        case selector("approve(uint64)"):
            return approve(call);
        case selector("cancel(uint64)"):
            return cancel(call);
        case selector("proposal(uint64)"):
            return give_proposal(call);
        case selector("proposalCount()"):
            return call.give({counts(call).proposals});
        case selector("setGasLimit(uint64)"):
            return set_gas_limit(call);
        case selector("scheduleUpgrade(uint32,uint64)"):
            return schedule_upgrade(call);
        case selector("cancelUpgrade()"):
            return cancel_upgrade(call);
        case selector("upgrade()"):
            return give_upgrade(call);
        case selector("upgradeNotice()"):
            return call.give({scheduled(call).notice_blocks});
        case selector("advanceClock(uint64)"):
            return advance_clock(call);
        case selector("rolesOf(address)"):
            return give_roles(call);
        case selector("hasRole(address,uint256)"):
            return give_has_role(call);
        case selector("adminCount()"):
            return call.give({counts(call).admins});
        case selector("mode()"):
            return call.give({static_cast<std::uint64_t>(settings(call).mode)});
        case selector("clock()"):
            return give_clock(call);
        case selector("validators()"):
            return give_validators(call);
        case selector("isValidator(address)"):
            return give_is_validator(call);
        case selector("addValidator(address,uint64,bytes)"):
            return add_validator(call);
        case selector("removeValidator(address)"):
            return remove_validator(call);
        case selector("replaceValidator(address,address,uint64,bytes)"):
            return replace_validator(call);
        case selector("admitNode(bytes32,bytes32)"):
            return admit_node(call);
        case selector("removeNode(address)"):
            return remove_node(call);
        case selector("isAdmitted(address)"):
            return give_is_admitted(call);
        case selector("nodes()"):
            return give_nodes(call);
        case selector("configHash()"):
            return call.give({load(call, slot_key::settings(3))});
        case selector("gasLimit()"):
            return call.give({settings(call).gas_limit});
        case selector("baseFee()"):
            return call.give({settings(call).base_fee});
        case selector("nativeVersion()"):
            return give_version(call);
        default:
            return call.bad_call();
    }
}

bool has_role(State& state, const Address& account, std::uint64_t roles) {
    return has_role_by([&state](const u256& key) { return state.slot(permissions_address, key).original; }, account,
                       roles);
}
bool has_role(const StateView& view, const Address& account, std::uint64_t roles) {
    return has_role_by(reader(view), account, roles);
}

ChainSettings read_settings(const StateView& view) {
    return settings_by(reader(view));
}
ChainSettings read_settings(State& state) {
    return settings_by([&state](const u256& key) { return state.slot(permissions_address, key).current; });
}
ScheduledUpgrade read_upgrade(const StateView& view) {
    const UpgradeRecord record = UpgradeRecord::from(reader(view)(slot_key::settings(5)));
    return {record.version, {record.block_number}, record.notice_blocks};
}
std::uint32_t native_version_at(const StateView& view, BlockNumber number) {
    const auto read = reader(view);
    const UpgradeRecord upgrade = UpgradeRecord::from(read(slot_key::settings(5)));
    if (upgrade.holds_at(number.value)) return upgrade.version;
    return SettingsRecord::from(read(slot_key::settings(0))).native_version;
}
Hash read_config_hash(const StateView& view) {
    return to_hash(view.storage(permissions_address, slot_key::settings(3)));
}

}  // namespace talea::vm
