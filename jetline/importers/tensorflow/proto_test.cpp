// TensorFlow's messages, read from bytes that proto_testing.h writes.
#include "jetline/importers/tensorflow/proto.h"

#include "jetline/base/random.h"
#include "jetline/base/testing.h"
#include "jetline/importers/tensorflow/proto_testing.h"

namespace jetline::tf {
namespace {

std::string proto_id_of(const Status& s) {
  return s.ok() ? "ok" : s.id();
}

TEST(TfProto, AttributesOfEveryKind) {
  const auto attr = [](const std::string& s) {
    auto kept = std::make_shared<std::string>(s);
    return Attr(made::bytes_of(*kept), kept);
  };
  // The views of an Attr live as long as its bytes.
  const std::string text = made::attr_text("hello"), func = made::attr_func("f_1");
  EXPECT_EQ(attr(made::attr_int(-7)).kind(), Attr::Kind::kInt);
  EXPECT_EQ(Attr(made::bytes_of(text)).as_string(), "hello");
  EXPECT_EQ(Attr(made::bytes_of(func)).as_func().name, "f_1");
  EXPECT_EQ(Attr(made::bytes_of(func)).kind(), Attr::Kind::kFunc);
  const std::string integer = made::attr_int(-7);
  EXPECT_EQ(Attr(made::bytes_of(integer)).as_int(), -7);
  EXPECT_EQ(Attr(made::bytes_of(integer)).as_float(2.5f), 2.5f) << "a wrong kind gives the default";
  const std::string yes = made::attr_bool(true), type = made::attr_type(DataType::kHalf);
  EXPECT_TRUE(Attr(made::bytes_of(yes)).as_bool());
  EXPECT_EQ(Attr(made::bytes_of(type)).as_type(), DataType::kHalf);
  const std::string reference = made::number(6, 101);
  EXPECT_EQ(Attr(made::bytes_of(reference)).as_type(), DataType::kFloat)
      << "a reference type is its plain type";
  wire::Writer w;
  w.float32(4, 0.25f);
  const std::string real = w.str();
  EXPECT_EQ(Attr(made::bytes_of(real)).as_float(), 0.25f);
  const std::string shaped = made::attr_shape({-1, 3, 0});
  EXPECT_EQ(Attr(made::bytes_of(shaped)).as_shape().dims, (std::vector<int64_t>{-1, 3, 0}));
  const std::string unknown = made::part(7, made::number(3, 1));
  EXPECT_FALSE(Attr(made::bytes_of(unknown)).as_shape().known_rank);
  const std::string hole = made::part(9, "T");
  EXPECT_EQ(Attr(made::bytes_of(hole)).as_placeholder(), "T");
  EXPECT_EQ(Attr().kind(), Attr::Kind::kNone);
  const std::string scalar = made::attr_tensor(made::floats({2}, {1, 2}));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Tensor t, Attr(made::bytes_of(scalar)).as_tensor());
  EXPECT_EQ(t.at<float>(1), 2);
}

TEST(TfProto, ListsPackedOrNotAndInPieces) {
  // [1, 2] one by one, [3, 300] packed in a second piece of the list: protobuf merges the pieces.
  const std::string list =
      made::part(1, made::number(3, 1) + made::number(3, 2)) + made::part(1, made::part(3, "\x03\xac\x02"));
  const Attr a(made::bytes_of(list));
  EXPECT_EQ(a.kind(), Attr::Kind::kList);
  EXPECT_EQ(a.ints(), (std::vector<int64_t>{1, 2, 3, 300}));
  const std::string floats = made::part(1, made::part(4, made::packed<float>({0.5f, -1})));
  EXPECT_EQ(Attr(made::bytes_of(floats)).floats(), (std::vector<float>{0.5f, -1}));
  const std::string mixed = made::part(
      1, made::part(2, "a") + made::part(2, "") + made::part(5, "\x01") + made::number(5, 0) +
             made::number(6, 3) + made::part(7, made::shape({4})) + made::part(9, made::part(1, "g")));
  const Attr m(made::bytes_of(mixed));
  EXPECT_EQ(m.strings(), (std::vector<std::string_view>{"a", ""}));
  EXPECT_EQ(m.bools(), (std::vector<bool>{true, false}));
  EXPECT_EQ(m.types(), std::vector<DataType>{DataType::kInt32});
  ASSERT_EQ(m.shapes().size(), 1u);
  EXPECT_EQ(m.shapes()[0].dims, std::vector<int64_t>{4});
  ASSERT_EQ(m.funcs().size(), 1u);
  EXPECT_EQ(m.funcs()[0].name, "g");
  // Of two members of a oneof the last counts.
  const std::string twice = made::attr_int(5) + made::attr_text("later");
  EXPECT_EQ(Attr(made::bytes_of(twice)).kind(), Attr::Kind::kString);
  EXPECT_EQ(Attr(made::bytes_of(twice)).as_int(9), 9);
}

TEST(TfProto, InputsAsWrittenInGraphsAndFunctions) {
  const auto is = [](const InputRef& r, std::string_view node, std::string_view output, int index,
                     bool control) {
    return r.node == node && r.output_name == output && r.index == index && r.control == control;
  };
  EXPECT_TRUE(is(parse_input("a/b", false), "a/b", "", 0, false));
  EXPECT_TRUE(is(parse_input("a/b:12", false), "a/b", "", 12, false));
  EXPECT_TRUE(is(parse_input("^a", false), "a", "", 0, true));
  EXPECT_TRUE(is(parse_input("arg", true), "arg", "", 0, false));
  EXPECT_TRUE(is(parse_input("arg:3", true), "arg", "", 3, false));
  EXPECT_TRUE(is(parse_input("n:values:1", true), "n", "values", 1, false));
  EXPECT_TRUE(is(parse_input("n:values", true), "n", "values", 0, false));
  EXPECT_TRUE(is(parse_input("n:99999999999", false), "n:99999999999", "", 0, false));
  EXPECT_TRUE(is(parse_input("", false), "", "", 0, false));
  EXPECT_TRUE(is(parse_input(":", true), "", "", 0, false));
}

template <typename T>
std::vector<T> proto_values_of(const Tensor& t) {
  std::vector<T> out;
  for (int64_t i = 0; i < t.count(); ++i) out.push_back(t.at<T>(i));
  return out;
}

std::string proto_typed(DataType type, const std::vector<int64_t>& dims, const std::string& elements) {
  return made::number(1, static_cast<int64_t>(type)) + made::part(2, made::shape(dims)) + elements;
}

TEST(TfProto, ConstantsFromTypedLists) {
  const auto read = [](const std::string& s) {
    auto kept = std::make_shared<std::string>(s);
    return parse_tensor(made::bytes_of(*kept), kept);
  };
  // The last value stands for what is not said; no value at all for zeros.
  JETLINE_ASSERT_OK_AND_ASSIGN(
      Tensor t, read(proto_typed(DataType::kFloat, {2, 2}, made::part(5, made::packed<float>({1, 2})))));
  EXPECT_EQ(proto_values_of<float>(t), (std::vector<float>{1, 2, 2, 2}));
  JETLINE_ASSERT_OK_AND_ASSIGN(t, read(proto_typed(DataType::kInt64, {3}, "")));
  EXPECT_EQ(proto_values_of<int64_t>(t), (std::vector<int64_t>{0, 0, 0}));
  JETLINE_ASSERT_OK_AND_ASSIGN(
      t, read(proto_typed(DataType::kInt8, {3}, made::number(7, -1) + made::number(7, 5))));
  EXPECT_EQ(proto_values_of<int8_t>(t), (std::vector<int8_t>{-1, 5, 5}));
  JETLINE_ASSERT_OK_AND_ASSIGN(t, read(proto_typed(DataType::kUint64, {1}, made::number(17, -1))));
  EXPECT_EQ(t.at<uint64_t>(0), UINT64_MAX);
  JETLINE_ASSERT_OK_AND_ASSIGN(t, read(proto_typed(DataType::kBool, {2}, made::number(11, 1))));
  EXPECT_EQ(proto_values_of<uint8_t>(t), (std::vector<uint8_t>{1, 1}));
  JETLINE_ASSERT_OK_AND_ASSIGN(t, read(proto_typed(DataType::kHalf, {1}, made::number(13, 0x3c00))));
  EXPECT_EQ(t.dtype(), DType::kF16);
  EXPECT_EQ(t.at<uint16_t>(0), 0x3c00);
  JETLINE_ASSERT_OK_AND_ASSIGN(
      t, read(proto_typed(DataType::kDouble, {}, made::part(6, made::packed<double>({2.5})))));
  EXPECT_EQ(t.at<double>(0), 2.5);
  JETLINE_ASSERT_OK_AND_ASSIGN(
      t, read(proto_typed(DataType::kComplex64, {2}, made::part(9, made::packed<float>({1, 2})))));
  EXPECT_EQ(t.bytes().size(), 16u);
  JETLINE_ASSERT_OK_AND_ASSIGN(
      t,
      read(proto_typed(DataType::kInt4, {3}, made::number(7, -1) + made::number(7, 2) + made::number(7, 3))));
  EXPECT_EQ(std::vector<uint8_t>(t.bytes().begin(), t.bytes().end()), (std::vector<uint8_t>{0x2f, 0x03}));
  JETLINE_ASSERT_OK_AND_ASSIGN(t, read(made::strings({3}, {"a", "b"})));
  EXPECT_EQ(t.strings(), (std::vector<std::string>{"a", "b", "b"}));
  JETLINE_ASSERT_OK_AND_ASSIGN(t, read(made::tensor(DataType::kString, {2}, std::string("\1\2xyz", 5))));
  EXPECT_EQ(t.strings(), (std::vector<std::string>{"x", "yz"}));
  JETLINE_ASSERT_OK_AND_ASSIGN(t, read(made::tensor(DataType::kQint8, {2}, "ab")));
  EXPECT_EQ(t.dtype(), DType::kI8);
  JETLINE_ASSERT_OK_AND_ASSIGN(t, read(proto_typed(DataType::kFloat, {0, 5}, "")));
  EXPECT_EQ(t.count(), 0);
}

TEST(TfProto, ContentIsAViewKeptAlive) {
  auto bytes = std::make_shared<std::string>(made::floats({2}, {3, 4}));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Tensor t, parse_tensor(made::bytes_of(*bytes), bytes));
  EXPECT_GE(reinterpret_cast<const char*>(t.bytes().data()), bytes->data());
  EXPECT_LT(reinterpret_cast<const char*>(t.bytes().data()), bytes->data() + bytes->size());
  bytes.reset();
  EXPECT_EQ(t.at<float>(1), 4);
}

