# Debian package names, one place for all of set-up. Sourced by setup.sh.
# shellcheck shell=bash
# What builds and runs the program.
packages_build=(
  build-essential cmake ninja-build ccache pkg-config unzip ca-certificates
  python3-minimal python3-pip
  libcli11-dev nlohmann-json3-dev libtomlplusplus-dev libpugixml-dev libyaml-cpp-dev libsodium-dev zlib1g-dev
  libleveldb-dev libsnappy-dev
  libjpeg62-turbo-dev libpng-dev libopencv-core-dev libopencv-imgproc-dev
  libopencv-imgcodecs-dev libopencv-videoio-dev libtorch-dev libopenblas0-pthread
)
# What the tests add: GoogleTest and, for the oracles, Python.
packages_test=(libgtest-dev libgmock-dev python3 python3-venv libimage-exiftool-perl ffmpeg)
# What the formatter and the libFuzzer builds add.
packages_dev=(clang clang-format clang-tidy libclang-rt-dev python3-torch python3-pil)
