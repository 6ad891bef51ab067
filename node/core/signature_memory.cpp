#include "node/core/signature_memory.hpp"

#include <cstring>
#include <utility>

namespace talea::node {

std::size_t SignatureMemory::Hasher::operator()(const Key& key) const noexcept {
    // Part of r, which nobody can choose without choosing another signature.
    std::uint64_t low = 0;
    std::memcpy(&low, key.seal.data() + 8, sizeof low);
    return vm::HashHasher{}(key.digest) * 31 + low;
}

std::optional<vm::Address> SignatureMemory::signer(const vm::Hash& digest, const Seal& seal) const {
    const Key key{digest, seal};
    if (const auto known = young_.find(key); known != young_.end()) return known->second;
    auto known = old_.extract(key);
    const auto who = known ? known.mapped() : judge_.signer(digest, seal);
    if (young_.size() == kept) old_ = std::exchange(young_, {});
    young_.emplace(key, who);
    return who;
}

}  // namespace talea::node
