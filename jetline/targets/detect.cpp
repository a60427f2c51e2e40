// Which board and JetPack a machine is, from what its system says of itself. Reads no files.
#include <cmath>

#include "jetline/base/strings.h"
#include "jetline/targets/catalog.h"

namespace jetline::targets {
namespace {

// The number behind `mark`, with dots: "36", "4.3"; empty: the mark is not there.
std::string_view detect_number(std::string_view text, std::string_view mark) {
  const size_t at = text.find(mark);
  if (at == std::string_view::npos) return {};
  std::string_view rest = trim(text.substr(at + mark.size()));
  const size_t end = rest.find_first_not_of("0123456789.");
  return rest.substr(0, end);
}

}  // namespace

const Board* detect_board(const Catalog& catalog, std::string_view device_tree_model, double memory_gib) {
  const std::string text = to_lower(device_tree_model);
  const Board* best = nullptr;
  size_t best_length = 0;
  double best_distance = 0;
  for (const Board& b : catalog.boards()) {
    for (const std::string& m : b.models) {
      if (m.empty() || text.find(to_lower(m)) == std::string::npos) continue;
      // The longest text is the most particular; boards that share it differ in memory, of which the system
      // shows somewhat less than the module has.
      const double distance = std::abs(b.memory_gib - memory_gib);
      if (m.size() < best_length || (best && m.size() == best_length && distance >= best_distance)) continue;
      best = &b;
      best_length = m.size();
      best_distance = distance;
    }
  }
  return best;
}

const JetPack* detect_jetpack(const Catalog& catalog, std::string_view nv_tegra_release) {
  const std::string_view line = nv_tegra_release.substr(0, nv_tegra_release.find('\n'));
  const Result<Version> l4t = parse_version(std::string(detect_number(line, "# R")) + "." +
                                            std::string(detect_number(line, "REVISION:")));
  if (!l4t.ok()) return nullptr;
  const JetPack* best = nullptr;
  for (const JetPack& j : catalog.jetpacks()) {
    for (const std::string& one : split(j.l4t, '/')) {  // "36.4.4 / 36.4.7"
      const Result<Version> v = parse_version(one);
      if (v.ok() && *v == *l4t) best = &j;
    }
  }
  return best;
}

}  // namespace jetline::targets
