#include "jetline/data/coco_json.h"

#include <cmath>

#include "jetline/base/strings.h"
#include "jetline/data/json_stream.h"

namespace jetline::data_reader {

std::string plain_json_error(const std::string& what) {
  const size_t at = what.find("column");
  const size_t colon = at == std::string::npos ? at : what.find(": ", at);
  return colon == std::string::npos ? what : what.substr(colon + 2);
}

namespace {

constexpr double kCocoMaxCoordinate = 1e7;

// A state machine over SAX events: level 1 is the outer object, level 2 one of its lists, level 3 an element
// of it, deeper is skipped but for the four numbers of "bbox".
class CocoHandler : public JsonEvents {
 public:
  CocoHandler(const std::string& where, Problems& problems, CocoFile& out)
      : where_(where), problems_(problems), out_(out) {}
  Status status;  // set when a handler stopped the parser

  bool key(string_t& k) override {
    if (level_ == 1) section_ = section_of(k);
    if (level_ == 3) key_ = k;
    return true;
  }
  bool start_object(std::size_t) override {
    ++level_;
    if (level_ == 1 && outer_seen_) return fail("more than one JSON value");
    if (level_ == 1) outer_seen_ = true;
    if (level_ == 2 && section_ != kOther) return fail(std::string("`") + section_name() + "` is not a list");
    if (level_ == 3 && section_ != kOther) begin_element();
    return true;
  }
  bool end_object() override {
    const bool ok = level_ == 3 && in_element_ ? end_element() : true;
    --level_;
    return ok;
  }
  bool start_array(std::size_t) override {
    ++level_;
    if (level_ == 1) return fail("the outermost value is a list (detection results?), not a COCO data set");
    if (level_ == 2 && section_ == kImages) out_.has_images = true;
    if (level_ == 2 && section_ == kAnnotations) out_.has_annotations = true;
    if (level_ == 2 && section_ == kCategories) out_.has_categories = true;
    if (level_ == 4 && in_element_ && section_ == kAnnotations && key_ == "bbox") {
      in_bbox_ = true;
      bbox_count_ = 0;
    }
    return true;
  }
  bool end_array() override {
    if (level_ == 4) in_bbox_ = false;
    --level_;
    return true;
  }
  bool number(double v, int64_t i) override {
    if (in_bbox_ && level_ == 4) {
      if (bbox_count_ < 4) annotation_.bbox[bbox_count_] = v;
      if (bbox_count_ < 5) ++bbox_count_;
      return true;
    }
    if (level_ != 3 || !in_element_) return outer_scalar();
    const bool whole = i != INT64_MIN;
    if (section_ == kImages) {
      if (key_ == "id" && whole) image_.id = i, has_id_ = true;
      if (key_ == "width") image_.width = size_of(v);
      if (key_ == "height") image_.height = size_of(v);
    } else if (section_ == kCategories) {
      if (key_ == "id" && whole) category_.id = i, has_id_ = true;
    } else {
      if (key_ == "id" && whole) annotation_.id = i;
      if (key_ == "image_id" && whole) annotation_.image_id = i, has_image_ = true;
      if (key_ == "category_id" && whole) annotation_.category_id = i, has_category_ = true;
      if (key_ == "area" && std::isfinite(v)) annotation_.area = v;
      if (key_ == "iscrowd") annotation_.crowd = v != 0;
      if (key_ == "difficult") annotation_.difficult = v != 0;
    }
    return true;
  }
  bool boolean(bool v) override { return number(v ? 1 : 0, v ? 1 : 0); }
  bool string(string_t& s) override {
    if (level_ != 3 || !in_element_) return outer_scalar();
    if (section_ == kImages && key_ == "file_name") image_.file_name = s;
    if (section_ == kCategories && key_ == "name") category_.name = s, has_name_ = true;
    // Some tools write ids as text.
    int64_t i = 0;
    const bool id_key = key_ == "id" || key_ == "image_id" || key_ == "category_id";
    return id_key && parse_int(s, i) ? number(static_cast<double>(i), i) : true;
  }
  bool scalar() override { return outer_scalar(); }

