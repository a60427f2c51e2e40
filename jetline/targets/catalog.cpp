#include "jetline/targets/catalog.h"

#include <algorithm>
#include <optional>

#include "jetline/base/strings.h"
#include "jetline/targets/board_load.h"
#include "jetline/targets/embedded.h"
#include "jetline/targets/operator_load.h"

namespace jetline::targets {

// The user's own rows of one file, read at once so that a mistake in them shows at once.
struct UserRows {
  BoardTables boards;
  std::map<std::string, OperatorKnowledge, std::less<>> operators;
  SharedRules rules;
};

namespace {

// "Jetson Orin-NX 16GB" and "orin_nx_16gb" are the same board: letters and digits alone, without "jetson".
std::string board_key(std::string_view text) {
  std::string key;
  for (char c : to_lower(text)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) key += c;
  }
  for (const char* prefix : {"nvidia", "jetson"}) {
    if (starts_with(key, prefix)) key = key.substr(std::string_view(prefix).size());
  }
  return key;
}

Status read_user_row(const TomlRow& row, const std::string& file, UserRows& user, OperatorKnowledge*& op) {
  if (is_board_row(row)) return read_board_row(row, file, user.boards);
  if (row.name == "rule") return read_rule_row(row, file, true, user.rules);
  if (row.name == "operator") {
    RowReader r(row, file);
    std::string name, domain;
    r.text("op", name, true);
    r.text("domain", domain);
    JETLINE_RETURN_IF_ERROR(r.finish());
    op = &user.operators[operator_key(domain, name)];
    op->op = name;
    op->domain = domain == "ai.onnx" ? "" : domain;
    return Status();
  }
  if (starts_with(row.name, "operator.")) {
    if (!op) return toml_row_error(file, row.line, "[[" + row.name + "]] stands before any [[operator]]");
    return read_operator_row(row, file, true, *op);
  }
  return toml_row_error(file, row.line, "[[" + row.name + "]] is not known",
                        "board, jetpack, release, plugin, operator and rule are");
}

template <typename Row, typename Same>
void put_first(std::vector<Row>& rows, std::vector<Row> mine, Same same) {
  for (Row& row : mine) {
    rows.erase(std::remove_if(rows.begin(), rows.end(), [&](const Row& r) { return same(r, row); }),
               rows.end());
  }
  rows.insert(rows.begin(), std::make_move_iterator(mine.begin()), std::make_move_iterator(mine.end()));
}

void merge_knowledge(const OperatorKnowledge& from, OperatorKnowledge& into) {
  into.importers.insert(into.importers.end(), from.importers.begin(), from.importers.end());
  into.types.insert(into.types.begin(), from.types.begin(), from.types.end());
  into.documented.insert(into.documented.end(), from.documented.begin(), from.documented.end());
  for (const Rule& r : from.rules) put_rule(r, into.rules);
}

}  // namespace

struct Catalog::Tables {
  Status status;
  std::vector<UserRows> user;
  std::optional<BoardTables> boards;           // boards.toml, jetpacks.toml and releases.toml
  std::optional<std::vector<Plugin>> plugins;  // plugins.toml
  std::optional<SharedRules> shared;           // operators/_*.toml
  // Null: no table knows it.
  std::map<std::string, std::unique_ptr<OperatorKnowledge>, std::less<>> operators;

  void keep(const Status& s) {
    if (status.ok()) status = s;
  }

  const BoardTables& board_tables() {
    if (boards) return *boards;
    boards.emplace();
    for (const char* path : {"data/boards.toml", "data/jetpacks.toml", "data/releases.toml"}) {
      const EmbeddedTable* table = find_table(path);
      if (!table) continue;
      Result<BoardTables> read = load_board_tables(table->text, path, true);
      if (!read.ok()) {
        keep(read.status());
        continue;
      }
      std::move(read->boards.begin(), read->boards.end(), std::back_inserter(boards->boards));
      std::move(read->jetpacks.begin(), read->jetpacks.end(), std::back_inserter(boards->jetpacks));
      std::move(read->releases.begin(), read->releases.end(), std::back_inserter(boards->releases));
    }
    for (const UserRows& u : user) {
      put_first(boards->boards, u.boards.boards, [](const Board& a, const Board& b) { return a.id == b.id; });
      put_first(boards->jetpacks, u.boards.jetpacks,
                [](const JetPack& a, const JetPack& b) { return a.id == b.id; });
      put_first(boards->releases, u.boards.releases,
                [](const Release& a, const Release& b) { return a.version == b.version; });
    }
    std::stable_sort(boards->releases.begin(), boards->releases.end(),
                     [](const Release& a, const Release& b) { return a.version < b.version; });
    std::stable_sort(boards->jetpacks.begin(), boards->jetpacks.end(),
                     [](const JetPack& a, const JetPack& b) { return a.version < b.version; });
    return *boards;
  }

  const std::vector<Plugin>& plugin_table() {
    if (plugins) return *plugins;
    plugins.emplace();
    if (const EmbeddedTable* table = find_table("data/plugins.toml")) {
      Result<BoardTables> read = load_board_tables(table->text, "data/plugins.toml", true);
      keep(read.status());
      if (read.ok()) *plugins = std::move(read->plugins);
    }
    for (const UserRows& u : user) {
      put_first(*plugins, u.boards.plugins,
                [](const Plugin& a, const Plugin& b) { return a.name == b.name && a.version == b.version; });
    }
    return *plugins;
  }

