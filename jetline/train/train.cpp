#include "jetline/train/train.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "jetline/base/random.h"
#include "jetline/train/trainer.h"

namespace jetline {

Result<TrainResult> train(const Dataset& training, const Dataset& validation, const TrainOptions& options,
                          Progress& progress, CancelToken& cancel) {
  Trainer trainer(options, training, validation, progress, cancel);
  JETLINE_RETURN_IF_ERROR(trainer.run());
  return trainer.result();
}

std::pair<Dataset, Dataset> split_for_validation(const Dataset& all, double fraction, uint64_t seed) {
  std::vector<size_t> order(all.images.size());
  std::iota(order.begin(), order.end(), size_t{0});
  Random(seed).fork(0x73706c69).shuffle(order);
  auto held = static_cast<size_t>(
      std::lround(std::min(std::max(fraction, 0.0), 1.0) * static_cast<double>(order.size())));
  if (held == order.size() && held > 0) --held;  // something must be left to learn from
  std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(held));
  std::sort(order.begin() + static_cast<std::ptrdiff_t>(held), order.end());
  std::pair<Dataset, Dataset> r(all, all);
  r.first.images.clear();
  r.second.images.clear();
  for (size_t i = 0; i < order.size(); ++i)
    (i < held ? r.second : r.first).images.push_back(all.images[order[i]]);
  return r;
}

}  // namespace jetline
