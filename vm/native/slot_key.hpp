#pragma once
#include <cstdint>
#include <cstring>

#include "vm/base/u256.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::vm::slot_key {

/// What a slot holds: the first byte of its key. Values are for ever (NATIVE.md, "Slots").
enum class Tag : std::uint8_t {
    // Permissions
    settings = 0x01,   ///< index 0: modes, version, gas limit, base fee; 1: clock; 2: counts; 3: hash of the config; 4:
                       ///< thresholds; 5: upgrade
    roles = 0x02,      ///< address
    validator = 0x03,  ///< index, from 0, ascending by address
    node = 0x04,       ///< address of its key: its position, from 1
    node_key = 0x05,   ///< index, from 0, as they came; sub 0: x, 1: y
    proposal = 0x06,   ///< proposal id; sub 0: what it changes; 1: by whom, until when
    approver = 0x07,   ///< position, proposal id
    // Identities
    identities = 0x11,         ///< counts and delay
    wallet = 0x12,             ///< address
    successor = 0x13,          ///< address
    id_index = 0x14,           ///< keccak of an id
    identity = 0x15,           ///< identity index
    id_at = 0x16,              ///< identity index
    file_hash = 0x17,          ///< identity index
    offered_registrar = 0x18,  ///< identity index
    registrar = 0x19,          ///< address
    registrar_at = 0x1a,       ///< registrar index
    // Policies
    policies = 0x21,       ///< counts
    token = 0x22,          ///< token
    units = 0x23,          ///< token, identity index
    put_into = 0x24,       ///< escrow index, token, identity index
    escrowed = 0x25,       ///< token
    policy = 0x26,         ///< policy id
    offered_owner = 0x27,  ///< policy id
    rule = 0x28,           ///< position, policy id
    country_word = 0x29,   ///< position and word, policy id
    allowed = 0x2a,        ///< token, policy id
    escrow = 0x2b,         ///< token, escrow index
    lock = 0x2c,           ///< policy id (in the place of the address), identity index
    escrow_at = 0x2d,      ///< escrow index
    outflow = 0x2e,        ///< hours of the window and word, token, identity index
    listed = 0x2f,         ///< position, policy id (in the place of the address), identity index
    listed_at = 0x30,      ///< position and word, policy id
};

/// tag (1 byte) ‖ sub (3) ‖ address (20) ‖ index (8). Nothing is hashed, so distinct things never share a slot.
[[nodiscard]] inline u256 compose(Tag tag, const Address& address, std::uint64_t index = 0, std::uint32_t sub = 0) {
    std::uint32_t high;
    std::uint64_t middle, low;
    std::memcpy(&high, address.bytes.data(), 4);
    std::memcpy(&middle, address.bytes.data() + 4, 8);
    std::memcpy(&low, address.bytes.data() + 12, 8);
    return {index, __builtin_bswap64(low), __builtin_bswap64(middle),
            std::uint64_t{static_cast<std::uint8_t>(tag)} << 56 | std::uint64_t{sub & 0xffffff} << 32 |
                __builtin_bswap32(high)};
}
[[nodiscard]] inline u256 compose(Tag tag, std::uint64_t index, std::uint32_t sub = 0) {
    return {index, 0, 0, std::uint64_t{static_cast<std::uint8_t>(tag)} << 56 | std::uint64_t{sub & 0xffffff} << 32};
}

[[nodiscard]] inline u256 settings(std::uint64_t part) {
    return compose(Tag::settings, part);
}
[[nodiscard]] inline u256 roles(const Address& account) {
    return compose(Tag::roles, account);
}
[[nodiscard]] inline u256 validator(std::uint64_t position) {
    return compose(Tag::validator, position);
}
/// `part` 0 or 1.
[[nodiscard]] inline u256 proposal(std::uint64_t id, std::uint32_t part) {
    return compose(Tag::proposal, id, part);
}
[[nodiscard]] inline u256 approver(std::uint64_t proposal, std::uint32_t position) {
    return compose(Tag::approver, proposal, position);
}

[[nodiscard]] inline u256 node(const Address& node) {
    return compose(Tag::node, node);
}
/// `word` 0 is x, 1 is y.
[[nodiscard]] inline u256 node_key(std::uint64_t position, std::uint32_t word) {
    return compose(Tag::node_key, position, word);
}

