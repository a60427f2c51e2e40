// SpaceToBatch and BatchToSpace. The trio SpaceToBatchND, convolution, BatchToSpaceND is how TensorFlow wrote
// dilated convolutions before they had an attribute: it becomes one dilated Conv again.
#include <algorithm>

#include "jetline/importers/tensorflow/op_context.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// block [m], pads or crops [m, 2] of the node in hand; the older operators have one block size for H and W.
Status batch_space_numbers(OpContext& c, std::vector<int64_t>* block, std::vector<int64_t>* pads) {
  const bool nd = c.op() == "SpaceToBatchND" || c.op() == "BatchToSpaceND";
  if (nd) {
    if (!c.known_ints(c.tensor(1), *block))
      return c.unsupported("a block shape that is only known at run time");
  } else {
    block->assign(2, c.int_attr("block_size"));
  }
  if (!c.known_ints(c.tensor(nd ? 2 : 1), *pads))
    return c.unsupported("paddings or crops that are only known at run time");
  if (pads->size() != 2 * block->size() || c.rank(c.tensor(0)) < static_cast<int>(block->size()) + 1)
    return c.unsupported("a block shape that does not fit the input's rank");
  if (std::any_of(block->begin(), block->end(), [](int64_t b) { return b < 1 || b > 65536; }))
    return c.unsupported("a block size that is not sound");
  return {};
}

// Emits a Reshape whose dims are known but for one, or computed from the shape of x. `dims` holds numbers, or
// -1 - axis for "dimension axis of x, times factor[i], over divisor[i]".
struct BatchDim {
  int64_t value;  // > 0, or -1: axis of x counts
  int axis = 0;
  int64_t times = 1, over = 1;
};

Value* batch_reshape(OpContext& c, Value* v, Value* x, const std::vector<BatchDim>& dims) {
  std::vector<int64_t> known;
  int open = 0;
  for (const BatchDim& d : dims) {
    const int64_t have = d.value > 0 ? d.value : c.dim(x, d.axis);
    known.push_back(d.value > 0 ? have : have < 0 ? -1 : have * d.times / d.over);
    open += known.back() < 0 ? 1 : 0;
  }
  if (open <= 1) return c.reshape(v, known);
  Value* shape = c.shape_of(x);
  std::vector<Value*> parts;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (known[i] >= 0) {
      parts.push_back(c.ints({known[i]}));
      continue;
    }
    Value* n = c.emit("Gather", {shape, c.ints({dims[i].axis})}, {{"axis", 0}});
    if (dims[i].times != 1) n = c.emit("Mul", {n, c.ints({dims[i].times})});
    if (dims[i].over != 1) n = c.emit("Div", {n, c.ints({dims[i].over})});
    parts.push_back(n);
  }
  return c.reshape_to(v, c.emit("Concat", parts, {{"axis", 0}}));
}

int64_t batch_product(const std::vector<int64_t>& v) {
  int64_t p = 1;
  for (int64_t x : v) p *= x;
  return p;
}

Status convert_space_to_batch(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  std::vector<int64_t> block, pads;
  if (Status s = batch_space_numbers(c, &block, &pads); !s.ok()) return s;
  const int m = static_cast<int>(block.size()), rank = c.rank(x);
  if (std::any_of(pads.begin(), pads.end(), [](int64_t p) { return p != 0; })) {
    std::vector<int64_t> begin(static_cast<size_t>(rank), 0), end = begin;
    for (int i = 0; i < m; ++i) {
      begin[static_cast<size_t>(i) + 1] = pads[static_cast<size_t>(2 * i)];
      end[static_cast<size_t>(i) + 1] = pads[static_cast<size_t>(2 * i) + 1];
    }
    begin.insert(begin.end(), end.begin(), end.end());
    x = c.emit("Pad", {x, c.ints(begin), c.scalar(0, x)}, {{"mode", "constant"}});
  }
  // [N, H, W, …] -> [N, H/b, b, W/b, b, …] -> [b, b, N, H/b, W/b, …] -> [b*b*N, H/b, W/b, …]
  std::vector<BatchDim> split{{-1, 0}}, joined{{-1, 0, batch_product(block)}};
  std::vector<int64_t> perm;
  for (int i = 0; i < m; ++i) perm.push_back(2 + 2 * i);
  perm.push_back(0);
  for (int i = 0; i < m; ++i) {
    const int64_t b = block[static_cast<size_t>(i)];
    split.push_back({-1, i + 1, 1, b});
    split.push_back({b});
    joined.push_back({-1, i + 1, 1, b});
    perm.push_back(1 + 2 * i);
  }
  for (int i = m + 1; i < rank; ++i) {
    split.push_back({-1, i});
    joined.push_back({-1, i});
    perm.push_back(m + i);
  }
  Value* y = c.transpose(batch_reshape(c, x, x, split), perm);
  return c.set(0, batch_reshape(c, y, x, joined));
}

