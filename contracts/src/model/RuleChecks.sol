// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPolicies, RuleParams} from "../native/IPolicies.sol";

/// @title What PoliciesModel asks of rules before it takes them
/// @notice A contract of its own, since both do not fit one contract's size.
contract RuleChecks {
    uint256 private constant RULES_MAX = 16;
    // Operations as bits that a kind has any effect in.
    uint16 private constant REDEEM = 1 << 3;
    uint16 private constant SIDES = (1 << 1) | (1 << 2) | (1 << 6) | (1 << 7) | (1 << 8) | (1 << 9);
    uint16 private constant WINDOW = SIDES | REDEEM;
    uint16 private constant VELOCITY = (1 << 1) | REDEEM | (1 << 8);

    /// @notice Reverts as `createPolicy` and `setRules` do for rules that are not well formed.
    function check(IPolicies.Rule[] calldata rules_) external pure {
        if (rules_.length > RULES_MAX) revert IPolicies.TooMany(rules_.length, RULES_MAX);
        for (uint256 i = 0; i < rules_.length; ++i) {
            IPolicies.Rule calldata rule = rules_[i];
            if (rule.kind == 0 || rule.kind > 8) revert IPolicies.RuleKindNotSupported(rule.kind);
            bool good = _goodReach(rule) && _goodParams(rule);
            for (uint256 j = 0; j < i && rule.kind == 7; ++j) {
                if (rules_[j].kind == 7 && _windowHours(rules_[j].params) == _windowHours(rule.params)) good = false;
            }
            if (!good) revert IPolicies.BadRule(uint8(i + 1));
        }
    }

    function _windowHours(bytes memory params) private pure returns (uint16) {
        return abi.decode(params, (RuleParams.Velocity)).windowHours;
    }

    function _goodReach(IPolicies.Rule calldata rule) private pure returns (bool) {
        uint16 possible = rule.kind == 2
            ? 0
            : rule.kind == 5 ? REDEEM : rule.kind == 6 ? WINDOW : rule.kind == 7 ? VELOCITY : SIDES;
        bool byOperation = rule.kind != 2 && rule.kind != 5;
        bool bySide = rule.kind == 3 || rule.kind == 4 || rule.kind == 8;
        if (rule.operations & ~possible != 0 || (byOperation && rule.operations == 0)) return false;
        return bySide ? rule.sides >= 1 && rule.sides <= 3 : rule.sides == 0;
    }

    function _goodParams(IPolicies.Rule calldata rule) private pure returns (bool good) {
        good = true;
        if (rule.kind == 1) {
            RuleParams.Contract memory given = abi.decode(rule.params, (RuleParams.Contract));
            return given.rule != address(0) && given.gasLimit >= 1 && given.gasLimit <= 100_000;
        }
        if (rule.kind == 2) return abi.decode(rule.params, (RuleParams.Known)).registrars.length <= 8;
        if (rule.kind == 3) {
            uint16[] memory countries = abi.decode(rule.params, (RuleParams.Countries)).countries;
            for (uint256 i = 0; i < countries.length; ++i) {
                if (countries[i] == 0 || countries[i] > 999 || (i > 0 && countries[i] <= countries[i - 1])) return false;
            }
        }
        if (rule.kind == 4) abi.decode(rule.params, (RuleParams.Categories));
        if (rule.kind == 5) {
            RuleParams.Holders memory given = abi.decode(rule.params, (RuleParams.Holders));
            return given.maxUnits == 0 || given.minUnits <= given.maxUnits;
        }
        if (rule.kind == 6) {
            RuleParams.Window memory given = abi.decode(rule.params, (RuleParams.Window));
            return given.dayFrom < 1 days && given.dayTo <= 1 days
                && (given.notAfter == 0 || given.notBefore <= given.notAfter);
        }
        if (rule.kind == 7) {
            uint16 windowHours = _windowHours(rule.params);
            return windowHours >= 1 && windowHours <= 8784;
        }
        if (rule.kind == 8) {
            bytes32[] memory ids = abi.decode(rule.params, (RuleParams.Counterparties)).ids;
            if (ids.length > 64) return false;
            for (uint256 i = 1; i < ids.length; ++i) {
                if (ids[i] <= ids[i - 1]) return false;
            }
        }
    }
}