  const SharedRules& shared_rules() {
    if (shared) return *shared;
    shared.emplace();
    for (const EmbeddedTable& table : embedded_tables()) {
      if (starts_with(table.path, "operators/_")) {
        keep(load_shared_rules(table.text, std::string(table.path), *shared, true));
      }
    }
    return *shared;
  }

  std::unique_ptr<OperatorKnowledge> load(const std::string& key) {
    std::unique_ptr<OperatorKnowledge> knowledge;
    const auto have = [&]() -> OperatorKnowledge& {
      if (!knowledge) knowledge = std::make_unique<OperatorKnowledge>();
      return *knowledge;
    };
    if (const EmbeddedTable* table = find_table("operators/" + key + ".toml")) {
      Result<OperatorKnowledge> read = load_operator(table->text, std::string(table->path), true);
      keep(read.status());
      if (read.ok()) have() = std::move(*read);
    }
    const auto append = [&](const SharedRules& all) {
      std::vector<Rule> rules = knowledge ? std::move(knowledge->rules) : std::vector<Rule>();
      all.append_to(key, knowledge != nullptr, rules);
      if (knowledge || !rules.empty()) have().rules = std::move(rules);
    };
    append(shared_rules());
    for (const UserRows& u : user) {
      const auto op = u.operators.find(key);
      if (op != u.operators.end()) merge_knowledge(op->second, have());
      append(u.rules);
    }
    return knowledge;
  }
};

Catalog::Catalog() : tables_(std::make_unique<Tables>()) {}
Catalog::~Catalog() = default;

Status Catalog::add_toml(std::string_view text, const std::string& file) {
  JETLINE_ASSIGN_OR_RETURN(const std::vector<TomlRow> rows, read_toml_rows(text, file));
  UserRows user;
  OperatorKnowledge* op = nullptr;
  JETLINE_RETURN_IF_ERROR(RowReader(rows[0], file).finish());
  for (size_t i = 1; i < rows.size(); ++i) JETLINE_RETURN_IF_ERROR(read_user_row(rows[i], file, user, op));
  tables_->user.push_back(std::move(user));
  tables_->boards.reset();
  tables_->plugins.reset();
  tables_->operators.clear();
  return Status();
}

Status Catalog::status() const {
  return tables_->status;
}
const std::vector<Board>& Catalog::boards() const {
  return tables_->board_tables().boards;
}
const std::vector<JetPack>& Catalog::jetpacks() const {
  return tables_->board_tables().jetpacks;
}
const std::vector<Release>& Catalog::releases() const {
  return tables_->board_tables().releases;
}
const std::vector<Plugin>& Catalog::plugins() const {
  return tables_->plugin_table();
}

const Board* Catalog::find_board(std::string_view id_or_alias) const {
  const std::string key = board_key(id_or_alias);
  if (key.empty()) return nullptr;
  for (const Board& b : boards()) {
    if (board_key(b.id) == key || board_key(b.name) == key) return &b;
  }
  for (const Board& b : boards()) {
    for (const std::string& alias : b.aliases) {
      if (board_key(alias) == key) return &b;
    }
  }
  return nullptr;
}

const JetPack* Catalog::find_jetpack(std::string_view id) const {
  const std::string wanted = to_lower(trim(id));
  for (const JetPack& j : jetpacks()) {
    if (to_lower(j.id) == wanted) return &j;
  }
  const Result<Version> v = parse_version(wanted);  // "4.6.0", and previews without their "DP"
  for (const JetPack& j : jetpacks()) {
    if (v.ok() && j.version == *v) return &j;
  }
  return nullptr;
}

const Release* Catalog::find_release(const Version& tensorrt) const {
  const Release* best = nullptr;
  for (const Release& r : releases()) {
    if (r.version.part[0] == tensorrt.part[0] && r.version <= tensorrt) best = &r;
  }
  return best;
}

const Plugin* Catalog::find_plugin(std::string_view name, const Version& tensorrt) const {
  const Plugin* best = nullptr;  // the newest version of the plugin
  for (const Plugin& p : plugins()) {
    if (p.name == name && p.trt.holds(tensorrt)) best = &p;
  }
  return best;
}

const OperatorKnowledge* Catalog::find_operator(std::string_view domain, std::string_view op) const {
  const std::string key = operator_key(domain, op);
  const auto it = tables_->operators.find(key);
  if (it != tables_->operators.end()) return it->second.get();
  std::unique_ptr<OperatorKnowledge> knowledge = tables_->load(key);
  if (knowledge && knowledge->op.empty()) {
    knowledge->op = std::string(op);
    knowledge->domain = domain == "ai.onnx" ? "" : std::string(domain);
  }
  return tables_->operators.emplace(key, std::move(knowledge)).first->second.get();
}

std::vector<std::string> Catalog::operator_names() const {
  std::vector<std::string> names;
  for (const EmbeddedTable& t : embedded_tables()) {
    constexpr std::string_view kFolder = "operators/", kEnd = ".toml";
    if (!starts_with(t.path, kFolder) || t.path[kFolder.size()] == '_') continue;
    names.emplace_back(t.path.substr(kFolder.size(), t.path.size() - kFolder.size() - kEnd.size()));
  }
  for (const UserRows& u : tables_->user) {
    for (const auto& entry : u.operators) names.push_back(entry.first);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace jetline::targets
