#!/usr/bin/env bash
# Sets up what is missing to build jetline: setup.sh build|test|dev
#
# Takes Debian packages with apt-get (as root or through sudo), the OpenVINO C++ SDK from the PyPI wheel
# `openvino` (pinned, hash-checked, unpacked into build/deps, never installed), and for tests a virtual
# environment with the oracles and the node tests of onnx 1.16 (pinned, hash-checked). Nothing else is downloaded.
# Idempotent: a second run does nothing. JETLINE_OFFLINE=1 downloads nothing and fails at once, naming what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
level=${1:-build}
offline=${JETLINE_OFFLINE:-0}
deps=${JETLINE_DEPS_DIR:-build/deps}
# shellcheck source=scripts/packages.sh
. scripts/packages.sh

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 4; }
try3() { # registries have bad minutes
  local i
  for i in 1 2 3; do "$@" && return 0; [ "$i" = 3 ] || { say "try $i failed: $1; again in $((i * 3)) s"; sleep $((i * 3)); }; done
  return 1
}

wanted=("${packages_build[@]}")
case $level in
  build) ;;
  test) wanted+=("${packages_test[@]}") ;;
  dev) wanted+=("${packages_test[@]}" "${packages_dev[@]}") ;;
  *) echo "usage: setup.sh build|test|dev" >&2; exit 2 ;;
esac

# --- Debian packages ---------------------------------------------------------------------------------------------
if command -v dpkg-query >/dev/null; then
  # Ubuntu's name for the same library.
  apt_has() { apt-cache show "$1" >/dev/null 2>&1; }
  missing=()
  for p in "${wanted[@]}"; do
    dpkg-query -W -f '${Status} ${Provides}\n' "$p" 2>/dev/null | grep -q '^install ok installed' && continue
    if [ "$p" = libjpeg62-turbo-dev ] && dpkg-query -W -f '${Status}' libjpeg-turbo8-dev 2>/dev/null | grep -q 'ok installed'; then continue; fi
    missing+=("$p")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    [ "$offline" = 1 ] && fail "JETLINE_OFFLINE=1 and these Debian packages are missing: ${missing[*]}"
    sudo=(); [ "$(id -u)" = 0 ] || sudo=(sudo)
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || fail "need root or sudo to install: ${missing[*]}"
    say "installing ${#missing[@]} Debian packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    try3 "${sudo[@]}" apt-get update -qq || fail "apt-get update failed"
    for i in "${!missing[@]}"; do
      if [ "${missing[$i]}" = libjpeg62-turbo-dev ] && ! apt_has libjpeg62-turbo-dev; then missing[$i]=libjpeg-turbo8-dev; fi
    done
    try3 "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >build-setup.log 2>&1 || { tail -20 build-setup.log >&2; fail "apt-get install failed: ${missing[*]}"; }
    rm -f build-setup.log
  fi
else
  say "no dpkg here: install the libraries named in scripts/packages.sh by hand"
fi

# --- OpenVINO C++ SDK, out of its wheel ----------------------------------------------------------------------------
lock=scripts/openvino.lock
stamp=$(sha256sum "$lock" | cut -c1-16)
case $(uname -m) in
  x86_64) platforms=(--platform manylinux_2_28_x86_64) ;;
  aarch64) platforms=(--platform manylinux_2_31_aarch64 --platform manylinux_2_28_aarch64) ;;
  *) platforms=() ;;
esac
if [ ${#platforms[@]} = 0 ]; then
  say "no OpenVINO wheel for $(uname -m): building without the CPU engine"
elif [ ! -f "$deps/openvino/.unpacked-$stamp" ]; then
  [ "$offline" = 1 ] && fail "JETLINE_OFFLINE=1 and the OpenVINO SDK is missing (the PyPI wheel named in $lock)"
  say "fetching the OpenVINO C++ SDK ($(grep -o 'openvino==[0-9.]*' "$lock"))"
  mkdir -p "$deps/wheels"
  python=python3; [ -x /usr/bin/python3 ] && python=/usr/bin/python3
  # One fixed wheel whatever this machine's Python: only its C++ part is used.
  try3 "$python" -m pip download -q --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
    --python-version 3.11 --implementation cp --abi cp311 "${platforms[@]}" -d "$deps/wheels" -r "$lock" || fail "cannot download the OpenVINO wheel"
  rm -rf "$deps/openvino" "$deps/openvino.part"
  mkdir -p "$deps/openvino.part"
  unzip -q "$deps"/wheels/openvino-*.whl 'openvino/libs/*' 'openvino/include/*' 'openvino/cmake/*' '*.dist-info/*' -d "$deps/openvino.part"
  touch "$deps/openvino.part/.unpacked-$stamp"
  mv "$deps/openvino.part" "$deps/openvino"
fi

# --- Oracles for the tests -------------------------------------------------------------------------------------------
if [ "$level" != build ]; then
  lock=scripts/test-oracles.lock
  stamp=$(sha256sum "$lock" | cut -c1-16)
  if [ ! -f "build/venv/.installed-$stamp" ]; then
    [ "$offline" = 1 ] && fail "JETLINE_OFFLINE=1 and the test oracles are missing (the PyPI packages named in $lock)"
    say "making the virtual environment with the test oracles"
    python=python3; [ -x /usr/bin/python3 ] && python=/usr/bin/python3
    rm -rf build/venv
    "$python" -m venv build/venv || fail "python3 -m venv failed"
    try3 build/venv/bin/python -m pip install -q --disable-pip-version-check --only-binary=:all: --require-hashes -r "$lock" || fail "cannot install the test oracles"
    touch "build/venv/.installed-$stamp"
  fi
  # The node tests of an older onnx, files alone: verdicts of TensorRT's parsers are known for them.
  lock=scripts/onnx-1.16-tests.lock
  stamp=$(sha256sum "$lock" | cut -c1-16)
  if [ ! -f "$deps/onnx-1.16/.unpacked-$stamp" ]; then
    [ "$offline" = 1 ] && fail "JETLINE_OFFLINE=1 and the node tests of onnx 1.16 are missing (the PyPI wheel named in $lock)"
    say "fetching the node tests of onnx 1.16"
    mkdir -p "$deps/wheels"
    python=python3; [ -x /usr/bin/python3 ] && python=/usr/bin/python3
    try3 "$python" -m pip download -q --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
      --python-version 3.11 --implementation cp --abi cp311 --platform manylinux_2_17_x86_64 -d "$deps/wheels" -r "$lock" ||
      fail "cannot download the onnx wheel"
    rm -rf "$deps/onnx-1.16" "$deps/onnx-1.16.part"
    mkdir -p "$deps/onnx-1.16.part"
    unzip -q "$deps"/wheels/onnx-1.16.2-*.whl 'onnx/backend/test/data/node/*' 'onnx/backend/test/data/pytorch-*' '*.dist-info/*' -d "$deps/onnx-1.16.part"
    touch "$deps/onnx-1.16.part/.unpacked-$stamp"
    mv "$deps/onnx-1.16.part" "$deps/onnx-1.16"
  fi
fi
say "ready ($level)"
