#include "node/consensus/journal.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "node/consensus/journal_file.hpp"
#include "unit/node/consensus/network.hpp"
#include "unit/random.hpp"

namespace talea::tests {
namespace {

using node::JournalDamage;
using node::JournalStatus;

const node::JournalId journal_id{{{0xab}}, vm::address_of(key(1))};

node::LockRecord lock(std::uint64_t number, std::uint64_t round, std::uint8_t salt = 0) {
    vm::Header header;
    header.number = {number};
    header.extra_data = {salt};
    return {0, {{number}, round}, header, std::vector<node::Seal>(3)};
}

std::vector<node::JournalRecord> some_records() {
    return {node::EnterRecord{0, {{1}, 0}},
            node::BodyRecord{{1}, {{9}}, {1, 2, 3}},
            lock(1, 0),
            node::EnterRecord{0, {{2}, 1}},
            lock(2, 1),
            node::RejoinRecord{1, {77}}};
}

vm::Bytes file_of(const std::vector<node::JournalRecord>& records) {
    auto bytes = node::encode_journal_header(journal_id);
    for (const auto& record : records) vm::append(bytes, node::encode_frame(record, journal_id, bytes.size()));
    return bytes;
}

TEST_CASE("a journal gives back what was written, and says whose it is") {
    const auto content = node::read_journal(file_of(some_records()));
    CHECK(content.damage == JournalDamage::none);
    CHECK(content.id == journal_id);
    CHECK(content.records == some_records());
}

TEST_CASE("a torn tail is cut wherever it tore, and costs no record before it") {
    const auto whole = file_of(some_records());
    auto shorter = some_records();
    shorter.pop_back();
    const auto without_last = file_of(shorter).size();
    for (std::size_t size = without_last + 1; size < whole.size(); ++size) {
        const auto content = node::read_journal(vm::BytesView(whole).first(size));
        CHECK(content.damage == JournalDamage::torn_tail);
        CHECK(content.records == shorter);
        CHECK(content.good_bytes == without_last);
    }
    // Written in part, with what the disk had there before.
    auto garbage = whole;
    for (std::size_t i = without_last + 5; i < garbage.size(); ++i) garbage[i] = 0xee;
    CHECK(node::read_journal(garbage).damage == JournalDamage::torn_tail);
}

TEST_CASE("damage before the tail is never taken for a torn tail, whichever byte it hits") {
    const auto whole = file_of(some_records());
    auto shorter = some_records();
    shorter.pop_back();
    const auto last_begins = file_of(shorter).size();
    const auto header = node::encode_journal_header(journal_id).size();
    for (std::size_t i = header; i < last_begins; ++i) {
        auto damaged = whole;
        damaged[i] ^= 0x40;
        CAPTURE(i);
        CHECK(node::read_journal(damaged).damage == JournalDamage::damaged);
    }
    for (std::size_t i = 0; i < header; ++i) {
        auto damaged = whole;
        damaged[i] ^= 0x40;
        const auto verdict = node::read_journal(damaged).damage;
        CHECK((verdict == JournalDamage::damaged || verdict == JournalDamage::wrong_form));
    }
}

TEST_CASE("a frame holds only in its place and its journal") {
    const auto records = some_records();
    auto bytes = node::encode_journal_header(journal_id);
    vm::append(bytes, node::encode_frame(records[0], journal_id, bytes.size() + 1));
    CHECK(node::read_journal(bytes).records.empty());
    bytes = node::encode_journal_header(journal_id);
    vm::append(bytes, node::encode_frame(records[0], {{{0xac}}, journal_id.validator}, bytes.size()));
    CHECK(node::read_journal(bytes).records.empty());
}

TEST_CASE("reading any bytes ends in a verdict") {
    Random random;
    CAPTURE(random.seed);
    for (int i = 0; i < 300; ++i) {
        auto bytes = random.one_in(2) ? file_of(some_records()) : random.bytes(random.below(300));
        for (std::uint64_t n = random.below(6); n > 0 && !bytes.empty(); --n)
            bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.next());
        const auto content = node::read_journal(bytes);
        CHECK(content.good_bytes <= bytes.size());
        CHECK(content.records.size() <= some_records().size());
    }
}

TEST_CASE("what is kept after a drop says the same of what is left") {
    std::vector<node::JournalRecord> records = some_records();
    records.pop_back();
    records.emplace_back(lock(2, 3, 1));
    records.emplace_back(node::EnterRecord{0, {{2}, 5}});
    const auto all = node::summarise(records);
    const auto kept = node::summarise(node::compact(records, {2}));
    CHECK(kept.heights.size() == 1);
    CHECK(kept.heights.at({2}).entered == 5);
    CHECK(kept.heights.at({2}).lock == all.heights.at({2}).lock);
    // The lock of block 2 is dropped, and still says that round 0 of block 3 was entered.
    const auto later = node::summarise(node::compact(records, {3}));
    CHECK(later.heights.size() == 1);
    CHECK(later.heights.at({3}).entered == 0);
    CHECK(node::summarise(node::compact({node::RejoinRecord{0, {999}}}, {100})).sign_from == vm::BlockNumber{999});
}

TEST_CASE("a body stays while the round that it was written in may still lock on it, and no longer") {
    const auto body = [](const node::LockRecord& of) {
        return node::BodyRecord{of.view.number, vm::header_hash(of.header), vm::Bytes{1, 2}};
    };
    const auto has = [](const std::vector<node::JournalRecord>& records, const node::JournalRecord& record) {
        return std::ranges::find(records, record) != records.end();
    };
    const auto first = lock(3, 0, 1), second = lock(3, 1, 2);
    // Round 0 of block 3 is entered by the lock below it, which is dropped while block 3 is voted on.
    std::vector<node::JournalRecord> records{body(lock(2, 0)), lock(2, 0), body(first)};
    records = node::compact(records, {3});
    CHECK(has(records, body(first)));
    CHECK_FALSE(has(records, body(lock(2, 0))));
    CHECK(node::compact(records, {3}) == records);
    records.emplace_back(node::EnterRecord{0, {{3}, 1}});
    CHECK_FALSE(has(node::compact(records, {3}), body(first)));
    // A lock keeps its own for good, and no other's.
    records.emplace_back(body(second));
    records.emplace_back(second);
    records.emplace_back(node::EnterRecord{0, {{3}, 2}});
    records.emplace_back(node::EnterRecord{0, {{3}, 3}});
    records.emplace_back(body(first));
    records = node::compact(records, {3});
    CHECK(has(records, body(second)));
    CHECK(has(records, body(first)));
    records.emplace_back(node::EnterRecord{0, {{3}, 4}});
    CHECK(has(node::compact(records, {3}), body(second)));
    CHECK_FALSE(has(node::compact(records, {3}), body(first)));
    CHECK_FALSE(has(node::compact(records, {4}), body(second)));
}

TEST_CASE("a journal that forgot votes signs nothing where they were given") {
    // Else a validator whose blocks are put back from a backup, beside its own newer journal, votes a second time.
    CHECK(node::summarise(node::compact({lock(7, 0)}, {8})).sign_from == vm::BlockNumber{8});
    CHECK(node::summarise(node::compact({node::RejoinRecord{0, {9}}}, {100})).sign_from == vm::BlockNumber{100});
}

TEST_CASE("of two rejoins of one instance the later counts, and a quarantine is kept until then") {
    using node::RejoinRecord;
    CHECK(node::summarise({RejoinRecord{0, {20}}, RejoinRecord{0, {12}}}).sign_from == vm::BlockNumber{12});
    CHECK(node::summarise({RejoinRecord{0, {20}}, RejoinRecord{0, node::sign_never}}).sign_from == node::sign_never);
    const std::vector<node::JournalRecord> ended{RejoinRecord{0, node::sign_never}, RejoinRecord{0, {57}}};
    CHECK(node::summarise(ended).sign_from == vm::BlockNumber{57});
    const auto kept = node::compact({lock(7, 0), RejoinRecord{0, node::sign_never}}, {8});
    CHECK(node::summarise(kept).sign_from == node::sign_never);
    CHECK(node::read_journal(file_of(kept)).records == kept);
}

TEST_CASE("what a rejoin says ends with its instance") {
    const auto state = node::summarise({node::RejoinRecord{0, {20}}, node::RejoinRecord{1, {12}}});
    CHECK(state.sign_from == vm::BlockNumber{12});
    CHECK(state.sign_from_instance == 1);
    const auto kept =
        node::summarise(node::compact({node::RejoinRecord{0, {20}}, node::EnterRecord{1, {{15}, 0}}}, {14}));
    CHECK(kept.sign_from == vm::BlockNumber{14});
    CHECK(kept.sign_from_instance == 1);
}

TEST_CASE("records of an older instance are void") {
    const auto state = node::summarise({lock(4, 2), node::EnterRecord{1, {{4}, 0}}});
    CHECK(state.heights.at({4}).instance == 1);
    CHECK_FALSE(state.heights.at({4}).lock.has_value());
    CHECK(node::summarise({node::EnterRecord{1, {{4}, 0}}, lock(4, 2)}).heights.at({4}).entered == 0);
    // So is what was said at a height which the lock below has entered in a later one, once that lock is dropped.
    auto below = lock(3, 0);
    below.instance = 1;
    const auto kept = node::summarise(node::compact({node::EnterRecord{0, {{4}, 2}}, below}, {4}));
    CHECK(kept.heights.at({4}).instance == 1);
    CHECK(kept.heights.at({4}).entered == 0);
}

/// A folder of this test's own.
struct Folder {
    std::string path = std::filesystem::temp_directory_path() / ("talea-journal-" + std::to_string(::getpid()));
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() { std::filesystem::remove_all(path); }
    [[nodiscard]] std::string file() const { return path + "/key.journal"; }
};

std::unique_ptr<node::JournalFile> open(const Folder& folder, std::uint64_t rewrite_above = 1 << 20) {
    auto journal = node::JournalFile::open(folder.file(), journal_id, rewrite_above);
    REQUIRE_MESSAGE(journal.has_value(), (journal ? "" : journal.error()));
    return std::move(*journal);
}

TEST_CASE("a journal file is made once, held by one process, and found again") {
    const Folder folder;
    REQUIRE(node::JournalFile::create(folder.file(), journal_id).has_value());
    CHECK_FALSE(node::JournalFile::create(folder.file(), journal_id).has_value());
    {
        const auto journal = open(folder);
        CHECK(journal->status() == JournalStatus::sound);
        CHECK_FALSE(node::JournalFile::open(folder.file(), journal_id).has_value());
        for (const auto& record : some_records()) journal->append(record);
        journal->sync();
    }
    CHECK(open(folder)->records() == some_records());
    // Torn while it was written: what was promised stays, and the next record follows it.
    std::filesystem::resize_file(folder.file(), std::filesystem::file_size(folder.file()) - 3);
    {
        const auto journal = open(folder);
        CHECK(journal->status() == JournalStatus::sound);
        CHECK(journal->records().size() == some_records().size() - 1);
        journal->append(lock(3, 0));
        journal->sync();
    }
    CHECK(open(folder)->records().back() == node::JournalRecord(lock(3, 0)));
}

TEST_CASE("a missing, damaged or foreign journal is lost, and begins again only with the record that ends quarantine") {
    const Folder folder;
    CHECK(open(folder)->status() == JournalStatus::lost);
    CHECK_FALSE(std::filesystem::exists(folder.file()));

    REQUIRE(node::JournalFile::create(folder.file(), {{{1}}, journal_id.validator}).has_value());
    CHECK(open(folder)->status() == JournalStatus::lost);
    CHECK_FALSE(std::filesystem::exists(folder.file()));
    CHECK(open(folder)->status() == JournalStatus::lost);

    const auto bytes = [] {
        auto damaged = file_of(some_records());
        damaged[node::encode_journal_header(journal_id).size() + 20] ^= 1;
        return damaged;
    }();
    std::ofstream(folder.file(), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    {
        const auto journal = open(folder);
        CHECK(journal->status() == JournalStatus::lost);
        CHECK(std::filesystem::exists(folder.file() + ".damaged"));
        journal->append(node::RejoinRecord{0, {12}});
        journal->sync();
        journal->append(node::EnterRecord{0, {{12}, 0}});
        journal->sync();
    }
    const auto again = open(folder);
    CHECK(again->status() == JournalStatus::sound);
    CHECK(node::summarise(again->records()).sign_from == vm::BlockNumber{12});
    CHECK(again->records().size() == 2);
}

TEST_CASE("a journal file stays small, however many blocks it saw") {
    const Folder folder;
    REQUIRE(node::JournalFile::create(folder.file(), journal_id).has_value());
    std::vector<node::JournalRecord> all;
    {
        const auto journal = open(folder, 8'192);
        const auto append = [&](const node::JournalRecord& record) {
            journal->append(record);
            all.push_back(record);
        };
        for (std::uint64_t number = 1; number <= 300; ++number) {
            append(node::BodyRecord{{number}, vm::header_hash(lock(number, 0).header), vm::Bytes(100)});
            append(lock(number, 0));
            journal->sync();
            if (number > 1) journal->drop({number - 1});
            CHECK(journal->size_bytes() < 20'000);
            CHECK(journal->records().size() < 10);
        }
    }
    const auto found = open(folder)->records();
    CHECK(node::compact(found, {300}) == node::compact(all, {300}));
    const auto state = node::summarise(found);
    CHECK(state.heights.rbegin()->first == vm::BlockNumber{300});
    CHECK(state.heights.rbegin()->second.lock == lock(300, 0));
}

}  // namespace
}  // namespace talea::tests
