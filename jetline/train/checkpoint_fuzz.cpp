// Checkpoints from outside: parse_checkpoint must answer any bytes with a value or a Status.
#include <cstddef>
#include <cstdint>

#include "jetline/train/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto r = jetline::parse_checkpoint({data, size}, "fuzz");
  if (r.ok()) (void)jetline::checkpoint_net(*r);
  return 0;
}
