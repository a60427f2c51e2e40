// Inside the room: the folder that a data set is written into, all or nothing. A new set grows in a hidden
// folder beside its place; commit() renames it. In place, files appear one by one and the destructor removes
// those written when commit() was not reached. Every set carries a manifest, by which a later --force knows
// what it may replace.
#pragma once

#include <string>
#include <vector>

#include "jetline/base/files.h"
#include "jetline/data/writers.h"

namespace jetline::data_writer {

constexpr const char* kManifestName = ".jetline-dataset.json";

struct Manifest {
  std::string format;
  std::vector<std::string> classes, splits, files;
};
// A manifest without files when there is none; data.syntax when it is broken.
Result<Manifest> read_manifest(const std::string& dir);

class OutputFolder {
 public:
  OutputFolder(std::string dir, bool in_place, bool force, FileSystem& fs);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  // Checks that the place may be written and makes the staging folder.
  Status open(const std::string& format);
  // Paths are relative to the data set.
  Status write(const std::string& relative, const std::string& content);
  Status copy(const std::string& relative, const std::string& source);
  Status link(const std::string& relative, const std::string& source);
  Status commit(const Manifest& facts);
  // What lay in the folder before (in place): its splits are kept.
  const Manifest& before() const { return before_; }
  // Where `relative` is written now.
  std::string path(const std::string& relative) const;

 private:
  Status make_parent(const std::string& relative);
  Status replace_old();

  const std::string dir_;
  const bool in_place_, force_;
  FileSystem& fs_;
  std::string staging_;
  std::vector<std::string> made_;     // folders known to exist
  std::vector<std::string> written_;  // files of this run, relative
  std::vector<std::string> fresh_;    // of those, the ones that were not there before
  Manifest before_;
  bool done_ = false;
};

// Shortest decimal text whose float value, after adding `offset`, is `v` again: 12.3 and not 12.3000002.
std::string short_text(float v, double offset = 0);
// Shortest text of a double.
std::string short_text_double(double v);

}  // namespace jetline::data_writer
