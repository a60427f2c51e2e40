// Measured times of layers, kept in a file from build to build. The vendor's bytes stand behind a line that
// names release, GPU and checksum: bytes from elsewhere, or damaged ones, never reach the vendor's reader.
// A cache that cannot be read is an empty one, one that cannot be written a slower next build.
#pragma once

#include <string>

#include "jetline/base/files.h"
#include "jetline/engine/plan/plan_record.h"
#include "jetline/engine/tensorrt/trt_common.h"

namespace jetline {
namespace trt {

// The vendor's bytes of a cache made on such a host; "" and a note when there are none that fit.
std::string read_timing_cache(const std::string& path, const PlanHost& host, std::string& note);
Status write_timing_cache(const std::string& path, const PlanHost& host, ByteView bytes,
                          FileSystem& fs = real_file_system());

}  // namespace trt
}  // namespace jetline