TEST(TfProto, BrokenConstantsAreRefused) {
  const auto id = [](const std::string& s) {
    return proto_id_of(parse_tensor(made::bytes_of(s), nullptr).status());
  };
  EXPECT_EQ(id(made::tensor(DataType::kFloat, {2}, "1234567")), "tf.bad-tensor");
  EXPECT_EQ(id(made::tensor(DataType::kFloat, {-2}, "")), "tf.bad-tensor");
  EXPECT_EQ(id(made::tensor(DataType::kFloat, {INT64_MAX, 4}, "")), "tf.bad-tensor");
  EXPECT_EQ(id(made::tensor(DataType::kInvalid, {1}, "")), "tf.bad-tensor");
  EXPECT_EQ(id(made::number(1, 77) + made::part(2, made::shape({1}))), "tf.bad-tensor");
  EXPECT_EQ(id(made::number(1, 1) + made::part(2, made::number(3, 1))), "tf.bad-tensor") << "unknown rank";
  EXPECT_EQ(id(proto_typed(DataType::kFloat, {int64_t{1} << 40}, made::part(5, "1234"))), "tf.bad-tensor")
      << "a terabyte from four bytes";
  EXPECT_EQ(id(proto_typed(DataType::kString, {int64_t{1} << 40}, made::part(8, "x"))), "tf.bad-tensor");
  EXPECT_EQ(id(proto_typed(DataType::kFloat, {2}, made::part(5, "123"))), "tf.bad-tensor");
  EXPECT_EQ(id(made::tensor(DataType::kString, {2}, "\x05\x01xy")), "tf.bad-tensor");
  EXPECT_EQ(id(made::tensor(DataType::kResource, {}, "")), "tf.unsupported-type");
  EXPECT_EQ(id(made::tensor(DataType::kVariant, {}, "")), "tf.unsupported-type");
  EXPECT_EQ(id("\x0a"), "tf.malformed");
}

