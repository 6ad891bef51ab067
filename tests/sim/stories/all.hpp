#pragma once
#include "sim/story.hpp"

/// Each story is a function that tells it; stories.cpp lists them with their claims.
namespace talea::sim {

void first_start_of_four(Teller& t);
void two_back_after_a_day(Teller& t);
void power_cut_of_all(Teller& t);
void wiped_and_rejoined(Teller& t);
void halves_that_heal(Teller& t);
void half_open_links_only(Teller& t);
void flood_that_is_revoked(Teller& t);
void solo_chain(Teller& t);
void leader_with_two_blocks(Teller& t);

void solo_restored(Teller& t);
void solo_recovered(Teller& t);
void keys_lost(Teller& t);
void restored_beside_its_journal(Teller& t);
void restored_with_an_old_journal(Teller& t);

void one_to_four_to_one(Teller& t);
void replaced_in_mid_height(Teller& t);
void proposer_removed(Teller& t);
void node_cut_off(Teller& t);

void seals_without_the_round(Teller& t);
void forbidden_sender(Teller& t);
void forbidden_create(Teller& t);
void forbidden_authority(Teller& t);

void missing_link(Teller& t);
void ring_of_five(Teller& t);
void one_deaf_link(Teller& t);
void late_validator(Teller& t);
void restarts_behind_a_cut(Teller& t);

}  // namespace talea::sim
