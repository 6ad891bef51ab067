#include <cstdio>
#include <exception>

#include "node/ops/command_line.hpp"

int main(int argument_count, char** arguments) {
    try {
        return talea::node::run_command_line(argument_count, arguments);
    } catch (const std::exception& exception) {
        std::fprintf(stderr, "talead: %s\n", exception.what());
        return 1;
    }
}
