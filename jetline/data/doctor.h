// The data-set doctor: reads a whole set leniently, looks at every image and label, and names each bad thing
// with file and line. repair_dataset() mends what can be mended without losing data: it writes a corrected
// copy of each label file and keeps the old one as NAME.bak (or writes a whole corrected set elsewhere).
//
// Finding ids (docs/data.md explains each): data.syntax, data.image-missing, data.image-broken,
// data.image-size, data.box-outside-image, data.box-degenerate, data.unknown-class, data.duplicate-image,
// data.duplicate-across-splits, data.duplicate-box, data.empty-label, data.no-label, data.orphan-label,
// data.not-utf8, data.class-unused, data.split-missing-image.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jetline/base/files.h"
#include "jetline/base/progress.h"
#include "jetline/data/dataset.h"

namespace jetline {

enum class Severity { kError, kWarning, kInfo };

struct Finding {
  std::string id;
  Severity severity = Severity::kError;
  std::string where;    // "file:line" or "file"
  std::string message;  // what is wrong with what
  bool fixable = false;
};

struct DoctorOptions {
  DatasetOptions load;
  bool decode = true;          // decode every image fully (finds truncation); false: headers only
  bool compare_pixels = true;  // also name images whose decoded pixels are equal although their files differ
  int threads = 0;             // 0: as many as cores, at most 8
};

struct DoctorReport {
  std::vector<Finding> findings;  // in file order
  int64_t images = 0, boxes = 0;
  int64_t errors = 0, warnings = 0, fixable = 0;
};

// A Status only when there is nothing to examine at all (no such folder, format not recognised, cancelled).
Result<DoctorReport> examine_dataset(const std::string& path, const DoctorOptions& options,
                                     Progress& progress, CancelToken& cancel);

struct Repair {
  std::string id;      // of the finding that it mends
  std::string where;   // file and line
  std::string action;  // "clipped to 0,0,640,480", "removed", ...
};
struct RepairOptions {
  DatasetOptions load;
  std::string output;    // "" = in place with backups; else a new folder that gets the corrected set
  bool dry_run = false;  // list, write nothing
  bool force = false;    // replace an output that jetline wrote before
};
struct RepairReport {
  std::vector<Repair> repairs;
  std::vector<std::string> files;  // written (or that would be written)
};
Result<RepairReport> repair_dataset(const std::string& path, const RepairOptions& options, Progress& progress,
                                    CancelToken& cancel, FileSystem& fs = real_file_system());

}  // namespace jetline
