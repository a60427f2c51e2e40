// Plugins of TensorRT that end a detector: a fixed number of rows each (plugin/efficientNMSPlugin,
// plugin/batchedNMSPlugin of NVIDIA/TensorRT).
#include "jetline/graph/ops/rules.h"

namespace jetline::ops {
namespace {

void nms_plugin_rows(Context& c, const char* rows_attribute, DType classes, bool flat_count) {
  const std::vector<Dim>* scores = c.shape(1);
  const Dim n = scores && scores->size() == 3 ? (*scores)[0] : Dim();
  const int64_t most = c.node().int_or(rows_attribute, -1);
  const Dim rows = most >= 0 ? Dim(most) : Dim();
  c.set(0, DType::kI32, flat_count ? std::vector<Dim>{n} : std::vector<Dim>{n, 1});
  c.set(1, c.dtype(0), {n, rows, 4});
  c.set(2, c.dtype(1), {n, rows});
  c.set(3, classes == DType::kUndefined ? c.dtype(1) : classes, {n, rows});
}

void efficient_nms_infer(Context& c) {
  nms_plugin_rows(c, "max_output_boxes", DType::kI32, false);
}
void batched_nms_infer(Context& c) {
  nms_plugin_rows(c, "keepTopK", DType::kUndefined, c.node().op() == "BatchedNMS_TRT");
}

const Rule kNmsPluginRules[] = {{"", "EfficientNMS_TRT", efficient_nms_infer},
                                {"", "BatchedNMS_TRT", batched_nms_infer},
                                {"", "BatchedNMSDynamic_TRT", batched_nms_infer}};
}  // namespace

Span<const Rule> nms_plugin_rules() {
  return {kNmsPluginRules, sizeof(kNmsPluginRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
