// repair_dataset: in place (label files with their old versions beside them) or into a new folder.
#include <algorithm>
#include <map>

#include "jetline/data/box_rules.h"
#include "jetline/data/doctor.h"
#include "jetline/data/reader.h"
#include "jetline/data/repair_files.h"
#include "jetline/data/summary.h"
#include "jetline/data/writers.h"
#include "jetline/vision/image_io.h"

namespace jetline {
namespace data_reader {
namespace {

constexpr int64_t kRepairMaxBytes = int64_t{1} << 30;  // a COCO file is held as a tree while it is mended

PixelSize size_of_image(const std::string& path) {
  auto size = probe_image(path);
  return size.ok() ? PixelSize{size->width, size->height} : PixelSize{};
}

// NAME.bak, or NAME.bak2 … when that is taken: an older backup is never lost.
std::string backup_name(const std::string& path) {
  std::string name = path + ".bak";
  for (int n = 2; file_exists(name); ++n) name = path + ".bak" + std::to_string(n);
  return name;
}

Status repair_in_place(const Source& source, const Dataset& d, const RepairOptions& options,
                       Progress& progress, CancelToken& cancel, FileSystem& fs, RepairReport& report) {
  std::map<std::string, std::vector<const LabelledImage*>> by_file;
  for (const LabelledImage& image : d.images) {
    if (!image.label_file.empty()) by_file[image.label_file].push_back(&image);
  }
  struct Change {
    std::string path, text, old;
  };
  std::vector<Change> changes;
  int64_t done = 0;
  for (const auto& [file, images] : by_file) {
    if (cancel.cancelled()) return Status::cancelled();
    progress.report("labels", done++, static_cast<int64_t>(by_file.size()), "");
    JETLINE_ASSIGN_OR_RETURN(const std::string old, read_file(file, kRepairMaxBytes));
    std::string text;
    if (source.format == "coco") {
      std::map<std::string, std::string> paths;
      for (const LabelledImage* image : images) paths[image->name] = image->path;
      text = repair_coco_text(
          old, file, [&](const std::string& name) { return size_of_image(paths[name]); }, report.repairs);
    } else {
      const PixelSize size = size_of_image(images[0]->path);
      text = source.format == "voc" ? repair_voc_text(old, file, size, report.repairs)
                                    : repair_yolo_text(old, file, size, report.repairs);
    }
    if (text != old) changes.push_back({file, std::move(text), old});
  }
  for (const Change& c : changes) {
    report.files.push_back(c.path);
    if (options.dry_run) continue;
    JETLINE_RETURN_IF_ERROR(write_file(backup_name(c.path), c.old, fs));
    JETLINE_RETURN_IF_ERROR(write_file(c.path, c.text, fs));
  }
  return Status();
}

// What of `d` can be written, with its boxes mended.
void repair_in_memory(Dataset& d, std::vector<Repair>& repairs) {
  std::vector<LabelledImage> kept;
  for (LabelledImage& image : d.images) {
    const PixelSize size = size_of_image(image.path);
    const std::string label = image.label_file.empty() ? image.path : image.label_file;
    if (size.width <= 0) {
      repairs.push_back({file_exists(image.path) ? "data.image-broken" : "data.image-missing", label,
                         "left out: " + image.path});
      continue;
    }
    if (image.width != size.width || image.height != size.height) {
      if (!boxes_fit(image.boxes, size.width, size.height)) {
        kept.push_back(std::move(image));
        continue;
      }
      repairs.push_back(
          {"data.image-size", label,
           "size corrected to " + std::to_string(size.width) + "x" + std::to_string(size.height)});
      image.width = size.width;
      image.height = size.height;
    }
    const std::vector<BoxVerdict> verdicts = judge_boxes(image.boxes, size.width, size.height);
    std::vector<LabelledBox> boxes;
    for (size_t i = 0; i < verdicts.size(); ++i) {
      if (verdicts[i].action != BoxVerdict::kKeep)
        repairs.push_back({verdicts[i].id, image.boxes[i].where, verdicts[i].mend});
      if (verdicts[i].action == BoxVerdict::kRemove) continue;
      boxes.push_back(std::move(image.boxes[i]));
      if (verdicts[i].action == BoxVerdict::kReplace) boxes.back().box = verdicts[i].box;
    }
    image.boxes = std::move(boxes);
    kept.push_back(std::move(image));
  }
  d.images = std::move(kept);
}

Status repair_into_folder(const Source& source, const RepairOptions& options, Progress& progress,
                          CancelToken& cancel, FileSystem& fs, RepairReport& report) {
  std::vector<Finding> findings;
  Problems problems(&findings);
  JETLINE_ASSIGN_OR_RETURN(std::vector<std::string> names, splits_of(source));
  if (names.empty()) names.emplace_back();
  std::vector<NamedSplit> splits;
  for (const std::string& name : names) {
    JETLINE_ASSIGN_OR_RETURN(Dataset d, read_source(source, name, problems));
    splits.push_back({name, std::move(d)});
  }
  unify_splits(splits);
  for (NamedSplit& s : splits) repair_in_memory(s.dataset, report.repairs);
  for (const Finding& f : findings) report.repairs.push_back({f.id, f.where, "left out: " + f.message});
  report.files.push_back(options.output);
  if (options.dry_run) return Status();
  SaveOptions save;
  save.force = options.force;
  save.progress = &progress;
  save.cancel = &cancel;
  return save_splits(splits, options.output, source.format, save, fs).status();
}

}  // namespace
}  // namespace data_reader

Result<RepairReport> repair_dataset(const std::string& path, const RepairOptions& options, Progress& progress,
                                    CancelToken& cancel, FileSystem& fs) {
  using namespace data_reader;
  JETLINE_ASSIGN_OR_RETURN(const Source source, find_source(path, options.load));
  RepairReport report;
  if (!options.output.empty()) {
    JETLINE_RETURN_IF_ERROR(repair_into_folder(source, options, progress, cancel, fs, report));
    return report;
  }
  std::vector<Finding> findings;
  Problems problems(&findings);
  JETLINE_ASSIGN_OR_RETURN(const Dataset d, read_source(source, "", problems));
  JETLINE_RETURN_IF_ERROR(repair_in_place(source, d, options, progress, cancel, fs, report));
  return report;
}

}  // namespace jetline
