#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>

#include "node/chain/chain.hpp"
#include "node/chain/checkpoints.hpp"
#include "node/chain/genesis_record.hpp"
#include "node/consensus/certificate.hpp"
#include "node/ops/checkpoint_file.hpp"
#include "node/ops/replay.hpp"
#include "unit/node/consensus/memory_journal.hpp"
#include "unit/node/genesis.hpp"
#include "unit/node/keys.hpp"
#include "vm/base/hex.hpp"

namespace talea::tests {
namespace {

using namespace std::chrono_literals;

const vm::PrivateKey lost = key(1), fresh = key(2), recovery_1 = key(11), recovery_2 = key(12), recovery_3 = key(13);

vm::Genesis make_genesis() {
    auto source = open_chain(lost);
    source.talea.recovery = {{vm::address_of(recovery_1), vm::address_of(recovery_2), vm::address_of(recovery_3)}, 2};
    return resolve(source);
}

/// A chain on the disk, whose node starts and stops.
struct Recoverable {
    std::string path = (std::filesystem::temp_directory_path() / "talea-recovery-XXXXXX").string();
    node::Directory directory;
    vm::Genesis genesis = make_genesis();
    vm::Hash genesis_hash = node::genesis_record(genesis).hash;
    std::uint64_t nonce = 0;

    Recoverable() {
        REQUIRE(::mkdtemp(path.data()) != nullptr);
        directory.path = path;
    }
    ~Recoverable() { std::filesystem::remove_all(path); }
    Recoverable(const Recoverable&) = delete;
    Recoverable& operator=(const Recoverable&) = delete;

    std::unique_ptr<node::Chain> open(const vm::PrivateKey& validator, std::shared_ptr<node::VoteJournal> journal) {
        node::ChainOptions options;
        options.database_path = directory.database();
        options.validator = std::make_shared<node::KeySigner>(validator);
        options.journal = std::move(journal);
        auto chain = node::Chain::open(genesis, std::move(options));
        REQUIRE(chain.has_value());
        (*chain)->start();
        return std::move(*chain);
    }
    std::optional<vm::Hash> submit(node::Chain& chain) {
        vm::Transaction tx;
        tx.type = vm::TxType::dynamic_fee;
        tx.chain_id = 77;
        tx.nonce = nonce;
        tx.gas_limit = 21'000;
        tx.to = vm::low_address(0xb0b);
        vm::sign_transaction(tx, lost);
        const auto hash = chain.submit(vm::encode_transaction(tx));
        return hash ? std::optional(*hash) : std::nullopt;
    }
    void make_block(node::Chain& chain) {
        const auto hash = submit(chain);
        REQUIRE(hash.has_value());
        REQUIRE(chain.wait_for(*hash, 5s));
        ++nonce;
    }
    node::Checkpoint checkpoint(const vm::PrivateKey& validator, std::uint64_t instance = 1) {
        const auto database = node::Database::open(directory.database(), node::genesis_record(genesis));
        REQUIRE(database.has_value());
        const node::ChainReader blocks((*database)->store());
        const auto head = (*database)->head();
        node::Checkpoint made{head, *blocks.hash(head), instance, {vm::address_of(validator)}, {}};
        for (const auto& signer : {recovery_1, recovery_3})
            made.signatures.push_back(node::make_seal(signer, node::checkpoint_digest(genesis_hash, made)));
        return made;
    }
    std::expected<node::CheckpointFate, std::string> store(const node::Checkpoint& made) {
        REQUIRE(node::verify_checkpoint(made, genesis_hash, genesis.talea.recovery).has_value());
        const auto database = node::Database::open(directory.database(), node::genesis_record(genesis));
        REQUIRE(database.has_value());
        auto fate = node::judge_checkpoint(node::ChainReader((*database)->store()), made);
        if (fate && *fate != node::CheckpointFate::known)
            (*database)->store_checkpoint(made.number, made.instance, node::encode_checkpoint(made), true);
        return fate;
    }
    std::expected<node::ReplayReport, std::string> replay(const std::vector<node::Checkpoint>& given = {}) {
        return node::replay(genesis, directory, given, [](std::uint64_t, std::uint64_t) {});
    }
};

/// A journal that was lost: it holds nothing and says so.
class LostJournal final : public node::VoteJournal {
  public:
    [[nodiscard]] node::JournalStatus status() const override { return node::JournalStatus::lost; }
    [[nodiscard]] const std::vector<node::JournalRecord>& records() const override { return none_; }
    void append(const node::JournalRecord&) override {}
    void sync() override {}
    void drop(vm::BlockNumber) override {}

