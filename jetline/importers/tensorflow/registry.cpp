#include "jetline/importers/tensorflow/registry.h"

#include <algorithm>
#include <unordered_map>

namespace jetline::tf {

// One line for each family of operators: files of ops/ and control/.
Span<const OpRule> activation_rules();
Span<const OpRule> batch_norm_rules();
Span<const OpRule> batch_space_rules();
Span<const OpRule> bessel_rules();
Span<const OpRule> bias_lrn_rules();
Span<const OpRule> binary_rules();
Span<const OpRule> bitwise_rules();
Span<const OpRule> branch_rules();
Span<const OpRule> broadcast_rules();
Span<const OpRule> cast_rules();
Span<const OpRule> colour_rules();
Span<const OpRule> combined_nms_rules();
Span<const OpRule> comparison_rules();
Span<const OpRule> concat_rules();
Span<const OpRule> constant_rules();
Span<const OpRule> conv_rules();
Span<const OpRule> conv_transpose_rules();
Span<const OpRule> counting_rules();
Span<const OpRule> crop_and_resize_rules();
Span<const OpRule> cumulative_rules();
Span<const OpRule> data_format_rules();
Span<const OpRule> division_rules();
Span<const OpRule> dynamic_stitch_rules();
Span<const OpRule> einsum_rules();
Span<const OpRule> fake_quant_rules();
Span<const OpRule> fused_pad_conv_rules();
Span<const OpRule> fused_rules();
Span<const OpRule> gather_rules();
Span<const OpRule> glimpse_rules();
Span<const OpRule> gradient_rules();
Span<const OpRule> greedy_nms_rules();
Span<const OpRule> linear_algebra_rules();
Span<const OpRule> matmul_rules();
Span<const OpRule> matrix_diag_rules();
Span<const OpRule> nms_rules();
Span<const OpRule> one_hot_rules();
Span<const OpRule> pad_rules();
Span<const OpRule> pass_through_rules();
Span<const OpRule> patches_rules();
Span<const OpRule> pool_rules();
Span<const OpRule> projective_rules();
Span<const OpRule> quantize_rules();
Span<const OpRule> quantize_v2_rules();
Span<const OpRule> ragged_rules();
Span<const OpRule> random_rules();
Span<const OpRule> range_rules();
Span<const OpRule> reduce_rules();
Span<const OpRule> refused_rules();
Span<const OpRule> resize_rules();
Span<const OpRule> resize_table_rules();
Span<const OpRule> reverse_rules();
Span<const OpRule> rnn_block_rules();
Span<const OpRule> scatter_rules();
Span<const OpRule> search_rules();
Span<const OpRule> segment_rules();
Span<const OpRule> select_rules();
Span<const OpRule> shape_rules();
Span<const OpRule> slice_rules();
Span<const OpRule> space_rules();
Span<const OpRule> sparse_reduce_rules();
Span<const OpRule> sparse_rules();
Span<const OpRule> special_function_rules();
Span<const OpRule> split_rules();
Span<const OpRule> strided_slice_rules();
Span<const OpRule> sum_rules();
Span<const OpRule> switch_rules();
Span<const OpRule> table_rules();
Span<const OpRule> tensor_array_rules();
Span<const OpRule> tensor_list_rules();
Span<const OpRule> topk_rules();
Span<const OpRule> transpose_rules();
Span<const OpRule> unary_rules();
Span<const OpRule> unique_rules();
Span<const OpRule> variable_rules();
Span<const OpRule> while_rules();

namespace {

using Families = std::vector<Span<const OpRule>>;

Families registry_families() {
  // clang-format off
  return {
      activation_rules(),
      batch_norm_rules(),
      batch_space_rules(),
      bessel_rules(),
      bias_lrn_rules(),
      binary_rules(),
      bitwise_rules(),
      branch_rules(),
      broadcast_rules(),
      cast_rules(),
      colour_rules(),
      combined_nms_rules(),
      comparison_rules(),
      concat_rules(),
      constant_rules(),
      conv_rules(),
      conv_transpose_rules(),
      counting_rules(),
      crop_and_resize_rules(),
      cumulative_rules(),
      data_format_rules(),
      division_rules(),
      dynamic_stitch_rules(),
      einsum_rules(),
      fake_quant_rules(),
      fused_pad_conv_rules(),
      fused_rules(),
      gather_rules(),
      glimpse_rules(),
      gradient_rules(),
      greedy_nms_rules(),
      linear_algebra_rules(),
      matmul_rules(),
      matrix_diag_rules(),
      nms_rules(),
      one_hot_rules(),
      pad_rules(),
      pass_through_rules(),
      patches_rules(),
      pool_rules(),
      projective_rules(),
      quantize_rules(),
      quantize_v2_rules(),
      ragged_rules(),
      random_rules(),
      range_rules(),
      reduce_rules(),
      refused_rules(),
      resize_rules(),
      resize_table_rules(),
      reverse_rules(),
      rnn_block_rules(),
      scatter_rules(),
      search_rules(),
      segment_rules(),
      select_rules(),
      shape_rules(),
      slice_rules(),
      space_rules(),
      sparse_reduce_rules(),
      sparse_rules(),
      special_function_rules(),
      split_rules(),
      strided_slice_rules(),
      sum_rules(),
      switch_rules(),
      table_rules(),
      tensor_array_rules(),
      tensor_list_rules(),
      topk_rules(),
      transpose_rules(),
      unary_rules(),
      unique_rules(),
      variable_rules(),
      while_rules(),
  };
  // clang-format on
}

const std::unordered_map<std::string_view, const OpRule*>& registry_map() {
  static const auto kMap = [] {
    std::unordered_map<std::string_view, const OpRule*> map;
    for (const auto& family : registry_families())
      for (const OpRule& r : family) map.emplace(r.op, &r);
    return map;
  }();
  return kMap;
}

}  // namespace

const OpRule* find_rule(std::string_view op) {
  const auto it = registry_map().find(op);
  return it == registry_map().end() ? nullptr : it->second;
}

std::vector<const OpRule*> all_rules() {
  std::vector<const OpRule*> out;
  for (const auto& [name, rule] : registry_map()) out.push_back(rule);
  std::sort(out.begin(), out.end(),
            [](const OpRule* a, const OpRule* b) { return std::string_view(a->op) < b->op; });
  return out;
}

}  // namespace jetline::tf
