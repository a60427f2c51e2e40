#include "jetline/pipeline/machine.h"

#include <sched.h>
#include <sys/utsname.h>

#include "jetline/base/files.h"
#include "jetline/base/strings.h"

namespace jetline {
namespace {

constexpr int64_t kMaxFactBytes = 4 << 20;

// The text after `key` and `separator` on the first line that begins with `key`.
std::string fact_line(const std::string& path, const std::string& key, char separator) {
  const auto text = read_file(path, kMaxFactBytes);
  if (!text.ok()) return "";
  for (const std::string& line : split(*text, '\n')) {
    const size_t at = line.find(separator);
    if (at == std::string::npos || trim(line.substr(0, at)) != key) continue;
    std::string value(trim(line.substr(at + 1)));
    if (value.size() > 1 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    return value;
  }
  return "";
}

}  // namespace

MachineFacts machine_facts() {
  MachineFacts f;
  f.cpu = fact_line("/proc/cpuinfo", "model name", ':');
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) f.cores = CPU_COUNT(&set);
  int64_t kib = 0;
  const auto words = split(fact_line("/proc/meminfo", "MemTotal", ':'), ' ');
  if (parse_int(words[0], kib)) f.memory_bytes = kib * 1024;
  f.system = fact_line("/etc/os-release", "PRETTY_NAME", '=');
  utsname u{};
  if (uname(&u) == 0) {
    f.system += std::string(f.system.empty() ? "" : ", ") + u.sysname + " " + u.release + " " + u.machine;
  }
  const auto board = read_file("/proc/device-tree/model", 4096);
  if (board.ok()) f.board = std::string(board->c_str());  // ends in NUL
  return f;
}

std::vector<std::pair<std::string, std::string>> machine_lines(const MachineFacts& f) {
  std::vector<std::pair<std::string, std::string>> lines;
  if (!f.board.empty()) lines.emplace_back("board", f.board);
  if (!f.cpu.empty()) lines.emplace_back("CPU", f.cpu);
  if (f.cores > 0) lines.emplace_back("cores", std::to_string(f.cores));
  if (f.memory_bytes > 0) lines.emplace_back("memory", human_bytes(static_cast<double>(f.memory_bytes)));
  if (!f.system.empty()) lines.emplace_back("system", f.system);
  return lines;
}

}  // namespace jetline
