#!/usr/bin/env bash
# Runs the benchmarks that need no long run and prints one JSON object a line group, each with its conditions:
# bench.sh BUILD_DIR. Those on real models and photographs need the test data (JETLINE_TEST_DATA) and are named as
# left out without it. On a quiet machine, please: other programs spoil timings.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/release}
data=${JETLINE_TEST_DATA:-../shared/data}
cmake --build "$build" --target letterbox_bench startup prepost -- --quiet

echo "== start-up of the program"
"$build/bench/startup" "$build/bin/jetline"
echo "== fitting a picture to the network, against OpenCV"
"$build/bench/letterbox_bench"
if [ ! -d "$data/onnx" ]; then
  echo "notice: no test data at $data: prepost and detect_vs_python are left out"
  exit 0
fi
echo "== pre- and post-processing of YOLOX-nano from 1280x720, one thread"
"$build/bin/prepost" "$data/onnx/onnx_yolox_nano/yolox_nano.onnx"
echo "== detect against Python, ONNX Runtime and OpenCV"
build/venv/bin/python bench/detect_vs_python.py "$build/bin/jetline" "$data/datasets/ds_raccoon/images" \
  fastestdet="$(find "$data/onnx/onnx_fastestdet" -name '*.onnx' | head -1)" \
  yolox="$data/onnx/onnx_yolox_nano/yolox_nano.onnx" \
  nanodet="$data/onnx/onnx_nanodet_m/nanodet_m_320.onnx" \
  ultraface="$data/onnx/onnx_ultraface/version-RFB-320_simplified.onnx" \
  yunet="$data/onnx/onnx_yunet/yunet_n_320_320.onnx"
