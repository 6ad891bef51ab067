#pragma once
#include <array>
#include <initializer_list>
#include <limits>
#include <optional>

#include "vm/interpreter/message.hpp"
#include "vm/interpreter/system_contracts.hpp"
#include "vm/native/addresses.hpp"
#include "vm/native/gas.hpp"
#include "vm/state/state.hpp"

namespace talea::vm {

/// Storage and events of the registries, at the prices of SLOAD, SSTORE and LOG, paid before they happen.
///
/// When the gas does not suffice, or a static call writes, the meter halts: from then on reads give zero, writes do
/// nothing and `halted` is true. So handlers need not test after each step; they run to their end on zeros and what
/// they returned is dropped, as is the state (the Evm reverts a frame that did not succeed).
class Meter {
  public:
    Meter(State& state, Gas gas, bool is_static) : state_(state), gas_(gas), is_static_(is_static) {}
    /// Of the handler of `message`, which may call contracts.
    Meter(State& state, const Message& message, StaticCaller& caller)
        : state_(state), gas_(message.gas), is_static_(message.is_static), message_(&message), caller_(&caller) {}

    void charge(Gas amount) {
        gas_ -= amount;
        if (gas_ < 0) [[unlikely]]
            halt(Status::out_of_gas);
    }
    [[nodiscard]] u256 load(Registry registry, const u256& key) {
        if (halted()) [[unlikely]]
            return {};
        const State::SlotAccess access = state_.access_slot(account(registry), key);
        charge(access.was_warm ? native_gas::warm_slot : native_gas::cold_slot);
        return halted() ? u256{} : access.slot.current;
    }
    void store(Registry registry, const u256& key, const u256& value);
    /// `topics` includes the event's signature; at most 4.
    void log(Registry registry, std::initializer_list<u256> topics, BytesView data);
    /// Asks a contract by STATICCALL, with exactly `gas_limit`, for one word; pays for its account (EIP-2929) and for
    /// what it uses. Nothing where it failed or returned less. Where `gas_limit` cannot be forwarded whole (EIP-150),
    /// or at the limit of depth, the meter halts: who has too little gas must not find out that the contract failed.
    [[nodiscard]] std::optional<u256> ask(const Address& contract, BytesView input, Gas gas_limit);
    /// An entry that writes says so before anything else: it halts as SSTORE does in a static call.
    void require_writable() {
        if (is_static_) halt(Status::write_protection);
    }

    [[nodiscard]] bool halted() const { return status_ != Status::success; }
    /// success, out_of_gas or write_protection.
    [[nodiscard]] Status status() const { return status_; }
    [[nodiscard]] Gas gas_left() const { return gas_; }

  private:
    void halt(Status status) {
        if (!halted()) status_ = status;
        gas_ = 0;
    }

    /// A registry's account in the state, looked up once a call.
    [[nodiscard]] AccountId account(Registry registry) {
        AccountId& id = accounts_[static_cast<std::size_t>(registry)];
        if (id == unresolved) id = state_.id(address_of(registry));
        return id;
    }

    static constexpr AccountId unresolved{std::numeric_limits<std::uint32_t>::max()};

    State& state_;
    std::array<AccountId, 3> accounts_{unresolved, unresolved, unresolved};
    Gas gas_;
    bool is_static_;
    const Message* message_ = nullptr;
    StaticCaller* caller_ = nullptr;
    Status status_ = Status::success;
};

}  // namespace talea::vm
