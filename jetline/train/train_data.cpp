#include "jetline/train/train_data.h"

#include <algorithm>

#include "jetline/base/strings.h"
#include "jetline/train/train.h"

namespace jetline {
namespace {

// The set's own spelling of a split, "" when it has none of these.
std::string find_split(const std::vector<std::string>& splits, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    for (const std::string& s : splits) {
      if (to_lower(s) == name) return s;
    }
  }
  return "";
}

}  // namespace

Result<std::pair<Dataset, Dataset>> load_training_data(const std::string& path,
                                                       const TrainDataOptions& options) {
  if (!(options.val_fraction >= 0 && options.val_fraction <= 0.9)) {
    return Status::usage("train.options", "the part held back for validation must be between 0 and 0.9");
  }
  DatasetOptions d;
  d.format = options.format;
  d.labels_path = options.labels_path;
  d.classes = options.classes;
  JETLINE_ASSIGN_OR_RETURN(const auto splits, dataset_splits(path, d));
  d.split = options.train_split.empty() ? find_split(splits, {"train"}) : options.train_split;
  const std::string val =
      options.val_split.empty() ? find_split(splits, {"val", "valid", "validation"}) : options.val_split;
  const bool own_val = !val.empty() && val != d.split && !(d.split.empty() && options.val_split.empty());
  if (d.classes.empty()) {  // one list for both parts: a rare class may be absent from one
    DatasetOptions all = d;
    all.split.clear();
    auto whole = load_dataset(path, all);
    if (whole.ok()) d.classes = whole->classes;
  }
  std::pair<Dataset, Dataset> parts;
  JETLINE_ASSIGN_OR_RETURN(parts.first, load_dataset(path, d));
  if (own_val) {
    d.split = val;
    d.classes = parts.first.classes;
    JETLINE_ASSIGN_OR_RETURN(parts.second, load_dataset(path, d));
    return parts;
  }
  return split_for_validation(parts.first, options.val_fraction, options.seed);
}

}  // namespace jetline
