#include "jetline/eval/results.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "jetline/data/json_stream.h"
#include "jetline/data/output_folder.h"
#include "jetline/data/reader.h"
#include "jetline/eval/evaluate.h"

namespace jetline {
namespace {

using data_reader::JsonEvents;

constexpr double kResultsMaxCoordinate = 1e9;

// The list is streamed: level 1 is the list, level 2 an entry, level 3 its bbox; deeper is skipped.
class ResultsHandler : public JsonEvents {
 public:
  ResultsHandler(const std::string& where, const Dataset& truth, bool by_index, ResultsReport& out)
      : where_(where), own_ids_(truth.format == "coco"), by_index_(by_index), out_(out) {
    out.detections.resize(truth.images.size());
    for (size_t i = 0; i < truth.images.size(); ++i) {
      by_id_.emplace(truth.images[i].id, i);
      names_.push_back(truth.images[i].name);
      const auto [name, fresh] = by_name_.emplace(truth.images[i].name, i);
      if (!fresh) name->second = kNoImage;  // two images of one name
    }
    for (size_t i = 0; i < truth.images.size(); ++i) {
      const auto [name, fresh] = by_name_.emplace(file_name(truth.images[i].path), i);
      if (!fresh && name->second != i && name->second != kNoImage &&
          truth.images[name->second].name != name->first)
        name->second = kNoImage;
    }
    for (size_t c = 0; c < truth.classes.size(); ++c) {
      const int64_t id = truth.category_ids.size() == truth.classes.size() ? truth.category_ids[c]
                                                                           : static_cast<int64_t>(c) + 1;
      by_category_.emplace(id, static_cast<int>(c));
      class_names_.push_back(plain_label(truth.classes[c]));
      by_class_name_.emplace(class_names_.back(), static_cast<int>(c));
    }
  }
  Status status;

  // Call once after run(). Where some names belong to the set, a name that does not is an image or a class
  // outside the set, whatever its id; where none does, the names are somebody's own and the ids count.
  void finish() {
    names_unknown_ = !class_names_count_ && std::any_of(doubtful_.begin(), doubtful_.end(),
                                                        [](const Entry& e) { return e.class_by_id; });
    for (Entry& e : doubtful_) {
      if (e.class_by_id && class_names_count_) e.box.class_id = -1;
      add(e.image_by_id && names_count_ ? kNoImage : e.image, e.box);
    }
    doubtful_.clear();
  }

  // There are class names, and the set has none of them.
  bool names_unknown() const { return names_unknown_; }

  bool start_array(std::size_t) override {
    ++level_;
    if (level_ == 3 && key_ == "bbox") count_ = 0, in_bbox_ = true;
    return true;
  }
  bool end_array() override {
    if (level_ == 3) in_bbox_ = false;
    --level_;
    return true;
  }
  bool start_object(std::size_t) override {
    if (level_ == 0) return fail("the outermost value is an object, not a list of detections");
    if (++level_ == 2) {
      box_ = ScoredBox();
      has_image_ = has_category_ = has_score_ = false;
      count_ = 0;
      name_.clear();
      class_name_.clear();
      entry_line_ = line();
    }
    return true;
  }
  bool end_object() override {
    const bool ok = level_ == 2 ? end_entry() : true;
    --level_;
    return ok;
  }
  bool key(string_t& k) override {
    if (level_ == 2) key_ = k;
    return true;
  }
  bool number(double v, int64_t i) override {
    if (in_bbox_ && level_ == 3) {
      if (count_ < 4) bbox_[count_] = v;
      if (count_ < 5) ++count_;
      return true;
    }
    if (level_ < 2) return fail("the list holds something that is not a detection");
    if (level_ != 2) return true;
    if (key_ == "image_id" && i != INT64_MIN) image_ = i, has_image_ = true;
    if (key_ == "category_id" && i != INT64_MIN) category_ = i, has_category_ = true;
    if (key_ == "score") box_.score = v, has_score_ = true;
    return true;
  }
  bool string(string_t& s) override {
    if (level_ == 2 && key_ == "file_name") name_ = s;
    if (level_ == 2 && key_ == "category_name") class_name_ = s;
    return scalar();
  }
  bool scalar() override {
    return level_ < 2 ? fail("the list holds something that is not a detection") : true;
  }

 private:
  bool fail(const std::string& why, int at = 0) {
    status = Status::bad_input("data.syntax", where_ + ": " + why,
                               "a results file is a list of {image_id, category_id, bbox, score}",
                               data_reader::at_line(where_, at ? at : line()));
    return false;
  }
  bool end_entry() {
    if (!has_image_ && name_.empty()) return fail("a detection has no image_id", entry_line_);
    if (!has_category_) return fail("a detection has no category_id", entry_line_);
    if (count_ != 4) return fail("a detection has no bbox of four numbers", entry_line_);
    if (!has_score_ || !std::isfinite(box_.score)) return fail("a detection has no score", entry_line_);
    for (double v : bbox_) {
      if (!std::isfinite(v) || std::abs(v) > kResultsMaxCoordinate)
        return fail("a bbox lies beyond any image", entry_line_);
    }
    box_.x = bbox_[0], box_.y = bbox_[1], box_.w = bbox_[2], box_.h = bbox_[3];
    Entry e;
    e.image = find_image(e.image_by_id);
    box_.class_id = find_class(e.class_by_id);
    e.box = box_;
    names_count_ = names_count_ || (!name_.empty() && !e.image_by_id && e.image != kNoImage);
    class_names_count_ = class_names_count_ || (!class_name_.empty() && !e.class_by_id);
    e.image_by_id = e.image_by_id && !name_.empty();
    e.class_by_id = e.class_by_id && !class_name_.empty() && !by_index_;
    // Whether names or ids count shows when everything has been read.
    if (e.image_by_id || e.class_by_id) {
      doubtful_.push_back(e);
    } else {
      add(e.image, e.box);
    }
    return true;
  }

