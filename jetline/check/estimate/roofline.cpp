#include "jetline/check/estimate/roofline.h"

#include <algorithm>
#include <cstdio>

#include "jetline/check/estimate/sizes.h"

namespace jetline::check {
namespace {

// Shares of the peak that engines reach on kernels of a kind, at best and at worst, for batch 1. Set so that
// the published and measured figures in docs/check.md ("How estimates are made") lie inside the ranges; the
// tests hold them there. Matrix units (fp16 at more than twice the fp32 rate) are filled worse by small
// layers.
struct Share {
  double best, worst;
};
struct Shares {
  Share dense, matrix, grouped, memory;
};
constexpr Shares kPlainUnits = {{0.95, 0.45}, {0.75, 0.25}, {0.30, 0.03}, {0.30, 0.03}};
constexpr Shares kMatrixUnits = {{0.55, 0.12}, {0.45, 0.10}, {0.05, 0.006}, {0.05, 0.006}};
constexpr Share kBandwidth = {0.85, 0.35};
// Between the starts of two kernels, in microseconds: at best inside a CUDA graph, at worst enqueued one by
// one by the board's CPU. Measured on an H100 with TensorRT 10.6: 2 to 6; Jetson CPUs enqueue slower.
constexpr Share kLaunchDesktop = {2, 7};
constexpr Share kLaunchJetson = {4, 15};
constexpr Share kLaunchFirstJetsons = {6, 40};  // Cortex-A57: Nano, TX1, TX2

const Share& roofline_share(const Shares& s, KernelKind k) {
  switch (k) {
    case KernelKind::kDense:
      return s.dense;
    case KernelKind::kMatrix:
      return s.matrix;
    case KernelKind::kGrouped:
      return s.grouped;
    case KernelKind::kMemory:
      break;
  }
  return s.memory;
}

std::optional<double> roofline_peak(const targets::Board& b, const targets::Peak& k, targets::Precision p) {
  if (std::find(b.slow.begin(), b.slow.end(), p) != b.slow.end()) return k.fp32_tflops;
  switch (p) {
    // TensorRT computes in TF32 where the chip has it, unless told not to.
    case targets::Precision::kFp32:
      return k.tf32_tflops ? k.tf32_tflops : k.fp32_tflops;
    case targets::Precision::kTf32:
      return k.tf32_tflops;
    case targets::Precision::kFp16:
      return k.fp16_tflops;
    case targets::Precision::kBf16:
      return k.bf16_tflops;
    case targets::Precision::kInt8:
      return k.int8_tops;
    case targets::Precision::kFp8:
      return k.fp8_tflops;
    case targets::Precision::kFp4:
      return k.fp4_tflops;
  }
  return std::nullopt;
}

const Share& roofline_launch(const targets::Board& b) {
  if (!b.is_jetson) return kLaunchDesktop;
  return b.compute_capability.part[0] < 7 ? kLaunchFirstJetsons : kLaunchJetson;
}

LatencyRange roofline_none(std::string why) {
  LatencyRange r;
  r.note = "no estimate: " + std::move(why);
  return r;
}

}  // namespace

LatencyRange latency_range(const KernelPlan& plan, const targets::Board* board, targets::Precision precision,
                           const targets::JetPack* jetpack) {
  if (!board) return roofline_none("no board was named");
  if (plan.unknown) {
    const Node& n = *plan.unknown;
    const std::string name = n.name.empty() ? n.op() : n.op() + " '" + n.name + "'";
    return roofline_none(n.subgraphs().empty() ? "the work of " + name + " is not known"
                                               : "how often the body of " + name + " runs is not known");
  }
  const targets::Peak& figures = targets::peak_with(*board, jetpack);
  const auto peak = roofline_peak(*board, figures, precision);
  if (!peak || !figures.bandwidth_gbs) {
    return roofline_none("no peak figures of " + board->name + " for " + targets::to_string(precision));
  }
  const bool matrix_units = figures.fp32_tflops && *peak > 2.5 * *figures.fp32_tflops;
  const Shares& shares = matrix_units ? kMatrixUnits : kPlainUnits;
  const Share& launch = roofline_launch(*board);
  double low = 0, high = 0, by_compute = 0, by_memory = 0, by_launch = 0;
  for (const Kernel& k : plan.kernels) {
    const Share& share = roofline_share(shares, k.kind);
    const double compute = 2 * k.macs / (*peak * 1e6);  // microseconds at the peak
    const double bytes = k.float_elements * float_bytes(precision) + k.other_bytes;
    const double memory = bytes / (*figures.bandwidth_gbs * 1e3);
    low += std::max({compute / share.best, memory / kBandwidth.best, launch.best});
    high += std::max(compute / share.worst, memory / kBandwidth.worst) + launch.worst;
    const double slow_compute = compute / share.worst, slow_memory = memory / kBandwidth.worst;
    (launch.worst > std::max(slow_compute, slow_memory) ? by_launch
     : slow_compute > slow_memory                       ? by_compute
                                  : by_memory) += std::max({slow_compute, slow_memory, launch.worst});
  }
  LatencyRange r;
  r.known = true;
  r.low_ms = low / 1e3;
  r.high_ms = high / 1e3;
  const char* bound = by_compute >= by_memory && by_compute >= by_launch ? "arithmetic"
                      : by_memory >= by_launch                           ? "memory bandwidth"
                                                                         : "kernel launches";
  char text[120];
  std::snprintf(text, sizeof text, "about %zu kernels, mostly bound by %s, batch 1, highest power mode",
                plan.kernels.size(), bound);
  r.note = text;
  return r;
}

}  // namespace jetline::check
