// Any bytes as an .npz file: a Status or arrays whose data has the size their shapes say.
#include <cstdlib>

#include "jetline/engine/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  jetline::NpyLimits limits;
  limits.max_bytes = 1 << 24;
  const auto a = jetline::parse_npz(jetline::ByteView(data, size), "fuzz", limits);
  if (!a.ok()) return 0;
  for (const auto& m : a.value()) {
    if (static_cast<int64_t>(m.array.data.size()) != jetline::dtype_bytes(m.array.dtype, m.array.elements()))
      std::abort();
  }
  return 0;
}
