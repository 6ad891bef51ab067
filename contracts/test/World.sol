// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CashToken} from "../src/CashToken.sol";
import {RestrictedToken} from "../src/RestrictedToken.sol";
import {TokenTerms} from "../src/interfaces/IRestrictedToken.sol";
import {IDENTITIES, IIdentities} from "../src/native/IIdentities.sol";
import {IPolicies, POLICIES, RuleParams} from "../src/native/IPolicies.sol";
import {Test} from "./Test.sol";

/// @title Holders, a policy and a token that the tests of the tokens start from
/// @notice The policy of DOMAIN §1, row A2: known; not from 408 or 364; qualified; at most 3 holders, 3,000,000 units
/// each, 50 or nothing. The test contract is the registrar, the policy's owner and the token's administrator.
abstract contract World is Test {
    uint256 internal constant UNIT = 1e6;
    uint256 internal constant CAP = 5_000_000 * UNIT;
    uint256 internal constant START = 1_795_208_340; // 2026-11-20T20:59:00Z
    uint64 internal constant CHECKED_UNTIL = uint64(START + 365 days);

    uint16 internal constant US = 840;
    uint16 internal constant GB = 826;
    uint16 internal constant LU = 442;
    uint16 internal constant KP = 408;
    uint16 internal constant IR = 364;
    uint64 internal constant QUALIFIED = 1;

    // Positions of the rules.
    uint8 internal constant KNOWN = 1;
    uint8 internal constant COUNTRIES = 2;
    uint8 internal constant CATEGORIES = 3;
    uint8 internal constant HOLDERS = 4;

    address internal alice = account("alice");
    address internal alice2 = account("alice's second wallet");
    address internal bob = account("bob");
    address internal carol = account("carol");
    address internal dave = account("dave");
    address internal stranger = account("stranger");

    address internal issuer = account("issuer");
    address internal agent = account("transfer agent");
    address internal officer = account("compliance");

    uint64 internal policyId;

    function openWorld() internal {
        vm.warp(START);
        IDENTITIES.addRegistrar(address(this));
        know("alice", alice, US, QUALIFIED);
        IDENTITIES.linkWallet("alice", alice2);
        know("bob", bob, GB, QUALIFIED);
        know("carol", carol, LU, QUALIFIED);
        know("dave", dave, US, QUALIFIED);
        policyId = POLICIES.createPolicy(fundRules());
    }

    function know(bytes32 id, address wallet, uint16 country, uint64 categories) internal {
        address[] memory wallets = new address[](1);
        wallets[0] = wallet;
        IDENTITIES.register(id, country, categories, CHECKED_UNTIL, keccak256(bytes.concat(id)), wallets);
    }

    function fundRules() internal pure returns (IPolicies.Rule[] memory rules) {
        // Movements that kinds 3 and 4 are asked in; RETURN too, of its receiver.
        uint16 moves = bit(IPolicies.Operation.Transfer) | bit(IPolicies.Operation.Issue);
        uint16 returned = bit(IPolicies.Operation.Return);
        uint16[] memory denied = new uint16[](2);
        denied[0] = IR;
        denied[1] = KP;
        rules = new IPolicies.Rule[](4);
        rules[0] = knownRule();
        rules[1] = IPolicies.Rule(3, moves | returned, 3, abi.encode(RuleParams.Countries(false, denied)));
        rules[2] = IPolicies.Rule(4, moves | returned, 3, abi.encode(RuleParams.Categories(QUALIFIED, 0)));
        rules[3] = IPolicies.Rule(
            5, 0, 0, abi.encode(RuleParams.Holders({maxIdentities: 3, maxUnits: 3_000_000e6, minUnits: 50e6}))
        );
    }

    function bit(IPolicies.Operation operation) internal pure returns (uint16) {
        return uint16(1 << uint8(operation));
    }

    function knownRule() internal pure returns (IPolicies.Rule memory) {
        return IPolicies.Rule(2, 0, 0, abi.encode(RuleParams.Known(new address[](0))));
    }

    function terms() internal view returns (TokenTerms memory) {
        return TokenTerms({
            name: "Talea Treasury",
            symbol: "TTB",
            cap: CAP,
            policyId: 0,
            counted: true,
            rolesMayOverlap: false,
            admin: address(this),
            issuer: issuer,
            transferAgent: agent,
            compliance: officer,
            policies: address(0),
            identities: address(0)
        });
    }

    function deployToken() internal returns (RestrictedToken token) {
        token = new RestrictedToken(terms());
        vm.label(address(token), "TTB");
        POLICIES.allowToken(policyId, address(token), true);
        token.bindPolicy(policyId);
    }

    /// @dev Cash: kind 2 alone.
    function deployCash() internal returns (CashToken cash) {
        IPolicies.Rule[] memory rules = new IPolicies.Rule[](1);
        rules[0] = knownRule();
        uint64 cashPolicy = POLICIES.createPolicy(rules);
        TokenTerms memory given = terms();
        (given.name, given.symbol, given.cap) = ("Talea Cash", "TCUSD", type(uint96).max);
        cash = new CashToken(given);
        vm.label(address(cash), "TCUSD");
        POLICIES.allowToken(cashPolicy, address(cash), true);
        cash.bindPolicy(cashPolicy);
    }

    /// @dev Where this contract's CREATE2 with salt 0 puts what `creationCode` makes.
    function created(bytes memory creationCode) internal view returns (address) {
        bytes32 hash = keccak256(abi.encodePacked(hex"ff", address(this), bytes32(0), keccak256(creationCode)));
        return address(uint160(uint256(hash)));
    }

    /// @dev The next call must be refused with exactly this.
    function expectRefused(uint16 code, address who, uint8 rule, uint256 detail) internal {
        vm.expectRevert(abi.encodeWithSelector(IPolicies.Refused.selector, code, who, rule, detail));
    }

    /// @dev A signature by private key 1, of account `keyOne`: with nonce 1 too, r is the generator's x and s = z + r.
    address internal constant keyOne = 0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf;

    function signAsKeyOne(bytes32 digest) internal pure returns (uint8 v, bytes32 r, bytes32 s) {
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        uint256 x = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798;
        uint256 sum = addmod(uint256(digest), x, order);
        bool upper = sum > order / 2;
        return (upper ? 28 : 27, bytes32(x), bytes32(upper ? order - sum : sum));
    }
}
