// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev What a token knows of one account, in the one slot that a transfer reads and writes:
///
/// | bits | meaning |
/// |---|---|
/// | 0–127 | balance |
/// | 128–239 | 0 |
/// | 240 | the address is frozen |
/// | 241 | some of its units are frozen (how many stands elsewhere) |
/// | 242 | it is an escrow |
/// | 243 | some of its units are pledged in place |
/// | 244 | it had live locks when that was last looked at |
type Account is uint256;

/// @dev A storage place of it, so that a movement looks its two places up once each.
struct AccountSlot {
    Account word;
}

using AccountFields for Account global;

library AccountFields {
    uint256 private constant BALANCE = type(uint128).max;
    uint256 internal constant ADDRESS_FROZEN = 1 << 240;
    uint256 internal constant UNITS_FROZEN = 1 << 241;
    uint256 internal constant ESCROW = 1 << 242;
    uint256 internal constant UNITS_PLEDGED = 1 << 243;
    uint256 internal constant UNITS_LOCKED = 1 << 244;
    /// @dev Not all units may be free.
    uint256 internal constant ENCUMBERED = UNITS_FROZEN | UNITS_PLEDGED | UNITS_LOCKED;

    function balance(Account self) internal pure returns (uint256) {
        return Account.unwrap(self) & BALANCE;
    }

    function has(Account self, uint256 flag) internal pure returns (bool) {
        return Account.unwrap(self) & flag != 0;
    }

    function with(Account self, uint256 flag, bool set) internal pure returns (Account) {
        return Account.wrap(set ? Account.unwrap(self) | flag : Account.unwrap(self) & ~flag);
    }

    /// @dev The caller has checked amount <= balance.
    function less(Account self, uint256 amount) internal pure returns (Account) {
        unchecked {
            // No borrow leaves the low 128 bits, since amount <= balance.
            return Account.wrap(Account.unwrap(self) - amount);
        }
    }

    /// @dev The caller has checked that balance + amount < 2^128.
    function more(Account self, uint256 amount) internal pure returns (Account) {
        unchecked {
            // No carry leaves the low 128 bits, since balance + amount < 2^128.
            return Account.wrap(Account.unwrap(self) + amount);
        }
    }
}
