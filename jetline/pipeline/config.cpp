#include "jetline/pipeline/config.h"

#include <algorithm>
#include <map>
#include <set>

#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/pipeline/placeholder.h"
#include "jetline/pipeline/shorthand.h"
#include "jetline/pipeline/toml_reader.h"

namespace jetline {
namespace {

constexpr int64_t kMaxConfigBytes = 1 << 20;
constexpr size_t kMaxStages = 1000;

bool is_stage_name(const std::string& name) {
  if (name.empty() || name.size() > 64 || name == "out" || name[0] == '-') return false;
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; });
}

// One [[stage]].
Status read_general_stage(const toml::table& table, const std::string& file, StageSpec& stage) {
  TomlReader r(table, file, "[[stage]]");
  std::string verb;
  JETLINE_RETURN_IF_ERROR(r.text("name", stage.name));
  JETLINE_RETURN_IF_ERROR(r.text("verb", verb));
  JETLINE_RETURN_IF_ERROR(r.text("title", stage.title));
  JETLINE_RETURN_IF_ERROR(r.texts("args", stage.args));
  JETLINE_RETURN_IF_ERROR(r.texts("inputs", stage.inputs));
  JETLINE_RETURN_IF_ERROR(r.texts("outputs", stage.outputs));
  JETLINE_RETURN_IF_ERROR(r.texts("after", stage.after));
  JETLINE_RETURN_IF_ERROR(r.number("timeout_minutes", stage.timeout_minutes));
  JETLINE_RETURN_IF_ERROR(r.finish());
  for (const std::string& word : split(verb, ' ')) {
    if (!word.empty()) stage.verb.push_back(word);
  }
  if (stage.verb.empty() || starts_with(stage.verb[0], "-"))
    return r.wrong("verb", "a verb such as \"detect\"");
  if (stage.verb[0] == "run") return r.wrong("verb", "a verb other than \"run\"");
  stage.line = static_cast<int>(table.source().begin.line);
  if (stage.title.empty()) stage.title = stage.name;
  return Status();
}

Status read_general_stages(const toml::table& root, const std::string& file, std::vector<StageSpec>& stages) {
  const toml::node* node = root.get("stage");
  if (!node) return Status();
  const toml::array* list = node->as_array();
  const auto wrong = [&] {
    return Status::bad_input("pipeline.field", "'stage' must be a list of tables",
                             "write [[stage]] above each",
                             file + ":" + std::to_string(node->source().begin.line));
  };
  if (!list) return wrong();
  for (const toml::node& e : *list) {
    if (!e.is_table()) return wrong();
    StageSpec stage;
    JETLINE_RETURN_IF_ERROR(read_general_stage(*e.as_table(), file, stage));
    stages.push_back(std::move(stage));
  }
  return Status();
}

Status check_names(const std::vector<StageSpec>& stages, const std::string& file) {
  std::set<std::string> seen;
  for (const StageSpec& s : stages) {
    const std::string where = file + ":" + std::to_string(s.line);
    if (!is_stage_name(s.name)) {
      return Status::bad_input("pipeline.stage-name", "'" + s.name + "' cannot be the name of a stage",
                               "use letters, digits, '-' and '_'; 'out' has a meaning of its own", where);
    }
    if (!seen.insert(s.name).second) {
      return Status::bad_input("pipeline.duplicate-stage", "two stages are called '" + s.name + "'",
                               "give one of them another name", where);
    }
  }
  return Status();
}

Status read_root(const toml::table& root, PipelineConfig& config) {
  TomlReader r(root, config.path, config.path);
  JETLINE_RETURN_IF_ERROR(r.text("name", config.name));
  JETLINE_RETURN_IF_ERROR(r.text("title", config.title));
  JETLINE_RETURN_IF_ERROR(r.text("description", config.description));
  JETLINE_RETURN_IF_ERROR(r.text("output", config.output));
  JETLINE_RETURN_IF_ERROR(read_shorthands(root, config.path, config.stages));
  JETLINE_RETURN_IF_ERROR(read_general_stages(root, config.path, config.stages));
  std::vector<std::string> tables = shorthand_names();
  tables.push_back("stage");
  r.know(tables);
  JETLINE_RETURN_IF_ERROR(r.finish());
  if (config.name.empty()) config.name = file_stem(config.path);
  if (config.title.empty()) config.title = config.name;
  if (config.output.empty()) config.output = "runs/" + config.name;
  if (config.stages.empty()) {
    return Status::bad_input("pipeline.no-stages", config.path + " has no stages",
                             "add [[stage]], or a table such as [synth], [train] or [eval]", config.path);
  }
  if (config.stages.size() > kMaxStages) {
    return Status::bad_input("pipeline.field", "more than " + std::to_string(kMaxStages) + " stages", "",
                             config.path);
  }
  return check_names(config.stages, config.path);
}

}  // namespace