[[nodiscard]] inline u256 identities() {
    return compose(Tag::identities, 0);
}
[[nodiscard]] inline u256 wallet(const Address& wallet) {
    return compose(Tag::wallet, wallet);
}
[[nodiscard]] inline u256 successor(const Address& wallet) {
    return compose(Tag::successor, wallet);
}
/// The one hashed key, since an id fills a word: the tag ‖ the last 31 bytes of keccak(id).
[[nodiscard]] inline u256 id_index(const u256& id) {
    u256 key = keccak256_word(id);
    key.limbs[3] = (key.limbs[3] & ~0ULL >> 8) | std::uint64_t{static_cast<std::uint8_t>(Tag::id_index)} << 56;
    return key;
}
[[nodiscard]] inline u256 identity(std::uint64_t index) {
    return compose(Tag::identity, index);
}
[[nodiscard]] inline u256 id_at(std::uint64_t index) {
    return compose(Tag::id_at, index);
}
[[nodiscard]] inline u256 file_hash(std::uint64_t index) {
    return compose(Tag::file_hash, index);
}
[[nodiscard]] inline u256 offered_registrar(std::uint64_t index) {
    return compose(Tag::offered_registrar, index);
}
[[nodiscard]] inline u256 registrar(const Address& registrar) {
    return compose(Tag::registrar, registrar);
}
[[nodiscard]] inline u256 registrar_at(std::uint32_t index) {
    return compose(Tag::registrar_at, index);
}

[[nodiscard]] inline u256 policies() {
    return compose(Tag::policies, 0);
}
[[nodiscard]] inline u256 token(const Address& token) {
    return compose(Tag::token, token);
}
[[nodiscard]] inline u256 units(const Address& token, std::uint64_t identity) {
    return compose(Tag::units, token, identity);
}
[[nodiscard]] inline u256 put_into(const Address& token, std::uint32_t escrow, std::uint64_t identity) {
    return compose(Tag::put_into, token, identity, escrow);
}
[[nodiscard]] inline u256 escrowed(const Address& token) {
    return compose(Tag::escrowed, token);
}
[[nodiscard]] inline u256 policy(std::uint64_t policy) {
    return compose(Tag::policy, policy);
}
[[nodiscard]] inline u256 offered_owner(std::uint64_t policy) {
    return compose(Tag::offered_owner, policy);
}
/// `position` from 0.
[[nodiscard]] inline u256 rule(std::uint64_t policy, std::uint32_t position) {
    return compose(Tag::rule, policy, position);
}
[[nodiscard]] inline u256 country_word(std::uint64_t policy, std::uint32_t position, std::uint32_t word) {
    return compose(Tag::country_word, policy, position << 8 | word);
}
[[nodiscard]] inline u256 allowed(const Address& token, std::uint64_t policy) {
    return compose(Tag::allowed, token, policy);
}
[[nodiscard]] inline u256 escrow(const Address& token, std::uint32_t escrow) {
    return compose(Tag::escrow, token, escrow);
}
[[nodiscard]] inline u256 lock(std::uint64_t policy, std::uint64_t identity) {
    u256 key = compose(Tag::lock, identity);
    key.limbs[1] = policy;
    return key;
}
[[nodiscard]] inline u256 escrow_at(std::uint32_t index) {
    return compose(Tag::escrow_at, index);
}
/// `word` 0 or 1.
[[nodiscard]] inline u256 outflow(const Address& token, std::uint64_t identity, std::uint16_t hours,
                                  std::uint32_t word) {
    return compose(Tag::outflow, token, identity, std::uint32_t{hours} << 8 | word);
}
[[nodiscard]] inline u256 listed(std::uint64_t policy, std::uint32_t position, std::uint64_t identity) {
    u256 key = compose(Tag::listed, identity, position);
    key.limbs[1] = policy;
    return key;
}
[[nodiscard]] inline u256 listed_at(std::uint64_t policy, std::uint32_t position, std::uint32_t word) {
    return compose(Tag::listed_at, policy, position << 8 | word);
}

}  // namespace talea::vm::slot_key
