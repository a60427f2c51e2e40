// Versions such as TensorRT's 8.2.1.8, JetPack's 4.6.1 or a compute capability's 8.7, and ranges of them.
//
// A range ends where its last version's own digits end: "7.1..9.3" holds 9.3.0.1 but not 9.4; "8.2" alone
// holds every 8.2.x; "8.5.." has no end, "..8.4" no beginning, ".." holds everything. Values; no threads.
// Ids: targets.bad-version, targets.bad-range.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "jetline/base/status.h"

namespace jetline::targets {

struct Version {
  std::array<int, 4> part{};  // parts that were not given count as 0 when comparing
  int parts = 0;              // how many were given; 0: no version at all

  bool known() const { return parts > 0; }
  std::string to_string() const;  // "8.2.1.8", as many parts as were given
};

Result<Version> parse_version(std::string_view text);
int compare(const Version& a, const Version& b);  // -1, 0, 1; missing parts are 0
inline bool operator==(const Version& a, const Version& b) {
  return compare(a, b) == 0;
}
inline bool operator!=(const Version& a, const Version& b) {
  return compare(a, b) != 0;
}
inline bool operator<(const Version& a, const Version& b) {
  return compare(a, b) < 0;
}
inline bool operator<=(const Version& a, const Version& b) {
  return compare(a, b) <= 0;
}

struct VersionRange {
  Version from, to;  // not known(): open at that end

  bool holds(const Version& v) const;
  std::string to_string() const;
};

Result<VersionRange> parse_range(std::string_view text);

}  // namespace jetline::targets
