#pragma once
#include <doctest/doctest.h>

#include "node/ops/genesis_source.hpp"

/// The genesis of the tests' chains.
namespace talea::tests {

/// An open chain of one validator, which is its administrator too.
inline node::GenesisSource open_chain(const vm::PrivateKey& validator) {
    node::GenesisSource source;
    source.chain_id = 77;
    source.talea.permissions = vm::PermissionMode::open;
    source.talea.administrators = {vm::address_of(validator)};
    source.talea.validators = {vm::address_of(validator)};
    return source;
}
inline vm::Genesis resolve(const node::GenesisSource& source) {
    auto resolved = node::resolve_genesis(source);
    REQUIRE_MESSAGE(resolved.has_value(), (resolved ? "" : resolved.error()));
    return std::move(resolved->genesis);
}

}  // namespace talea::tests
