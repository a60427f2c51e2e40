// What the machine is, for the conditions of a report. Reads /proc; what cannot be read is left empty.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace jetline {

struct MachineFacts {
  std::string cpu;  // "AMD EPYC 7B12"
  int cores = 0;    // that this process may run on
  int64_t memory_bytes = 0;
  std::string system;  // "Debian GNU/Linux 12 (bookworm), Linux 6.1.0"
  std::string board;   // device-tree model ("NVIDIA Jetson Nano Developer Kit"), "" on PCs
};
MachineFacts machine_facts();
// Name and text of each known fact, in a fixed order.
std::vector<std::pair<std::string, std::string>> machine_lines(const MachineFacts& facts);

}  // namespace jetline
