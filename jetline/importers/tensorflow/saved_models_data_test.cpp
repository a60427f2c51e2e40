// Every real SavedModel, frozen graph and checkpoint at hand: all of it is read, and cut-off copies are
// refused.
#include <algorithm>

#include "jetline/base/strings.h"
#include "jetline/base/testing.h"
#include "jetline/importers/tensorflow/saved_model_folder.h"
#include "jetline/importers/tensorflow/variables.h"

namespace jetline::tf {
namespace {

void real_read_constants(const std::vector<NodeDef>& nodes, const std::string& where) {
  for (const NodeDef& n : nodes) {
    const Attr* value = n.op == "Const" ? n.attr("value") : nullptr;
    if (!value) continue;
    const auto t = value->as_tensor();
    EXPECT_TRUE(t.ok() || t.status().id() == "tf.unsupported-type")
        << where << " " << n.name << " " << t.status().to_string();
  }
}

void real_read_all(const MetaGraph& meta, const std::string& where) {
  EXPECT_FALSE(meta.graph.nodes.empty()) << where;
  real_read_constants(meta.graph.nodes, where);
  for (std::string_view name : meta.library.names()) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const FunctionDef* f, meta.library.find(name));
    ASSERT_NE(f, nullptr);
    EXPECT_EQ(f->ret.size(), f->outputs.size()) << where << " " << name;
    real_read_constants(f->nodes, where);
  }
}

std::vector<std::string> real_files_named(const std::string& root, const std::string& ending) {
  std::vector<std::string> out;
  for (const std::string& path : list_files_recursive(root).value_or({})) {
    if (ends_with(path, ending)) out.push_back(path);
  }
  return out;
}

TEST(TfRealModels, EveryGraphFunctionConstantAndVariableIsRead) {
  JETLINE_REQUIRE_TEST_DATA(root, "savedmodel");
  int models = 0, variables = 0;
  for (const std::string& path : real_files_named(root, "/saved_model.pb")) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const SavedModelFolder folder, SavedModelFolder::open(path));
    ++models;
    for (const MetaGraph& meta : folder.model.metas) {
      real_read_all(meta, path);
      JETLINE_ASSERT_OK_AND_ASSIGN(const auto bundle, folder.bundle());
      JETLINE_ASSERT_OK_AND_ASSIGN(const VariableSource source, VariableSource::make(meta, bundle));
      for (const NodeDef& n : meta.graph.nodes) {
        if (n.op != "VarHandleOp" && n.op != "VariableV2") continue;
        if (source.checkpoint_key(n).empty()) continue;  // never saved
        const auto value = source.value(n);
        // One model of the folder has weights of another shape than its graph; TensorFlow refuses it too.
        EXPECT_TRUE(value.ok() || value.status().id() == "tf.bad-variable")
            << path << value.status().to_string();
        variables += value.ok();
      }
    }
  }
  EXPECT_GT(models, 30);
  EXPECT_GT(variables, 200);
}

TEST(TfRealModels, EveryCheckpointTensorHasItsChecksum) {
  JETLINE_REQUIRE_TEST_DATA(root, "savedmodel");
  int tensors = 0;
  for (const std::string& path : real_files_named(root, ".index")) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const Bundle bundle, Bundle::open(path.substr(0, path.size() - 6)));
    for (const auto& [key, entry] : bundle.entries()) {
      JETLINE_EXPECT_OK(bundle.tensor(key).status());
      ++tensors;
    }
  }
  EXPECT_GT(tensors, 200);
}

TEST(TfRealModels, FrozenGraphsAreRead) {
  JETLINE_REQUIRE_TEST_DATA(root, "savedmodel");
  int graphs = 0;
  for (const std::string& path : real_files_named(root, "frozen.pb")) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const auto file, MappedFile::open(path));
    JETLINE_ASSERT_OK_AND_ASSIGN(const MetaGraph meta, parse_graph_def(file->bytes(), file));
    real_read_all(meta, path);
    ++graphs;
  }
  EXPECT_GT(graphs, 2);
}

TEST(TfRealModels, CutOffCopiesAreRefused) {
  JETLINE_REQUIRE_TEST_DATA(root, "savedmodel/sm_plate/my_model");
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string index, read_file(root + "/variables/variables.index"));
  for (size_t n = 0; n < index.size(); n += 64) {
    JETLINE_ASSERT_OK(write_file(dir.file("v.index"), index.substr(0, n)));
    const Status s = Bundle::open(dir.file("v")).status();
    EXPECT_TRUE(s.id() == "tf.bundle-truncated" || s.id() == "tf.bundle-corrupt") << n;
  }
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string model, read_file(root + "/saved_model.pb"));
  for (size_t n = 0; n < model.size(); n += 64) {
    const std::string cut = model.substr(0, n);
    const auto parsed =
        parse_saved_model(ByteView(reinterpret_cast<const uint8_t*>(cut.data()), cut.size()), nullptr);
    EXPECT_FALSE(parsed.ok()) << n;
  }
}

}  // namespace
}  // namespace jetline::tf
