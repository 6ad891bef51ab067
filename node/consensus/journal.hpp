#pragma once
#include <expected>
#include <map>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "node/consensus/message.hpp"

/// The vote journal: what a validator must not forget, as records in one append-only log with one writer. Bytes in,
/// records out; the file is journal_file.hpp's. Why less forks a chain without a liar: DESIGN 7.
namespace talea::node {

/// Durable before anything is sent in (number, round).
struct EnterRecord {
    std::uint64_t instance = 0;
    View view;
    friend bool operator==(const EnterRecord&, const EnterRecord&) = default;
};
/// Durable before COMMIT of `view`. Also enters round 0 of the next number.
struct LockRecord {
    std::uint64_t instance = 0;
    View view;
    vm::Header header;
    std::vector<Seal> prepares;
    friend bool operator==(const LockRecord&, const LockRecord&) = default;
};
/// A block's body, so that a lock can be proposed again after all of a network lost power. Needs no sync of its own:
/// the lock's covers it.
struct BodyRecord {
    vm::BlockNumber number;
    vm::Hash hash;      ///< of the block
    vm::Bytes encoded;  ///< of the block, as encode_block writes it
    friend bool operator==(const BodyRecord&, const BodyRecord&) = default;
};
/// The validator signs from `sign_from` on: whatever it signed before and this journal does not tell is below. Written
/// where a quarantine begins that the journal itself does not show (`sign_never`), where one ends, and where a journal
/// is written anew without what it held of older blocks. Of one instance the latest counts.
struct RejoinRecord {
    std::uint64_t instance = 0;
    vm::BlockNumber sign_from;
    friend bool operator==(const RejoinRecord&, const RejoinRecord&) = default;
};
/// In quarantine, until another RejoinRecord says from where.
inline constexpr vm::BlockNumber sign_never{~0ULL};
using JournalRecord = std::variant<EnterRecord, LockRecord, BodyRecord, RejoinRecord>;

/// The log's first bytes: what it is, and whose.
struct JournalId {
    vm::Hash id;  ///< drawn when key and journal were born; stands beside the key too
    vm::Address validator;
    friend bool operator==(const JournalId&, const JournalId&) = default;
};

namespace limits {
/// A record's payload: a body of 8 MiB with what wraps it.
inline constexpr std::size_t journal_record_bytes_max = 9 * 1024 * 1024;
}  // namespace limits

/// file = header ++ frame*; header = "talea-journal 1\n" ++ id (32) ++ validator (20) ++ check (8);
/// frame = size (4, big-endian) ++ size check (4) ++ check (8) ++ payload; payload = rlp([kind, fields...]).
/// A check is the first bytes of keccak(id ++ offset of the frame in the file (8) ++ what it covers): a frame in
/// another place, or of another journal, does not hold.
[[nodiscard]] vm::Bytes encode_journal_header(const JournalId& id);
/// The frame that stands `offset` bytes into the file.
[[nodiscard]] vm::Bytes encode_frame(const JournalRecord& record, const JournalId& id, std::uint64_t offset);

enum class JournalDamage : std::uint8_t {
    none,
    torn_tail,   ///< the last append did not finish: cut off, nothing was promised on it
    damaged,     ///< bytes that were durable are lost: the validator is in quarantine
    foreign,     ///< another validator's, or born with another key file
    wrong_form,  ///< no journal, or of a later version
};
[[nodiscard]] std::string_view to_string(JournalDamage damage);

struct JournalContent {
    JournalId id;
    std::vector<JournalRecord> records;
    std::uint64_t good_bytes = 0;  ///< up to here the file holds; a torn tail is cut here
    JournalDamage damage = JournalDamage::none;
};
/// Reads a whole file; any bytes end in a verdict. A bad frame is a torn tail only if no good frame follows it.
[[nodiscard]] JournalContent read_journal(vm::BytesView file);

/// What the records say, for the step function's start.
struct JournalState {
    struct Height {
        std::uint64_t instance = 0;
        std::uint64_t entered = 0;       ///< the highest round
        std::optional<LockRecord> lock;  ///< the latest
    };
    std::map<vm::BlockNumber, Height> heights;
    vm::BlockNumber sign_from;  ///< the latest RejoinRecord's of the highest instance
    std::uint64_t sign_from_instance = 0;
};
[[nodiscard]] JournalState summarise(const std::vector<JournalRecord>& records);
/// What must stay when all below `keep_from` is dropped: a journal with only these says the same of the rest.
[[nodiscard]] std::vector<JournalRecord> compact(const std::vector<JournalRecord>& records, vm::BlockNumber keep_from);

}  // namespace talea::node
