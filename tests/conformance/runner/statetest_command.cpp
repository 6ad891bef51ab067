#include "conformance/runner/statetest_command.hpp"

#include <ostream>

#include "conformance/runner/json_text.hpp"
#include "conformance/runner/state_test.hpp"
#include "conformance/runner/step_trace.hpp"
#include "vm/base/hex.hpp"

namespace talea::conformance {

using namespace talea::vm;

namespace {

void run_case(const StateTestCommand& command, Evm& evm, const StateTest& test, const StatePost& post,
              std::ostream& results, std::ostream& trace) {
    std::string line = "{\"name\": " + json_string(test.name) + ", \"pass\": ";
    const std::string fork = ", \"fork\": " + json_string(post.fork);
    if (!fork_of_suite(post.fork)) {
        results << line << "false" << fork << ", \"error\": \"a fork before Shanghai, or none\"}\n";
        return;
    }
    StateRun run;
    if (command.trace) {
        StepTrace steps(trace, command.stack, command.return_data);
        run = execute_state_test(evm, test, post, &steps);
        steps.flush();
    } else {
        run = execute_state_test(evm, test, post);
    }
    const Outcome outcome = judge(run, post);
    const std::string root = to_hex(run.state_root);
    trace << "{\"stateRoot\": \"" + root + "\"}\n";
    line += (outcome.passed ? "true" : "false") + fork + ", \"stateRoot\": \"" + root + "\", \"gasUsed\": \"" +
            to_quantity(run.gas_used) + "\"";
    if (!outcome.passed) line += ", \"error\": " + json_string(outcome.why);
    results << line << "}\n";
}

}  // namespace

bool run_state_test_file(const StateTestCommand& command, Evm& evm, FixtureReader& reader, const std::string& file,
                         std::ostream& results, std::ostream& trace, std::string& error) {
    const Fixture fixture = reader.read(file, command.name, false);
    error = fixture.error;
    if (error.empty() && fixture.state_tests.empty()) error = "it holds no state test of that name";
    if (!error.empty()) return false;
    for (const StateTest& test : fixture.state_tests)
        for (const StatePost& post : test.posts)
            if ((command.fork.empty() || post.fork == command.fork) && (!command.index || post.index == *command.index))
                run_case(command, evm, test, post, results, trace);
    results.flush();
    trace.flush();
    return true;
}

}  // namespace talea::conformance