// --- the dilated convolution pattern

const Node* batch_maker(const Value* v, const char* op) {
  const Node* n = v ? v->producer() : nullptr;
  return n && n->is(op) ? n : nullptr;
}

// The value before the SpaceToBatch that made v with these blocks, and the padding it applied ([m, 2]); null
// when v is none.
Value* batch_origin(OpContext& c, Value* v, const std::vector<int64_t>& block, std::vector<int64_t>* pads) {
  const size_t m = block.size();
  const Node* join = batch_maker(v, "Reshape");
  const Node* turn = join ? batch_maker(join->input(0), "Transpose") : nullptr;
  const Node* split = turn ? batch_maker(turn->input(0), "Reshape") : nullptr;
  if (!split || !c.is_static(split->output(0)) || c.rank(split->input(0)) < 0) return nullptr;
  const std::vector<int64_t> perm = turn->ints_or("perm", {}), dims = c.dims(split->output(0));
  const size_t rank = static_cast<size_t>(c.rank(split->input(0)));
  if (perm.size() != rank + m || dims.size() != perm.size() || rank < m + 1) return nullptr;
  std::vector<int64_t> wanted;
  for (size_t i = 0; i < m; ++i) wanted.push_back(static_cast<int64_t>(2 + 2 * i));
  wanted.push_back(0);
  for (size_t i = 0; i < m; ++i) wanted.push_back(static_cast<int64_t>(1 + 2 * i));
  for (size_t i = m + 1; i < rank; ++i) wanted.push_back(static_cast<int64_t>(m + i));
  if (perm != wanted) return nullptr;
  for (size_t i = 0; i < m; ++i)
    if (dims[2 + 2 * i] != block[i]) return nullptr;
  if (c.dim(join->output(0), 0) != dims[0] * batch_product(block)) return nullptr;
  pads->assign(2 * m, 0);
  Value* origin = split->input(0);
  if (const Node* pad = batch_maker(origin, "Pad")) {
    std::vector<int64_t> p;
    std::vector<double> fill{0};
    const bool zero =
        !pad->input(2) || (c.known_floats(pad->input(2), fill) && fill.size() == 1 && fill[0] == 0);
    if (pad->string_or("mode", "constant") != "constant" || !zero || !c.known_ints(pad->input(1), p))
      return nullptr;
    if (p.size() != 2 * rank) return nullptr;
    for (size_t i = 0; i < rank; ++i)  // of space alone
      if ((i == 0 || i > m) && (p[i] != 0 || p[rank + i] != 0)) return nullptr;
    for (size_t i = 0; i < m; ++i) {
      (*pads)[2 * i] = p[i + 1];
      (*pads)[2 * i + 1] = p[rank + i + 1];
    }
    origin = pad->input(0);
  }
  return origin;
}

