#pragma once
#include <cstddef>
#include <cstdint>

namespace talea::vm {

/// Wallets in JavaScript hold a chain id in a double (2^53 - 1), and EIP-155 needs twice of it and 36 in 64 bits.
inline constexpr std::uint64_t chain_id_max = (1ULL << 53) - 1;
static_assert(chain_id_max <= (~0ULL - 36) / 2);

/// Permissions keeps the clock in 40 bits: the year 36,812.
inline constexpr std::uint64_t timestamp_max = (1ULL << 40) - 1;

/// A block's gas limit: what one transaction of a registry needs at least, and what a signed 64-bit gas counter holds.
inline constexpr std::uint64_t gas_limit_min = 5'000;  // as Ethereum's (Yellow Paper 4.3.4)
inline constexpr std::uint64_t gas_limit_max = (1ULL << 63) - 1;

/// A deployed contract's code (EIP-170), and the code that creates one (EIP-3860).
inline constexpr std::size_t code_bytes_max = 24'576;
inline constexpr std::size_t init_code_bytes_max = 2 * code_bytes_max;

/// The gas limit of one transaction since Osaka (EIP-7825).
inline constexpr std::uint64_t transaction_gas_max = 1ULL << 24;

/// A block's RLP since Osaka (EIP-7934): 10 MiB less the margin of 2 MiB for what consensus adds.
inline constexpr std::size_t block_bytes_max = (10ULL << 20) - (2ULL << 20);

/// Gas of one blob (EIP-4844).
inline constexpr std::uint64_t gas_per_blob = 1ULL << 17;
/// Blobs of one transaction since Osaka (EIP-7594).
inline constexpr std::size_t transaction_blobs_max = 6;

}  // namespace talea::vm
