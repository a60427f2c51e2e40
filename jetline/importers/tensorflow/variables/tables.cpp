// Constant hash tables: LookupTableImport and InitializeTable with constant keys and values, or a text file
// among the model's assets (tensorflow/core/ops/lookup_ops.cc, core/kernels/lookup_util.cc).
#include <algorithm>
#include <cstring>

#include "jetline/base/strings.h"
#include "jetline/importers/tensorflow/variables/state.h"

namespace jetline::tf {
namespace {

constexpr int64_t kTableWholeLine = -2, kTableLineNumber = -1;
constexpr int64_t kTableMaxFile = int64_t{256} << 20;

bool table_is_import(std::string_view op) {
  return op == "LookupTableImport" || op == "LookupTableImportV2" || op == "InitializeTable" ||
         op == "InitializeTableV2";
}
bool table_is_text_file(std::string_view op) {
  return op == "InitializeTableFromTextFile" || op == "InitializeTableFromTextFileV2";
}

const Attr* table_constant(const walk::End& end) {
  return end.node && end.node->op == "Const" ? end.node->attr("value") : nullptr;
}

// A column of a text file under construction, in one of the types that a table can have.
class TableColumn {
 public:
  TableColumn(DataType type, int64_t index, char delimiter)
      : type_(type), index_(index), delimiter_(delimiter) {}

  bool add(const std::string& line, int64_t number) {
    if (index_ == kTableLineNumber) {
      ints_.push_back(number);
      return type_ == DataType::kInt64;
    }
    std::string text = line;
    if (index_ != kTableWholeLine) {
      const std::vector<std::string> pieces = split(line, delimiter_);
      if (index_ < 0 || index_ >= static_cast<int64_t>(pieces.size())) return false;
      text = pieces[static_cast<size_t>(index_)];
    }
    int64_t i = 0;
    double d = 0;
    switch (type_) {
      case DataType::kString:
        texts_.push_back(std::move(text));
        return true;
      case DataType::kInt32:
      case DataType::kInt64:
        if (!parse_int(text, i) || (type_ == DataType::kInt32 && i != static_cast<int32_t>(i))) return false;
        ints_.push_back(i);
        return true;
      case DataType::kFloat:
      case DataType::kDouble:
        if (!parse_double(text, d)) return false;
        numbers_.push_back(d);
        return true;
      default:
        return false;
    }
  }

  Result<Tensor> tensor() {
    switch (type_) {
      case DataType::kString: {
        const int64_t n = static_cast<int64_t>(texts_.size());
        return Tensor::of_strings({n}, std::move(texts_));
      }
      case DataType::kInt32:
        return packed<int32_t>(ints_);
      case DataType::kInt64:
        return packed<int64_t>(ints_);
      case DataType::kFloat:
        return packed<float>(numbers_);
      default:
        return packed<double>(numbers_);
    }
  }

