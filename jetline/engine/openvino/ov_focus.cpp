#include "jetline/engine/openvino/ov_focus.h"

#include <array>
#include <openvino/op/concat.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convolution.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/slice.hpp>
#include <openvino/op/space_to_depth.hpp>
#include <optional>
#include <vector>

namespace jetline::ov_engine {
namespace {

// Where a chain of slices begins reading: rows and columns oy, ox of every 2x2 block of `root`.
struct FocusPart {
  ov::Output<ov::Node> root;
  std::array<int64_t, 2> offset{{0, 0}};  // y, x
  std::array<int64_t, 2> step{{1, 1}};
};

std::optional<std::vector<int64_t>> focus_constant(const ov::Output<ov::Node>& value) {
  const auto c = ov::as_type_ptr<ov::op::v0::Constant>(value.get_node_shared_ptr());
  if (!c) return std::nullopt;
  return c->cast_vector<int64_t>();
}

// One slice of step 1 or 2 along axes 2 and 3 that runs to the end of its axis.
bool focus_add_slice(const ov::op::v8::Slice& slice, FocusPart& part) {
  const auto start = focus_constant(slice.input_value(1)), stop = focus_constant(slice.input_value(2)),
             step = focus_constant(slice.input_value(3));
  if (!start || !stop || !step || slice.get_input_size() < 5) return false;
  const auto axes = focus_constant(slice.input_value(4));
  const auto& shape = slice.get_input_partial_shape(0);
  if (!axes || shape.is_dynamic() || shape.size() != 4) return false;
  for (size_t i = 0; i < axes->size(); ++i) {
    const int64_t axis = (*axes)[i] < 0 ? (*axes)[i] + 4 : (*axes)[i];
    if (axis != 2 && axis != 3) return false;
    const auto k = static_cast<size_t>(axis - 2);
    const int64_t length = shape[static_cast<size_t>(axis)].get_length();
    if ((*start)[i] < 0 || (*stop)[i] < length || (*step)[i] < 1 || (*step)[i] > 2) return false;
    // Only one slice of an axis may move or stride.
    if (((*start)[i] != 0 || (*step)[i] != 1) && part.step[k] != 1) return false;
    if ((*start)[i] > 1 || ((*start)[i] == 1 && (*step)[i] == 1)) return false;
    part.offset[k] += (*start)[i];
    part.step[k] *= (*step)[i];
  }
  return true;
}

bool focus_trace(ov::Output<ov::Node> value, FocusPart& part) {
  while (const auto slice = ov::as_type_ptr<ov::op::v8::Slice>(value.get_node_shared_ptr())) {
    if (!focus_add_slice(*slice, part)) return false;
    value = slice->input_value(0);
  }
  part.root = value;
  return part.step == std::array<int64_t, 2>{{2, 2}};
}

// For each of the join's four parts its place in SpaceToDepth's order (y * 2 + x); empty when it is no focus.
std::vector<int64_t> focus_order(const ov::op::v0::Concat& join, ov::Output<ov::Node>& root) {
  std::vector<int64_t> order;
  if (join.get_input_size() != 4 || join.get_axis() != 1) return order;
  std::array<bool, 4> seen{};
  for (size_t i = 0; i < 4; ++i) {
    FocusPart part;
    if (!focus_trace(join.input_value(i), part) || (i > 0 && part.root != root)) return {};
    root = part.root;
    const int64_t place = part.offset[0] * 2 + part.offset[1];
    if (seen[static_cast<size_t>(place)]) return {};
    seen[static_cast<size_t>(place)] = true;
    order.push_back(place);
  }
  const auto& shape = root.get_partial_shape();
  const bool even = shape.is_static() && shape.size() == 4 && shape[2].get_length() % 2 == 0 &&
                    shape[3].get_length() % 2 == 0;
  return even ? order : std::vector<int64_t>();
}

// Channel numbers: block b of `channels` channels each stands at place[b].
std::shared_ptr<ov::op::v0::Constant> focus_indices(const std::vector<int64_t>& place, int64_t channels) {
  std::vector<int64_t> indices;
  for (int64_t block : place) {
    for (int64_t c = 0; c < channels; ++c) indices.push_back(block * channels + c);
  }
  return ov::op::v0::Constant::create(ov::element::i64, {indices.size()}, indices);
}

// The convolution that alone reads `join` with constant weights, or null.
std::shared_ptr<ov::op::v1::Convolution> focus_reader(const ov::op::v0::Concat& join) {
  const auto readers = join.output(0).get_target_inputs();
  if (readers.size() != 1 || readers.begin()->get_index() != 0) return nullptr;
  auto conv = ov::as_type_ptr<ov::op::v1::Convolution>(readers.begin()->get_node()->shared_from_this());
  return conv && ov::as_type_ptr<ov::op::v0::Constant>(conv->input_value(1).get_node_shared_ptr()) ? conv
                                                                                                   : nullptr;
}

bool focus_rewrite(const std::shared_ptr<ov::op::v0::Concat>& join) {
  ov::Output<ov::Node> root;
  const std::vector<int64_t> order = focus_order(*join, root);
  if (order.empty()) return false;
  const int64_t channels = root.get_partial_shape()[1].get_length();
  const auto packed = std::make_shared<ov::op::v0::SpaceToDepth>(
      root, ov::op::v0::SpaceToDepth::SpaceToDepthMode::BLOCKS_FIRST, 2);
  packed->set_friendly_name(join->get_friendly_name() + "/focus");
  const auto axis = ov::op::v0::Constant::create(ov::element::i64, {}, {1});
  if (const auto conv = focus_reader(*join)) {
    // Channel block b of `packed` is part inverse[b] of the join: the weights' input channels move with it.
    std::vector<int64_t> inverse(4);
    for (size_t i = 0; i < 4; ++i) inverse[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
    const auto moved =
        std::make_shared<ov::op::v8::Gather>(conv->input_value(1), focus_indices(inverse, channels), axis);
    ov::OutputVector folded(1);
    const bool ok = moved->constant_fold(folded, moved->input_values());
    conv->input(1).replace_source_output(ok ? folded[0] : moved->output(0));
    conv->input(0).replace_source_output(packed->output(0));
    return true;
  }
  const auto sorted = std::make_shared<ov::op::v8::Gather>(packed, focus_indices(order, channels), axis);
  sorted->set_friendly_name(join->get_friendly_name());
  join->output(0).replace(sorted->output(0));
  return true;
}

}  // namespace

int rewrite_focus(ov::Model& model) {
  int count = 0;
  for (const auto& node : model.get_ordered_ops()) {
    if (const auto join = ov::as_type_ptr<ov::op::v0::Concat>(node)) count += focus_rewrite(join) ? 1 : 0;
  }
  if (count > 0) model.validate_nodes_and_infer_types();
  return count;
}

}  // namespace jetline::ov_engine
