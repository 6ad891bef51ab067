#pragma once
#include <algorithm>
#include <array>
#include <cstdint>

#include "vm/base/u256.hpp"
#include "vm/chain/genesis.hpp"

namespace talea::vm {

// The packed words of the registries' storage (NATIVE.md, "Records"). Each record is one slot; the word of one that was
// never written is zero, and bits not named here are zero.

enum class ClockMode : std::uint8_t { none, running, stepped };
enum class IdentityState : std::uint8_t { none, active, suspended, closed };

/// Permissions, settings part 0.
struct SettingsRecord {
    std::uint64_t gas_limit = 0;
    std::uint64_t base_fee = 0;
    std::uint32_t native_version = 0;
    PermissionMode mode = PermissionMode::open;
    ClockMode clock_mode = ClockMode::none;

    [[nodiscard]] static SettingsRecord from(const u256& word) {
        return {word.limbs[0], word.limbs[1], static_cast<std::uint32_t>(word.limbs[2]),
                static_cast<PermissionMode>(word.limbs[2] >> 32 & 0xff),
                static_cast<ClockMode>(word.limbs[2] >> 40 & 0xff)};
    }
    [[nodiscard]] u256 word() const {
        return {gas_limit, base_fee,
                native_version | std::uint64_t{static_cast<std::uint8_t>(mode)} << 32 |
                    std::uint64_t{static_cast<std::uint8_t>(clock_mode)} << 40,
                0};
    }
};

/// Permissions, settings part 2. Part 1 is the clock's value alone, two's complement in 64 bits; part 3 the hash of the
/// genesis file's `config` (`config_hash`).
struct CountsRecord {
    std::uint64_t admins = 0;
    std::uint64_t validators = 0;
    std::uint64_t nodes = 0;      ///< admitted besides the validators
    std::uint64_t proposals = 0;  ///< ever made

    [[nodiscard]] static CountsRecord from(const u256& word) {
        return {word.limbs[0], word.limbs[1], word.limbs[2], word.limbs[3]};
    }
    [[nodiscard]] u256 word() const { return {admins, validators, nodes, proposals}; }
};

/// Permissions, settings part 4: how many ADMINs must agree to a change of who holds a role, a byte for each role in
/// the order of their bits; 0 where nobody said, which means 1.
struct ThresholdsRecord {
    std::uint64_t bytes = 0;

    [[nodiscard]] static ThresholdsRecord from(const u256& word) { return {word.limbs[0]}; }
    [[nodiscard]] u256 word() const { return bytes; }
    /// The largest among the roles of `mask`; at least 1.
    [[nodiscard]] std::uint8_t of(std::uint64_t mask) const {
        std::uint8_t most = 1;
        for (unsigned i = 0; i < 8; ++i)
            if ((mask >> i & 1) != 0) most = std::max(most, static_cast<std::uint8_t>(bytes >> 8 * i));
        return most;
    }
    void set(std::uint64_t mask, std::uint8_t threshold) {
        for (unsigned i = 0; i < 8; ++i)
            if ((mask >> i & 1) != 0)
                bytes = (bytes & ~(std::uint64_t{0xff} << 8 * i)) | std::uint64_t{threshold} << 8 * i;
    }
};

/// Permissions, settings part 5: the last upgrade that was scheduled, and how far ahead one must be.
struct UpgradeRecord {
    std::uint64_t block_number = 0;  ///< the first block of the version
    std::uint32_t version = 0;       ///< 0: none was scheduled
    std::uint64_t notice_blocks = 0;

    [[nodiscard]] static UpgradeRecord from(const u256& word) {
        return {word.limbs[0], static_cast<std::uint32_t>(word.limbs[1]), word.limbs[2]};
    }
    [[nodiscard]] u256 word() const { return {block_number, version, notice_blocks, 0}; }
    /// Whether it is in force in block `number`.
    [[nodiscard]] bool holds_at(std::uint64_t number) const { return version != 0 && number >= block_number; }
};

enum class ProposedChange : std::uint8_t { none, grant, revoke, set_threshold };
enum class ProposalState : std::uint8_t { none, open, executed, cancelled };

/// A proposal, in two slots.
struct ProposalRecord {
    Address account;  ///< zero for set_threshold
    std::uint16_t roles = 0;
    ProposedChange change = ProposedChange::none;
    std::uint8_t threshold = 0;  ///< of set_threshold
    ProposalState state = ProposalState::none;
    std::uint8_t approvals = 0;
    Address proposer;
    std::uint64_t expiry = 0;  ///< the last second in which it can be approved

