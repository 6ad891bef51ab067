#include "vm/interpreter/message.hpp"

namespace talea::vm {

std::string_view to_string(Status status) {
    switch (status) {
        case Status::success:
            return "success";
        case Status::revert:
            return "execution reverted";
        case Status::out_of_gas:
            return "out of gas";
        case Status::stack_underflow:
            return "stack underflow";
        case Status::stack_overflow:
            return "stack overflow";
        case Status::bad_jump:
            return "jump to what is no jump destination";
        case Status::invalid_instruction:
            return "invalid instruction (0xfe)";
        case Status::undefined_instruction:
            return "undefined instruction";
        case Status::write_protection:
            return "state change in a static call";
        case Status::return_data_out_of_bounds:
            return "return data read out of bounds";
        case Status::call_depth_exceeded:
            return "call depth of 1024 exceeded";
        case Status::insufficient_balance:
            return "balance does not suffice for the value";
        case Status::nonce_exhausted:
            return "nonce of the creator is at its maximum";
        case Status::address_collision:
            return "address of the new contract is taken";
        case Status::init_code_too_large:
            return "init code too large";
        case Status::code_too_large:
            return "code of the new contract too large";
        case Status::code_starts_with_ef:
            return "code of the new contract starts with 0xef";
        case Status::precompile_failure:
            return "precompiled contract failed";
        case Status::create_not_permitted:
            return "neither origin nor creator may create contracts";
    }
    return "";
}

}  // namespace talea::vm
