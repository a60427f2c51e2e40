// Which checkpoint tensor a variable has, in the forms that TensorFlow 1 and 2 write.
#include "jetline/importers/tensorflow/variables.h"

#include "jetline/base/testing.h"
#include "jetline/importers/tensorflow/bundle_testing.h"
#include "jetline/importers/tensorflow/saved_model_folder.h"

namespace jetline::tf {
namespace {

// A graph and its checkpoint, both kept alive.
struct VariableCase {
  std::string bytes, index;
  made::BundleMaker bundle;
  SavedModel model;
  std::optional<VariableSource> source;

  void open(const made::Meta& meta, bool with_bundle = true, VariableSource::AssetPath asset = nullptr) {
    bytes = made::saved_model({meta});
    index = bundle.index();
    JETLINE_ASSERT_OK_AND_ASSIGN(model, parse_saved_model(made::bytes_of(bytes), nullptr));
    std::optional<Bundle> opened;
    if (with_bundle) {
      JETLINE_ASSERT_OK_AND_ASSIGN(
          opened, Bundle::from_memory(made::bytes_of(index), {made::bytes_of(bundle.shard(0))}, nullptr));
    }
    JETLINE_ASSERT_OK_AND_ASSIGN(source, VariableSource::make(model.metas[0], opened, std::move(asset)));
  }
  const NodeDef& at(std::string_view name) const {
    for (const NodeDef& n : model.metas[0].graph.nodes) {
      if (n.name == name) return n;
    }
    return model.metas[0].graph.nodes.front();
  }
  Result<Tensor> value(std::string_view name) const { return source->value(at(name)); }
};

made::Attrs variable_attrs(const std::vector<int64_t>& dims, const std::string& shared = "") {
  made::Attrs a = {{"dtype", made::attr_type(DataType::kFloat)}, {"shape", made::attr_shape(dims)}};
  if (!shared.empty()) a.emplace_back("shared_name", made::attr_text(shared));
  return a;
}
std::string variable_text_constant(const std::string& name, const std::vector<std::string>& texts) {
  return made::constant(name, made::strings({static_cast<int64_t>(texts.size())}, texts), DataType::kString);
}

TEST(TfVariables, ThroughTheRestoreFunctionOfTensorFlow2) {
  VariableCase c;
  c.bundle.floats("w/.ATTRIBUTES/VARIABLE_VALUE", {2}, {5, 6});
  c.bundle.floats("w", {2}, {0, 0});  // a plain name that must not win
  c.open(made::small_meta());
  EXPECT_EQ(c.source->checkpoint_key(c.at("w")), "w/.ATTRIBUTES/VARIABLE_VALUE");
  JETLINE_ASSERT_OK_AND_ASSIGN(const Tensor t, c.value("w"));
  EXPECT_EQ(t.at<float>(1), 6);
  // A handle made inside a function is the same variable when it has the same shared_name.
  const std::string inner =
      made::function("g", {}, {}, {made::node("inside", "VarHandleOp", {}, variable_attrs({2}, "w"))}, {});
  JETLINE_ASSERT_OK_AND_ASSIGN(const FunctionDef g, parse_function(made::bytes_of(inner), nullptr));
  EXPECT_EQ(c.source->checkpoint_key(g.nodes[0]), "w/.ATTRIBUTES/VARIABLE_VALUE");
}

TEST(TfVariables, ThroughTheRestoreGraphOfTensorFlow1) {
  VariableCase c;
  c.bundle.floats("first", {2}, {1, 2});
  c.bundle.floats("second/renamed", {3}, {3, 4, 5});
  c.bundle.floats("wrong", {2}, {9, 9});
  made::Meta m;
  m.graph =
      made::graph({made::node("a", "VariableV2", {}, variable_attrs({2})),
                   made::node("b", "VarHandleOp", {}, variable_attrs({3}, "b")),
                   // A second saver, for other names, that SaverDef does not mean.
                   variable_text_constant("old/names", {"wrong"}), variable_text_constant("old/slices", {""}),
                   made::node("old/RestoreV2", "RestoreV2", {"save/Const", "old/names", "old/slices"}),
                   made::node("old/Assign", "Assign", {"a", "old/RestoreV2"}),
                   variable_text_constant("save/Const", {"model"}),
                   variable_text_constant("names", {"first", "second/renamed"}),
                   variable_text_constant("slices", {"", ""}),
                   made::node("save/RestoreV2", "RestoreV2", {"save/Const", "names", "slices"}),
                   made::node("save/Assign", "Assign", {"a", "save/RestoreV2"}),
                   made::node("save/Identity", "Identity", {"save/RestoreV2:1"}),
                   made::node("save/AssignVariableOp", "AssignVariableOp", {"b", "save/Identity"}),
                   made::node("save/restore_shard", "NoOp", {"^save/Assign", "^save/AssignVariableOp"}),
                   made::node("save/restore_all", "NoOp", {"^save/restore_shard"})});
  m.restore_op = "save/restore_all";
  c.open(m);
  EXPECT_EQ(c.source->checkpoint_key(c.at("a")), "first");
  EXPECT_EQ(c.source->checkpoint_key(c.at("b")), "second/renamed");
  JETLINE_ASSERT_OK_AND_ASSIGN(const Tensor t, c.value("b"));
  EXPECT_EQ(t.at<float>(2), 5);
}

TEST(TfVariables, PartsOfPartitionedVariablesAreCutOut) {
  VariableCase c;
  c.bundle.sliced("emb", {5, 2},
                  {{Slice{{0, 0}, {3, -1}}, {0, 1, 2, 3, 4, 5}}, {Slice{{3, 0}, {2, -1}}, {6, 7, 8, 9}}});
  made::Meta m;
  m.graph =
      made::graph({made::node("emb/part_0", "VariableV2", {}, variable_attrs({3, 2})),
                   made::node("emb/part_1", "VariableV2", {}, variable_attrs({2, 2})),
                   made::node("column", "VariableV2", {}, variable_attrs({5, 1})),
                   made::node("broken", "VariableV2", {}, variable_attrs({2, 2})),
                   variable_text_constant("file", {"model"}),
                   variable_text_constant("names", {"emb", "emb", "emb", "emb"}),
                   variable_text_constant("slices", {"5 2 0,3:-", "5 2 3,2:0,2", "5 2 -:1,1", "5 2 4,2:-"}),
                   made::node("restore", "RestoreV2", {"file", "names", "slices"}),
                   made::node("s0", "Assign", {"emb/part_0", "restore"}),
                   made::node("s1", "Assign", {"emb/part_1", "restore:1"}),
                   made::node("s2", "Assign", {"column", "restore:2"}),
                   made::node("s3", "Assign", {"broken", "restore:3"}),
                   made::node("all", "NoOp", {"^s0", "^s1", "^s2", "^s3"})});
  m.restore_op = "all";
  c.open(m);
  JETLINE_ASSERT_OK_AND_ASSIGN(Tensor t, c.value("emb/part_0"));
  EXPECT_EQ(t.at<float>(5), 5);
  JETLINE_ASSERT_OK_AND_ASSIGN(t, c.value("emb/part_1"));
  EXPECT_EQ(t.at<float>(0), 6);
  JETLINE_ASSERT_OK_AND_ASSIGN(t, c.value("column"));
  EXPECT_EQ(t.dims(), (std::vector<int64_t>{5, 1}));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(t.at<float>(i), static_cast<float>(2 * i + 1));
  EXPECT_EQ(c.value("broken").status().id(), "tf.bad-variable");
}

TEST(TfVariables, ByFullNameAndByPlainName) {
  VariableCase c;
  c.bundle.floats("net/0/.ATTRIBUTES/VARIABLE_VALUE", {1}, {1});
  c.bundle.floats("plain", {1}, {2});
  c.bundle.floats("node_name", {1}, {3});
  const auto object = [](const std::string& full_name, const std::string& key) {
    return made::part(
        1, made::part(2, made::part(1, "VARIABLE_VALUE") + made::part(2, full_name) + made::part(3, key)));
  };
  const std::string objects = object("layer/kernel", "net/0/.ATTRIBUTES/VARIABLE_VALUE") +
                              object("twin", "net/0/.ATTRIBUTES/VARIABLE_VALUE") + object("twin", "plain");
  ASSERT_GT(objects.size(), 128u);
  // Lengths over 127 take two bytes in a string tensor: written here, as texts() is for short ones.
  const uint32_t length = static_cast<uint32_t>(objects.size());
  uint32_t sum = crc32c(made::bytes_of(made::packed<uint32_t>({length})));
  const std::string check = made::packed<uint32_t>({masked_crc(sum)});
  sum = crc32c(made::bytes_of(objects), crc32c(made::bytes_of(check), sum));
  std::string data = {static_cast<char>((length & 127) | 128), static_cast<char>(length >> 7)};
  data += check + objects;
  c.bundle.tensor("_CHECKPOINTABLE_OBJECT_GRAPH", DataType::kString, {}, data);
  wire::Writer crc;
  crc.fixed32(6, masked_crc(sum));
  c.bundle.entries["_CHECKPOINTABLE_OBJECT_GRAPH"] += crc.str();  // the last one counts

  made::Meta m;
  m.graph = made::graph({made::node("a", "VarHandleOp", {}, variable_attrs({1}, "layer/kernel")),
                         made::node("b", "VarHandleOp", {}, variable_attrs({1}, "plain")),
                         made::node("node_name", "VariableV2", {}, variable_attrs({1})),
                         made::node("d", "VarHandleOp", {}, variable_attrs({1}, "twin"))});
  c.open(m);
  EXPECT_EQ(c.source->checkpoint_key(c.at("a")), "net/0/.ATTRIBUTES/VARIABLE_VALUE");
  EXPECT_EQ(c.source->checkpoint_key(c.at("b")), "plain");
  EXPECT_EQ(c.source->checkpoint_key(c.at("node_name")), "node_name");
  EXPECT_EQ(c.source->checkpoint_key(c.at("d")), "") << "two variables have that name";
  EXPECT_EQ(c.value("d").status().id(), "tf.variable-missing");
}

TEST(TfVariables, WhatDoesNotFitIsRefused) {
  VariableCase c;
  c.bundle.floats("a", {4}, {1, 2, 3, 4});
  c.bundle.floats("b", {3}, {1, 2, 3});
  c.bundle.tensor("c", DataType::kInt32, {2}, std::string(8, '\0'));
  made::Meta m;
  m.graph = made::graph({made::node("a", "VariableV2", {}, variable_attrs({2, 2})),
                         made::node("b", "VariableV2", {}, variable_attrs({2})),
                         made::node("c", "VariableV2", {}, variable_attrs({2})),
                         made::node("d", "VariableV2", {}, variable_attrs({2})),
                         made::node("open", "VariableV2", {},
                                    {{"dtype", made::attr_type(DataType::kFloat)},
                                     {"shape", made::part(7, made::number(3, 1))},
                                     {"shared_name", made::attr_text("b")}})});
  c.open(m);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Tensor t, c.value("a"));
  EXPECT_EQ(t.dims(), (std::vector<int64_t>{2, 2})) << "a saver may reshape";
  EXPECT_EQ(c.value("b").status().id(), "tf.bad-variable");
  EXPECT_EQ(c.value("c").status().id(), "tf.bad-variable");
  EXPECT_EQ(c.value("d").status().id(), "tf.variable-missing");
  JETLINE_EXPECT_OK(c.value("open").status());
  VariableCase without;
  without.open(m, false);
  EXPECT_EQ(without.value("a").status().id(), "tf.variable-missing");
}

TEST(TfVariables, InitialValuesAreNamed) {
  VariableCase c;
  made::Meta m;
  m.graph = made::graph({made::node("a", "VariableV2", {}, variable_attrs({1})),
                         made::node("b", "VarHandleOp", {}, variable_attrs({1}, "b")),
                         made::constant("one", made::floats({1}, {1}), DataType::kFloat),
                         made::node("init_a", "Assign", {"a", "one"}),
                         made::node("init_b", "AssignVariableOp", {"b", "one"}),
                         made::node("again_b", "AssignVariableOp", {"b", "a"})});
  c.open(m, false);
  EXPECT_EQ(c.source->initial_value(c.at("a")), "one:0");
  EXPECT_EQ(c.source->initial_value(c.at("b")), "") << "two values, depending on the order";
}

TEST(TfVariables, LocalVariablesHaveWhatLoadingAssigns) {
  VariableCase c;
  made::Meta m;
  m.graph = made::graph(
      {made::node("local", "VariableV2", {}, variable_attrs({1})),
       made::node("unset", "VariableV2", {}, variable_attrs({1})),
       made::node("twice", "VariableV2", {}, variable_attrs({1})),
       made::node("computed", "VariableV2", {}, variable_attrs({1})),
       made::constant("c", made::floats({1}, {7}), DataType::kFloat), made::node("sum", "AddV2", {"c", "c"}),
       made::node("init_local", "Assign", {"local", "c"}), made::node("init_unset", "Assign", {"unset", "c"}),
       made::node("one", "Assign", {"twice", "c"}), made::node("two", "Assign", {"twice", "c"}),
       made::node("init_computed", "Assign", {"computed", "sum"}),
       made::node("main_op", "NoOp", {"^init_local", "^one", "^two", "^init_computed"})});
  m.collections = {{"saved_model_main_op", made::part(1, made::part(1, "main_op"))}};
  c.open(m, false);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Tensor t, c.value("local"));
  EXPECT_EQ(t.at<float>(0), 7);
  EXPECT_EQ(c.value("unset").status().id(), "tf.variable-missing")
      << "loading does not set it, nor does TensorFlow";
  EXPECT_EQ(c.value("twice").status().id(), "tf.variable-missing");
  EXPECT_EQ(c.value("computed").status().id(), "tf.variable-missing");
}

