#include "vm/chain/blob_fee.hpp"

#include "vm/base/check.hpp"

namespace talea::vm {

u256 blob_base_fee(std::uint64_t excess_blob_gas, const BlobSchedule& schedule) {
    check(schedule.base_fee_update_fraction != 0, "a blob schedule has an update fraction");
    const u256 fraction{schedule.base_fee_update_fraction};
    u256 sum;
    u256 term = fraction;  // the i-th term of the series times the fraction
    for (std::uint64_t i = 1; !term.is_zero(); ++i) {
        const auto next_sum = checked_add(sum, term);
        const auto product = checked_mul(term, u256{excess_blob_gas});
        const auto divisor = checked_mul(fraction, u256{i});
        if (!next_sum || !product || !divisor) return u256::max();
        sum = *next_sum;
        term = divmod(*product, *divisor).quotient;
    }
    return divmod(sum, fraction).quotient;
}

BlobSchedule default_blob_schedule(Fork fork) {
    switch (fork) {
        case Fork::shanghai:
            return {};
        case Fork::cancun:
            return {.target = 3, .max = 6, .base_fee_update_fraction = 3'338'477};
        case Fork::prague:
        case Fork::osaka:
            return {.target = 6, .max = 9, .base_fee_update_fraction = 5'007'716};
    }
    return {};
}

}  // namespace talea::vm
