#include "jetline/eval/verify.h"

#include <algorithm>

#include "jetline/base/files.h"
#include "jetline/eval/verify_diagnose.h"
#include "jetline/vision/image_io.h"

namespace jetline {
namespace {

Result<std::vector<std::string>> verify_pictures(const VerifyOptions& o) {
  std::vector<std::string> all;
  if (is_directory(o.images)) {
    JETLINE_ASSIGN_OR_RETURN(const auto files, list_files_recursive(o.images));
    for (const std::string& f : files) {
      if (has_image_extension(f)) all.push_back(f);
    }
  } else if (file_exists(o.images)) {
    all.push_back(o.images);
  } else {
    return Status::bad_input("file.not-found", "there is no " + o.images,
                             "--images takes a folder of pictures", o.images);
  }
  if (all.empty()) return Status::bad_input("verify.no-images", "no pictures in " + o.images, "", o.images);
  const size_t keep = std::min(all.size(), static_cast<size_t>(std::max(1, o.max_images)));
  std::vector<std::string> chosen;
  for (size_t i = 0; i < keep; ++i) chosen.push_back(all[i * all.size() / keep]);
  return chosen;
}

// The class of B that has the name of class i of A. Empty when the lists are equal or do not hold the same
// names.
ClassMap labels_by_name(const std::vector<std::string>& a, const std::vector<std::string>& b, bool& differ) {
  differ = a != b && !a.empty() && !b.empty();  // a card without labels says nothing
  if (!differ) return {};
  ClassMap map;
  for (const std::string& name : a) {
    const auto it = std::find(b.begin(), b.end(), name);
    if (it == b.end() || std::count(a.begin(), a.end(), name) != 1) return {};
    map.push_back(static_cast<int>(it - b.begin()));
  }
  return a.size() == b.size() ? map : ClassMap{};
}

}  // namespace

Result<VerifyResult> verify(const VerifyOptions& o, Progress& progress, CancelToken& cancel) {
  VerifyResult r;
  JETLINE_ASSIGN_OR_RETURN(const auto paths, verify_pictures(o));
  JETLINE_ASSIGN_OR_RETURN(const auto a, open_hop(o.a, o.hop_a));
  JETLINE_ASSIGN_OR_RETURN(const auto b, open_hop(o.b, o.hop_b));
  r.kind_a = a->kind();
  r.kind_b = b->kind();
  r.conditions_a = a->conditions();
  r.conditions_b = b->conditions();
  std::vector<Image> images;
  for (const std::string& path : paths) {
    if (cancel.cancelled()) return Status::cancelled();
    progress.report("reading pictures", static_cast<int64_t>(images.size()),
                    static_cast<int64_t>(paths.size()), "");
    auto image = load_image(path);
    if (image.ok()) {
      images.push_back(std::move(image).value());
    } else {
      r.notes.push_back("left out " + path + ": " + image.status().message());
    }
  }
  if (images.empty())
    return Status::bad_input("verify.no-images", "no picture in " + o.images + " can be read", "", o.images);
  VerifySides s;
  s.a = a.get();
  s.b = b.get();
  s.tolerance = o.tolerance;
  for (const Image& image : images) s.images.push_back(&image);
  r.images = static_cast<int64_t>(images.size());
  progress.report("running A", 0, 2, "");
  JETLINE_ASSIGN_OR_RETURN(s.run_a, run_hop(*a, a->card().input, s.images));
  if (cancel.cancelled()) return Status::cancelled();
  progress.report("running B", 1, 2, "");
  JETLINE_ASSIGN_OR_RETURN(s.run_b, run_hop(*b, b->card().input, s.images));
  s.name_map = labels_by_name(a->card().labels, b->card().labels, s.labels_differ);

  // Where B permutes classes and its labels alike, the names still agree: that is the same detector.
  const size_t classes = a->head() ? a->head()->classes() : 0;
  RawComparison raw = compare_raw(s.run_a, s.run_b, s.tolerance);
  if (!same_output_form(*a, *b)) raw.comparable = raw.same = false;
  bool raw_same = raw.same && s.name_map.empty();
  if (!s.name_map.empty()) {
    const RawComparison named = compare_raw(s.run_a, s.run_b, s.tolerance, classes, s.name_map);
    if (named.same) {
      raw_same = true;
      raw = named;
      r.notes.push_back("B lists its classes in another order, labels and outputs alike");
    }
  }
  r.outputs = raw.outputs;
  r.boxes = compare_boxes(s.run_a, s.run_b, s.name_map, a->card().score_threshold, s.tolerance);
  const bool boxes_same = r.boxes.comparable && boxes_agree(r.boxes, s.tolerance);
  const bool labels_same = !s.labels_differ || !s.name_map.empty();
  if (!raw.comparable && boxes_same)
    r.notes.push_back("the raw outputs have different forms; the boxes decide");
  r.same = labels_same && (raw.comparable ? raw_same && (boxes_same || !r.boxes.comparable) : boxes_same);
  if (r.same) return r;
  progress.report("looking for the cause", 0, 0, "");
  JETLINE_ASSIGN_OR_RETURN(r.causes, diagnose(s, cancel));
  return r;
}

}  // namespace jetline