 private:
  enum Section { kOther, kImages, kAnnotations, kCategories };
  static Section section_of(const std::string& k) {
    return k == "images"        ? kImages
           : k == "annotations" ? kAnnotations
           : k == "categories"  ? kCategories
                                : kOther;
  }
  const char* section_name() const {
    return section_ == kImages ? "images" : section_ == kAnnotations ? "annotations" : "categories";
  }
  bool outer_scalar() {
    if (level_ == 0) return fail("the outermost value is not an object");
    return true;
  }
  static int size_of(double v) { return v >= 1 && v <= 1 << 20 ? static_cast<int>(v) : 0; }

  bool fail(const std::string& why) {
    status = Status::bad_input("data.syntax", where_ + ": " + why,
                               "a COCO file is an object with the lists images, annotations and categories",
                               at_line(where_, line()));
    return false;
  }
  bool problem(const std::string& why) {
    status = problems_.report("data.syntax", why, at_line(where_, element_line_));
    return status.ok();
  }
  void begin_element() {
    in_element_ = true;
    has_id_ = has_image_ = has_category_ = has_name_ = false;
    bbox_count_ = 0;
    element_line_ = line();
    image_ = CocoImage();
    category_ = CocoCategory();
    annotation_ = CocoAnnotation();
    image_.line = category_.line = annotation_.line = element_line_;
  }
  bool end_element() {
    in_element_ = false;
    if (section_ == kImages) {
      if (!has_id_) return problem("an image has no whole-number id");
      if (image_.file_name.empty())
        return problem("image " + std::to_string(image_.id) + " has no file_name");
      out_.images.push_back(std::move(image_));
    } else if (section_ == kCategories) {
      if (!has_id_ || !has_name_) return problem("a category has no id or no name");
      out_.categories.push_back(std::move(category_));
    } else {
      return end_annotation();
    }
    return true;
  }
  bool end_annotation() {
    const std::string what = "annotation " + std::to_string(annotation_.id);
    if (!has_image_) return problem(what + " has no image_id");
    if (!has_category_) return problem(what + " has no category_id");
    if (bbox_count_ != 4) return problem(what + " has no bbox of four numbers");
    for (double v : annotation_.bbox) {
      if (!std::isfinite(v) || std::abs(v) > kCocoMaxCoordinate)
        return problem(what + " has a bbox beyond any image");
    }
    out_.annotations.push_back(annotation_);
    return true;
  }

  const std::string& where_;
  Problems& problems_;
  CocoFile& out_;
  int64_t level_ = 0;
  Section section_ = kOther;
  std::string key_;
  bool outer_seen_ = false, in_element_ = false, in_bbox_ = false;
  bool has_id_ = false, has_image_ = false, has_category_ = false, has_name_ = false;
  size_t bbox_count_ = 0;
  int element_line_ = 0;
  CocoImage image_;
  CocoCategory category_;
  CocoAnnotation annotation_;
};

}  // namespace

Result<CocoFile> parse_coco_json(ByteView bytes, const std::string& where, Problems& problems) {
  CocoFile out;
  CocoHandler handler(where, problems, out);
  if (!handler.run(bytes)) {
    if (!handler.status.ok()) return handler.status;
    return Status::bad_input("data.syntax", where + " is not JSON: " + plain_json_error(handler.error()),
                             "is the file complete?", at_line(where, handler.error_line()));
  }
  if (!out.has_images || !out.has_annotations) {
    return Status::bad_input(
        "data.syntax", where + " has no list `" + (out.has_images ? "annotations" : "images") + "`",
        "a COCO file is an object with the lists images, annotations and categories", at_line(where, 1));
  }
  return out;
}

}  // namespace jetline::data_reader