TEST(TfProto, AGraphWithItsFunctions) {
  const std::string bytes = made::saved_model({made::small_meta()});
  JETLINE_ASSERT_OK_AND_ASSIGN(SavedModel model, parse_saved_model(made::bytes_of(bytes), nullptr));
  ASSERT_EQ(model.metas.size(), 1u);
  const MetaGraph& m = model.metas[0];
  EXPECT_EQ(m.tags, std::vector<std::string_view>{"serve"});
  EXPECT_EQ(m.tensorflow_version, "2.15.1");
  EXPECT_EQ(m.restore_op, "restored");
  EXPECT_EQ(m.graph.producer, 1087);
  ASSERT_EQ(m.graph.nodes.size(), 5u);
  EXPECT_EQ(m.graph.nodes[2].inputs, (std::vector<std::string_view>{"x", "w"}));
  EXPECT_EQ(m.graph.nodes[0].attr("shared_name")->as_string(), "w");
  EXPECT_EQ(m.graph.nodes[0].attr("nothing"), nullptr);
  ASSERT_EQ(m.signatures.size(), 1u);
  EXPECT_EQ(m.signatures[0].method, "tensorflow/serving/predict");
  EXPECT_EQ(m.signatures[0].inputs[0].second.name, "x:0");
  EXPECT_EQ(m.signatures[0].inputs[0].second.shape.dims, (std::vector<int64_t>{-1, 2}));
  EXPECT_EQ(m.library.names(), (std::vector<std::string_view>{"f", "restore"}));
  JETLINE_ASSERT_OK_AND_ASSIGN(const FunctionDef* f, m.library.find("f"));
  ASSERT_NE(f, nullptr);
  EXPECT_EQ(f->inputs[1].type, DataType::kResource);
  EXPECT_EQ(f->ret.at("y"), "mul:z:0");
  EXPECT_EQ(f->nodes[1].inputs[1], "read:value:0");
  EXPECT_EQ(m.library.find("f").value(), f) << "decoded once";
  JETLINE_ASSERT_OK_AND_ASSIGN(const FunctionDef* none, m.library.find("nothing"));
  EXPECT_EQ(none, nullptr);
}

