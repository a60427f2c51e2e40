// What TensorFlow's graph optimiser (grappler's remapper) makes of Conv2D or MatMul with a bias, a batch norm
// and an activation behind: _FusedConv2D, _FusedDepthwiseConv2dNative, _FusedConv3D, _FusedMatMul and
// _FusedBatchNormEx. `fused_ops` lists what follows, `args` are the extra inputs from 2 on.
#include "jetline/importers/tensorflow/ops/activation.h"
#include "jetline/importers/tensorflow/ops/batch_norm.h"
#include "jetline/importers/tensorflow/ops/conv.h"

namespace jetline::tf {
namespace {

// Applies fused_ops to y (channels first when `spatial` > 0, else [M, N]) from extra input *next on.
Status fused_tail(OpContext& c, Value* y, size_t next, int spatial, bool channels_last, Value** out) {
  const Attr* list = c.attr("fused_ops");
  for (const std::string_view op : list ? list->strings() : std::vector<std::string_view>()) {
    if (op == "BiasAdd") {
      Value* bias = c.tensor(next);
      if (!bias) return c.wrong_input(next);
      ++next;
      y = c.emit("Add", {y, spatial > 0 ? channel_vector(c, bias, spatial) : bias});
    } else if (op == "Add") {
      Value* other = c.tensor(next);
      if (!other) return c.wrong_input(next);
      ++next;
      y = c.emit("Add", {y, spatial > 0 ? to_channels_first(c, other, channels_last, spatial) : other});
    } else if (op == "FusedBatchNorm") {
      for (size_t i = next; i < next + 4; ++i)
        if (!c.tensor(i)) return c.wrong_input(i);
      y = c.emit("BatchNormalization",
                 {y, c.tensor(next), c.tensor(next + 1), c.tensor(next + 2), c.tensor(next + 3)},
                 {{"epsilon", c.float_attr("epsilon", 1e-4f)}});
      next += 4;
    } else if (Value* act = emit_activation(c, op, y)) {
      y = act;
    } else {
      return c.unsupported("fused " + std::string(op));
    }
  }
  *out = y;
  return {};
}

Status fused_conv(OpContext& c, int spatial, bool depthwise) {
  NnWindow w;
  Value* y = nullptr;
  Status s = depthwise ? emit_depthwise(c, nullptr, &w, &y) : emit_convolution(c, spatial, nullptr, &w, &y);
  if (!s.ok()) return s;
  if (s = fused_tail(c, y, 2, spatial, w.channels_last, &y); !s.ok()) return s;
  return c.set(0, from_channels_first(c, y, w.channels_last, spatial));
}

Status convert_fused_conv2d(OpContext& c) {
  return fused_conv(c, 2, false);
}
Status convert_fused_conv3d(OpContext& c) {
  return fused_conv(c, 3, false);
}
Status convert_fused_depthwise(OpContext& c) {
  return fused_conv(c, 2, true);
}

Status convert_fused_matmul(OpContext& c) {
  Value* a = c.tensor(0);
  Value* b = c.tensor(1);
  if (!a) return c.wrong_input(0);
  if (!b) return c.wrong_input(1);
  if (c.bool_attr("transpose_a")) a = c.transpose(a, {1, 0});
  if (c.bool_attr("transpose_b")) b = c.transpose(b, {1, 0});
  Value* y = c.emit("MatMul", {a, b});
  if (Status s = fused_tail(c, y, 2, 0, false, &y); !s.ok()) return s;
  return c.set(0, y);
}

// Batch norm, then perhaps a side input added, then an activation.
Status convert_fused_batch_norm(OpContext& c) {
  Value* y = nullptr;
  if (Status s = emit_batch_norm(c, &y); !s.ok()) return s;
  if (c.int_attr("num_side_inputs") > 0) {
    if (!c.tensor(5)) return c.wrong_input(5);
    y = c.emit("Add", {y, c.tensor(5)});
  }
  const std::string activation = c.string_attr("activation_mode", "Identity");
  if (activation == "Identity") return c.set(0, y);
  if (Value* act = emit_activation(c, activation, y)) return c.set(0, act);
  return c.unsupported("activation " + activation);
}

const OpRule kFusedRules[] = {
    {"_FusedConv2D", convert_fused_conv2d, "", "as grappler writes it"},
    {"_FusedConv3D", convert_fused_conv3d},
    {"_FusedDepthwiseConv2dNative", convert_fused_depthwise},
    {"_FusedMatMul", convert_fused_matmul},
    {"_FusedBatchNormEx", convert_fused_batch_norm,
     "y,batch_mean,batch_variance,reserve_space_1,reserve_space_2,reserve_space_3"},
};

}  // namespace

Span<const OpRule> fused_rules() {
  return {kFusedRules, std::size(kFusedRules)};
}

}  // namespace jetline::tf
