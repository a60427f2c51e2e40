// See detect_outputs.h.
#include "jetline/vision/detect_outputs.h"

#include <sys/stat.h>

#include <set>

#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/vision/image_io.h"
#include "jetline/vision/video.h"

namespace jetline {
namespace {

// Device and inode: one file however it is named.
using FileIdentity = std::pair<dev_t, ino_t>;
using InputFiles = std::set<FileIdentity>;

InputFiles outputs_input_files(const std::vector<DetectInput>& inputs) {
  InputFiles files;
  for (const DetectInput& in : inputs) {
    struct stat st = {};
    if (::stat(in.path.c_str(), &st) == 0) files.emplace(st.st_dev, st.st_ino);
  }
  return files;
}

Status outputs_may_write(const std::string& path, const InputFiles& inputs, bool force) {
  struct stat st = {};
  if (::stat(path.c_str(), &st) != 0) return Status();
  if (is_directory(path)) return Status::usage("detect.output", path + " is a folder", "", path);
  if (inputs.count({st.st_dev, st.st_ino})) {
    return Status::usage("detect.output", path + " is an input; the annotated picture would replace it",
                         "name another folder with -o", path);
  }
  if (!force) return Status::usage("file.exists", path + " is there already", "--force overwrites it", path);
  return Status();
}

// The name of an annotated picture in a folder: as the input's, in a format we write, unique in the run.
std::string outputs_name(const DetectInput& in, std::set<std::string>& taken) {
  const bool still = in.kind == DetectInput::Kind::kImage;
  std::string stem = in.name, ext = file_extension_lower(in.name);
  if (in.kind != DetectInput::Kind::kCamera && !ext.empty()) stem.resize(stem.size() - ext.size());
  if (still) {
    if (ext != ".jpg" && ext != ".jpeg" && ext != ".png") ext = ".jpg";
  } else {
    ext = ".mp4";
  }
  std::string name = stem + ext;
  for (int n = 2; !taken.insert(name).second; ++n) name = stem + "-" + std::to_string(n) + ext;
  return name;
}

Status outputs_single(const std::string& out, const std::vector<DetectInput>& inputs, const InputFiles& files,
                      bool still, bool force, DetectOutputs& plan) {
  if (inputs.size() != 1 || (inputs[0].kind == DetectInput::Kind::kImage) != still) {
    return Status::usage("detect.output",
                         out + (still ? " is the name of one picture, for one input picture"
                                      : " is the name of one video, for one input video or camera"),
                         "name a folder to get one file for each input", out);
  }
  JETLINE_RETURN_IF_ERROR(outputs_may_write(out, files, force));
  plan.pictures[0].push_back(out);
  return Status();
}

Status outputs_folder(const std::string& out, const std::vector<DetectInput>& inputs, const InputFiles& files,
                      bool force, DetectOutputs& plan) {
  if (file_exists(out) && !is_directory(out)) {
    return Status::usage("detect.output", out + " is there and is no folder",
                         "a file's name ends in .json, .jpg, .png, .mp4 or .avi", out);
  }
  std::set<std::string> taken, folders = {out};
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string path = join_path(out, outputs_name(inputs[i], taken));
    JETLINE_RETURN_IF_ERROR(outputs_may_write(path, files, force));
    plan.pictures[i].push_back(path);
    folders.insert(parent_path(path));
  }
  plan.folders.insert(plan.folders.end(), folders.begin(), folders.end());
  return Status();
}

}  // namespace

Result<DetectOutputs> plan_outputs(const std::vector<DetectInput>& inputs,
                                   const std::vector<std::string>& outputs, bool force) {
  DetectOutputs plan;
  plan.pictures.resize(inputs.size());
  const InputFiles files = outputs_input_files(inputs);
  for (const std::string& out : outputs) {
    const std::string ext = file_extension_lower(out);
    if (ext == ".json" && !is_directory(out)) {
      JETLINE_RETURN_IF_ERROR(outputs_may_write(out, files, force));
      plan.json.push_back(out);
    } else if (has_video_extension(out) && !is_directory(out)) {
      JETLINE_RETURN_IF_ERROR(outputs_single(out, inputs, files, false, force, plan));
    } else if (has_image_extension(out) && !is_directory(out)) {
      JETLINE_RETURN_IF_ERROR(outputs_single(out, inputs, files, true, force, plan));
    } else {
      JETLINE_RETURN_IF_ERROR(outputs_folder(out, inputs, files, force, plan));
    }
  }
  return plan;
}

}  // namespace jetline