    [[nodiscard]] static ProposalRecord from(const u256& first, const u256& second) {
        ProposalRecord record;
        record.account = to_address(first);
        record.roles = static_cast<std::uint16_t>(first.limbs[2] >> 32);
        record.change = static_cast<ProposedChange>(first.limbs[2] >> 48 & 0xff);
        record.threshold = static_cast<std::uint8_t>(first.limbs[2] >> 56);
        record.state = static_cast<ProposalState>(first.limbs[3] & 0xff);
        record.approvals = static_cast<std::uint8_t>(first.limbs[3] >> 8);
        record.proposer = to_address(second);
        record.expiry = second.limbs[3];
        return record;
    }
    [[nodiscard]] u256 first() const {
        u256 word = to_u256(account);
        word.limbs[2] |= std::uint64_t{roles} << 32 | std::uint64_t{static_cast<std::uint8_t>(change)} << 48 |
                         std::uint64_t{threshold} << 56;
        word.limbs[3] = static_cast<std::uint8_t>(state) | std::uint64_t{approvals} << 8;
        return word;
    }
    [[nodiscard]] u256 second() const {
        u256 word = to_u256(proposer);
        word.limbs[3] = expiry;
        return word;
    }
};

/// Identities: counts of what was ever made, and the delay of recoveries.
struct IdentitiesRecord {
    std::uint64_t identities = 0;
    std::uint64_t registrars = 0;
    std::uint64_t recovery_delay = 0;

    [[nodiscard]] static IdentitiesRecord from(const u256& word) {
        return {word.limbs[0], word.limbs[1], word.limbs[2]};
    }
    [[nodiscard]] u256 word() const { return {identities, registrars, recovery_delay, 0}; }
};

/// A wallet, and whether its address is an escrow of some token: all that a transfer needs of an address.
struct WalletRecord {
    std::uint64_t identity = 0;    ///< 0: nobody knows it
    std::uint64_t recover_at = 0;  ///< when its recovery takes effect; 0: none announced
    std::uint32_t escrow = 0;      ///< index of the escrow; 0: it is none of any token
    std::uint16_t replaces = 0;    ///< wallets whose recovery, announced or in effect, names this one
    bool used = false;             ///< it was credited counted units

    [[nodiscard]] static WalletRecord from(const u256& word) {
        return {word.limbs[0], word.limbs[1], static_cast<std::uint32_t>(word.limbs[2]),
                static_cast<std::uint16_t>(word.limbs[2] >> 32), (word.limbs[2] >> 48 & 1) != 0};
    }
    [[nodiscard]] u256 word() const {
        return {identity, recover_at, escrow | std::uint64_t{replaces} << 32 | std::uint64_t{used} << 48, 0};
    }
};

struct IdentityRecord {
    std::uint64_t categories = 0;
    std::uint64_t expiry = 0;  ///< lapsed from this second on
    std::uint32_t registrar = 0;
    std::uint16_t country = 0;
    IdentityState state = IdentityState::none;

    [[nodiscard]] static IdentityRecord from(const u256& word) {
        return {word.limbs[0], word.limbs[1], static_cast<std::uint32_t>(word.limbs[2]),
                static_cast<std::uint16_t>(word.limbs[2] >> 32),
                static_cast<IdentityState>(word.limbs[2] >> 48 & 0xff)};
    }
    [[nodiscard]] u256 word() const {
        return {categories, expiry,
                registrar | std::uint64_t{country} << 32 | std::uint64_t{static_cast<std::uint8_t>(state)} << 48, 0};
    }
};

struct RegistrarRecord {
    std::uint32_t index = 0;  ///< from 1
    bool active = false;

