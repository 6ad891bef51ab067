#pragma once
#include <expected>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "vm/base/bytes.hpp"
#include "vm/base/numbers.hpp"
#include "vm/chain/block.hpp"
#include "vm/chain/fork.hpp"

namespace talea::vm {

/// What a header of a block on `parent` must say, as far as the parent and its state decide it. The rest (roots, bloom,
/// gas used, next validators) is compared after execution.
enum class HeaderError : std::uint8_t {
    wrong_number,              ///< not the parent's plus one
    wrong_parent,              ///< parent_hash is not the parent's hash
    timestamp_before_parent,   ///< qbft: smaller than the parent's; ethereum: not above it
    timestamp_not_test_clock,  ///< DESIGN 6: stepped, and not the state's clock
    wrong_gas_limit,           ///< qbft: not the setting in the parent's state; ethereum: beyond 1/1024 or below 5,000
    gas_limit_too_large,       ///< ethereum: above 2^63 - 1 (EIP-1985)
    gas_used_above_limit,
    wrong_base_fee,            ///< qbft: not genesis's; ethereum: EIP-1559
    wrong_difficulty,          ///< not 0 (EIP-3675)
    wrong_nonce,               ///< the same
    wrong_ommers,              ///< the same
    wrong_mix_hash,            ///< qbft: not 0
    wrong_extra_data,          ///< qbft: not 32 bytes; ethereum: above 32 bytes
    wrong_withdrawals,         ///< qbft: any; ethereum: root does not match
    wrong_blob_gas_used,       ///< qbft: not 0; ethereum: not what the transactions use, or above the limit
    wrong_excess_blob_gas,     ///< qbft: not 0; ethereum: EIP-4844
    wrong_parent_beacon_root,  ///< qbft: not 0
    wrong_requests_hash,       ///< qbft: not that of nothing; ethereum: EIP-7685
    missing_field,             ///< a field of the fork is absent
    unexpected_field,          ///< a field of a later fork is there
};
[[nodiscard]] std::string_view to_string(HeaderError error);
/// The enumerator's name.
[[nodiscard]] std::string_view name(HeaderError error);

/// What the state after the parent says about the next block of a Talea chain.
struct QbftSettings {
    std::uint64_t gas_limit = 0;             ///< Permissions: the setting
    u256 base_fee_per_gas;                   ///< genesis, for ever
    std::optional<Timestamp> stepped_clock;  ///< Permissions: the clock, where it is stepped
};

/// A Talea header by DESIGN 4. Linear in nothing: a fixed number of comparisons. `parent_hash` is the keccak of
/// `parent`, which the caller has.
[[nodiscard]] std::expected<void, HeaderError> check_qbft_header(const Header& header, const Header& parent,
                                                                 const Hash& parent_hash, Fork fork,
                                                                 const QbftSettings& settings);

/// The header of a block on `parent`, all filled but for what execution finds: state, transaction and receipt roots,
/// bloom, gas used and `extra_data` (empty).
struct QbftHeaderRequest {
    Timestamp timestamp;
    Address beneficiary;
};
[[nodiscard]] Header make_qbft_header(const Header& parent, const Hash& parent_hash, Fork fork,
                                      const QbftSettings& settings, const QbftHeaderRequest& request);

/// Sets the fields that every Talea header of a fork has alike, genesis's too.
void fill_qbft_constants(Header& header, Fork fork);

/// A header of an Ethereum chain since Shanghai (Yellow Paper 4.3.4 and the EIPs named in HeaderError), as far as its
/// parent decides it. `blobs` is the schedule in force at the header's timestamp. Withdrawals, blob gas used and
/// requests are held against the header after execution.
[[nodiscard]] std::expected<void, HeaderError> check_ethereum_header(const Header& header, const Header& parent,
                                                                     const Hash& parent_hash, Fork fork,
                                                                     const BlobSchedule& blobs);

/// The base fee of a block on `parent` (EIP-1559). The parent must have one.
[[nodiscard]] u256 next_base_fee(const Header& parent);
/// The excess blob gas of a block on `parent` (EIP-4844, since Osaka EIP-7918); 0 on a parent before Cancun.
[[nodiscard]] std::uint64_t next_excess_blob_gas(const Header& parent, Fork fork, const BlobSchedule& blobs);

/// keccak of the RLP list of `validators`, which are ascending: a block's extra data names the next block's this way.
[[nodiscard]] Hash validators_hash(std::span<const Address> validators);

}  // namespace talea::vm
