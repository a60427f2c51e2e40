#include "jetline/surgery/card_follows.h"

#include <algorithm>

#include "jetline/base/strings.h"
#include "jetline/graph/card_io.h"

namespace jetline::surgery {

namespace {

// `toml` with another value for `name` of the table [input]; everything else as a person wrote it.
std::string with_input_name(const std::string& toml, const std::string& name) {
  std::string out;
  bool in_input = false;
  for (const std::string& line : split(toml, '\n')) {
    const std::string_view t = trim(line);
    if (!t.empty() && t[0] == '[') in_input = starts_with(t, "[input]");
    const size_t equals = line.find('=');
    const bool names =
        equals != std::string::npos && trim(std::string_view(line).substr(0, equals)) == "name";
    out += in_input && names ? "name = '" + name + "'" : line;
    out += '\n';
  }
  out.pop_back();
  return out;
}

}  // namespace

Result<std::string> copy_sidecar(const std::string& model_path, const std::string& output_path,
                                 const std::vector<std::pair<std::string, std::string>>& renamed,
                                 std::vector<std::string>& notes, FileSystem& fs) {
  const std::string from = sidecar_path(model_path), to = sidecar_path(output_path);
  if (!file_exists(from) || from == to) return std::string();
  JETLINE_ASSIGN_OR_RETURN(std::string text, read_file(from, int64_t{1} << 20));
  JETLINE_ASSIGN_OR_RETURN(const Card card, card_from_toml(text, from));
  for (const auto& [old_name, new_name] : renamed) {
    if (card.input.name != old_name || card.input.name.empty()) continue;
    text = with_input_name(text, new_name);
    const Result<Card> now = card_from_toml(text, to);
    if (!now.ok() || now->input.name != new_name) {
      return Status::bad_input("surgery.card", "the input's name in " + from + " could not be replaced",
                               "write " + to + " by hand, with name = '" + new_name + "' under [input]",
                               from);
    }
    break;
  }
  JETLINE_RETURN_IF_ERROR(write_file(to, text, fs));
  notes.push_back("the card beside the model was copied to " + to);
  return to;
}

std::string picture_input(const Model& model, const std::string& named_by_card) {
  if (!named_by_card.empty()) return named_by_card;
  const std::vector<Value*> inputs = model.graph().free_inputs();
  return inputs.empty() ? "" : inputs[0]->name();
}

void drop_card_without_input(const Model& source, Model& made, std::vector<std::string>& notes) {
  if (!made.metadata_value(kCardKey)) return;
  const Result<Card> card = read_card(made);
  const std::string input = picture_input(source, card.ok() ? card->input.name : "");
  const Value* v = made.graph().find(input);
  if (v && v->is_input()) return;
  auto& m = made.metadata;
  m.erase(std::remove_if(m.begin(), m.end(), [](const auto& entry) { return entry.first == kCardKey; }),
          m.end());
  notes.push_back("the card describes input '" + input + "', which is gone; it was left out");
}

}  // namespace jetline::surgery