  private:
    std::vector<node::JournalRecord> none_;
};

TEST_CASE("a chain whose only key is lost goes on by a checkpoint, with another key and in another instance") {
    Recoverable chain;
    {
        const auto node = chain.open(lost, std::make_shared<MemoryJournal>());
        chain.make_block(*node);
        chain.make_block(*node);
    }
    const auto checkpoint = chain.checkpoint(fresh);
    CHECK(chain.store(checkpoint) == node::CheckpointFate::begins);
    CHECK(chain.store(checkpoint) == node::CheckpointFate::known);
    const auto next_number = next(checkpoint.number);
    {
        const auto old = chain.open(lost, std::make_shared<MemoryJournal>());
        CHECK_FALSE_MESSAGE(old->votes(), "the lost key decides nothing any more");
    }
    const auto journal = std::make_shared<MemoryJournal>();
    for (int start = 0; start < 2; ++start) {  // again after a restart
        const auto node = chain.open(fresh, journal);
        REQUIRE(node->votes());
        chain.make_block(*node);
        const auto head = node->head();
        CHECK(vm::read_validators(head->state()) == checkpoint.validators);
        const auto certificate = node::decode_certificate(*head->blocks().certificate(next_number));
        REQUIRE(certificate.has_value());
        CHECK(certificate->instance == 1);
        CHECK(certificate->validators == checkpoint.validators);
        CHECK(node::sealed_instance(head->blocks(), head->number()) == 1);
    }
    const auto replayed = chain.replay();
    CHECK_MESSAGE(replayed.has_value(), (replayed ? "" : replayed.error()));
    CHECK(chain.store(chain.checkpoint(lost, 1)).error().find("needs a higher instance") != std::string::npos);
    CHECK(chain.store(chain.checkpoint(lost, 2)) == node::CheckpointFate::begins);
}

TEST_CASE("a lost journal is no hindrance to the first votes after a checkpoint, and one lost later is") {
    Recoverable chain;
    {
        const auto node = chain.open(lost, std::make_shared<MemoryJournal>());
        chain.make_block(*node);
    }
    CHECK(chain.store(chain.checkpoint(lost)) == node::CheckpointFate::begins);
    {
        const auto node = chain.open(lost, std::make_shared<LostJournal>());
        chain.make_block(*node);
    }
    const auto node = chain.open(lost, std::make_shared<LostJournal>());
    const auto hash = chain.submit(*node);
    REQUIRE(hash.has_value());
    CHECK_FALSE(node->wait_for(*hash, 300ms));
}

TEST_CASE("a checkpoint that would undo what is certified, or names another block, is not stored") {
    Recoverable chain;
    {
        const auto node = chain.open(lost, std::make_shared<MemoryJournal>());
        chain.make_block(*node);
    }
    const auto sign = [&](node::Checkpoint made) {
        made.signatures.clear();
        for (const auto& signer : {recovery_1, recovery_2})
            made.signatures.push_back(node::make_seal(signer, node::checkpoint_digest(chain.genesis_hash, made)));
        return made;
    };
    auto good = chain.checkpoint(fresh);
    auto other = good;
    other.hash.bytes[0] ^= 1;
    CHECK(chain.store(sign(other)).error().find("the checkpoint names") != std::string::npos);
    other = good;
    other.number = {0};
    other.hash = chain.genesis_hash;
    CHECK(chain.store(sign(other)).error().find("would undo") != std::string::npos);
    other = good;
    other.number = next(good.number);
    CHECK(chain.store(sign(other)) == node::CheckpointFate::waits);
    CHECK_MESSAGE(chain.store(good).error().find("stored already") != std::string::npos,
                  "no checkpoint before one that is stored");
}

TEST_CASE("replay wants each checkpoint signed, and the blocks after it sealed in its instance") {
    Recoverable chain;
    {
        const auto node = chain.open(lost, std::make_shared<MemoryJournal>());
        chain.make_block(*node);
    }
    REQUIRE(chain.replay().has_value());
    auto checkpoint = chain.checkpoint(fresh);
    REQUIRE(chain.store(checkpoint).has_value());
    {
        const auto node = chain.open(fresh, std::make_shared<MemoryJournal>());
        chain.make_block(*node);
    }
    REQUIRE(chain.replay().has_value());
    auto unsigned_one = checkpoint;
    unsigned_one.signatures.pop_back();
    unsigned_one.instance = 2;
    const auto refused = chain.replay({unsigned_one});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().find("recovery checkpoint") != std::string::npos);
    // One that nobody's blocks followed changes what is due of them.
    auto next_one = checkpoint;
    next_one.instance = 2;
    next_one.signatures.clear();
    for (const auto& signer : {recovery_1, recovery_2})
        next_one.signatures.push_back(node::make_seal(signer, node::checkpoint_digest(chain.genesis_hash, next_one)));
    CHECK_FALSE(chain.replay({next_one}).has_value());
}

TEST_CASE("a checkpoint's file reads back as what was written, and refuses anything else") {
    Recoverable chain;
    {
        const auto node = chain.open(lost, std::make_shared<MemoryJournal>());
        chain.make_block(*node);
    }
    const node::CheckpointFile file{chain.genesis_hash, chain.checkpoint(fresh)};
    const auto text = node::write_checkpoint_file(file);
    const auto read = node::parse_checkpoint_file(text);
    REQUIRE(read.has_value());
    CHECK(read->genesis_hash == file.genesis_hash);
    CHECK(read->checkpoint == file.checkpoint);
    const auto refused = [&](std::string_view from, std::string_view to) {
        auto edited = text;
        const auto at = edited.find(from);
        REQUIRE(at != std::string::npos);
        const auto parsed = node::parse_checkpoint_file(edited.replace(at, from.size(), to));
        return parsed ? std::string() : parsed.error();
    };
    CHECK(refused("\"hash\"", "\"hush\"") == "the checkpoint: hash is missing");
    CHECK(refused("\"hash\": \"0x", "\"hash\": \"0x00") == "the checkpoint: hash must be 32 bytes");
    CHECK(refused("\"instance\": 1", "\"instance\": -1") == "the checkpoint: instance must be a number");
    CHECK(refused("\"instance\": 1", "\"instance\": 1, \"more\": 1") == "the checkpoint: more is not known");
    CHECK(refused("{", "[") == "the checkpoint is no JSON object");
}

}  // namespace
}  // namespace talea::tests
