// SavedModel folders, and the many things that are none.
#include "jetline/importers/tensorflow/saved_model_folder.h"

#include <unistd.h>

#include "jetline/base/testing.h"
#include "jetline/importers/tensorflow/bundle_testing.h"

namespace jetline::tf {
namespace {

void folder_make(const std::string& path) {
  made::BundleMaker bundle;
  bundle.floats("w/.ATTRIBUTES/VARIABLE_VALUE", {2}, {2, 3});
  JETLINE_ASSERT_OK(real_file_system().make_directories(path + "/variables"));
  JETLINE_ASSERT_OK(real_file_system().make_directories(path + "/assets"));
  JETLINE_ASSERT_OK(write_file(path + "/saved_model.pb", made::saved_model({made::small_meta()})));
  JETLINE_ASSERT_OK(write_file(path + "/fingerprint.pb", "not looked at"));
  JETLINE_ASSERT_OK(bundle.write(path + "/variables/variables"));
}

TEST(TfFolder, OpensTheFolderOrItsFile) {
  TemporaryDirectory dir;
  folder_make(dir.path());
  for (const std::string& path : {dir.path(), dir.path() + "/", dir.file("saved_model.pb")}) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const SavedModelFolder folder, SavedModelFolder::open(path));
    EXPECT_EQ(folder.path, dir.path());
    EXPECT_EQ(folder.tags(), std::vector<std::string>{"serve"});
    JETLINE_ASSERT_OK_AND_ASSIGN(const auto bundle, folder.bundle());
    ASSERT_TRUE(bundle.has_value());
    EXPECT_TRUE(bundle->has("w/.ATTRIBUTES/VARIABLE_VALUE"));
    EXPECT_TRUE(folder.debug_info().empty());
  }
}

TEST(TfFolder, TagsChooseTheGraph) {
  TemporaryDirectory dir;
  made::Meta train = made::small_meta(), serve = made::small_meta(), gpu = made::small_meta();
  train.tags = {"train"};
  gpu.tags = {"serve", "gpu"};
  JETLINE_ASSERT_OK(write_file(dir.file("saved_model.pb"), made::saved_model({train, gpu, serve})));
  JETLINE_ASSERT_OK_AND_ASSIGN(const SavedModelFolder folder, SavedModelFolder::open(dir.path()));
  const auto& metas = folder.model.metas;
  EXPECT_EQ(folder.find(""), &metas[2]);
  EXPECT_EQ(folder.find("serve"), &metas[2]);
  EXPECT_EQ(folder.find("gpu"), &metas[1]);
  EXPECT_EQ(folder.find("gpu,serve"), &metas[1]);
  EXPECT_EQ(folder.find("train"), &metas[0]);
  EXPECT_EQ(folder.find("tpu"), nullptr);
  JETLINE_ASSERT_OK(write_file(dir.file("saved_model.pb"), made::saved_model({train})));
  JETLINE_ASSERT_OK_AND_ASSIGN(const SavedModelFolder only, SavedModelFolder::open(dir.path()));
  EXPECT_EQ(only.find(""), &only.model.metas[0]) << "the only one";
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto bundle, only.bundle());
  EXPECT_FALSE(bundle.has_value()) << "a model without variables";
}

TEST(TfFolder, ACopyWithoutItsIndexIsTold) {
  TemporaryDirectory dir;
  folder_make(dir.path());
  JETLINE_ASSERT_OK(real_file_system().remove(dir.file("variables/variables.index")));
  JETLINE_ASSERT_OK_AND_ASSIGN(const SavedModelFolder folder, SavedModelFolder::open(dir.path()));
  EXPECT_EQ(folder.bundle().status().id(), "tf.bundle-missing");
}

TEST(TfFolder, AssetsStayInside) {
  TemporaryDirectory dir;
  folder_make(dir.path());
  JETLINE_ASSERT_OK(write_file(dir.file("assets/labels.txt"), "a\n"));
  JETLINE_ASSERT_OK(write_file(dir.file("secret.txt"), "s"));
  JETLINE_ASSERT_OK_AND_ASSIGN(const SavedModelFolder folder, SavedModelFolder::open(dir.path()));
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string path, folder.asset("labels.txt"));
  EXPECT_EQ(path, dir.file("assets/labels.txt"));
  EXPECT_EQ(folder.asset("other.txt").status().id(), "tf.asset-missing");
  using namespace std::string_view_literals;
  for (std::string_view name : {""sv, "/etc/passwd"sv, "../secret.txt"sv, "x/../../secret.txt"sv, ".."sv,
                                "a\\..\\b"sv, "labels.txt\0x"sv}) {
    EXPECT_EQ(folder.asset(name).status().id(), "tf.asset-outside") << name;
  }
  ASSERT_EQ(symlink(dir.file("secret.txt").c_str(), dir.file("assets/link.txt").c_str()), 0);
  EXPECT_EQ(folder.asset("link.txt").status().id(), "tf.asset-outside");
}

