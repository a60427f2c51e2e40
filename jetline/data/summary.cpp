#include "jetline/data/summary.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "jetline/data/reader.h"
#include "jetline/data/writers.h"

namespace jetline {
namespace {

// One class list for all splits; their own lists may differ in order and length.
void unify_classes(std::vector<NamedSplit>& splits) {
  std::vector<std::string> all;
  bool differ = false;
  for (const NamedSplit& s : splits) {
    differ = differ || s.dataset.classes != splits[0].dataset.classes;
    for (const std::string& c : s.dataset.classes) {
      if (std::find(all.begin(), all.end(), c) == all.end()) all.push_back(c);
    }
  }
  if (!differ) return;
  for (NamedSplit& s : splits) data_reader::restrict_classes(s.dataset, all);
}

std::set<std::string> image_set(const Dataset& d) {
  std::set<std::string> out;
  for (const LabelledImage& i : d.images) out.insert(i.path);
  return out;
}

// Whether split `s` is nothing but two or more others together.
bool joins_others(const std::vector<std::set<std::string>>& sets, size_t s) {
  std::set<std::string> joined;
  int parts = 0;
  for (size_t o = 0; o < sets.size(); ++o) {
    if (o == s || sets[o].empty() || sets[o].size() >= sets[s].size()) continue;
    if (!std::includes(sets[s].begin(), sets[s].end(), sets[o].begin(), sets[o].end())) continue;
    joined.insert(sets[o].begin(), sets[o].end());
    ++parts;
  }
  return parts >= 2 && joined.size() == sets[s].size();
}

}  // namespace

DatasetSummary summarize_dataset(const Dataset& d) {
  DatasetSummary s;
  s.boxes_per_class.resize(d.classes.size());
  s.images_per_class.resize(d.classes.size());
  for (const LabelledImage& image : d.images) {
    ++s.images;
    s.images_without_boxes += image.boxes.empty();
    if (image.width > 0 && image.height > 0) {
      s.min_width = s.min_width ? std::min(s.min_width, image.width) : image.width;
      s.min_height = s.min_height ? std::min(s.min_height, image.height) : image.height;
      s.max_width = std::max(s.max_width, image.width);
      s.max_height = std::max(s.max_height, image.height);
    }
    std::set<int> here;
    for (const LabelledBox& b : image.boxes) {
      const double area = static_cast<double>(b.box.area());
      if (s.boxes++ == 0) s.smallest_height = static_cast<double>(b.box.height());
      s.smallest_height = std::min(s.smallest_height, static_cast<double>(b.box.height()));
      s.difficult += b.difficult;
      s.crowds += b.crowd;
      ++s.boxes_per_class[static_cast<size_t>(b.class_id)];
      here.insert(b.class_id);
      const double size = std::sqrt(area);
      size_t bin = 0;
      while (bin < kSizeBins.size() && size >= kSizeBins[bin]) ++bin;
      ++s.sizes[bin];
      (area <= 32 * 32 ? s.coco_small : area <= 96 * 96 ? s.coco_medium : s.coco_large) += 1;
    }
    for (int c : here) ++s.images_per_class[static_cast<size_t>(c)];
  }
  return s;
}

std::vector<std::string> unify_splits(std::vector<NamedSplit>& splits) {
  unify_classes(splits);
  std::vector<std::set<std::string>> sets;
  for (const NamedSplit& s : splits) sets.push_back(image_set(s.dataset));
  std::vector<NamedSplit> kept;
  std::vector<std::string> joined;
  for (size_t i = 0; i < splits.size(); ++i) {
    if (joins_others(sets, i)) {
      joined.push_back(splits[i].name);
    } else {
      kept.push_back(std::move(splits[i]));
    }
  }
  splits = std::move(kept);
  return joined;
}

Result<std::vector<NamedSplit>> load_splits(const std::string& path, const DatasetOptions& options,
                                            std::vector<std::string>* joined) {
  std::vector<NamedSplit> out;
  std::vector<std::string> names;
  if (options.split.empty()) {
    JETLINE_ASSIGN_OR_RETURN(names, dataset_splits(path, options));
  } else {
    names = {options.split};
  }
  if (names.empty()) names.emplace_back();
  for (const std::string& name : names) {
    DatasetOptions o = options;
    o.split = name;
    JETLINE_ASSIGN_OR_RETURN(Dataset d, load_dataset(path, o));
    out.push_back({name, std::move(d)});
  }
  const std::vector<std::string> gone = unify_splits(out);
  if (joined) *joined = gone;
  return out;
}

}  // namespace jetline
