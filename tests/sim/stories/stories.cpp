#include "sim/stories/all.hpp"

namespace talea::sim {

const std::vector<Story>& stories() {
    static const std::vector<Story> all{
        {"first-start", "four fresh nodes make block 1 and go on without a round change", first_start_of_four},
        {"two-back-after-a-day", "two of four come back after a day, and what waited becomes final",
         two_back_after_a_day},
        {"power-cut", "after a power cut of all, what was final is final and the chain goes on without a hand",
         power_cut_of_all},
        {"wiped-and-rejoined", "a wiped validator rejoins without a hand", wiped_and_rejoined},
        {"halves", "a partition of two and two makes no block, and heals", halves_that_heal},
        {"half-open-links", "links that carry one way only harm nothing, and heal", half_open_links_only},
        {"revoked-flood", "a flood by a permitted key ends within two blocks of its being revoked",
         flood_that_is_revoked},
        {"solo", "one validator makes final blocks, and an observer follows", solo_chain},
        {"two-blocks", "a leader that proposes two blocks, and whatever else a liar does, forks nobody",
         leader_with_two_blocks},
        {"solo-restored", "one validator's chain is whole again from an old backup and the journal beside its key",
         solo_restored},
        {"solo-recovered", "one validator that lost its journal too goes on after a checkpoint, not before",
         solo_recovered},
        {"keys-lost", "two of four keys are lost for ever, and a checkpoint lets the other two go on", keys_lost},
        {"restored-beside-its-journal", "a validator whose blocks are older than its journal contradicts nothing",
         restored_beside_its_journal},
        {"restored-with-an-old-journal",
         "a validator that was shown its own newer votes does not forget it in a restart",
         restored_with_an_old_journal},
        {"one-to-four-to-one", "one validator grows to four and four shrink to another one", one_to_four_to_one},
        {"replaced-in-mid-height", "a validator is replaced by the block it proposed, which the others finish",
         replaced_in_mid_height},
        {"proposer-removed", "proposers remove themselves and nobody waits for them", proposer_removed},
        {"cut-off", "a node whose admission is revoked is dropped by all, and follows again when it is admitted again",
         node_cut_off},
        {"seals-without-the-round", "seals of three rounds are no quorum, whatever the order of messages",
         seals_without_the_round},
        {"forbidden-sender", "a block with a sender who may not send is refused by all, also by sync and replay",
         forbidden_sender},
        {"forbidden-create", "a block that creates as if allowed is refused by all, also by sync and replay",
         forbidden_create},
        {"forbidden-authority", "a block that delegates as if allowed is refused by all, also by sync and replay",
         forbidden_authority},
        {"missing-link", "two validators without a link between them agree by way of the others", missing_link},
        {"ring", "five validators in a ring agree, each message passed on to those it has not reached", ring_of_five},
        {"deaf-link", "a link that carries one way only is made good for by the others", one_deaf_link},
        {"late-validator", "a validator that comes late catches up from several peers and votes", late_validator},
        {"restarts-behind-a-cut", "each end of a pair plans one attempt to connect, however often one of them begins",
         restarts_behind_a_cut},
    };
    return all;
}

}  // namespace talea::sim
