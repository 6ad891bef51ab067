#pragma once

namespace talea::sim {

/// Measures healthy networks in virtual time and the simulator in real time, prints the figures beside what is asked
/// of them, and returns how many miss it. Real time fails nothing.
int measure_performance();

}  // namespace talea::sim
