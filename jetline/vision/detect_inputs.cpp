// See detect_inputs.h.
#include "jetline/vision/detect_inputs.h"

#include <glob.h>

#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/vision/image_io.h"
#include "jetline/vision/video.h"

namespace jetline {
namespace {

DetectInput detect_file_input(const std::string& path) {
  return {has_video_extension(path) ? DetectInput::Kind::kVideo : DetectInput::Kind::kImage, path,
          file_name(path)};
}

Status detect_add_folder(const std::string& folder, std::vector<DetectInput>& out) {
  JETLINE_ASSIGN_OR_RETURN(std::vector<std::string> files, list_files_recursive(folder));
  size_t n = 0;
  for (const std::string& path : files) {
    if (!has_image_extension(path)) continue;
    DetectInput in = detect_file_input(path);
    size_t cut = folder.size();
    while (cut < path.size() && path[cut] == '/') ++cut;
    in.name = path.substr(cut);
    out.push_back(std::move(in));
    ++n;
  }
  if (n == 0) {
    return Status::bad_input("detect.no-input", "there is no picture in folder " + folder,
                             "video files are named one by one", folder);
  }
  return Status();
}

Status detect_add_pattern(const std::string& pattern, std::vector<DetectInput>& out) {
  glob_t found = {};
  const int code = ::glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> paths;
  for (size_t i = 0; code == 0 && i < found.gl_pathc; ++i) paths.emplace_back(found.gl_pathv[i]);
  ::globfree(&found);
  if (paths.empty()) return Status::bad_input("detect.no-input", "no file matches " + pattern, "", pattern);
  for (const std::string& p : paths) {
    if (!is_directory(p)) out.push_back(detect_file_input(p));
  }
  return Status();
}

}  // namespace

Result<std::vector<DetectInput>> expand_inputs(const std::vector<std::string>& words) {
  std::vector<DetectInput> out;
  for (const std::string& word : words) {
    if (is_camera_uri(word)) {
      std::string name = word;
      for (char& c : name) c = c == '/' || c == ':' ? '_' : c;
      out.push_back({DetectInput::Kind::kCamera, word, name});
    } else if (is_directory(word)) {
      JETLINE_RETURN_IF_ERROR(detect_add_folder(word, out));
    } else if (!file_exists(word) && word.find_first_of("*?[") != std::string::npos) {
      JETLINE_RETURN_IF_ERROR(detect_add_pattern(word, out));
    } else {
      out.push_back(detect_file_input(word));
    }
  }
  if (out.empty()) return Status::bad_input("detect.no-input", "no picture was named");
  return out;
}

}  // namespace jetline