    [[nodiscard]] static RegistrarRecord from(const u256& word) {
        return {static_cast<std::uint32_t>(word.limbs[0]), (word.limbs[0] >> 32 & 1) != 0};
    }
    [[nodiscard]] u256 word() const { return {index | std::uint64_t{active} << 32, 0, 0, 0}; }
};

/// Policies: counts of what was ever made.
struct PoliciesRecord {
    std::uint64_t policies = 0;
    std::uint64_t escrows = 0;

    [[nodiscard]] static PoliciesRecord from(const u256& word) { return {word.limbs[0], word.limbs[1]}; }
    [[nodiscard]] u256 word() const { return {policies, escrows, 0, 0}; }
};

struct TokenRecord {
    std::uint64_t policy = 0;   ///< 0: not bound
    std::uint64_t holders = 0;  ///< identities with units > 0
    bool counted = false;

    [[nodiscard]] static TokenRecord from(const u256& word) {
        return {word.limbs[0], word.limbs[1], (word.limbs[2] & 1) != 0};
    }
    [[nodiscard]] u256 word() const { return {policy, holders, std::uint64_t{counted}, 0}; }
};

struct PolicyRecord {
    static constexpr std::uint32_t uncounted_max = 0xffffff;

    Address owner;
    std::uint8_t rule_count = 0;
    std::uint32_t uncounted = 0;  ///< tokens bound without counters, at most `uncounted_max`
    std::uint64_t kinds = 0;      ///< four bits a rule, the first rule's the lowest

    [[nodiscard]] static PolicyRecord from(const u256& word) {
        return {to_address(u256{word.limbs[0], word.limbs[1], word.limbs[2] & 0xffffffff, 0}),
                static_cast<std::uint8_t>(word.limbs[2] >> 32), static_cast<std::uint32_t>(word.limbs[2] >> 40),
                word.limbs[3]};
    }
    [[nodiscard]] u256 word() const {
        const u256 low = to_u256(owner);
        return {low.limbs[0], low.limbs[1],
                low.limbs[2] | std::uint64_t{rule_count} << 32 | std::uint64_t{uncounted} << 40, kinds};
    }
    [[nodiscard]] bool has_kind(unsigned kind) const {
        for (unsigned i = 0; i < rule_count; ++i)
            if ((kinds >> (4 * i) & 0xf) == kind) return true;
        return false;
    }
};

/// What left an identity of a token in one window of a rule of kind 7, by buckets of a third of the window: of the
/// newest bucket that something left in, and of the three before it. Two slots.
struct OutflowRecord {
    static constexpr unsigned bucket_bits = 96;
    static constexpr unsigned buckets = 4;

    std::uint64_t bucket = 0;          ///< number of the newest since 1970
    std::array<u256, buckets> left{};  ///< by age; each below 2^96

    [[nodiscard]] static std::uint64_t bucket_of(std::uint64_t now, std::uint16_t window_hours) {
        return now / (std::uint64_t{window_hours} * 3'600 / (buckets - 1));
    }
    [[nodiscard]] static OutflowRecord from(const u256& first, const u256& second) {
        constexpr u256 mask{~0ULL, 0xffffffff, 0, 0};
        return {first.limbs[3],
                {first & mask, first >> bucket_bits & mask, second & mask, second >> bucket_bits & mask}};
    }
    [[nodiscard]] u256 first() const {
        u256 word = left[0] | left[1] << bucket_bits;
        word.limbs[3] = bucket;
        return word;
    }
    [[nodiscard]] u256 second() const { return left[2] | left[3] << bucket_bits; }
    /// Makes `now` the newest bucket; time never goes back.
    void advance(std::uint64_t now) {
        const std::uint64_t age = now - bucket;
        for (unsigned i = buckets; i-- > 0;) left[i] = i >= age ? left[i - static_cast<unsigned>(age)] : u256{};
        bucket = now;
    }
    [[nodiscard]] u256 sum() const { return left[0] + left[1] + left[2] + left[3]; }
};

/// Counters of units are 128 bits wide: the low half of their slot.
[[nodiscard]] constexpr bool fits_counter(const u256& amount) {
    return (amount.limbs[2] | amount.limbs[3]) == 0;
}
inline constexpr u256 counter_max{~0ULL, ~0ULL, 0, 0};

}  // namespace talea::vm
