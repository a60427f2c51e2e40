// Which pictures of a data set train and which judge. A set with a "train" split keeps its own division
// ("val" or "valid" judges); a set without one is divided by seed. Ids: those of load_dataset, train.options.
#pragma once

#include <string>
#include <utility>

#include "jetline/data/dataset.h"

namespace jetline {

struct TrainDataOptions {
  std::string format;  // "" = recognised
  std::string labels_path;
  std::vector<std::string> classes;
  std::string train_split;  // "": "train" where the set has it, else everything
  std::string val_split;    // "": "val" or "valid" where the set has it, else a part of the training pictures
  double val_fraction = 0.2;  // of the training pictures where there is no such split; 0: no validation
  uint64_t seed = 1;
};

// Training and validation pictures with one list of classes. The second may be empty.
Result<std::pair<Dataset, Dataset>> load_training_data(const std::string& path,
                                                       const TrainDataOptions& options);

}  // namespace jetline