// One dilated Conv for SpaceToBatchND -> Conv -> BatchToSpaceND on NHWC; null when it is not that.
Value* batch_dilated(OpContext& c, Value* x, const std::vector<int64_t>& block,
                     const std::vector<int64_t>& crops) {
  const std::vector<int64_t> to_last{0, 2, 3, 1}, to_first{0, 3, 1, 2};
  const Node* out_turn = batch_maker(x, "Transpose");
  const Node* conv = out_turn && out_turn->ints_or("perm", {}) == to_last
                         ? batch_maker(out_turn->input(0), "Conv")
                         : nullptr;
  if (!conv || block.size() != 2) return nullptr;
  const std::vector<int64_t> ones{1, 1}, none{0, 0, 0, 0};
  if (conv->ints_or("strides", ones) != ones || conv->ints_or("dilations", ones) != ones ||
      conv->ints_or("pads", none) != none || conv->string_or("auto_pad", "NOTSET") != "NOTSET")
    return nullptr;
  const Node* in_turn = batch_maker(conv->input(0), "Transpose");
  if (!in_turn || in_turn->ints_or("perm", {}) != to_first) return nullptr;
  std::vector<int64_t> pads;
  Value* origin = batch_origin(c, in_turn->input(0), block, &pads);
  if (!origin) return nullptr;
  std::vector<int64_t> net;  // what the padding adds and the crop does not take away again
  for (size_t side = 0; side < 2; ++side)
    for (size_t i = 0; i < 2; ++i) net.push_back(pads[2 * i + side] - crops[2 * i + side]);
  if (std::any_of(net.begin(), net.end(), [](int64_t p) { return p < 0; })) return nullptr;
  std::vector<AttrArg> attributes{
      {"kernel_shape", conv->ints_or("kernel_shape", {})}, {"dilations", block}, {"strides", ones}};
  if (conv->int_or("group", 1) != 1) attributes.push_back({"group", conv->int_or("group", 1)});
  if (net != none) attributes.push_back({"pads", net});
  std::vector<Value*> inputs = conv->inputs();
  inputs[0] = c.transpose(origin, to_first);
  return c.transpose(c.emit("Conv", inputs, attributes), to_last);
}

Status convert_batch_to_space(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  std::vector<int64_t> block, crops;
  if (Status s = batch_space_numbers(c, &block, &crops); !s.ok()) return s;
  if (Value* y = batch_dilated(c, x, block, crops)) return c.set(0, y);
  const int m = static_cast<int>(block.size()), rank = c.rank(x);
  // [b*b*N, H, W, …] -> [b, b, N, H, W, …] -> [N, H, b, W, b, …] -> [N, H*b, W*b, …]
  std::vector<BatchDim> split, joined{{-1, 0, 1, batch_product(block)}};
  std::vector<int64_t> perm{m};
  for (int i = 0; i < m; ++i) {
    const int64_t b = block[static_cast<size_t>(i)];
    split.push_back({b});
    joined.push_back({-1, i + 1, b});
    perm.push_back(m + 1 + i);
    perm.push_back(i);
  }
  split.push_back({-1, 0, 1, batch_product(block)});
  for (int i = 1; i < rank; ++i) split.push_back({-1, i});
  for (int i = m + 1; i < rank; ++i) {
    joined.push_back({-1, i});
    perm.push_back(m + i);
  }
  Value* y = c.transpose(batch_reshape(c, x, x, split), perm);
  y = batch_reshape(c, y, x, joined);
  if (std::any_of(crops.begin(), crops.end(), [](int64_t p) { return p != 0; })) {
    std::vector<int64_t> begin, end, axes;
    for (int i = 0; i < m; ++i) {
      begin.push_back(crops[static_cast<size_t>(2 * i)]);
      const int64_t last = crops[static_cast<size_t>(2 * i) + 1];
      end.push_back(last == 0 ? INT64_MAX : -last);
      axes.push_back(i + 1);
    }
    y = c.emit("Slice", {y, c.ints(begin), c.ints(end), c.ints(axes)});
  }
  return c.set(0, y);
}

const char kBatchNote[] = "block shape and paddings must be constant";
const OpRule kBatchSpaceRules[] = {
    {"SpaceToBatchND", convert_space_to_batch, "", kBatchNote},
    {"BatchToSpaceND", convert_batch_to_space, "",
     "block shape and crops must be constant; around a convolution a dilation"},
    {"SpaceToBatch", convert_space_to_batch, "", kBatchNote},
    {"BatchToSpace", convert_batch_to_space, "", kBatchNote},
};

}  // namespace

Span<const OpRule> batch_space_rules() {
  return {kBatchSpaceRules, std::size(kBatchSpaceRules)};
}

}  // namespace jetline::tf
