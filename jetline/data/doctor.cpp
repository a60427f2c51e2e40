#include "jetline/data/doctor.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "jetline/base/strings.h"
#include "jetline/data/box_rules.h"
#include "jetline/data/image_facts.h"
#include "jetline/data/image_index.h"
#include "jetline/data/reader.h"
#include "jetline/data/yolo_txt.h"

namespace jetline {
namespace data_reader {
namespace {

// "a/b.xml:12" -> ("a/b.xml", 12), so that findings sort as an editor would show them.
std::pair<std::string, int64_t> doctor_place(const std::string& where) {
  const size_t colon = where.rfind(':');
  int64_t line = 0;
  if (colon != std::string::npos && parse_int(where.substr(colon + 1), line))
    return {where.substr(0, colon), line};
  return {where, 0};
}

class Doctor {
 public:
  Doctor(Source source, const DoctorOptions& options) : source_(std::move(source)), options_(options) {}

  Result<DoctorReport> examine(Progress& progress, CancelToken& cancel) {
    JETLINE_RETURN_IF_ERROR(read());
    std::vector<std::string> paths;
    for (const LabelledImage& image : whole_.images) paths.push_back(image.path);
    JETLINE_ASSIGN_OR_RETURN(facts_,
                             learn_images(paths, options_.decode, options_.decode && options_.compare_pixels,
                                          options_.threads, progress, cancel));
    for (size_t i = 0; i < whole_.images.size(); ++i) examine_image(whole_.images[i], facts_[i]);
    examine_splits();
    examine_twins();
    if (source_.format == "yolo") find_orphans();
    examine_classes();
    return finish();
  }

 private:
  void add(const std::string& id, Severity severity, const std::string& where, const std::string& message,
           bool fixable = false) {
    findings_.push_back({id, severity, where, message, fixable});
  }

  // Everything, and each split for what only its list can say; the same trouble is told once.
  Status read() {
    Problems problems(&findings_);
    auto names = splits_of(source_);
    if (names.ok()) split_names_ = names.value();
    JETLINE_ASSIGN_OR_RETURN(whole_, read_source(source_, "", problems));
    std::vector<Dataset> splits;
    for (const std::string& name : split_names_) {
      auto d = read_source(source_, name, problems);
      if (!d.ok()) continue;
      std::set<std::string> paths;
      for (const LabelledImage& image : d->images) paths.insert(image.path);
      split_images_.emplace_back(name, std::move(paths));
    }
    std::set<std::tuple<std::string, std::string, std::string>> told;
    std::vector<Finding> once;
    for (Finding& f : findings_) {
      if (told.emplace(f.id, f.where, f.message).second) once.push_back(std::move(f));
    }
    findings_ = std::move(once);
    for (const Finding& f : findings_) broken_labels_.insert(doctor_place(f.where).first);
    return Status();
  }

  void examine_image(const LabelledImage& image, const ImageFacts& f) {
    const std::string label = image.label_file.empty() ? image.path : image.label_file;
    if (!is_valid_utf8(image.path))
      add("data.not-utf8", Severity::kWarning, image.path, "the file name is not UTF-8");
    if (!f.there) {
      add("data.image-missing", Severity::kError, label, "the image " + image.path + " is not there");
    } else if (!f.status.ok()) {
      add("data.image-broken", Severity::kError, image.path, f.status.message() + " (" + f.status.id() + ")");
    }
    const bool labelled_size = image.width > 0 && image.height > 0;
    bool trust_boxes = true;
    if (f.width > 0 && source_.format != "yolo" && (image.width != f.width || image.height != f.height)) {
      trust_boxes = boxes_fit(image.boxes, f.width, f.height);
      const std::string actual = std::to_string(f.width) + "x" + std::to_string(f.height);
      const std::string turned =
          image.width == f.height && image.height == f.width ? " (turned by 90 degrees)" : "";
      const std::string beyond =
          trust_boxes ? "" : ", and boxes reach beyond the image: was it resized after labelling?";
      add("data.image-size", labelled_size ? Severity::kError : Severity::kWarning, label,
          (labelled_size ? "the label says " + std::to_string(image.width) + "x" +
                               std::to_string(image.height) + ", the image is " + actual + turned
                         : "the label gives no size; the image is " + actual) +
              beyond,
          trust_boxes && !image.label_file.empty());
    }
    const int w = f.width > 0 ? f.width : image.width, h = f.height > 0 ? f.height : image.height;
    const std::vector<BoxVerdict> verdicts = judge_boxes(image.boxes, w, h);
    for (size_t b = 0; b < verdicts.size(); ++b) {
      const BoxVerdict& v = verdicts[b];
      if (v.id.empty()) continue;
      const bool warning = v.slight || v.id == "data.duplicate-box";
      add(v.id, warning ? Severity::kWarning : Severity::kError, image.boxes[b].where, v.message,
          trust_boxes);
    }
    if (image.label_file.empty()) {
      add("data.no-label", Severity::kWarning, image.path, "the image has no label file and counts as empty");
    } else if (image.boxes.empty() && source_.format != "coco" && !broken_labels_.count(image.label_file)) {
      add("data.empty-label", Severity::kInfo, image.label_file, "the label names no object");
    }
  }

