#include "vm/chain/header_rules.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <vector>

#include "vm/base/hex.hpp"
#include "vm/chain/blob_fee.hpp"
#include "vm/crypto/keccak.hpp"

using namespace talea::vm;

namespace {

const QbftSettings settings{.gas_limit = 30'000'000, .base_fee_per_gas = u256{3}, .stepped_clock = {}};

Header parent_header() {
    Header parent;
    parent.number = {41};
    parent.timestamp = {1'000};
    fill_qbft_constants(parent, Fork::osaka);
    return parent;
}

Header child(Fork fork = Fork::osaka) {
    const Header parent = parent_header();
    Header header = make_qbft_header(parent, header_hash(parent), fork, settings, {{1'000}, low_address(0x11)});
    header.extra_data.resize(32);
    return header;
}

std::expected<void, HeaderError> judge(const Header& header, Fork fork = Fork::osaka,
                                       const QbftSettings& by = settings) {
    const Header parent = parent_header();
    return check_qbft_header(header, parent, header_hash(parent), fork, by);
}

}  // namespace

TEST_CASE("a header made by the rules passes them, for each fork and in the parent's own second") {
    for (const Fork fork : {Fork::cancun, Fork::prague, Fork::osaka}) {
        CHECK(judge(child(fork), fork).has_value());
        CHECK(child(fork).requests_hash.has_value() == (fork >= Fork::prague));
    }
}

TEST_CASE("each field of a Talea header that is not what its parent decides is refused by its own name") {
    using Change = std::function<void(Header&)>;
    const std::vector<std::pair<HeaderError, Change>> cases{
        {HeaderError::wrong_number, [](Header& h) { h.number = {43}; }},
        {HeaderError::wrong_number, [](Header& h) { h.number = {41}; }},
        {HeaderError::wrong_parent, [](Header& h) { h.parent_hash.bytes[31] ^= 1; }},
        {HeaderError::timestamp_before_parent, [](Header& h) { h.timestamp = {999}; }},
        {HeaderError::wrong_gas_limit, [](Header& h) { h.gas_limit += 1; }},
        {HeaderError::wrong_gas_limit, [](Header& h) { h.gas_limit -= 1; }},
        {HeaderError::gas_used_above_limit, [](Header& h) { h.gas_used = h.gas_limit + 1; }},
        {HeaderError::wrong_base_fee, [](Header& h) { h.base_fee_per_gas = u256{4}; }},
        {HeaderError::wrong_difficulty, [](Header& h) { h.difficulty = u256{1}; }},
        {HeaderError::wrong_nonce, [](Header& h) { h.nonce[7] = 1; }},
        {HeaderError::wrong_ommers, [](Header& h) { h.ommers_hash = Hash{}; }},
        {HeaderError::wrong_mix_hash, [](Header& h) { h.mix_hash.bytes[0] = 1; }},
        {HeaderError::wrong_extra_data, [](Header& h) { h.extra_data.resize(31); }},
        {HeaderError::wrong_extra_data, [](Header& h) { h.extra_data.resize(33); }},
        {HeaderError::wrong_withdrawals, [](Header& h) { h.withdrawals_root = Hash{}; }},
        {HeaderError::wrong_blob_gas_used, [](Header& h) { h.blob_gas_used = 131'072; }},
        {HeaderError::wrong_excess_blob_gas, [](Header& h) { h.excess_blob_gas = 1; }},
        {HeaderError::wrong_parent_beacon_root, [](Header& h) { h.parent_beacon_block_root->bytes[0] = 1; }},
        {HeaderError::wrong_requests_hash, [](Header& h) { h.requests_hash = Hash{}; }},
        {HeaderError::missing_field, [](Header& h) { h.requests_hash.reset(); }},
        {HeaderError::missing_field, [](Header& h) { h.base_fee_per_gas.reset(); }},
        {HeaderError::missing_field, [](Header& h) { h.parent_beacon_block_root.reset(); }},
    };
    for (const auto& [error, change] : cases) {
        Header header = child();
        change(header);
        const auto judged = judge(header);
        CAPTURE(name(error));
        REQUIRE_FALSE(judged.has_value());
        CHECK(name(judged.error()) == name(error));
        CHECK_FALSE(to_string(error).empty());
    }
    CHECK(judge(child(Fork::prague), Fork::cancun).error() == HeaderError::unexpected_field);
}

TEST_CASE("with a stepped clock a timestamp is the clock's to the second") {
    QbftSettings stepped = settings;
    stepped.stepped_clock = Timestamp{1'060};
    Header header = child();
    CHECK(judge(header, Fork::osaka, stepped).error() == HeaderError::timestamp_not_test_clock);
    header.timestamp = {1'061};
    CHECK(judge(header, Fork::osaka, stepped).error() == HeaderError::timestamp_not_test_clock);
    header.timestamp = {1'060};
    CHECK(judge(header, Fork::osaka, stepped).has_value());
}

TEST_CASE("the validators' hash is the keccak of their RLP list") {
    const std::vector<Address> validators{low_address(1), low_address(2)};
    Bytes encoded{0xea};  // a list of 2 * 21 bytes
    for (const Address& validator : validators) {
        encoded.push_back(0x94);
        append(encoded, view(validator));
    }
    CHECK(validators_hash(validators) == keccak256(encoded));
    CHECK(validators_hash({}) == empty_ommers_hash);
}

TEST_CASE("the base fee moves by an eighth at most, towards the gas target of half the limit") {
    Header parent;
    parent.gas_limit = 30'000'000;
    parent.base_fee_per_gas = u256{1'000};
    const auto after = [&](std::uint64_t gas_used) {
        parent.gas_used = gas_used;
        return next_base_fee(parent);
    };
    CHECK(after(15'000'000) == u256{1'000});
    CHECK(after(30'000'000) == u256{1'125});
    CHECK(after(0) == u256{875});
    CHECK(after(15'000'001) == u256{1'001});  // at least 1 up
    CHECK(after(14'999'999) == u256{1'000});  // rounds down
}

TEST_CASE("excess blob gas is what blocks use above the target, and since Osaka grows while execution is dearer") {
    const BlobSchedule blobs{.target = 6, .max = 9, .base_fee_update_fraction = 5'007'716};
    Header parent;
    parent.base_fee_per_gas = u256{7};
    parent.excess_blob_gas = 0;
    const auto after = [&](std::uint64_t blobs_used, Fork fork) {
        parent.blob_gas_used = blobs_used * 131'072;
        return next_excess_blob_gas(parent, fork, blobs);
    };
    CHECK(after(5, Fork::prague) == 0);
    CHECK(after(6, Fork::prague) == 0);
    CHECK(after(9, Fork::prague) == 3 * 131'072);
    CHECK(after(9, Fork::osaka) == 3 * 131'072);  // 8,192 * 7 is not above 131,072 * 1
    parent.base_fee_per_gas = u256{17};           // 8,192 * 17 is
    CHECK(after(9, Fork::prague) == 3 * 131'072);
    CHECK(after(8, Fork::osaka) == 8 * 131'072 / 3);
    CHECK(after(5, Fork::osaka) == 0);
}

TEST_CASE("an Ethereum header keeps the gas limit within a 1,024th of its parent's, and its time above") {
    Header parent = parent_header();
    parent.gas_limit = 30'000'000;
    parent.base_fee_per_gas = u256{1'000};
    const BlobSchedule blobs{.target = 6, .max = 9, .base_fee_update_fraction = 5'007'716};
    const auto judge_ethereum = [&](std::uint64_t gas_limit, std::uint64_t timestamp) {
        Header header = child();
        header.parent_hash = header_hash(parent);
        header.base_fee_per_gas = next_base_fee(parent);
        header.gas_limit = gas_limit;
        header.timestamp = {timestamp};
        return check_ethereum_header(header, parent, header_hash(parent), Fork::osaka, blobs);
    };
    CHECK(judge_ethereum(30'000'000, 1'001).has_value());
    CHECK(judge_ethereum(30'000'000, 1'000).error() == HeaderError::timestamp_before_parent);
    CHECK(judge_ethereum(30'029'295, 1'001).has_value());
    CHECK(judge_ethereum(30'029'296, 1'001).error() == HeaderError::wrong_gas_limit);
    CHECK(judge_ethereum(29'970'705, 1'001).has_value());
    CHECK(judge_ethereum(29'970'704, 1'001).error() == HeaderError::wrong_gas_limit);
    CHECK(judge_ethereum(1ULL << 63, 1'001).error() == HeaderError::gas_limit_too_large);
    parent.base_fee_per_gas = u256{1'008};
    CHECK(judge_ethereum(30'000'000, 1'001).has_value());
}

TEST_CASE("a Shanghai header has no field of Cancun, and a Cancun header has them all") {
    Header parent = parent_header();
    parent.gas_limit = 30'000'000;
    parent.base_fee_per_gas = u256{1'000};
    Header header = child(Fork::cancun);
    header.parent_hash = header_hash(parent);
    header.base_fee_per_gas = next_base_fee(parent);
    header.timestamp = {1'001};
    const auto judge_ethereum = [&](Fork fork) {
        return check_ethereum_header(header, parent, header_hash(parent), fork, default_blob_schedule(fork));
    };
    CHECK(judge_ethereum(Fork::cancun).has_value());
    CHECK(judge_ethereum(Fork::shanghai).error() == HeaderError::unexpected_field);
    header.blob_gas_used.reset();
    CHECK(judge_ethereum(Fork::cancun).error() == HeaderError::missing_field);
    CHECK(judge_ethereum(Fork::shanghai).error() == HeaderError::unexpected_field);
    header.excess_blob_gas.reset();
    header.parent_beacon_block_root.reset();
    CHECK(judge_ethereum(Fork::shanghai).has_value());
}
