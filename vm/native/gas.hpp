#pragma once
#include "vm/base/numbers.hpp"

namespace talea::vm::native_gas {

// Storage, as SLOAD and SSTORE (EIP-2929, 2200, 3529).
inline constexpr Gas cold_slot = 2'100;
inline constexpr Gas warm_slot = 100;
inline constexpr Gas store_set = 20'000;  ///< zero to something
inline constexpr Gas store_reset = 5'000 - cold_slot;
inline constexpr Gas store_clear_refund = 4'800;  ///< EIP-3529
inline constexpr Gas store_stipend = 2'300;       ///< with no more than this left nothing is written (EIP-2200)

// The account of a contract that is asked, as CALL (EIP-2929).
inline constexpr Gas cold_account = 2'600;
inline constexpr Gas warm_account = 100;

// Events, as LOG.
inline constexpr Gas log = 375;
inline constexpr Gas log_topic = 375;
inline constexpr Gas log_byte = 8;

// Fixed prices (NATIVE.md, "Gas", version 1).
inline constexpr Gas entry = 200;        ///< every call
inline constexpr Gas input_word = 3;     ///< each started word of call data after the selector
inline constexpr Gas output_word = 3;    ///< each word of a result that is a list
inline constexpr Gas hashed_key = 42;    ///< the slot of an id: KECCAK256 of 2 words
inline constexpr Gas signature = 3'000;  ///< a signature recovered, as ECRECOVER
inline constexpr Gas public_key = 150;   ///< a public key judged or its address found
inline constexpr Gas rule = 50;          ///< each rule asked, for each leg
inline constexpr Gas list_item = 50;  ///< each entry of a list that is given or taken: refusal, rule, country, leg, ...

}  // namespace talea::vm::native_gas
