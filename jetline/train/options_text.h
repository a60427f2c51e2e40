// What decides a run's weights, as text: a resumed run must have the same. Also the card that a run ships,
// and the check of its options. Pure functions. Id: train.options, train.no-data, train.resume-mismatch.
#pragma once

#include <string>
#include <vector>

#include "jetline/train/train.h"

namespace jetline {

Status check_train_options(const TrainOptions& options, const Dataset& training);
Card training_card(const TrainOptions& options, const std::vector<std::string>& classes);
// One `key=value` a line.
std::string canonical_options(const TrainOptions& options, const Dataset& training,
                              const Dataset& validation);
// OK when equal; otherwise names the first key that differs.
Status compare_options(const std::string& saved, const std::string& now, const std::string& where);

}  // namespace jetline