TEST(TfVariables, CyclicFunctionsAndEdgesEnd) {
  VariableCase c;
  made::Meta m;
  m.graph = made::graph(
      {made::node("w", "VarHandleOp", {}, variable_attrs({1}, "w")), made::node("x", "Identity", {"y"}),
       made::node("y", "Identity", {"x"}), made::node("s", "AssignVariableOp", {"x", "y"}),
       made::node("r", "StatefulPartitionedCall", {"w"}, {{"f", made::attr_func("f")}})},
      {made::function("f", {{"h", DataType::kResource}}, {{"o", DataType::kFloat}},
                      {made::node("one", "StatefulPartitionedCall", {"h"}, {{"f", made::attr_func("f")}}),
                       made::node("two", "PartitionedCall", {"one:output:0"}, {{"f", made::attr_func("f")}}),
                       made::node("set", "AssignVariableOp", {"two:output:0", "one:output:0"})},
                      {{"o", "two:output:0"}})});
  m.restore_op = "r";
  c.bundle.floats("w", {1}, {1});
  c.open(m);
  EXPECT_EQ(c.source->checkpoint_key(c.at("w")), "w");
}

TEST(TfVariables, ConstantTablesInBothForms) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(write_file(dir.file("vocab.txt"), "red\t4\r\ngreen\t5\nblue\t6\n"));
  const auto table_attrs = [](DataType key, DataType value) {
    return made::Attrs{{"key_dtype", made::attr_type(key)}, {"value_dtype", made::attr_type(value)}};
  };
  made::Meta m;
  m.graph = made::graph(
      {made::node("t1", "HashTableV2", {}, table_attrs(DataType::kInt64, DataType::kFloat)),
       made::constant("keys", made::tensor(DataType::kInt64, {2}, made::packed<int64_t>({7, 8})),
                      DataType::kInt64),
       made::constant("values", made::floats({2}, {0.5f, 1.5f}), DataType::kFloat),
       made::node("init", "StatefulPartitionedCall", {"t1", "keys", "values"},
                  {{"f", made::attr_func("initializer")}}),
       made::node("t2", "HashTableV2", {}, table_attrs(DataType::kString, DataType::kInt64)),
       made::node("asset", "Placeholder", {}, {{"dtype", made::attr_type(DataType::kString)}}),
       made::node("name", "VarHandleOp", {},
                  {{"dtype", made::attr_type(DataType::kString)}, {"shared_name", made::attr_text("name")}}),
       made::node("set_name", "AssignVariableOp", {"name", "asset"}),
       made::node("get_name", "ReadVariableOp", {"name"}),
       made::node("fill", "InitializeTableFromTextFileV2", {"t2", "get_name"},
                  {{"key_index", made::attr_int(0)},
                   {"value_index", made::attr_int(1)},
                   {"delimiter", made::attr_text("\t")},
                   {"offset", made::attr_int(1)}}),
       made::node("t3", "HashTableV2", {}, table_attrs(DataType::kString, DataType::kInt64)),
       made::constant("path", made::strings({}, {"/etc/passwd"}), DataType::kString),
       made::node("fill3", "InitializeTableFromTextFileV2", {"t3", "path"}, {}),
       made::node("t4", "HashTableV2", {}, table_attrs(DataType::kInt64, DataType::kFloat)),
       made::node("main_op", "NoOp", {"^init", "^fill"})},
      {made::function("initializer",
                      {{"h", DataType::kResource}, {"k", DataType::kInt64}, {"v", DataType::kFloat}}, {},
                      {made::node("import", "LookupTableImportV2", {"h", "k", "v"})}, {})});
  m.collections = {{"saved_model_main_op", made::part(1, made::part(1, "main_op"))}};
  m.assets = {{"asset:0", "vocab.txt"}};
  VariableCase c;
  c.open(m, false, [&](std::string_view name) -> Result<std::string> { return dir.file(std::string(name)); });
  Tensor keys, values;
  JETLINE_ASSERT_OK_AND_ASSIGN(bool found, c.source->table(c.at("t1"), keys, values));
  ASSERT_TRUE(found);
  EXPECT_EQ(keys.at<int64_t>(1), 8);
  EXPECT_EQ(values.at<float>(1), 1.5f);
  JETLINE_ASSERT_OK_AND_ASSIGN(found, c.source->table(c.at("t2"), keys, values));
  ASSERT_TRUE(found);
  EXPECT_EQ(keys.strings(), (std::vector<std::string>{"green", "blue"}));
  EXPECT_EQ(values.at<int64_t>(0), 5);
  JETLINE_ASSERT_OK_AND_ASSIGN(found, c.source->table(c.at("t3"), keys, values));
  EXPECT_FALSE(found) << "no asset of the model";
  JETLINE_ASSERT_OK_AND_ASSIGN(found, c.source->table(c.at("t4"), keys, values));
  EXPECT_FALSE(found) << "never filled";
}

}  // namespace
}  // namespace jetline::tf
