#!/usr/bin/env bash
# Runs the main job and says where its report is: demo.sh PATH_TO_JETLINE
set -euo pipefail
cd "$(dirname "$0")/.."
jetline=$1
start=$SECONDS
"$jetline" run examples/find_can/jetline.toml
printf 'demo: done in %d s (build not counted)\n' $((SECONDS - start))
printf 'demo: open %s\n' "$PWD/runs/find_can/report.html"