 private:
  template <typename To, typename From>
  Result<Tensor> packed(const std::vector<From>& values) const {
    std::vector<uint8_t> bytes(values.size() * sizeof(To));
    for (size_t i = 0; i < values.size(); ++i) {
      const To v = static_cast<To>(values[i]);
      std::memcpy(bytes.data() + i * sizeof(To), &v, sizeof(To));
    }
    return Tensor::own(to_dtype(type_), {static_cast<int64_t>(values.size())}, std::move(bytes));
  }
  DataType type_;
  int64_t index_;
  char delimiter_;
  std::vector<std::string> texts_;
  std::vector<int64_t> ints_;
  std::vector<double> numbers_;
};

int64_t table_int(const NodeDef& node, std::string_view key, int64_t other) {
  const Attr* a = node.attr(key);
  return a ? a->as_int(other) : other;
}

// The asset that a file name comes from. Only assets of the model are read: the text itself may name any
// file.
std::string_view table_asset(VariableSource::State& state, walk::End name) {
  // TensorFlow 2 puts the name into a variable first.
  if (name.node && name.node->op == "ReadVariableOp") {
    const walk::End variable = state.walker.source(*name.scope, *name.node, 0);
    if (!variable.node) return {};
    const auto at = state.initial.find(resource_name(*variable.node));
    if (at == state.initial.end() || !at->second) return {};
    name = {&state.walker.main(), state.walker.main_node(parse_input(*at->second, false).node), 0};
  }
  if (!name.node || name.scope->function) return {};
  for (const MetaGraph::Asset& a : state.meta.asset_files) {
    if (parse_input(a.tensor, false).node == name.node->name) return a.filename;
  }
  return {};
}

Result<TableContent> table_text_file(VariableSource::State& state, const walk::Scope& scope,
                                     const NodeDef& init, const NodeDef& table) {
  TableContent out;
  if (!state.asset) return out;
  const std::string_view filename = table_asset(state, state.walker.source(scope, init, 1));
  if (filename.empty()) return out;
  JETLINE_ASSIGN_OR_RETURN(const std::string path, state.asset(filename));
  JETLINE_ASSIGN_OR_RETURN(const std::string content, read_file(path, kTableMaxFile));

  const Attr* delimiter = init.attr("delimiter");
  const std::string_view mark = delimiter ? delimiter->as_string("\t") : std::string_view("\t");
  const Attr *key_type = table.attr("key_dtype"), *value_type = table.attr("value_dtype");
  if (!key_type || !value_type || mark.size() != 1) return out;
  TableColumn keys(key_type->as_type(), table_int(init, "key_index", kTableWholeLine), mark[0]);
  TableColumn values(value_type->as_type(), table_int(init, "value_index", kTableLineNumber), mark[0]);
  const int64_t size = table_int(init, "vocab_size", -1), offset = table_int(init, "offset", 0);
  std::vector<std::string> lines = split(content, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  int64_t number = 0;
  for (int64_t at = std::max<int64_t>(offset, 0); at < static_cast<int64_t>(lines.size()); ++at) {
    if (size >= 0 && number == size) break;
    std::string& line = lines[static_cast<size_t>(at)];
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!keys.add(line, number) || !values.add(line, number)) return out;
    ++number;
  }
  JETLINE_ASSIGN_OR_RETURN(out.keys, keys.tensor());
  JETLINE_ASSIGN_OR_RETURN(out.values, values.tensor());
  out.constant = true;
  return out;
}

}  // namespace

bool is_table_op(std::string_view op) {
  return op == "HashTable" || op == "HashTableV2" || op == "AnonymousHashTable" || op == "MutableHashTable" ||
         op == "MutableHashTableV2";
}

Result<TableContent> table_content(VariableSource::State& state, const walk::Scope& scope,
                                   const NodeDef& init, const NodeDef& table) {
  if (table_is_text_file(init.op)) return table_text_file(state, scope, init, table);
  TableContent out;
  const Attr* keys = table_constant(state.walker.source(scope, init, 1));
  const Attr* values = table_constant(state.walker.source(scope, init, 2));
  if (!keys || !values) return out;
  JETLINE_ASSIGN_OR_RETURN(out.keys, keys->as_tensor());
  JETLINE_ASSIGN_OR_RETURN(out.values, values->as_tensor());
  out.constant = out.keys.count() == out.values.count();
  return out;
}

std::vector<const NodeDef*> VariableSource::State::loading_roots() const {
  std::vector<const NodeDef*> roots;
  for (const SignatureDef& s : meta.signatures) {
    if (s.key != "__saved_model_init_op") continue;
    for (const auto& [key, info] : s.outputs)
      roots.push_back(walker.main_node(parse_input(info.name, false).node));
  }
  for (const auto& [key, nodes] : meta.node_collections) {
    if (key != "saved_model_main_op" && key != "legacy_init_op" && key != "table_initializer") continue;
    for (std::string_view name : nodes) roots.push_back(walker.main_node(parse_input(name, false).node));
  }
  return roots;
}

void VariableSource::State::find_tables() {
  if (tables_read) return;
  tables_read = true;
  std::vector<const NodeDef*> roots = loading_roots();
  for (const NodeDef& n : meta.graph.nodes) {
    if (table_is_import(n.op) || table_is_text_file(n.op)) roots.push_back(&n);
  }
  walker.each(roots, [&](const walk::Scope& scope, const NodeDef& init) {
    if (!table_is_import(init.op) && !table_is_text_file(init.op)) return;
    const walk::End table = walker.source(scope, init, 0);
    if (!table.node || !is_table_op(table.node->op)) return;
    const auto [at, fresh] =
        tables.emplace(resource_name(*table.node), table_content(*this, scope, init, *table.node));
    // Filled twice: what it holds then depends on the order.
    if (!fresh) at->second = TableContent();
  });
}

}  // namespace jetline::tf
