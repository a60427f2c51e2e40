#include "jetline/base/memory.h"

#include <sys/mman.h>

#include <cstdlib>

namespace jetline {

void* allocate_large(size_t bytes) {
  constexpr size_t kHugePage = size_t{2} << 20;
  if (bytes < kHugePage) return std::malloc(bytes ? bytes : 1);
  void* p = nullptr;
  if (posix_memalign(&p, kHugePage, bytes) != 0) return nullptr;
  madvise(p, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);  // a wish: it works without, too
  return p;
}

}  // namespace jetline
