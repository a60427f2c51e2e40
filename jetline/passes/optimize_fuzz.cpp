// Any bytes as a model, inferred and optimised: that ends with a sound graph that can be saved and loaded
// again, within bounds of time and memory, or with a Status.
#include <cstdlib>

#include "jetline/graph/infer.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/passes/optimize.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jetline;  // NOLINT(google-build-using-namespace): one function
  auto model = load_onnx_bytes(ByteView(data, size), nullptr);
  if (!model.ok()) return 0;
  (void)infer_shapes(**model);
  passes::OptimizeOptions options;
  options.verify_each = true;
  options.fold_work = int64_t{1} << 18;
  options.fold_growth_bytes = int64_t{1} << 16;
  options.fold_growth_total_bytes = int64_t{1} << 18;
  passes::OptimizeReport report;
  const Status done = passes::optimize(**model, options, &report);
  if (done.kind() == ErrorKind::kInternal) std::abort();
  if (!done.ok()) return 0;
  if (!(*model)->graph().verify().ok()) std::abort();
  const auto bytes = save_onnx_bytes(**model);
  if (!bytes.ok()) return 0;
  const ByteView view(reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size());
  if (!load_onnx_bytes(view, nullptr).ok()) std::abort();
  return 0;
}
