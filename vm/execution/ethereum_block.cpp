#include "vm/execution/ethereum_block.hpp"

#include "vm/chain/blob_fee.hpp"
#include "vm/chain/limits.hpp"
#include "vm/crypto/digest.hpp"
#include "vm/execution/block_run.hpp"

namespace talea::vm {

namespace {

constexpr Address beacon_roots_address{.bytes = {0x00, 0x0f, 0x3d, 0xf6, 0xd7, 0x32, 0x80, 0x7e, 0xf1, 0x31,
                                                 0x9f, 0xb7, 0xb8, 0xbb, 0x85, 0x22, 0xd0, 0xbe, 0xac, 0x02}};
constexpr Address withdrawal_requests_address{.bytes = {0x00, 0x00, 0x09, 0x61, 0xef, 0x48, 0x0e, 0xb5, 0x5e, 0x80,
                                                        0xd1, 0x9a, 0xd8, 0x35, 0x79, 0xa6, 0x4c, 0x00, 0x70, 0x02}};
constexpr Address consolidation_requests_address{.bytes = {0x00, 0x00, 0xbb, 0xdd, 0xc7, 0xce, 0x48, 0x86, 0x42, 0xfb,
                                                           0x57, 0x9f, 0x8b, 0x00, 0xf3, 0xa5, 0x90, 0x00, 0x72, 0x51}};
/// The deposit contract of the main chain (EIP-6110), and the topic of its event.
constexpr Address deposit_address{.bytes = {0x00, 0x00, 0x00, 0x00, 0x21, 0x9a, 0xb5, 0x40, 0x35, 0x6c,
                                            0xbb, 0x83, 0x9c, 0xbe, 0x05, 0x30, 0x3d, 0x77, 0x05, 0xfa}};
constexpr Hash deposit_topic{.bytes = {0x64, 0x9b, 0xbc, 0x62, 0xd0, 0xe3, 0x13, 0x42, 0xaf, 0xea, 0x4e,
                                       0x5c, 0xd8, 0x2d, 0x40, 0x49, 0xe7, 0xe1, 0xee, 0x91, 0x2f, 0xc0,
                                       0x88, 0x9a, 0xa7, 0x90, 0x80, 0x3b, 0xe3, 0x90, 0x38, 0xc5}};

enum class RequestType : std::uint8_t { deposit = 0, withdrawal = 1, consolidation = 2 };

constexpr std::uint64_t wei_per_gwei = 1'000'000'000;

/// A field of the deposit event's data: where its offset word stands, where that must point, and its bytes.
struct DepositField {
    std::size_t offset_at, length_at, bytes;
};
constexpr DepositField deposit_fields[] = {
    {0, 160, 48},   // public key
    {32, 256, 32},  // withdrawal credentials
    {64, 320, 8},   // amount
    {96, 384, 96},  // signature
    {128, 512, 8},  // index
};
constexpr std::size_t deposit_data_bytes = 576;

/// The fields of a deposit one after another (EIP-6110), or nothing for data of another layout.
std::optional<Bytes> deposit_request(BytesView data) {
    if (data.size() != deposit_data_bytes) return std::nullopt;
    const auto word = [data](std::size_t at) { return u256::from_be_bytes(data.subspan(at, 32)); };
    Bytes request;
    for (const DepositField& field : deposit_fields) {
        if (word(field.offset_at) != u256{field.length_at} || word(field.length_at) != u256{field.bytes})
            return std::nullopt;
        append(request, data.subspan(field.length_at + 32, field.bytes));
    }
    return request;
}

std::expected<Bytes, BlockFailure> deposit_requests(std::span<const Receipt> receipts) {
    Bytes requests;
    for (const Receipt& receipt : receipts)
        for (const Log& log : receipt.logs) {
            if (log.address != deposit_address || log.topics.empty() || log.topics[0] != deposit_topic) continue;
            const auto request = deposit_request(log.data);
            if (!request) return failure(BlockError::deposit_layout);
            append(requests, *request);
        }
    return requests;
}

/// A call without which the block is not valid.
std::expected<Bytes, BlockFailure> required_call(BlockRun& run, const Address& contract) {
    if (run.state().code(contract)->empty()) return failure(BlockError::system_contract_missing);
    auto output = run.system_call(contract, {});
    if (!output) return failure(BlockError::system_contract_failed);
    return *std::move(output);
}

/// sha256 over the sha256 of each kind of request that there is (EIP-7685).
std::expected<Hash, BlockFailure> requests_hash_of(BlockRun& run) {
    const auto deposits = deposit_requests(run.receipts());
    if (!deposits) return std::unexpected(deposits.error());
    const auto withdrawals = required_call(run, withdrawal_requests_address);
    if (!withdrawals) return std::unexpected(withdrawals.error());
    const auto consolidations = required_call(run, consolidation_requests_address);
    if (!consolidations) return std::unexpected(consolidations.error());

    Bytes hashes;
    const auto add = [&hashes](RequestType type, const Bytes& requests) {
        if (requests.empty()) return;
        Bytes typed{static_cast<std::uint8_t>(type)};
        append(typed, requests);
        append(hashes, view(sha256(typed)));
    };
    add(RequestType::deposit, *deposits);
    add(RequestType::withdrawal, *withdrawals);
    add(RequestType::consolidation, *consolidations);
    return sha256(hashes);
}

void pay_withdrawals(State& state, std::span<const Withdrawal> withdrawals) {
    state.begin_transaction();
    for (const Withdrawal& withdrawal : withdrawals)
        state.add_balance(withdrawal.address, u256{withdrawal.amount_gwei} * u256{wei_per_gwei});
    state.end_transaction();
}

BlockContext context_of(const EthereumRules& rules, const Header& header) {
    BlockContext context = header_context(header, rules.fork, rules.chain_id);
    if (header.excess_blob_gas) context.blob_base_fee = blob_base_fee(*header.excess_blob_gas, rules.blobs);
    return context;
}

}  // namespace

std::expected<EthereumBlock, BlockFailure> recover_ethereum_block(Block block, std::size_t size_bytes) {
    if (!block.ommers.empty()) return failure(BlockError::ommers);
    if (!block.withdrawals) return failure(BlockError::withdrawals);
    auto transactions = recover_transactions(std::move(block.transactions));
    if (!transactions) return std::unexpected(transactions.error());
    return EthereumBlock{std::move(block.header), *std::move(transactions), *std::move(block.withdrawals), size_bytes};
}

std::expected<ExecutedBlock, BlockFailure> execute_ethereum_block(Evm& evm, const EthereumRules& rules,
                                                                  const ParentBlock& parent,
                                                                  const EthereumBlock& block) {
    const Header& header = block.header;
    if (rules.fork >= Fork::osaka && block.size_bytes > block_bytes_max) return failure(BlockError::too_large);
    if (const auto judged = check_ethereum_header(header, parent.header, parent.hash, rules.fork, rules.blobs); !judged)
        return failure(judged.error());
    if (transactions_root_of(block.transactions) != header.transactions_root)
        return failure(BlockError::transactions_root);
    if (withdrawals_root(block.withdrawals) != *header.withdrawals_root) return failure(BlockError::withdrawals);

    const BlockContext context = context_of(rules, header);
    BlockRun run(evm, parent.state, context, {.talea = false, .blobs = rules.blobs});
    if (rules.fork >= Fork::cancun)
        static_cast<void>(run.system_call(beacon_roots_address, view(*header.parent_beacon_block_root)));
    run.record_parent(parent.hash);
    if (const auto added = run.add_all(block.transactions); !added) return std::unexpected(added.error());
    pay_withdrawals(run.state(), block.withdrawals);
    if (rules.fork >= Fork::prague) {
        const auto requests = requests_hash_of(run);
        if (!requests) return std::unexpected(requests.error());
        if (*requests != *header.requests_hash) return failure(BlockError::requests_hash);
    }

    if (run.blob_gas_used() != header.blob_gas_used.value_or(0)) return failure(BlockError::blob_gas_used);
    if (const auto agrees = run.check_outcome(header); !agrees) return std::unexpected(agrees.error());
    return std::move(run).take();
}

}  // namespace talea::vm
