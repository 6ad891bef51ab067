// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The cheat codes of `talea test`, under the names and at the address other test runners give them
interface Vm {
    /// @notice The next call comes from `sender`.
    function prank(address sender) external;

    /// @notice All calls come from `sender` until `stopPrank`.
    function startPrank(address sender) external;
    function stopPrank() external;

    /// @notice Sets the balance of `account`, in wei.
    function deal(address account, uint256 balance) external;

    /// @notice Sets the block's timestamp, in seconds since 1970.
    function warp(uint256 timestamp) external;

    /// @notice Sets the block's number.
    function roll(uint256 number) external;

    /// @notice The next call must revert: at all, with this selector, with exactly this data.
    function expectRevert() external;
    function expectRevert(bytes4 selector) external;
    function expectRevert(bytes calldata data) external;

    /// @notice The next call must emit the event that the test emits next. The flags choose the topics 1 to 3 and the
    /// data to compare (without: all), `emitter` who must have emitted it.
    function expectEmit() external;
    function expectEmit(address emitter) external;
    function expectEmit(bool topic1, bool topic2, bool topic3, bool data) external;
    function expectEmit(bool topic1, bool topic2, bool topic3, bool data, address emitter) external;

    /// @notice Discards this fuzz case unless `condition` holds.
    function assume(bool condition) external pure;

    /// @notice Names `account` in traces.
    function label(address account, string calldata name) external;

    /// @notice Reverts with `what` and both values unless they are equal.
    function assertTrue(bool condition, string calldata what) external pure;
    function assertEq(uint256 left, uint256 right, string calldata what) external pure;
    function assertEq(address left, address right, string calldata what) external pure;
    function assertEq(bytes32 left, bytes32 right, string calldata what) external pure;
    function assertEq(string calldata left, string calldata right, string calldata what) external pure;
}
