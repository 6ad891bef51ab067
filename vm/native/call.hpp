#pragma once
#include <initializer_list>

#include "vm/chain/block_context.hpp"
#include "vm/interpreter/message.hpp"
#include "vm/native/abi_reader.hpp"
#include "vm/native/abi_writer.hpp"
#include "vm/native/meter.hpp"
#include "vm/native/selector.hpp"

namespace talea::vm {

/// How a handler ended. A meter that halted overrides it.
enum class Outcome : std::uint8_t { returned, reverted };

/// One call of a registry while it is handled: who calls, arguments, the meter, and the result under construction.
class RegistryCall {
  public:
    RegistryCall(const Message& message, BytesView arguments, const BlockContext& block, Meter& its_meter,
                 Bytes& output)
        : caller(message.sender),
          now(block.timestamp.seconds),
          block_number(block.number.value),
          native_version(block.native_version),
          genesis_hash(block.genesis_hash),
          meter(its_meter),
          args(arguments),
          output_(output) {}

    const Address caller;
    const std::uint64_t now;  ///< the block's timestamp
    const std::uint64_t block_number;
    const std::uint32_t native_version;  ///< in force in the block
    const Hash& genesis_hash;            ///< of the chain
    Meter& meter;
    AbiReader args;

    /// Success, with these words as the result.
    Outcome give(std::initializer_list<u256> words = {}) {
        AbiWriter out = result();
        for (const u256& word : words) out.word(word);
        return Outcome::returned;
    }
    /// A revert with a custom error.
    Outcome refuse(std::uint32_t selector, std::initializer_list<u256> words = {}) {
        output_.clear();
        for (int shift = 24; shift >= 0; shift -= 8) output_.push_back(static_cast<std::uint8_t>(selector >> shift));
        AbiWriter out{output_};
        for (const u256& word : words) out.word(word);
        return Outcome::reverted;
    }
    /// An empty result to be written by the caller.
    AbiWriter result() {
        output_.clear();
        return AbiWriter{output_};
    }

    // Errors of INative.
    Outcome not_payable() { return refuse(selector("NotPayable()")); }
    Outcome bad_call() { return refuse(selector("BadCall()")); }
    Outcome not_authorized(std::uint64_t role = 0) {
        return refuse(selector("NotAuthorized(address,uint256)"), {to_u256(caller), role});
    }
    Outcome zero_address() { return refuse(selector("ZeroAddress()")); }
    Outcome too_many(std::uint64_t count, std::uint64_t max) {
        return refuse(selector("TooMany(uint256,uint256)"), {count, max});
    }

  private:
    Bytes& output_;
};

}  // namespace talea::vm
