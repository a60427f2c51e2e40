#include "jetline/data/writers.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "jetline/base/strings.h"
#include "jetline/data/image_index.h"
#include "jetline/data/write_formats.h"
#include "jetline/vision/image_io.h"

namespace jetline {
namespace data_writer {
namespace {

std::string image_folder(const std::string& format, const std::string& split) {
  if (format == "voc") return "JPEGImages";
  return split.empty() ? "images" : "images/" + split;
}

// A name from a label file made safe to write below a folder.
std::string safe_name(const std::string& name, const std::string& path) {
  std::vector<std::string> pieces;
  for (const std::string& piece : split(name, '/')) {
    if (!piece.empty() && piece != "." && piece != "..") pieces.push_back(piece);
  }
  if (pieces.empty() || name[0] == '/') pieces = {file_name(path)};
  return join(pieces, "/");
}

// Whether the name `file`, or what it is a link to, lies below the folder.
bool lies_inside(const std::string& file, const std::string& dir) {
  std::error_code ec;
  const auto plain = [&](const std::string& path) {
    return std::filesystem::weakly_canonical(path.empty() ? "." : path, ec).string();
  };
  const std::string folder = plain(dir), prefix = ends_with(folder, "/") ? folder : folder + "/";
  const std::string name = join_path(plain(parent_path(file)), file_name(file)), target = plain(file);
  return !ec && (starts_with(name, prefix) || starts_with(target, prefix));
}

bool is_split_name(const std::string& s) {
  if (s.empty() || s[0] == '.') return false;
  return std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

class Planner {
 public:
  Planner(const std::string& dir, const std::string& format, const SaveOptions& options)
      : dir_(dir), options_(options) {
    plan_.format = format;
  }

  Result<WritePlan> plan(const std::vector<NamedSplit>& splits) {
    JETLINE_RETURN_IF_ERROR(plan_classes(splits));
    for (const NamedSplit& s : splits) {
      if (!s.name.empty() && !is_split_name(s.name)) {
        return Status::usage("data.no-split", "'" + s.name + "' cannot name a split",
                             "letters, digits, '-', '_' and '.'");
      }
      plan_.splits.push_back(s.name);
      for (const LabelledImage& image : s.dataset.images) JETLINE_RETURN_IF_ERROR(add(s.name, image));
    }
    return std::move(plan_);
  }

 private:
  Status plan_classes(const std::vector<NamedSplit>& splits) {
    if (splits.empty()) return Status::usage("data.empty", "there is nothing to write");
    plan_.classes = splits[0].dataset.classes;
    plan_.category_ids = splits[0].dataset.category_ids;
    for (const NamedSplit& s : splits) {
      if (s.dataset.classes != plan_.classes) {
        return Status::usage("data.class-name", "the splits do not have the same classes");
      }
    }
    if (plan_.category_ids.size() != plan_.classes.size()) {
      plan_.category_ids.clear();
      for (size_t i = 0; i < plan_.classes.size(); ++i)
        plan_.category_ids.push_back(static_cast<int64_t>(i) + 1);
    }
    for (const std::string& c : plan_.classes) {
      if (c.empty() || !is_valid_utf8(c) || c.find_first_of("\r\n") != std::string::npos ||
          std::string(trim(c)) != c) {
        return Status::bad_input("data.class-name", "'" + c + "' cannot be written as a class name",
                                 "one line of UTF-8 text without spaces at its ends");
      }
    }
    return Status();
  }

  Status add(const std::string& split, const LabelledImage& image) {
    PlannedImage p;
    p.image = &image;
    p.split = split;
    p.width = image.width;
    p.height = image.height;
    for (const LabelledBox& b : image.boxes) {
      if (b.class_id < 0 || static_cast<size_t>(b.class_id) >= plan_.classes.size()) {
        return Status::bad_input(
            "data.class-name",
            "a box of " + image.path + " has class " + std::to_string(b.class_id) + ", which has no name", "",
            b.where);
      }
    }
    if (!file_exists(image.path)) {
      return Status::bad_input("data.image-missing", "the image " + image.path + " is not there",
                               "`jetline data doctor` lists all of them",
                               image.label_file.empty() ? image.path : image.label_file);
    }
    if (p.width <= 0 || p.height <= 0) {
      auto size = probe_image(image.path);
      if (size.ok()) {
        p.width = size->width;
        p.height = size->height;
      } else if (plan_.format == "yolo" && !image.boxes.empty()) {
        return Status::bad_input("data.no-size",
                                 "the size of " + image.path + " is not known: " + size.status().message(),
                                 "", image.path);
      }
    }
    const std::string folder = image_folder(plan_.format, split);
    // Replacing the set would remove what the links point at.
    if (options_.images == ImagePlacement::kLink && lies_inside(image.path, dir_)) {
      return Status::usage("file.exists", dir_ + " holds the images that would be linked to",
                           "name another folder, or copy them", dir_);
    }
    if (options_.images == ImagePlacement::kInPlace) {
      p.name = data_reader::relative_to(image.path, join_path(dir_, folder));
      if (p.name == image.path) {
        return Status::bad_input("data.not-inside",
                                 image.path + " does not lie in " + join_path(dir_, folder), "", image.path);
      }
    } else {
      p.name = unique_name(folder, image);
    }
    p.relative = folder + "/" + p.name;
    plan_.images.push_back(std::move(p));
    return Status();
  }

  // Label files are named by stem, so "a.jpg" and "a.png" cannot both be "a"; one file in two splits is one
  // in VOC.
  std::string unique_name(const std::string& folder, const LabelledImage& image) {
    const std::string source = folder + "\n" + image.path;
    const auto known = names_.find(source);
    if (known != names_.end()) return known->second;
    const std::string wanted = safe_name(image.name.empty() ? file_name(image.path) : image.name, image.path);
    const std::string extension = file_extension_lower(image.path);
    const std::string stem = data_reader::without_extension(wanted);
    std::string name = stem;
    for (int n = 2; !stems_.insert(folder + "/" + name).second; ++n) name = stem + "_" + std::to_string(n);
    name += has_image_extension(wanted) && file_extension_lower(wanted) == extension
                ? wanted.substr(stem.size())
                : extension;
    names_[source] = name;
    return name;
  }

  const std::string& dir_;
  const SaveOptions& options_;
  WritePlan plan_;
  std::map<std::string, std::string> names_;
  std::set<std::string> stems_;
};

Status place_images(const WritePlan& plan, const SaveOptions& options, OutputFolder& out) {
  if (options.images == ImagePlacement::kInPlace) return Status();
  std::set<std::string> placed;
  int64_t done = 0;
  for (const PlannedImage& p : plan.images) {
    if (options.cancel && options.cancel->cancelled()) return Status::cancelled();
    if (options.progress)
      options.progress->report("images", done, static_cast<int64_t>(plan.images.size()), "");
    ++done;
    if (!placed.insert(p.relative).second) continue;
    JETLINE_RETURN_IF_ERROR(options.images == ImagePlacement::kCopy ? out.copy(p.relative, p.image->path)
                                                                    : out.link(p.relative, p.image->path));
  }
  return Status();
}

}  // namespace
}  // namespace data_writer

std::string dataset_image_path(const std::string& dir, const std::string& format, const std::string& split,
                               const std::string& name) {
  return join_path(dir, data_writer::image_folder(format, split) + "/" + name);
}

Result<SaveReport> save_splits(const std::vector<NamedSplit>& splits, const std::string& dir,
                               const std::string& format, const SaveOptions& options, FileSystem& fs) {
  using namespace data_writer;
  if (format != "voc" && format != "coco" && format != "yolo") {
    return Status::usage("data.unknown-format", "there is no data set format '" + format + "'",
                         "voc, coco or yolo");
  }
  OutputFolder out(dir, options.images == ImagePlacement::kInPlace, options.force, fs);
  JETLINE_RETURN_IF_ERROR(out.open(format));
  JETLINE_ASSIGN_OR_RETURN(const WritePlan plan, Planner(dir, format, options).plan(splits));
  if (!out.before().splits.empty() && options.images == ImagePlacement::kInPlace &&
      out.before().classes != plan.classes) {
    return Status::usage("data.class-name", dir + " holds splits with other classes", "name another folder",
                         dir);
  }
  SaveReport report;
  JETLINE_RETURN_IF_ERROR(place_images(plan, options, out));
  JETLINE_RETURN_IF_ERROR(format == "voc"    ? write_voc_labels(plan, options, out, report)
                          : format == "coco" ? write_coco_labels(plan, out, report)
                                             : write_yolo_labels(plan, out, report));
  JETLINE_RETURN_IF_ERROR(out.commit({format, plan.classes, all_splits(plan, out), {}}));
  return report;
}

Status save_dataset(const Dataset& dataset, const std::string& dir, const std::string& format,
                    const SaveOptions& options, FileSystem& fs) {
  return save_splits({{options.split, dataset}}, dir, format, options, fs).status();
}

}  // namespace jetline
