#include "jetline/targets/version.h"

#include <algorithm>

#include "jetline/base/strings.h"

namespace jetline::targets {
namespace {

constexpr int kMaxPart = 999999;

Status bad_version(std::string_view text) {
  return Status::usage("targets.bad-version", "'" + std::string(text.substr(0, 60)) + "' is not a version",
                       "write one to four numbers with dots between, such as 8.2 or 8.2.1.8");
}

// Of the first `parts` parts only.
int compare_parts(const Version& a, const Version& b, int parts) {
  for (size_t i = 0; i < static_cast<size_t>(parts); ++i) {
    if (a.part[i] != b.part[i]) return a.part[i] < b.part[i] ? -1 : 1;
  }
  return 0;
}

}  // namespace

std::string Version::to_string() const {
  std::string text;
  for (int i = 0; i < parts; ++i) text += (i ? "." : "") + std::to_string(part[static_cast<size_t>(i)]);
  return text;
}

Result<Version> parse_version(std::string_view text) {
  const std::string_view all = trim(text);
  Version v;
  size_t at = 0;
  while (true) {
    if (v.parts == static_cast<int>(v.part.size())) return bad_version(text);
    int number = 0;
    const size_t first = at;
    for (; at < all.size() && all[at] >= '0' && all[at] <= '9'; ++at) {
      number = number * 10 + (all[at] - '0');
      if (number > kMaxPart) return bad_version(text);
    }
    if (at == first) return bad_version(text);
    v.part[static_cast<size_t>(v.parts++)] = number;
    if (at == all.size()) return v;
    if (all[at++] != '.') return bad_version(text);
  }
}

int compare(const Version& a, const Version& b) {
  return compare_parts(a, b, static_cast<int>(a.part.size()));
}

bool VersionRange::holds(const Version& v) const {
  if (from.known() && v < from) return false;
  return !to.known() || compare_parts(v, to, to.parts) <= 0;
}

std::string VersionRange::to_string() const {
  if (from.known() && from.parts == to.parts && from == to) return from.to_string();
  return from.to_string() + ".." + to.to_string();
}

Result<VersionRange> parse_range(std::string_view text) {
  const std::string_view all = trim(text);
  const size_t dots = all.find("..");
  VersionRange range;
  if (dots == std::string_view::npos) {
    JETLINE_ASSIGN_OR_RETURN(range.from, parse_version(all));
    range.to = range.from;
    return range;
  }
  const std::string_view from = all.substr(0, dots), to = all.substr(dots + 2);
  if (!from.empty()) {
    JETLINE_ASSIGN_OR_RETURN(range.from, parse_version(from));
  }
  if (!to.empty()) {
    JETLINE_ASSIGN_OR_RETURN(range.to, parse_version(to));
  }
  if (range.from.known() && range.to.known() && !range.holds(range.from)) {
    return Status::usage("targets.bad-range", "the range '" + std::string(all.substr(0, 60)) + "' is empty",
                         "write the older version first");
  }
  return range;
}

}  // namespace jetline::targets
