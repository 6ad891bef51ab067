#include "vm/native/registries.hpp"

#include "vm/native/addresses.hpp"
#include "vm/native/identities.hpp"
#include "vm/native/permissions.hpp"
#include "vm/native/policies.hpp"
#include "vm/native/version.hpp"

namespace talea::vm {
namespace {

Outcome dispatch(const Message& message, const BlockContext& block, Meter& meter, Bytes& output) {
    if (message.input.size() < 4) {
        RegistryCall call{message, message.input, block, meter, output};
        return message.value.is_zero() ? call.bad_call() : call.not_payable();
    }
    RegistryCall call{message, message.input.subspan(4), block, meter, output};
    if (!message.value.is_zero()) return call.not_payable();
    const std::uint32_t called = std::uint32_t{message.input[0]} << 24 | std::uint32_t{message.input[1]} << 16 |
                                 std::uint32_t{message.input[2]} << 8 | message.input[3];
    if (block.native_version < native_version_max && version_of_entry(called) > block.native_version)
        return call.bad_call();
    if (message.recipient == policies_address) return call_policies(call, called);
    if (message.recipient == identities_address) return call_identities(call, called);
    return call_permissions(call, called);
}

}  // namespace

bool Registries::contains(const Address& address) const {
    return is_registry(address);
}

CallResult Registries::call(const Message& message, State& state, const BlockContext& block, const TxContext&,
                            StaticCaller& caller) {
    output_.clear();
    Meter meter{state, message, caller};
    meter.charge(native_gas::entry + native_gas::input_word * static_cast<Gas>((message.input.size() + 27) / 32));
    if (meter.halted()) return {.status = meter.status(), .gas_left = 0, .output = {}, .created = {}};
    const Outcome outcome = dispatch(message, block, meter, output_);
    if (meter.halted()) return {.status = meter.status(), .gas_left = 0, .output = {}, .created = {}};
    return {.status = outcome == Outcome::returned ? Status::success : Status::revert,
            .gas_left = meter.gas_left(),
            .output = output_,
            .created = {}};
}

bool DeployGuard::may_create(State& state, const Address& origin, const Address& creator) const {
    if (has_role(state, origin, role::deploy) || has_role(state, creator, role::deploy)) return true;
    if (!refused_) refused_ = creator;
    return false;
}

}  // namespace talea::vm
