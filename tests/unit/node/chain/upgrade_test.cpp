#include "node/chain/upgrade.hpp"

#include <doctest/doctest.h>

#include "vm/chain/native_version.hpp"
#include "vm/native/addresses.hpp"
#include "vm/native/records.hpp"
#include "vm/native/slot_key.hpp"
#include "vm/state/map_state.hpp"

using namespace talea;
using node::UpgradeWatch;
using Verdict = node::UpgradeWatch::Verdict;

namespace {

/// A state in which that upgrade is scheduled.
vm::MapState scheduled(std::uint32_t version, std::uint64_t from) {
    vm::MapState state;
    std::map<vm::u256, vm::u256> storage;
    storage[vm::slot_key::settings(0)] = vm::SettingsRecord{.native_version = 1}.word();
    if (version != 0) storage[vm::slot_key::settings(5)] = vm::UpgradeRecord{from, version, 1}.word();
    state.put(vm::permissions_address, 1, {}, vm::Bytes{0xfe}, storage);
    return state;
}

constexpr std::uint32_t unknown = vm::native_version_max + 1;

}  // namespace

TEST_CASE("a node stops before the first block of a version it does not know, and not a block earlier") {
    UpgradeWatch watch;
    const auto state = scheduled(unknown, 100);
    CHECK(watch.look(state, {98}) == Verdict::warn);
    CHECK(watch.look(state, {98}) == Verdict::go_on);
    CHECK(watch.look(state, {99}) == Verdict::stop);
    CHECK(watch.sentence().find("block 100 begins version 3 of the native registries") == 0);
    CHECK(watch.look(state, {100}) == Verdict::stop);
}

TEST_CASE("a node goes on through an upgrade it knows, and where none is scheduled") {
    UpgradeWatch watch;
    for (const std::uint64_t head : {98U, 99U, 100U}) {
        CHECK(watch.look(scheduled(vm::native_version_max, 100), {head}) == Verdict::go_on);
        CHECK(watch.look(scheduled(0, 0), {head}) == Verdict::go_on);
    }
}

TEST_CASE("an upgrade that was taken back stops nobody, and another is warned of anew") {
    UpgradeWatch watch;
    CHECK(watch.look(scheduled(unknown, 100), {5}) == Verdict::warn);
    CHECK(watch.look(scheduled(0, 0), {6}) == Verdict::go_on);
    CHECK(watch.look(scheduled(unknown, 200), {7}) == Verdict::warn);
    CHECK(watch.look(scheduled(unknown, 200), {100}) == Verdict::go_on);
    CHECK(watch.look(scheduled(unknown, 200), {199}) == Verdict::stop);
}