  // The set's class, or -1.
  int find_class(bool& by_id) const {
    const auto category = by_category_.find(category_);
    const int by_number = category == by_category_.end() ? -1 : category->second;
    if (!class_name_.empty() && !by_index_) {
      const std::string plain = plain_label(class_name_);
      // Two classes of one name are told apart by their ids.
      if (by_number >= 0 && class_names_[static_cast<size_t>(by_number)] == plain) return by_number;
      const auto name = by_class_name_.find(plain);
      if (name != by_class_name_.end()) return name->second;
    }
    by_id = true;
    return by_number;
  }

  void add(size_t image, const ScoredBox& box) {
    if (image == kNoImage) {
      ++out_.other_images;
    } else if (box.class_id < 0) {
      ++out_.other_classes;
    } else {
      out_.detections[image].push_back(box);
      ++out_.count;
    }
  }

  // A name is the stronger claim: ids of another numbering may exist by accident, unless the set has ids of
  // its own. Where several images have the name, the id decides between them.
  size_t find_image(bool& by_id_alone) const {
    const auto id = has_image_ ? by_id_.find(image_) : by_id_.end();
    if (!name_.empty()) {
      auto name = by_name_.find(name_);
      if (name == by_name_.end()) name = by_name_.find(file_name(name_));
      if (name != by_name_.end() && name->second != kNoImage) return name->second;
      if (name != by_name_.end())
        return id != by_id_.end() && file_name(names_[id->second]) == file_name(name_) ? id->second
                                                                                       : kNoImage;
      if (!own_ids_) return kNoImage;
    }
    by_id_alone = true;
    return id == by_id_.end() ? kNoImage : id->second;
  }

  static constexpr size_t kNoImage = static_cast<size_t>(-1);
  const std::string& where_;
  const bool own_ids_, by_index_;
  ResultsReport& out_;
  std::unordered_map<int64_t, size_t> by_id_;
  std::unordered_map<std::string, size_t> by_name_;
  std::unordered_map<int64_t, int> by_category_;
  std::unordered_map<std::string, int> by_class_name_;
  int64_t level_ = 0, image_ = 0, category_ = 0;
  std::string key_, name_, class_name_;
  bool in_bbox_ = false, has_image_ = false, has_category_ = false, has_score_ = false;
  size_t count_ = 0;
  double bbox_[4] = {};
  ScoredBox box_;
  int entry_line_ = 0;
  std::vector<std::string> names_, class_names_;  // of the set's images; of its classes, plain
  struct Entry {
    size_t image = kNoImage;
    ScoredBox box;
    bool image_by_id = false, class_by_id = false;  // there was a name, and it said nothing
  };
  bool names_count_ = false, class_names_count_ = false, names_unknown_ = false;
  std::vector<Entry> doubtful_;
};

}  // namespace

Result<ResultsReport> parse_results(ByteView json, const std::string& where, const Dataset& truth,
                                    bool by_index) {
  ResultsReport out;
  ResultsHandler handler(where, truth, by_index, out);
  if (!handler.run(json)) {
    if (!handler.status.ok()) return handler.status;
    return Status::bad_input("data.syntax",
                             where + " is not JSON: " + data_reader::plain_json_error(handler.error()),
                             "is the file complete?", data_reader::at_line(where, handler.error_line()));
  }
  handler.finish();
  if (handler.names_unknown() && out.other_classes > 0 && !by_index) {
    return Status::bad_input("eval.classes-differ",
                             "the classes in " + where + " and those of the data set have no name in common",
                             "compare by category ids with --by-index", where);
  }
  if (out.count == 0 && out.other_images + out.other_classes > 0) {
    return Status::bad_input("data.results-mismatch",
                             "none of the " + std::to_string(out.other_images + out.other_classes) +
                                 " detections in " + where +
                                 " belongs to an image and a class of the data set",
                             "were they made on another set or split?", where);
  }
  return out;
}

Result<ResultsReport> read_results(const std::string& path, const Dataset& truth, bool by_index) {
  JETLINE_ASSIGN_OR_RETURN(const auto file, MappedFile::open(path));
  return parse_results(file->bytes(), path, truth, by_index);
}

Status write_results(const std::string& path, const Dataset& truth, const ScoredBoxesPerImage& detections,
                     FileSystem& fs) {
  JETLINE_ASSIGN_OR_RETURN(const auto file, AtomicFile::create(path, fs));
  std::string text = "[";
  bool first = true;
  for (size_t i = 0; i < detections.size() && i < truth.images.size(); ++i) {
    const std::string name =
        nlohmann::json(truth.images[i].name).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    for (const ScoredBox& d : detections[i]) {
      const auto c = static_cast<size_t>(d.class_id);
      const int64_t category = c < truth.category_ids.size() ? truth.category_ids[c] : d.class_id + 1;
      const auto number = data_writer::short_text_double;
      text += first ? "\n" : ",\n";
      first = false;
      text += "{\"image_id\": " + std::to_string(truth.images[i].id) + ", \"file_name\": " + name +
              ", \"category_id\": " + std::to_string(category) + ", \"bbox\": [" + number(d.x) + ", " +
              number(d.y) + ", " + number(d.w) + ", " + number(d.h) + "], \"score\": " + number(d.score) +
              "}";
      if (text.size() > 1 << 20) {
        JETLINE_RETURN_IF_ERROR(file->append(text));
        text.clear();
      }
    }
  }
  text += "\n]\n";
  JETLINE_RETURN_IF_ERROR(file->append(text));
  return file->commit();
}

}  // namespace jetline
