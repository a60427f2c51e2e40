// Moving pixels between space, depth and batch. Everything is Reshape and Transpose, except where ONNX has
// the operator for channels first (DepthToSpace DCR, SpaceToDepth): those are what runtimes are quick at.
#include "jetline/importers/tensorflow/ops/nn_window.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

bool space_direct(DType t) {
  return t == DType::kF32 || t == DType::kF16 || t == DType::kF64;
}

Status convert_depth_to_space(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const int64_t block = c.int_attr("block_size");
  if (block < 1 || block > 65536) return c.unsupported("block_size " + std::to_string(block));
  const std::string format = c.string_attr("data_format", "NHWC");
  if (format != "NHWC" && format != "NCHW") return c.unsupported("data_format " + format);
  const bool last = format == "NHWC";
  if (space_direct(c.dtype(x))) {
    Value* y =
        c.emit("DepthToSpace", {to_channels_first(c, x, last, 2)}, {{"blocksize", block}, {"mode", "DCR"}});
    return c.set(0, from_channels_first(c, y, last, 2));
  }
  if (!c.is_static(x)) return c.unsupported("an image of unknown size and of a type other than float");
  const std::vector<int64_t> d = c.dims(x);
  if (last) {
    Value* y = c.reshape(x, {d[0], d[1], d[2], block, block, d[3] / block / block});
    return c.set(0, c.reshape(c.transpose(y, {0, 1, 3, 2, 4, 5}),
                              {d[0], d[1] * block, d[2] * block, d[3] / block / block}));
  }
  Value* y = c.reshape(x, {d[0], block, block, d[1] / block / block, d[2], d[3]});
  return c.set(0, c.reshape(c.transpose(y, {0, 3, 4, 1, 5, 2}),
                            {d[0], d[1] / block / block, d[2] * block, d[3] * block}));
}

Status convert_space_to_depth(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const int64_t block = c.int_attr("block_size");
  if (block < 1 || block > 65536) return c.unsupported("block_size " + std::to_string(block));
  const std::string format = c.string_attr("data_format", "NHWC");
  if (format != "NHWC" && format != "NCHW") return c.unsupported("data_format " + format);
  const bool last = format == "NHWC";
  if (space_direct(c.dtype(x))) {
    Value* y = c.emit("SpaceToDepth", {to_channels_first(c, x, last, 2)}, {{"blocksize", block}});
    return c.set(0, from_channels_first(c, y, last, 2));
  }
  if (!c.is_static(x)) return c.unsupported("an image of unknown size and of a type other than float");
  const std::vector<int64_t> d = c.dims(x);
  if (last) {
    Value* y = c.reshape(x, {d[0], d[1] / block, block, d[2] / block, block, d[3]});
    return c.set(0, c.reshape(c.transpose(y, {0, 1, 3, 2, 4, 5}),
                              {d[0], d[1] / block, d[2] / block, d[3] * block * block}));
  }
  Value* y = c.reshape(x, {d[0], d[1], d[2] / block, block, d[3] / block, block});
  return c.set(0, c.reshape(c.transpose(y, {0, 3, 5, 1, 2, 4}),
                            {d[0], d[1] * block * block, d[2] / block, d[3] / block}));
}

const OpRule kSpaceRules[] = {
    {"DepthToSpace", convert_depth_to_space, "", "NHWC and NCHW"},
    {"SpaceToDepth", convert_space_to_depth, "", "NHWC and NCHW"},
};

}  // namespace

Span<const OpRule> space_rules() {
  return {kSpaceRules, std::size(kSpaceRules)};
}

}  // namespace jetline::tf
