// Any bytes as an ONNX model: loading ends with a model or a Status, and what was loaded can be checked,
// inferred, printed, saved and loaded again to the same bytes.
#include <cstdlib>

#include "jetline/graph/inspect.h"
#include "jetline/graph/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jetline;  // NOLINT(google-build-using-namespace): one function
  auto model = load_onnx_bytes(ByteView(data, size), nullptr);
  if (!model.ok()) return 0;
  const auto first = save_onnx_bytes(**model);
  if (!first.ok()) std::abort();
  const std::string& bytes = first.value();
  auto again =
      load_onnx_bytes(ByteView(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), nullptr);
  if (!again.ok()) std::abort();
  const auto second = save_onnx_bytes(**again);
  if (!second.ok() || *second != bytes) std::abort();
  (void)summarize(**again);
  (void)to_text(**again);
  auto copy = (*again)->clone();
  copy->graph().remove_dead();
  return 0;
}
