#!/usr/bin/env bash
# Prints how many seconds of compiling and linking each room took, from ninja's log: build_seconds.sh BUILD_DIR…
# CPU-less sum of step times: with two jobs at a time the wall clock is about half of it.
set -euo pipefail
for dir in "$@"; do
  [ -f "$dir/.ninja_log" ] || continue
  awk -v dir="$dir" 'NR > 1 && !seen[$4 $1]++ {
      room = $4
      if (room ~ /^jetline\//) { split(room, p, "/"); room = p[2] }
      else if (room ~ /^(apps|tests|bench|examples)\//) { split(room, p, "/"); room = p[1] }
      else room = "(links)"
      s[room] += ($2 - $1) / 1000
    }
    END { for (r in s) printf "%9.1f s  %s\n", s[r], r }' "$dir/.ninja_log" | sort -rn |
    { echo "build seconds per room, $dir:"; cat; }
done