TEST(TfFolder, WhatIsNoSavedModelGetsAHintThatFits) {
  TemporaryDirectory dir;
  const auto refuse = [&](const std::string& name, const std::string& hint) {
    const Status s = SavedModelFolder::open(dir.file(name)).status();
    EXPECT_EQ(s.id(), "tf.not-a-saved-model") << name;
    EXPECT_NE((s.message() + " / " + s.hint()).find(hint), std::string::npos) << s.to_string();
  };
  const auto file = [&](const std::string& name, const std::string& content) {
    JETLINE_ASSERT_OK(real_file_system().make_directories(parent_path(dir.file(name))));
    JETLINE_ASSERT_OK(write_file(dir.file(name), content));
  };
  EXPECT_EQ(SavedModelFolder::open(dir.file("nothing")).status().id(), "file.not-found");
  file("m.keras", "PK\3\4");
  refuse("m.keras", "export('FOLDER')");
  file("m.h5", "x");
  refuse("m.h5", "export('FOLDER')");
  file("weights", "\x89HDF\r\n\x1a\n");
  refuse("weights", "Keras HDF5");
  file("m.tflite", std::string("\x1c\0\0\0TFL3", 8));
  refuse("m.tflite", "TensorFlow Lite");
  file("m.onnx", "x");
  refuse("m.onnx", "as it is");
  file("m.zip", "PK\3\4");
  refuse("m.zip", "unpack");
  file("c/model.index", "x");
  refuse("c/model.index", "checkpoint");
  refuse("c", "checkpoint");
  file("text/saved_model.pbtxt", "x");
  refuse("text", "saved_model.pbtxt");
  refuse("text/saved_model.pbtxt", "as text");
  file("around/saved_model/saved_model.pb", "x");
  refuse("around", "give " + dir.file("around/saved_model"));
  file("keras/best.h5", "x");
  refuse("keras", "best.h5");
  file("js/model.json", "{}");
  refuse("js", "TensorFlow.js");
  file("frozen/frozen.pb", "x");
  refuse("frozen", "frozen.pb");
  file("other/readme", "x");
  refuse("other", "saved_model.pb");
  file("empty/saved_model.pb", "");
  EXPECT_EQ(SavedModelFolder::open(dir.file("empty")).status().id(), "tf.malformed");
}

// GraphDebugInfo in the form of before and since TensorFlow 2.11.
TEST(TfFolder, DebugInformationGivesThePythonStack) {
  const auto fixed = [](uint32_t field, uint64_t v) {
    std::string s(1, static_cast<char>(field << 3 | 1));
    return s + made::packed<uint64_t>({v});
  };
  const auto frame = [](int64_t file, int64_t line, const std::string& function) {
    return made::number(1, file) + made::number(2, line) + made::part(4, function);
  };
  const std::string files = made::part(1, "main.py") + made::part(1, "lib.py");
  const std::string old =
      files +
      made::entry(2, "add@f", made::part(1, frame(0, 10, "<module>")) + made::part(1, frame(1, 20, "call")));
  const std::string now =
      files + made::part(4, fixed(1, 7) + made::part(2, frame(0, 10, "<module>"))) +
      made::part(4, fixed(1, 8) + made::part(2, frame(1, 20, "call"))) +
      made::part(6, fixed(1, 77) + made::part(2, made::part(2, made::packed<uint64_t>({7, 8})))) +
      made::part(5, made::part(1, "add@f") + fixed(2, 77));
  for (const std::string& bytes : {old, now}) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const DebugInfo info, DebugInfo::parse(made::bytes_of(bytes), nullptr));
    EXPECT_FALSE(info.empty());
    EXPECT_EQ(info.stack("add", "f"),
              (std::vector<std::string>{"lib.py:20 in call", "main.py:10 in <module>"}));
    EXPECT_TRUE(info.stack("add", "").empty());
  }
  TemporaryDirectory dir;
  folder_make(dir.path());
  JETLINE_ASSERT_OK(real_file_system().make_directories(dir.file("debug")));
  JETLINE_ASSERT_OK(write_file(dir.file("debug/saved_model_debug_info.pb"), now));
  JETLINE_ASSERT_OK_AND_ASSIGN(const SavedModelFolder folder, SavedModelFolder::open(dir.path()));
  EXPECT_EQ(folder.debug_info().stack("add", "f").size(), 2u);
  JETLINE_ASSERT_OK(write_file(dir.file("debug/saved_model_debug_info.pb"), "\xff"));
  EXPECT_TRUE(folder.debug_info().empty()) << "nothing depends on it";
}

}  // namespace
}  // namespace jetline::tf
