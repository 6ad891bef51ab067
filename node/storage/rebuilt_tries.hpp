#pragma once
#include <map>
#include <memory>
#include <string>

#include "node/storage/kv_store.hpp"
#include "vm/base/numbers.hpp"

namespace talea::node {

/// A store as if its tries had been written at a block, made anew from all values of then: so state_proof.hpp proves
/// any block, however long ago. Everything else is what `reader`, which must outlive it, has. Costs what the whole
/// state takes, in time and in memory. Many threads.
class RebuiltTries final : public KvReader {
  public:
    /// `number` is at or below the head of `reader`.
    RebuiltTries(const KvReader& reader, vm::BlockNumber number);

    [[nodiscard]] bool get(vm::BytesView key, std::string& value) const override;
    [[nodiscard]] std::unique_ptr<KvIterator> iterate() const override { return reader_.iterate(); }

  private:
    const KvReader& reader_;
    std::map<std::string, std::string, std::less<>> nodes_;  ///< and the trie's position, by their keys
};

}  // namespace talea::node
