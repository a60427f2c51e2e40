// String tensors of a bundle: the lengths as varints, a masked CRC32C over the lengths as 32-bit numbers
// (64-bit ones over 4 GiB), then the texts; the entry's CRC covers the numbers, that CRC, and the texts
// (tensorflow/core/util/tensor_bundle/tensor_bundle.cc, WriteStringTensor). Threads: plain function.
#pragma once

#include <string>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/base/status.h"

namespace jetline::tf {

// The message of a failure begins with a verb; id tf.bundle-corrupt.
Status read_bundle_strings(ByteView bytes, int64_t count, uint32_t crc, std::vector<std::string>& out);

}  // namespace jetline::tf
