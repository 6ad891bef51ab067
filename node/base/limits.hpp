#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every maximum of the node, with its reason, related to each other where one bounds another.
namespace talea::node::limits {

// Pool.
/// A transaction above this is refused: 4 x the largest init code (EIP-3860: 49,152 bytes) and room for call data.
inline constexpr std::size_t tx_bytes_max = 256 * 1024;
/// All pending transactions: about 3 s of work at 10,000 transactions a second.
inline constexpr std::size_t pool_txs_max = 32'768;
/// Memory that pending transactions may take, encoded.
inline constexpr std::size_t pool_bytes_max = 128 * 1024 * 1024;
/// One sender's share: its nonces may run this far ahead of its account, gaps included.
inline constexpr std::size_t pool_txs_per_sender_max = 1'024;
/// One sender's share of the memory.
inline constexpr std::size_t pool_bytes_per_sender_max = pool_bytes_max / 4;
/// What waits behind a nonce that does not come goes after this: half an hour outlasts a wallet's second thoughts.
inline constexpr std::uint64_t pool_gap_wait_ms = 30 * 60 * 1000;
/// Places above `pool_txs_max` kept for ADMIN and NETWORK accounts, so that a flood cannot lock operators out.
inline constexpr std::size_t pool_txs_reserved = 1'024;
/// Percent by which a replacement must raise both fees.
inline constexpr std::uint64_t replacement_bump_percent = 10;
/// The writer hears of new transactions no more often than this. The first after a while it hears of at once.
inline constexpr std::uint64_t pool_told_ms = 2;
/// Clients' transactions that came or went are written this often, where they still wait then.
inline constexpr std::uint64_t pool_keep_ms = 1'000;
static_assert(tx_bytes_max < pool_bytes_per_sender_max && pool_bytes_per_sender_max < pool_bytes_max &&
              pool_txs_per_sender_max < pool_txs_max);

// Blocks.
/// RLP of a block; EIP-7934 allows 8 MiB for it all.
inline constexpr std::size_t block_bytes_max = 8 * 1024 * 1024;
/// Room in `block_bytes_max` for the header and what wraps the transactions.
inline constexpr std::size_t block_overhead_bytes = 4 * 1024;
static_assert(tx_bytes_max + block_overhead_bytes <= block_bytes_max, "the largest transaction fits a block");
/// A proposer stops filling a block after this much execution (DESIGN 7).
inline constexpr std::chrono::milliseconds block_fill_max{250};
/// Candidates looked at for one block: the default gas limit over the cheapest transaction, and half as many again.
inline constexpr std::size_t block_candidates_max = 8'192;

// History (node/storage/history.hpp).
/// Blocks from the head down that stay whole however old they are: what peers that were away fetch (they know that no
/// peer forgot these), what filters and receipts are asked of, and the window of EIP-2935 (8,191 blocks).
inline constexpr std::uint64_t history_blocks_min = 8'192;
/// A century.
inline constexpr std::uint64_t history_days_max = 36'500;
/// Blocks that are forgotten in one batch; fewer where they are large, so that no batch takes long to make or to write.
inline constexpr std::uint64_t forget_blocks_max = 256;
inline constexpr std::size_t forget_bytes_max = 1024 * 1024;
/// Forgotten before their place on the disk is asked back, which rewrites about as much.
inline constexpr std::size_t forget_compact_bytes = 64 * 1024 * 1024;

// Peers (node/p2p/WIRE.md).
/// Validators, admitted nodes and what still knocks; a validator set has at most 100.
inline constexpr std::size_t peers_max = 256;
/// Hashes in one announcement or request of transactions.
inline constexpr std::size_t wire_hashes_max = 1'024;
/// Transactions in one frame, and their bytes together: eight of the largest.
inline constexpr std::size_t wire_txs_max = 1'024;
inline constexpr std::size_t wire_txs_bytes_max = 8 * tx_bytes_max;
/// An encoded consensus message: a proposal of 65,536 hashes is 2.2 MB, its justification small beside that
/// (node/consensus/message.hpp holds the sum against it).
inline constexpr std::size_t consensus_message_bytes_max = 3 * 1024 * 1024;
/// Blocks whose headers, and whole blocks, one request asks for.
inline constexpr std::size_t wire_headers_max = 256;
inline constexpr std::size_t wire_blocks_max = 128;
/// A header is some 620 bytes and a certificate of 67 seals and 100 validators 6.6 kB.
inline constexpr std::size_t header_bytes_max = 2 * 1024;
inline constexpr std::size_t certificate_bytes_max = 10 * 1024;
/// A recovery checkpoint names at most 100 validators, and has a signature of each recovery key.
inline constexpr std::size_t checkpoint_bytes_max = 10 * 1024;
/// What wraps the items of a frame: headers of RLP lists and strings, 9 bytes at most each.
inline constexpr std::size_t wire_overhead_bytes = 64 * 1024;
/// Frames of one peer that wait for the writer, with what each costs beside its bytes; beyond, the peer is not read.
inline constexpr std::size_t inbox_bytes_max = 1024 * 1024;
/// Requests of one peer that wait for their answers. Our own planner has two in the air at a time, body fetches beside.
inline constexpr std::size_t serving_of_peer_max = 8;
static_assert(block_candidates_max * 33 + wire_overhead_bytes < consensus_message_bytes_max);
static_assert(wire_hashes_max * 33 + 64 < wire_overhead_bytes);
static_assert(wire_txs_max * 9 + 9 < wire_overhead_bytes);

// Connections between nodes (node/p2p/transport.hpp).
/// From a connection to its greeting: a slow link needs a second, a slow-loris gets no more.
inline constexpr std::uint64_t handshake_ms = 5'000;
/// What a connection that is ended may still take to carry off its last words.
inline constexpr std::uint64_t linger_ms = 1'000;
/// Frames that wait to be sent, in bytes, a lane: two of the largest and what came between. A peer that lets more pile
/// up does not read, or not as fast as the chain grows.
inline constexpr std::size_t votes_queue_bytes_max = 8 * 1024 * 1024;
inline constexpr std::size_t bulk_queue_bytes_max = 32 * 1024 * 1024;
/// Frames read from a peer and not dealt with yet, in bytes, a lane: above it nothing is read.
inline constexpr std::size_t votes_inbox_bytes_max = 4 * 1024 * 1024;
inline constexpr std::size_t bulk_inbox_bytes_max = 16 * 1024 * 1024;
/// Links, those included that the node is about to refuse.
inline constexpr std::size_t links_max = peers_max + 64;
static_assert(votes_queue_bytes_max > 2 * consensus_message_bytes_max);
static_assert(bulk_queue_bytes_max > 2 * (block_bytes_max + wire_overhead_bytes));
static_assert(votes_inbox_bytes_max > consensus_message_bytes_max && bulk_inbox_bytes_max > block_bytes_max);

// Storage.
/// Trie nodes are written behind by at most this many blocks (DESIGN 9), so a start rolls forward no more.
inline constexpr std::uint64_t trie_lag_blocks_max = 64;
/// and by at most about this many bytes of nodes.
inline constexpr std::size_t trie_overlay_bytes_max = 64 * 1024 * 1024;
/// While a node is behind, blocks wait for each other: one synced batch for many, in which what they all change is
/// written once (DESIGN 9). So many at most, so much memory at most, and no reader waits longer.
inline constexpr std::size_t unshown_blocks_max = 256;
inline constexpr std::size_t unsynced_bytes_max = 32 * 1024 * 1024;
inline constexpr std::uint64_t unshown_ms = 5'000;
/// Slots and accounts of the latest state that the writer keeps in memory, read when the database is opened: a value
/// from LevelDB costs as much as half a transfer. An entry takes some 120 bytes with its index, so all at most 1 GB,
/// for about a million holders; reading as many takes a few seconds.
inline constexpr std::size_t state_cache_entries_max = 8'000'000;
/// Latest balances by Transfer events that the writer keeps in memory; all at most 150 MB.
inline constexpr std::size_t holder_balances_max = 1'000'000;
/// Blocks behind the head at which the state can be proved (DESIGN 9): for so long what each block changed is kept.
inline constexpr std::uint64_t proof_blocks_max = 10'000;
static_assert(proof_blocks_max > trie_lag_blocks_max, "the trie is rolled forward over what is kept");
/// Accounts and slots that changed between the stored trie and the block of a proof: some 10 us each to look up.
inline constexpr std::size_t proof_changes_max = 500'000;
/// Accounts kept in memory for readers, some 150 bytes each.
inline constexpr std::size_t recent_accounts_max = 100'000;
/// Slots of Permissions kept in memory for readers, some 100 bytes each: of a sender, one.
inline constexpr std::size_t permission_slots_max = 100'000;
/// Codes kept in memory, in bytes.
inline constexpr std::size_t code_cache_bytes_max = 64 * 1024 * 1024;

// RPC.
inline constexpr std::size_t rpc_body_bytes_max = 8 * 1024 * 1024;
inline constexpr std::size_t rpc_header_bytes_max = 16 * 1024;
inline constexpr std::size_t rpc_batch_max = 1'000;
inline constexpr std::size_t rpc_response_bytes_max = 64 * 1024 * 1024;
inline constexpr std::size_t rpc_connections_max = 512;
/// Nesting of JSON: the deepest request there is (an access list in a call) has 6.
inline constexpr std::size_t rpc_depth_max = 32;
/// Values of one body, lists and objects counted: a value read takes some 120 bytes, so one body at most about 64 MiB
/// more than its text. The largest batch may have over 200 a request.
inline constexpr std::size_t rpc_values_max = 250'000;
static_assert(rpc_values_max / rpc_batch_max >= 200);
/// Bodies are cut off when they take longer.
inline constexpr std::chrono::seconds rpc_read_timeout{30};
/// Kept-alive connections without a request are closed after this.
inline constexpr std::chrono::seconds rpc_idle_timeout{120};
/// Threads that answer requests. Waiting ones (`eth_sendRawTransactionSync`) may hold all but a quarter.
inline constexpr std::size_t rpc_workers = 16;
inline constexpr std::size_t rpc_waiting_max = rpc_workers * 3 / 4;
/// Requests that stand in line for a worker; beyond, the answer is HTTP 503.
inline constexpr std::size_t rpc_queue_max = 2'048;
/// Blocks that one eth_getLogs without addresses may look through, and blocks it may cover at all.
inline constexpr std::uint64_t logs_scan_blocks_max = 20'000;
inline constexpr std::size_t logs_results_max = 20'000;
inline constexpr std::size_t logs_addresses_max = 256;
inline constexpr std::size_t logs_topics_max = 256;
/// Gas of an eth_call or eth_estimateGas: the default block, whatever the chain's own limit.
inline constexpr std::uint64_t call_gas_max = 100'000'000;
inline constexpr std::uint64_t fee_history_blocks_max = 1'024;
inline constexpr std::size_t holders_page_max = 10'000;
/// Storage slots of one eth_getProof.
inline constexpr std::size_t proof_slots_max = 1'024;
/// The tries of a past block stay in memory for those who ask for one proof after another.
inline constexpr std::chrono::seconds proof_tries_kept{10};
/// Hashes of transactions kept for filters and subscriptions: as many as the pool holds.
inline constexpr std::size_t arrivals_kept_max = pool_txs_max;
/// Filters of all clients, and how long one lives that nobody asks.
inline constexpr std::size_t filters_max = 1'024;
inline constexpr std::chrono::minutes filter_idle_max{5};
/// Blocks of which one eth_getFilterChanges tells; the next call goes on.
inline constexpr std::uint64_t filter_blocks_max = 1'000;
/// Requests of one body are begun for so long; those that are left are refused. One call may take 1.5 s: the gas of a
/// block at the price of the dearest instruction.
inline constexpr std::chrono::seconds rpc_body_time_max{5};
/// Threads for what computes (eth_call, eth_getProof and their like), at least; else one a core. They give way to all
/// other threads (`rpc_callers_nice`), so that calls slow neither blocks nor short questions.
inline constexpr std::size_t rpc_callers_min = 2;
inline constexpr int rpc_callers_nice = 10;
/// WebSocket: connections (of `rpc_connections_max`), subscriptions of one, its requests under way, and what may wait
/// to be sent to it: a client that reads slower than the chain grows is cut off.
inline constexpr std::size_t ws_connections_max = 256;
inline constexpr std::size_t ws_subscriptions_max = 64;
inline constexpr std::size_t ws_requests_max = 16;
inline constexpr std::size_t ws_queue_bytes_max = 16 * 1024 * 1024;
static_assert(ws_connections_max < rpc_connections_max);
inline constexpr std::chrono::milliseconds sync_wait_default{2'000};
inline constexpr std::chrono::milliseconds sync_wait_max{20'000};

}  // namespace talea::node::limits
