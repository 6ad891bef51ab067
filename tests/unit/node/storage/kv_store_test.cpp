#include "node/storage/kv_store.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>

#include "unit/random.hpp"

namespace talea::tests {

TEST_CASE("a batch by its keys has each once, ascending, with what was last said of it") {
    Random random;
    CAPTURE(random.seed);
    node::KvBatch batch;
    std::map<vm::Bytes, std::optional<vm::Bytes>> model;
    for (int i = 0; i < 2'000; ++i) {
        const auto key = random.bytes(random.below(3));  // the empty one, and prefixes of each other
        if (random.one_in(4)) {
            batch.erase(key);
            model[key] = std::nullopt;
        } else {
            const auto value = random.bytes(random.below(5));
            batch.put(key, value);
            model[key] = value;
        }
    }
    auto expected = model.begin();
    batch.for_each_key([&](vm::BytesView key, const vm::BytesView* value) {
        REQUIRE(expected != model.end());
        CHECK(vm::to_bytes(key) == expected->first);
        CHECK((value == nullptr ? std::nullopt : std::optional(vm::to_bytes(*value))) == expected->second);
        ++expected;
    });
    CHECK(expected == model.end());
}

}  // namespace talea::tests