  bool joins_others(size_t s) const {
    std::set<std::string> joined;
    int parts = 0;
    const auto& own = split_images_[s].second;
    for (size_t o = 0; o < split_images_.size(); ++o) {
      const auto& other = split_images_[o].second;
      if (o == s || other.empty() || other.size() >= own.size() ||
          !std::includes(own.begin(), own.end(), other.begin(), other.end()))
        continue;
      joined.insert(other.begin(), other.end());
      ++parts;
    }
    return parts >= 2 && joined.size() == own.size();
  }

  void examine_splits() {
    for (size_t s = 0; s < split_images_.size(); ++s) {
      if (joins_others(s)) continue;  // VOC's trainval
      for (const std::string& path : split_images_[s].second)
        splits_of_image_[path].push_back(split_images_[s].first);
    }
    for (const auto& [path, splits] : splits_of_image_) {
      if (splits.size() > 1) {
        add("data.duplicate-across-splits", Severity::kError, path,
            "the image is in the splits " + join(splits, " and "));
      }
    }
  }

  void examine_twins() {
    std::unordered_map<std::string, size_t> by_file, by_pixels;
    for (size_t i = 0; i < facts_.size(); ++i) {
      const ImageFacts& f = facts_[i];
      if (f.file_hash.empty()) continue;
      const auto [same_file, new_file] = by_file.emplace(f.file_hash, i);
      if (!new_file) {
        add_twin(i, same_file->second, "has the same bytes as ");
        continue;
      }
      if (f.pixel_hash.empty()) continue;
      const auto [same_pixels, new_pixels] = by_pixels.emplace(f.pixel_hash, i);
      if (!new_pixels) add_twin(i, same_pixels->second, "has the same pixels as ");
    }
  }

  void add_twin(size_t i, size_t first, const std::string& how) {
    const std::string &a = whole_.images[first].path, &b = whole_.images[i].path;
    const auto sa = splits_of_image_.find(a), sb = splits_of_image_.find(b);
    const bool apart =
        sa != splits_of_image_.end() && sb != splits_of_image_.end() && sa->second != sb->second;
    if (apart) {
      add("data.duplicate-across-splits", Severity::kError, b,
          how + a + ", which is in split " + join(sa->second, ", ") + " while this one is in " +
              join(sb->second, ", "));
    } else {
      add("data.duplicate-image", Severity::kWarning, b, how + a);
    }
  }

  // Label files that no image claims.
  void find_orphans() {
    std::set<std::string> used;
    const auto plain = [](const std::string& p) {
      return std::filesystem::path(p).lexically_normal().string();
    };
    for (const LabelledImage& image : whole_.images) used.insert(plain(image.label_file));
    auto files = list_files_recursive(source_.root);
    if (!files.ok()) return;
    for (const std::string& file : files.value()) {
      if (file_extension_lower(file) != ".txt" || used.count(plain(file)) || file_name(file)[0] == '.')
        continue;
      auto text = read_file(file, kMaxLabelBytes);
      if (!text.ok() || text->empty()) continue;
      Problems strict;
      auto boxes = parse_yolo_txt(ByteView(reinterpret_cast<const uint8_t*>(text->data()), text->size()),
                                  file, strict);
      if (boxes.ok() && !boxes->empty())
        add("data.orphan-label", Severity::kWarning, file, "no image belongs to this label file");
    }
  }

  void examine_classes() {
    std::vector<int64_t> count(whole_.classes.size());
    for (const LabelledImage& image : whole_.images) {
      for (const LabelledBox& b : image.boxes) ++count[static_cast<size_t>(b.class_id)];
    }
    std::vector<std::string> unused;
    std::map<std::string, std::string> plain;
    for (size_t c = 0; c < count.size(); ++c) {
      if (count[c] == 0) unused.push_back(whole_.classes[c]);
      const auto [it, fresh] = plain.emplace(to_lower(trim(whole_.classes[c])), whole_.classes[c]);
      if (!fresh) {
        add("data.unknown-class", Severity::kWarning, source_.root,
            "the classes '" + it->second + "' and '" + whole_.classes[c] +
                "' differ only in letter case or spaces");
      }
    }
    if (!unused.empty()) {
      add("data.class-unused", Severity::kInfo, source_.root, "no box has the class " + join(unused, ", "));
    }
  }

  DoctorReport finish() {
    DoctorReport r;
    std::stable_sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) {
      return doctor_place(a.where) < doctor_place(b.where);
    });
    r.images = static_cast<int64_t>(whole_.images.size());
    for (const LabelledImage& image : whole_.images) r.boxes += static_cast<int64_t>(image.boxes.size());
    for (const Finding& f : findings_) {
      r.errors += f.severity == Severity::kError;
      r.warnings += f.severity == Severity::kWarning;
      r.fixable += f.fixable;
    }
    r.findings = std::move(findings_);
    return r;
  }

  const Source source_;
  const DoctorOptions& options_;
  Dataset whole_;
  std::set<std::string> broken_labels_;  // that could not be read as a whole
  std::vector<std::string> split_names_;
  std::vector<std::pair<std::string, std::set<std::string>>> split_images_;
  std::map<std::string, std::vector<std::string>> splits_of_image_;
  std::vector<ImageFacts> facts_;
  std::vector<Finding> findings_;
};

}  // namespace
}  // namespace data_reader

Result<DoctorReport> examine_dataset(const std::string& path, const DoctorOptions& options,
                                     Progress& progress, CancelToken& cancel) {
  JETLINE_ASSIGN_OR_RETURN(data_reader::Source source, data_reader::find_source(path, options.load));
  return data_reader::Doctor(std::move(source), options).examine(progress, cancel);
}

}  // namespace jetline
