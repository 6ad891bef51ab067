#include <algorithm>
#include <map>

#include "node/base/limits.hpp"
#include "node/consensus/certificate.hpp"
#include "node/rpc/dispatcher.hpp"
#include "node/rpc/params.hpp"
#include "vm/base/hex.hpp"
#include "vm/native/validator_set.hpp"

/// Consensus by block: validators, certificates, who proposed how much. Names and shapes of the first and last are
/// those of Besu.
namespace talea::node {
namespace {

/// Of block `number`, which is there; those of genesis are the ones it names for block 1.
std::vector<vm::Address> validators_of(const Chain& chain, const Head& head, vm::BlockNumber number) {
    const auto checkpoints = chain.checkpoints();
    if (const auto* recovery = checkpoint_before(number, checkpoints)) return recovery->validators;
    const vm::BlockNumber before{number.value == 0 ? 0 : number.value - 1};
    return vm::read_validators(*head.state_at(before));
}

using Find = RpcResult<std::optional<vm::BlockNumber>> (*)(std::span<const Json>, const Head&);

/// qbft_getValidatorsByBlockNumber(block), qbft_getValidatorsByBlockHash(hash): ascending.
template <Find find>
RpcResult<void> validators(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto head = api.chain.head();
    const auto number = find(params, *head);
    if (!number) return std::unexpected(number.error());
    if (!*number) {
        out.null();
        return {};
    }
    out.array_begin();
    for (const auto& validator : validators_of(api.chain, *head, **number)) out.string(vm::to_hex(validator));
    out.array_end();
    return {};
}

/// qbft_getSignerMetrics(from, to): of each validator of the range how many blocks it proposed, and the last; without
/// parameters of the last 100 blocks.
RpcResult<void> signer_metrics(Api& api, std::span<const Json> params, JsonWriter& out) {
    constexpr std::uint64_t usual = 100;
    const auto head = api.chain.head();
    const auto to = read_block(optional_param(params, 1), *head);
    if (!to) return std::unexpected(to.error());
    vm::BlockNumber first{to->number.value > usual ? to->number.value - usual + 1 : 1};
    if (const auto* json = optional_param(params, 0)) {
        const auto from = read_block(json, *head);
        if (!from) return std::unexpected(from.error());
        first = {std::max<std::uint64_t>(from->number.value, 1)};  // nobody proposed genesis
    }
    if (first.value > to->number.value + 1) return invalid_params("the first block is after the last");
    if (to->number.value + 1 - first.value > limits::logs_scan_blocks_max)
        return std::unexpected(
            RpcError{RpcCode::limit_exceeded,
                     "a range holds at most " + std::to_string(limits::logs_scan_blocks_max) + " blocks",
                     {}});
    struct Proposed {
        std::uint64_t blocks = 0;
        vm::BlockNumber last{};
    };
    std::map<vm::Address, Proposed> proposers;
    for (const auto& validator : validators_of(api.chain, *head, to->number)) proposers[validator];
    for (auto number = first; number <= to->number; number = next(number)) {
        const auto header = head->blocks().header(number);
        if (!header) damaged("a header");
        auto& proposer = proposers[header->beneficiary];
        ++proposer.blocks;
        proposer.last = number;
    }
    out.array_begin();
    for (const auto& [address, proposed] : proposers) {
        out.object_begin();
        out.member("address", vm::to_hex(address));
        out.member("proposedBlockCount", vm::to_quantity(proposed.blocks));
        out.member("lastProposedBlockNumber", vm::to_quantity(proposed.last.value));
        out.object_end();
    }
    out.array_end();
    return {};
}

/// qbft_getCertificate(block): the seals that made the block final, with what they sign (DESIGN 4).
RpcResult<void> certificate(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto head = api.chain.head();
    const auto number = find_block(params, *head);
    if (!number) return std::unexpected(number.error());
    const auto encoded = *number ? head->blocks().certificate(**number) : std::nullopt;
    const auto read = encoded ? decode_certificate(*encoded) : std::unexpected(CertificateError::malformed);
    if (!read) {
        out.null();  // no such block, or genesis, which nobody seals
        return {};
    }
    out.object_begin();
    out.member("blockHash", vm::to_hex(head->blocks().hash(**number).value_or(vm::Hash{})));
    out.member("blockNumber", vm::to_quantity((**number).value));
    out.member("instance", vm::to_quantity(read->instance));
    out.member("round", vm::to_quantity(read->round));
    out.key("seals");
    out.array_begin();
    for (const auto& seal : read->seals) out.string(vm::to_hex(vm::BytesView(seal)));
    out.array_end();
    out.key("validators");
    out.array_begin();
    for (const auto& validator : read->validators) out.string(vm::to_hex(validator));
    out.array_end();
    out.member("encoded", vm::to_hex(*encoded));
    out.object_end();
    return {};
}

}  // namespace

void add_qbft_methods(MethodTable& table) {
    table["qbft_getCertificate"] = {1, certificate};
    table["qbft_getValidatorsByBlockNumber"] = {1, validators<find_block>};
    table["qbft_getValidatorsByBlockHash"] = {1, validators<find_block_by_hash>};
    table["qbft_getSignerMetrics"] = {2, signer_metrics, true};
}

}  // namespace talea::node
