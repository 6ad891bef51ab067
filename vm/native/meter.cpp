#include "vm/native/meter.hpp"

#include "vm/base/check.hpp"

namespace talea::vm {

using namespace native_gas;

void Meter::store(Registry registry, const u256& key, const u256& value) {
    if (halted()) return;
    if (is_static_) return halt(Status::write_protection);
    if (gas_ <= store_stipend) return halt(Status::out_of_gas);
    const State::SlotAccess access = state_.access_slot(account(registry), key);
    const u256 current = access.slot.current;
    const u256 original = access.slot.original;
    if (!access.was_warm) charge(cold_slot);
    if (value == current) return charge(warm_slot);

    Gas refund = 0;
    if (current == original) {
        charge(original.is_zero() ? store_set : store_reset);
        if (value.is_zero()) refund += store_clear_refund;
    } else {
        charge(warm_slot);
        if (!original.is_zero()) {
            if (current.is_zero()) refund -= store_clear_refund;
            if (value.is_zero()) refund += store_clear_refund;
        }
        if (value == original) refund += (original.is_zero() ? store_set : store_reset) - warm_slot;
    }
    if (halted()) return;
    if (refund != 0) state_.add_refund(refund);
    state_.set(access.place, value);
}

std::optional<u256> Meter::ask(const Address& contract, BytesView input, Gas gas_limit) {
    if (halted()) return std::nullopt;
    check(caller_ != nullptr, "only the handler of a message calls contracts");
    charge(state_.warm_account(contract) ? warm_account : cold_account);
    if (halted()) return std::nullopt;
    if (gas_ - gas_ / 64 < gas_limit) return halt(Status::out_of_gas), std::nullopt;
    gas_ -= gas_limit;
    const CallResult result = caller_->static_call(*message_, contract, input, gas_limit);
    if (result.status == Status::call_depth_exceeded) return halt(Status::out_of_gas), std::nullopt;
    gas_ += result.gas_left;
    if (result.status != Status::success || result.output.size() < 32) return std::nullopt;
    return u256::from_be_bytes(result.output.first(32));
}

void Meter::log(Registry registry, std::initializer_list<u256> topics, BytesView data) {
    if (halted()) return;
    if (is_static_) return halt(Status::write_protection);
    charge(native_gas::log + log_topic * static_cast<Gas>(topics.size()) + log_byte * static_cast<Gas>(data.size()));
    if (halted()) return;
    Log record{.address = address_of(registry), .topics = {}, .data = to_bytes(data)};
    record.topics.reserve(topics.size());
    for (const u256& topic : topics) record.topics.push_back(to_hash(topic));
    state_.add_log(std::move(record));
}

}  // namespace talea::vm
