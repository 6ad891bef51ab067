#include "contracts/refusals/rows.hpp"

namespace talea::contracts {
namespace {

// clang-format off
constexpr RefusalRow rows[] = {
    // code, name, error, who, detail,
    //     sentence,
    //     remedy
    {60, "WrongInstruction", "WrongInstruction(uint64,uint8)", -1, 0,
        "instruction {0:count} is {1:instruction}, which does not allow this",
        "see the instruction's state; what expired is proposed again, naming what it replaces"},
    {61, "NotInvolved", "NotInvolved(uint64,address)", 1, 0,
        "{1:wallet} is no party of instruction {0:count}",
        "send it from a wallet that gives or gets something in it"},
    {62, "AffirmedBefore", "AffirmedBefore(uint64,address)", 1, 0,
        "{1:wallet} has affirmed instruction {0:count} already",
        "have the other parties affirm"},
    {63, "BadAffirmation", "BadAffirmation(uint64,address)", 1, 0,
        "the affirmation of instruction {0:count} is not signed by {1:wallet}, or for other terms",
        "have {1:wallet} sign exactly this instruction, on this chain"},
    {64, "TooEarly", "TooEarly(uint64,uint256)", -1, 1,
        "instruction {0:count} settles from {1:time} on",
        "wait until then"},
    {65, "NotReady", "NotReady(address,address,uint256,uint256)", 0, 3,
        "{0:wallet} lets the settlement take {2:units} of {1:wallet}, which is less than the {3:units} it gives",
        "have {0:wallet} approve {3:units} for the settlement"},
    {66, "NotAllAffirmed", "NotAllAffirmed(uint64,uint256,uint256)", -1, 1,
        "{1:count} of {2:count} parties have affirmed {0:count}, and it settles for all or for none",
        "have the others affirm"},
    {67, "CancelAskedBefore", "CancelAskedBefore(uint64,address)", 1, 0,
        "{1:wallet} has asked for the cancellation of {0:count} already",
        "have the other parties ask for it, too"},
    {68, "BadInstruction", "BadInstruction(uint256)", -1, 0,
        "what is proposed cannot be: field {0:count} (1 number, 2 a leg or trade, 3 times, 4 deadline, 5 what it "
        "replaces, 6 parties, 7 tokens)",
        "correct it: 1 to 64 legs, or 1 to 100 trades of 16 parties in 8 tokens, within 30 days"},
    {69, "NotSelf", "NotSelf(address)", 0, -1,
        "{0:wallet} is not the settlement itself",
        "call settleNet"},

    {80, "WrongDistribution", "WrongDistribution(uint256,uint8)", -1, 0,
        "distribution {0:count} is {1:distribution}, which does not allow this",
        "see the distribution's state"},
    {81, "NotYetClaimable", "NotYetClaimable(uint256,uint256)", -1, 1,
        "distribution {0:count} pays from {1:time} on",
        "wait until then"},
    {82, "NotInStatement", "NotInStatement(uint256,address,uint256)", 1, 2,
        "the statement of distribution {0:count} does not give {1:wallet} {2:units} with this proof",
        "compute the statement again from the cap table at the record date"},
    {83, "PaidBefore", "PaidBefore(uint256,address)", 1, 0,
        "distribution {0:count} has paid {1:wallet} already",
        "see its payments"},
    {84, "BeyondFunded", "BeyondFunded(uint256,uint256,uint256)", -1, 1,
        "distribution {0:count} has {1:units} left, less than {2:units}",
        "compute the statement again: its leaves exceed its total"},
    {85, "BadDistribution", "BadDistribution(uint256)", -1, 0,
        "term {0:count} of the distribution cannot be (1 token, 2 cash, 3 record date, 4 first claims, 5 end, 6 total)",
        "correct it"},
    {86, "NotOver", "NotOver(uint256,uint256)", -1, 1,
        "claims of distribution {0:count} end at {1:time}, if ever",
        "wait until then"},

    {90, "NotSigner", "NotSigner(address)", 0, -1,
        "{0:wallet} is no key that may do this in the custody account",
        "use one of its keys; a proposal is taken back by its proposer alone"},
    {91, "OperationNotOpen", "OperationNotOpen(uint256,uint8)", -1, 0,
        "operation {0:count} is {1:operation}",
        "propose it anew"},
    {92, "OperationExpired", "OperationExpired(uint256,uint256)", -1, 0,
        "operation {0:count} could be approved until {1:time}",
        "propose it anew"},
    {93, "ApprovedBefore", "ApprovedBefore(uint256,address)", 1, 0,
        "{1:wallet} has approved operation {0:count} already",
        "have another key approve it"},
    {94, "MoreKeysNeeded", "MoreKeysNeeded(uint256,uint256,uint256)", -1, 1,
        "{1:count} keys have approved operation {0:count}, which needs {2:count}, or is beyond today's limit",
        "have another key approve it, or wait for the next day where only the limit is in the way"},
    {95, "OnlyItself", "OnlyItself(address)", 0, -1,
        "keys, threshold and limits are changed by the account itself, not by {0:wallet}",
        "propose this call to the account, and have enough keys approve it"},
    {96, "BadSigner", "BadSigner(address)", 0, -1,
        "{0:wallet} cannot become, or is not, a key of the account",
        "name another key to add, or a present one to remove"},
    {97, "BadThreshold", "BadThreshold(uint256,uint256)", -1, 0,
        "{0:count} of {1:count} keys is no threshold",
        "ask for at least 1 and at most as many keys as there are, 16 at most"},
    {98, "BadLimit", "BadLimit(uint256,uint256)", -1, 0,
        "{0:count} keys are no fewer than the {1:count} that all else needs, or the amount is 0",
        "let fewer keys pay a limited amount, or none with 0 and 0"},
    {99, "DataTooLong", "DataTooLong(uint256,uint256)", -1, 1,
        "a call with {0:count} bytes is longer than {1:count}",
        "split it"},

    {0, "AddressEmptyCode", "AddressEmptyCode(address)", 0, -1,
        "{0:wallet} is no contract, and cannot be called",
        "name the contract"},
    {0, "FailedCall", "FailedCall()", -1, -1,
        "the call failed without saying why",
        "try the call by itself"},
    {0, "InsufficientBalance", "InsufficientBalance(uint256,uint256)", -1, 0,
        "the account has {0:count} wei, less than {1:count}",
        "pay less, or pay into the account first"},
};
// clang-format on

}  // namespace

std::span<const RefusalRow> settlement_rows() {
    return rows;
}

}  // namespace talea::contracts