TEST(TfProto, TwoFunctionsOfOneName) {
  const std::string bytes =
      made::graph({made::node("n", "NoOp")}, {made::function("f", {{"a", DataType::kFloat}}, {}, {}, {}),
                                              made::function("f", {{"b", DataType::kFloat}}, {}, {}, {})});
  JETLINE_ASSERT_OK_AND_ASSIGN(MetaGraph m, parse_graph_def(made::bytes_of(bytes), nullptr));
  EXPECT_EQ(m.library.find("f").value()->inputs[0].name, "a");
  EXPECT_EQ(m.library.duplicates(), std::vector<std::string>{"f"});
  auto own = std::make_unique<FunctionDef>();
  own->name = "made";
  EXPECT_NE(m.library.add(std::move(own)), nullptr);
  EXPECT_TRUE(m.library.has("made"));
  own = std::make_unique<FunctionDef>();
  own->name = "f";
  EXPECT_EQ(m.library.add(std::move(own)), nullptr) << "the name is taken";
}

TEST(TfProto, MessagesInPiecesAreMerged) {
  // A graph in two pieces, a signature given twice (the last counts), an attribute whose list comes in
  // pieces.
  const std::string n = made::part(1, "n") + made::part(2, "Op") +
                        made::part(5, made::part(1, "k") + made::part(2, made::part(1, made::number(3, 1))) +
                                          made::part(2, made::part(1, made::number(3, 2)))) +
                        made::entry(5, "twice", made::attr_int(1)) +
                        made::entry(5, "twice", made::attr_int(2));
  const std::string one = made::part(2, made::part(1, n)),
                    two = made::part(2, made::part(1, made::node("m", "Op")));
  const std::string signatures =
      made::entry(5, "s", made::part(3, "first")) + made::entry(5, "s", made::part(3, "second"));
  const std::string bytes = made::part(2, one + two + signatures);
  JETLINE_ASSERT_OK_AND_ASSIGN(SavedModel model, parse_saved_model(made::bytes_of(bytes), nullptr));
  const MetaGraph& m = model.metas[0];
  ASSERT_EQ(m.graph.nodes.size(), 2u);
  EXPECT_EQ(m.graph.nodes[0].attr("k")->ints(), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(m.graph.nodes[0].attr("twice")->as_int(), 2);
  EXPECT_EQ(m.graph.nodes[0].attrs.size(), 2u);
  ASSERT_EQ(m.signatures.size(), 1u);
  EXPECT_EQ(m.signatures[0].method, "second");
}

TEST(TfProto, ArgumentAttributesAndDebugNames) {
  const std::string f =
      made::function("f", {{"a", DataType::kFloat}, {"b", DataType::kFloat}}, {}, {}, {}) +
      made::part(7, made::number(1, 1) + made::part(2, made::entry(1, "_user", made::attr_int(3)))) +
      made::part(7, made::number(1, 99) + made::part(2, made::entry(1, "_user", made::attr_int(4))));
  JETLINE_ASSERT_OK_AND_ASSIGN(FunctionDef read, parse_function(made::bytes_of(f), nullptr));
  ASSERT_EQ(read.arg_attrs.size(), 2u);
  EXPECT_TRUE(read.arg_attrs[0].empty());
  EXPECT_EQ(read.arg_attrs[1][0].second.as_int(), 3);
  const std::string g =
      made::part(1, made::node("n", "Op") + made::part(6, made::part(1, "orig") + made::part(2, "func")));
  JETLINE_ASSERT_OK_AND_ASSIGN(MetaGraph m, parse_graph_def(made::bytes_of(g), nullptr));
  EXPECT_EQ(m.graph.nodes[0].original_nodes, std::vector<std::string_view>{"orig"});
  EXPECT_EQ(m.graph.nodes[0].original_functions, std::vector<std::string_view>{"func"});
}

TEST(TfProto, OtherFilesAreNoModels) {
  const std::string graph = made::graph({made::node("n", "NoOp")});
  EXPECT_EQ(proto_id_of(parse_saved_model(made::bytes_of(graph), nullptr).status()), "tf.malformed");
  const std::string model = made::saved_model({made::small_meta()});
  EXPECT_EQ(proto_id_of(parse_graph_def(made::bytes_of(model), nullptr).status()), "tf.malformed");
  for (const std::string& s : {std::string(), std::string("PK\3\4 zip"), std::string(100, '\0')}) {
    EXPECT_EQ(proto_id_of(parse_saved_model(made::bytes_of(s), nullptr).status()), "tf.malformed");
    EXPECT_EQ(proto_id_of(parse_graph_def(made::bytes_of(s), nullptr).status()), "tf.malformed");
  }
}

TEST(TfProto, ABrokenFunctionOnlyMattersWhenItIsUsed) {
  const std::string broken = made::part(1, made::part(1, "bad")) + made::part(3, "\x0a\x7f");
  const std::string bytes = made::graph({made::node("n", "NoOp")}, {broken});
  JETLINE_ASSERT_OK_AND_ASSIGN(MetaGraph m, parse_graph_def(made::bytes_of(bytes), nullptr));
  const auto f = m.library.find("bad");
  ASSERT_FALSE(f.ok());
  EXPECT_EQ(f.status().id(), "tf.malformed");
  EXPECT_NE(f.status().message().find("at byte"), std::string::npos);
}

TEST(TfProto, DeepNestingAndManyItemsAreBounded) {
  // Functions as attributes of functions, a million deep: 11 bytes a level at most.
  std::string attr = made::attr_int(1);
  // Built from the inside with lengths that fit: appending in front would take quadratic time.
  std::vector<std::string> heads;
  size_t size = attr.size();
  for (int i = 0; i < 1000000; ++i) {
    // map entry field 2 of NameAttrList: {1: "a", 2: AttrValue}
    const auto head = [](uint32_t field, size_t length) {
      wire::Writer w;
      w.varint(field, length);
      std::string s = w.str();
      s[0] = static_cast<char>(s[0] | 2);
      return s;
    };
    std::string h = head(2, size);  // value
    h = made::part(1, "a") + h;
    h = head(2, h.size() + size) + h;   // entry
    h = head(10, h.size() + size) + h;  // func
    size += h.size();
    heads.push_back(std::move(h));
  }
  std::string deep;
  for (size_t i = heads.size(); i-- > 0;) deep += heads[i];
  deep += attr;
  const std::string bytes = made::graph({made::node("n", "Op", {}, {{"f", deep}})});
  JETLINE_ASSERT_OK_AND_ASSIGN(MetaGraph m, parse_graph_def(made::bytes_of(bytes), nullptr));
  EXPECT_EQ(m.graph.nodes[0].attr("f")->kind(), Attr::Kind::kFunc);

  std::string many;
  for (int i = 0; i < 8'000'001; ++i) many += std::string("\x0a\0", 2);  // nodes without anything
  EXPECT_EQ(proto_id_of(parse_graph_def(made::bytes_of(many), nullptr).status()), "tf.too-many");
}

TEST(TfProto, EveryTruncationEndsWithAStatusOrASoundGraph) {
  const std::string bytes = made::saved_model({made::small_meta()});
  int refused = 0;
  for (size_t n = 0; n < bytes.size(); ++n) {
    const auto model = parse_saved_model(made::bytes_of(bytes.substr(0, n)), nullptr);
    if (model.ok()) continue;
    ++refused;
    EXPECT_EQ(model.status().id(), "tf.malformed");
  }
  EXPECT_GT(refused, static_cast<int>(bytes.size()) - 3) << "only the version may stand alone";
}

TEST(TfProto, RandomChangesNeverHarm) {
  const std::string sound = made::saved_model({made::small_meta()});
  Random random(11);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = sound;
    for (int k = 0; k < 4; ++k) bytes[random.next() % bytes.size()] = static_cast<char>(random.next());
    const auto model = parse_saved_model(made::bytes_of(bytes), nullptr);
    if (!model.ok()) continue;
    for (std::string_view name : model->metas[0].library.names()) (void)model->metas[0].library.find(name);
    for (const NodeDef& n : model->metas[0].graph.nodes) {
      for (const auto& [key, attr] : n.attrs) (void)attr.as_tensor();
    }
  }
}

}  // namespace
}  // namespace jetline::tf
