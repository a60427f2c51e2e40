// Any bytes as an .npy file: a Status or an array whose data has the size its shape says.
#include <cstdlib>

#include "jetline/engine/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  jetline::NpyLimits limits;
  limits.max_bytes = 1 << 24;
  const auto a = jetline::parse_npy(jetline::ByteView(data, size), "fuzz", limits);
  if (a.ok() && static_cast<int64_t>(a->data.size()) != jetline::dtype_bytes(a->dtype, a->elements()))
    std::abort();
  return 0;
}
