#include "jetline/importers/tensorflow/folder/not_saved_model.h"

#include <cstdio>

#include "jetline/base/files.h"
#include "jetline/base/strings.h"

namespace jetline::tf {
namespace {

Status not_saved_model_is(const std::string& path, const std::string& what, const std::string& hint) {
  return Status::bad_input("tf.not-a-saved-model", path + " is " + what + ", not a SavedModel", hint, path);
}

constexpr const char* kExportKeras =
    "in Python: tf.keras.models.load_model('FILE').export('FOLDER'), or with older Keras "
    "tf.saved_model.save(model, 'FOLDER'); then give FOLDER";

// The first bytes of a file; fewer at its end.
std::string not_saved_model_head(const std::string& path) {
  char buffer[16];
  std::FILE* f = std::fopen(path.c_str(), "rb");
  if (!f) return {};
  const size_t n = std::fread(buffer, 1, sizeof buffer, f);
  std::fclose(f);
  return std::string(buffer, n);
}

Status not_saved_model_file(const std::string& path) {
  const std::string extension = file_extension_lower(path), head = not_saved_model_head(path);
  if (starts_with(head, "\x89HDF") || extension == ".h5" || extension == ".hdf5") {
    return not_saved_model_is(path, "a Keras HDF5 file", kExportKeras);
  }
  if (extension == ".keras") return not_saved_model_is(path, "a Keras file", kExportKeras);
  if (extension == ".tflite" || (head.size() >= 8 && head.substr(4, 4) == "TFL3")) {
    return not_saved_model_is(
        path, "a TensorFlow Lite file",
        "give the SavedModel it was made from; or convert it in Python with tf2onnx --tflite");
  }
  if (extension == ".onnx") {
    return not_saved_model_is(path, "an ONNX file already", "use it as it is");
  }
  if (extension == ".index" || path.find(".data-") != std::string::npos || extension == ".ckpt" ||
      extension == ".meta") {
    return not_saved_model_is(
        path, "a part of a checkpoint, which has weights and no graph",
        "export the model with tf.saved_model.save, or exporter_main_v2.py of the Object "
        "Detection API, and give that folder");
  }
  if (starts_with(head, "PK")) {
    return not_saved_model_is(path, "a zip archive",
                              "unpack it and give the folder with saved_model.pb; a Keras "
                              "file needs exporting first");
  }
  if (extension == ".pbtxt") {
    return not_saved_model_is(path, "a graph as text",
                              "write it in binary form: tf.io.write_graph(..., as_text=False)");
  }
  return not_saved_model_is(path, "a file", "give the folder that holds saved_model.pb");
}

bool not_saved_model_checkpoint(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name == "checkpoint" || ends_with(name, ".index") ||
        name.find(".data-00000-of-") != std::string::npos) {
      return true;
    }
  }
  return false;
}

}  // namespace

Status not_a_saved_model(const std::string& path) {
  if (!file_exists(path)) {
    return Status::bad_input("file.not-found", "there is no " + path, "check the path", path);
  }
  if (!is_directory(path)) return not_saved_model_file(path);
  if (file_exists(join_path(path, "saved_model.pbtxt"))) {
    return not_saved_model_is(
        path, "a folder with a graph as text (saved_model.pbtxt)",
        "load and save it once in Python: tf.saved_model.save(tf.saved_model.load('IN'), 'OUT')");
  }
  const std::vector<std::string> names = list_directory(path).value_or({});
  for (const std::string& name : names) {
    if (file_exists(join_path(join_path(path, name), "saved_model.pb"))) {
      return not_saved_model_is(path, "the folder around one", "give " + join_path(path, name));
    }
  }
  for (const std::string& name : names) {
    const std::string extension = file_extension_lower(name);
    if (extension == ".h5" || extension == ".hdf5" || extension == ".keras") {
      return not_saved_model_is(path, "a folder with the Keras file " + name, kExportKeras);
    }
  }
  if (file_exists(join_path(path, "model.json")) || file_exists(join_path(path, "tfjs_model.json"))) {
    return not_saved_model_is(path, "a folder of TensorFlow.js", "give the SavedModel it was made from");
  }
  if (not_saved_model_checkpoint(names)) {
    return not_saved_model_is(
        path, "a folder with a checkpoint, which has weights and no graph",
        "export the model with tf.saved_model.save, or exporter_main_v2.py of the Object "
        "Detection API, and give that folder");
  }
  if (file_exists(join_path(path, "config.json")) && file_exists(join_path(path, "metadata.json"))) {
    return not_saved_model_is(path, "an unpacked Keras file", kExportKeras);
  }
  for (const std::string& name : names) {
    if (file_extension_lower(name) == ".pb" && name != "fingerprint.pb" && name != "keras_metadata.pb") {
      return not_saved_model_is(path, "a folder without saved_model.pb",
                                "if " + name + " is a frozen graph, give that file");
    }
  }
  return not_saved_model_is(path, "a folder without saved_model.pb",
                            "give the folder that holds saved_model.pb");
}

}  // namespace jetline::tf
