#include "apps/jetline/this_board.h"

#include <unistd.h>

#include <cstdio>
#include <string>

namespace jetline::cli {

namespace {

// The beginning of a small system file; empty: it is not there.
std::string system_text(const char* path) {
  std::FILE* f = std::fopen(path, "rb");
  if (!f) return "";
  char text[256] = {};
  const size_t n = std::fread(text, 1, sizeof text - 1, f);
  std::fclose(f);
  return std::string(text, n);
}

}  // namespace

const targets::Board* this_board(const targets::Catalog& catalog) {
  const std::string text = system_text("/proc/device-tree/model");
  if (text.empty()) return nullptr;
  const double bytes =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
  return targets::detect_board(catalog, text, bytes / (1024.0 * 1024 * 1024));
}

const targets::JetPack* this_jetpack(const targets::Catalog& catalog) {
  const std::string text = system_text("/etc/nv_tegra_release");
  return text.empty() ? nullptr : targets::detect_jetpack(catalog, text);
}

}  // namespace jetline::cli
