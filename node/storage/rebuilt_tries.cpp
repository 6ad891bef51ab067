#include "node/storage/rebuilt_tries.hpp"

#include <algorithm>

#include "node/storage/chain_store.hpp"
#include "node/storage/database.hpp"
#include "node/storage/keys.hpp"
#include "node/storage/state_store.hpp"
#include "node/storage/trie_store.hpp"
#include "vm/base/check.hpp"

namespace talea::node {
namespace {

/// The whole state after `number`.
vm::ChangeSet state_at(const KvReader& reader, vm::BlockNumber number) {
    const HistoryReader history(reader);
    const auto it = reader.iterate();
    vm::ChangeSet state;
    const Key prefix(Table::account_history);
    it->seek(prefix);
    while (it->valid() && starts_with(it->key(), prefix)) {
        vm::Address address;
        std::ranges::copy(it->key().subspan(prefix.view().size(), address.bytes.size()), address.bytes.begin());
        if (const auto account = history.account(address, number)) {
            auto& whole = state.accounts[address];
            whole.account = account;
            whole.storage = history.slots(address, number);
        }
        // Past the oldest entry that there could be, which is that of block 0.
        const auto oldest = Key(prefix).add(address).down({0});
        it->seek(oldest);
        if (it->valid() && vm::equal(it->key(), oldest)) it->next();
    }
    return state;
}

/// Under tries that are made from nothing.
class NoStore final : public KvReader {
  public:
    [[nodiscard]] bool get(vm::BytesView, std::string&) const override { return false; }
    [[nodiscard]] std::unique_ptr<KvIterator> iterate() const override {
        vm::check(false, "a trie's nodes are got one by one");
        return nullptr;
    }
};

}  // namespace

RebuiltTries::RebuiltTries(const KvReader& reader, vm::BlockNumber number) : reader_(reader) {
    const auto header = ChainReader(reader).header(number);
    if (!header) damaged("a block's header");
    const NoStore nothing;
    TrieStore tries(nothing);
    auto update = vm::update_state_trie(tries, state_at(reader, number));
    if (update.root != header->state_root) damaged("the history of a block");
    tries.apply(std::move(update));
    KvBatch batch;
    tries.put(batch);
    put_stored_trie_block(batch, number);
    batch.for_each([this](vm::BytesView key, const vm::BytesView* value) {
        if (value != nullptr) nodes_.insert_or_assign(std::string(text_of(key)), std::string(text_of(*value)));
    });
}

bool RebuiltTries::get(vm::BytesView key, std::string& value) const {
    if (const auto found = nodes_.find(text_of(key)); found != nodes_.end()) {
        value = found->second;
        return true;
    }
    const bool is_node = starts_with(key, Key(Table::account_trie)) || starts_with(key, Key(Table::storage_trie));
    return !is_node && reader_.get(key, value);
}

}  // namespace talea::node