Status order_stages(std::vector<StageSpec>& stages, const std::string& where) {
  std::map<std::string, size_t> index;
  std::vector<std::string> names;
  for (size_t i = 0; i < stages.size(); ++i) {
    index[stages[i].name] = i;
    names.push_back(stages[i].name);
  }
  for (StageSpec& s : stages) {
    const std::string line = where + ":" + std::to_string(s.line);
    std::vector<std::string> all = s.after;
    for (const auto* texts : {&s.args, &s.inputs, &s.outputs}) {
      for (const std::string& t : *texts) {
        const auto found = placeholder_stages(t);
        if (!found.ok()) return found.status().at(line);
        all.insert(all.end(), found->begin(), found->end());
      }
    }
    s.after.clear();
    for (const std::string& a : all) {
      if (!index.count(a)) {
        const std::string near = nearest_word(a, names);
        return Status::bad_input(
            "pipeline.unknown-stage", "stage '" + s.name + "' needs '" + a + "', which is no stage",
            near.empty() ? "the stages are " + join(names, ", ") : "did you mean '" + near + "'?", line);
      }
      if (std::find(s.after.begin(), s.after.end(), a) == s.after.end()) s.after.push_back(a);
    }
  }
  // Always the first stage in file order whose needs are met: stable, and quadratic only in the number of
  // stages.
  std::vector<StageSpec> ordered;
  std::set<std::string> done;
  std::vector<bool> taken(stages.size(), false);
  while (ordered.size() < stages.size()) {
    size_t next = stages.size();
    for (size_t i = 0; i < stages.size() && next == stages.size(); ++i) {
      if (taken[i]) continue;
      const auto met = [&](const std::string& a) { return done.count(a) > 0; };
      if (std::all_of(stages[i].after.begin(), stages[i].after.end(), met)) next = i;
    }
    if (next == stages.size()) {
      std::vector<std::string> stuck;
      for (size_t i = 0; i < stages.size(); ++i) {
        if (!taken[i]) stuck.push_back(stages[i].name);
      }
      return Status::bad_input("pipeline.cycle", "stages wait for each other: " + join(stuck, ", "),
                               "look at their 'after' and at the {NAME} in their arguments", where);
    }
    taken[next] = true;
    done.insert(stages[next].name);
    ordered.push_back(stages[next]);
  }
  stages = std::move(ordered);
  return Status();
}

Result<PipelineConfig> parse_pipeline(std::string_view text, const std::string& path) {
  if (!is_valid_utf8(text)) {
    return Status::bad_input("pipeline.syntax", path + " is not UTF-8 text", "is this the right file?", path);
  }
  PipelineConfig config;
  config.path = path;
  config.folder = parent_path(path).empty() ? "." : parent_path(path);
  try {  // toml++ reports by exception; none leaves this function
    const toml::table root = toml::parse(text, path);
    JETLINE_RETURN_IF_ERROR(read_root(root, config));
  } catch (const toml::parse_error& e) {
    return Status::bad_input("pipeline.syntax", std::string(e.description()),
                             "see https://toml.io for the syntax",
                             path + ":" + std::to_string(e.source().begin.line));
  } catch (const std::exception& e) {
    return Status::bad_input("pipeline.syntax", std::string("cannot be read: ") + e.what(), "", path);
  }
  JETLINE_RETURN_IF_ERROR(order_stages(config.stages, path));
  return config;
}

Result<PipelineConfig> load_pipeline(const std::string& path) {
  JETLINE_ASSIGN_OR_RETURN(const std::string text, read_file(path, kMaxConfigBytes));
  return parse_pipeline(text, path);
}

}  // namespace jetline
