#pragma once
#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "node/consensus/certificate.hpp"
#include "node/consensus/journal.hpp"
#include "node/consensus/message.hpp"
#include "node/consensus/recovery.hpp"
#include "sim/packet.hpp"

namespace talea::sim {

/// A vote journal as it would be found if the power failed now.
struct DurableJournal {
    struct Entry {
        std::size_t end;  ///< offset after its frame
        node::JournalRecord record;
    };
    const std::vector<Entry>& entries;
    std::size_t durable_bytes;

    [[nodiscard]] bool has_entered(std::uint64_t instance, const node::View& view) const;
    [[nodiscard]] bool has_lock(std::uint64_t instance, const node::View& view, const vm::Hash& block) const;
    /// Below which nothing is signed; `node::sign_never` in a quarantine.
    [[nodiscard]] vm::BlockNumber sign_from(std::uint64_t instance) const;
};

/// Judges a run from outside: it sees all nodes in all their lives, and shares no code with what it judges but
/// signatures, keccak and RLP. The first violation is kept.
class Checker {
  public:
    struct Beginning {
        vm::Hash hash;  ///< of genesis
        vm::Timestamp time;
        std::vector<vm::Address> validators;
        std::map<vm::Address, std::uint64_t> roles;
    };
    explicit Checker(Beginning genesis);

    /// An honest node took a block as final, by consensus or by sync, and shows it to clients.
    /// `receipts` are those of its own execution.
    void finalised(std::size_t node, const FinalRecord& record, std::span<const vm::Receipt> receipts,
                   const std::vector<vm::Address>& validators, const std::vector<vm::Address>& next_validators);
    /// An honest validator is about to send a message of its own.
    void signed_message(std::size_t node, std::uint64_t instance, const node::Message& message,
                        const DurableJournal& journal);
    /// Any other claim.
    template <typename... Args>
    void fail(fmt::format_string<Args...> format, Args&&... args) {
        if (!violation_) violation_ = fmt::format(format, std::forward<Args>(args)...);
    }
    [[nodiscard]] const std::optional<std::string>& violation() const { return violation_; }
    /// The highest block that is final anywhere.
    [[nodiscard]] vm::BlockNumber highest() const { return highest_; }
    /// Of the block after it.
    [[nodiscard]] const std::vector<vm::Address>& next_validators() const { return validators_after(highest_); }
    /// An honest holder of a recovery key signed it.
    void recovered(const node::Checkpoint& checkpoint) { recovered_[checkpoint.number] = checkpoint.validators; }
    /// The final block of a number, genesis included.
    [[nodiscard]] std::optional<vm::Hash> hash_of(vm::BlockNumber number) const;
    [[nodiscard]] std::uint64_t transactions() const { return places_.size(); }
    [[nodiscard]] bool is_final(const vm::Hash& transaction) const { return places_.contains(transaction); }

  private:
    struct Final {
        vm::Hash hash;
        vm::Timestamp timestamp;
        std::vector<vm::Address> validators, next_validators;
        std::uint64_t instance = 0;
    };
    [[nodiscard]] const std::vector<vm::Address>& validators_after(vm::BlockNumber number) const {
        const auto named = recovered_.find(number);
        return named != recovered_.end() ? named->second : finals_.find(number)->second.next_validators;
    }
    /// What one validator has ever signed at one number.
    struct Signed {
        std::map<std::uint64_t, vm::Hash> proposals, prepares, commits;             // by round
        std::map<std::uint64_t, std::optional<node::PreparedClaim>> round_changes;  // by the round they go to
    };
    /// The registry as a second reader sees it, by its events alone: who may send, and who validates, block by block.
    void follow_permissions(const FinalRecord& record, std::span<const vm::Receipt> receipts,
                            const std::vector<vm::Address>& next_validators);
    void check_certificate(std::size_t node, const FinalRecord& record, const std::vector<vm::Address>& validators);
    /// Whether it is the first of its round.
    bool check_vote(std::size_t node, const char* type, std::map<std::uint64_t, vm::Hash>& votes, const Signed& all,
                    const node::VoteSubject& vote);

    vm::Hash genesis_hash_;
    std::map<vm::Address, std::uint64_t> roles_;  ///< after the highest block
    std::set<vm::Address> validators_;            ///< the same
    std::map<vm::BlockNumber, Final> finals_;
    std::map<vm::BlockNumber, std::vector<vm::Address>> recovered_;  ///< whom the last checkpoint on a block names
    std::unordered_map<vm::Hash, vm::BlockNumber, vm::HashHasher> places_;              ///< of transactions
    std::map<std::tuple<std::size_t, std::uint64_t, vm::BlockNumber>, Signed> signed_;  // by node, instance, number
    std::map<std::pair<std::size_t, std::uint64_t>, vm::BlockNumber> committed_;  // by node, instance: the highest
    std::map<std::pair<vm::Hash, node::Seal>, std::optional<vm::Address>> seals_;
    vm::BlockNumber highest_;
    std::optional<std::string> violation_;
};

}  // namespace talea::sim
