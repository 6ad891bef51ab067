#include "node/storage/records.hpp"

#include <string>

#include "node/base/stop.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/rlp/decode.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::node {
namespace rlp = vm::rlp;

namespace {

template <class T>
T must(rlp::Result<T> result, std::string_view what) {
    if (!result) damaged(what);
    return std::move(*result);
}

void encode_account_list(vm::Bytes& out, const vm::Account& account) {
    rlp::List list(out);
    rlp::encode(out, account.nonce);
    rlp::encode(out, account.balance);
    if (account.code_hash == vm::empty_code_hash)
        rlp::encode(out, vm::BytesView{});
    else
        rlp::encode(out, account.code_hash);
    list.close();
}

vm::Account decode_account_list(rlp::Reader fields) {
    constexpr std::string_view what = "an account";
    vm::Account account;
    account.nonce = must(fields.u64(), what);
    account.balance = must(fields.number(), what);
    const auto code_hash = must(fields.string(), what);
    if (code_hash.empty())
        account.code_hash = vm::empty_code_hash;
    else if (code_hash.size() == 32)
        std::memcpy(account.code_hash.bytes.data(), code_hash.data(), 32);
    else
        damaged(what);
    return account;
}

}  // namespace

void damaged(std::string_view what) {
    stop_process(ExitCode::disk_failed, "the database is damaged: " + std::string(what) +
                                            " cannot be read; restore the data directory or sync it anew");
}

vm::Bytes encode_account(const std::optional<vm::Account>& account) {
    vm::Bytes out;
    if (account) encode_account_list(out, *account);
    return out;
}

std::optional<vm::Account> decode_account(vm::BytesView encoded) {
    if (encoded.empty()) return std::nullopt;
    rlp::Reader reader(encoded);
    return decode_account_list(must(reader.list(), "an account"));
}

vm::Bytes encode_word(const vm::u256& word) {
    const auto bytes = word.to_be_bytes();
    return {bytes.end() - word.byte_width(), bytes.end()};
}

vm::u256 decode_word(vm::BytesView encoded) {
    if (encoded.size() > 32) damaged("a word");
    return vm::u256::from_be_bytes(encoded);
}

vm::Bytes encode_transactions(std::span<const vm::Transaction> transactions) {
    vm::Bytes out;
    rlp::List list(out);
    for (const auto& tx : transactions) vm::encode_in_body(out, tx);
    list.close();
    return out;
}

std::vector<vm::Transaction> decode_transactions(vm::BytesView encoded) {
    constexpr std::string_view what = "a block's body";
    std::vector<vm::Transaction> transactions;
    rlp::Reader reader(encoded);
    auto list = must(reader.list(), what);
    while (!list.at_end()) {
        const auto item = must(list.item(), what);
        // Legacy transactions are lists, all others strings around type and payload (EIP-2718).
        auto tx = vm::decode_transaction(item.is_list ? item.encoded : item.payload);
        if (!tx) damaged(what);
        transactions.push_back(std::move(*tx));
    }
    return transactions;
}

vm::Bytes encode_receipts(std::span<const StoredReceipt> receipts) {
    vm::Bytes out;
    rlp::List list(out);
    for (const auto& stored : receipts) {
        rlp::List fields(out);
        rlp::encode(out, std::uint64_t{stored.receipt.succeeded});
        rlp::encode(out, stored.receipt.cumulative_gas_used);
        rlp::encode(out, stored.sender);
        rlp::encode(out, stored.created ? vm::view(*stored.created) : vm::BytesView{});
        rlp::List logs(out);
        for (const auto& log : stored.receipt.logs) vm::encode_log(out, log);
        logs.close();
        fields.close();
    }
    list.close();
    return out;
}

std::vector<StoredReceipt> decode_receipts(vm::BytesView encoded, std::span<const vm::Transaction> transactions) {
    constexpr std::string_view what = "a block's receipts";
    std::vector<StoredReceipt> receipts;
    rlp::Reader reader(encoded);
    auto list = must(reader.list(), what);
    std::uint64_t cumulative_before = 0;
    while (!list.at_end()) {
        auto fields = must(list.list(), what);
        StoredReceipt stored;
        if (receipts.size() >= transactions.size()) damaged(what);
        stored.receipt.type = transactions[receipts.size()].type;
        stored.receipt.succeeded = must(fields.u64(), what) != 0;
        stored.receipt.cumulative_gas_used = must(fields.u64(), what);
        stored.sender = must(fields.address(), what);
        const auto created = must(fields.string(), what);
        if (created.size() == 20)
            std::memcpy(stored.created.emplace().bytes.data(), created.data(), 20);
        else if (!created.empty())
            damaged(what);
        auto logs = must(fields.list(), what);
        while (!logs.at_end()) {
            auto entry = must(logs.list(), what);
            vm::Log log;
            log.address = must(entry.address(), what);
            auto topics = must(entry.list(), what);
            while (!topics.at_end()) log.topics.push_back(must(topics.hash(), what));
            log.data = vm::to_bytes(must(entry.string(), what));
            stored.receipt.bloom.add(log);
            stored.receipt.logs.push_back(std::move(log));
        }
        stored.gas_used = stored.receipt.cumulative_gas_used - cumulative_before;
        cumulative_before = stored.receipt.cumulative_gas_used;
        receipts.push_back(std::move(stored));
    }
    return receipts;
}

vm::Bytes encode_changes(const vm::ChangeSet& changes) {
    vm::Bytes out;
    rlp::List list(out);
    for (const auto& [address, change] : changes.accounts) {
        rlp::List fields(out);
        rlp::encode(out, address);
        rlp::List account(out);
        if (change.account) encode_account_list(out, *change.account);
        account.close();
        rlp::encode(out, std::uint64_t{change.storage_cleared});
        rlp::List slots(out);
        for (const auto& [key, value] : change.storage) {
            rlp::encode(out, key);
            rlp::encode(out, value);
        }
        slots.close();
        fields.close();
    }
    list.close();
    return out;
}

vm::ChangeSet decode_changes(vm::BytesView encoded) {
    constexpr std::string_view what = "a block's change set";
    vm::ChangeSet changes;
    rlp::Reader reader(encoded);
    auto list = must(reader.list(), what);
    while (!list.at_end()) {
        auto fields = must(list.list(), what);
        auto& change = changes.accounts[must(fields.address(), what)];
        auto account = must(fields.list(), what);
        if (!account.at_end()) change.account = decode_account_list(must(account.list(), what));
        change.storage_cleared = must(fields.u64(), what) != 0;
        auto slots = must(fields.list(), what);
        while (!slots.at_end()) {
            const auto key = must(slots.number(), what);
            change.storage[key] = must(slots.number(), what);
        }
    }
    return changes;
}

}  // namespace talea::node
