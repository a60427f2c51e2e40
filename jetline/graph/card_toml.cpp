// Cards as TOML, and where cards lie.
#include <toml++/toml.h>

#include <nlohmann/json.hpp>

#include "jetline/graph/card_fields.h"
#include "jetline/graph/card_io.h"

namespace jetline {
namespace {
CardTree card_toml_tree(const toml::node& n) {
  CardTree t;
  if (const auto* s = n.as_string()) {
    t.kind = CardTree::Kind::kText;
    t.text = s->get();
  } else if (const auto* i = n.as_integer()) {
    t.kind = CardTree::Kind::kNumber;
    t.number = static_cast<double>(i->get());
  } else if (const auto* d = n.as_floating_point()) {
    t.kind = CardTree::Kind::kNumber;
    t.number = d->get();
  } else if (const auto* a = n.as_array()) {
    t.kind = CardTree::Kind::kList;
    for (const toml::node& e : *a) t.list.push_back(card_toml_tree(e));
  } else if (const auto* table = n.as_table()) {
    t.kind = CardTree::Kind::kTable;
    for (auto&& [k, v] : *table) t.table.emplace_back(std::string(k), card_toml_tree(v));
  }
  return t;
}

// TOML's basic strings are JSON's, but for characters that TOML wants escaped and JSON does not (DEL).
std::string card_quote(const std::string& text) {
  std::string q = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (size_t at; (at = q.find('\x7f')) != std::string::npos;) q.replace(at, 1, "\\u007f");
  return q;
}
}  // namespace

Result<Card> card_from_toml(std::string_view text, const std::string& where) {
  if (text.size() > kCardMaxBytes) {
    return Status::bad_input("card.syntax", "the card is too long to be one", "", where);
  }
  toml::table table;
  try {  // toml++ reports by exception here; none leaves this function
    table = toml::parse(text, std::string_view(where));
  } catch (const toml::parse_error& e) {
    const auto& at = e.source().begin;
    return Status::bad_input("card.syntax", "the card is not valid TOML: " + std::string(e.description()), "",
                             where + ":" + std::to_string(at.line) + ":" + std::to_string(at.column));
  }
  Result<Card> card = card_read(card_toml_tree(table));
  if (!card.ok()) return card.status().at(where);
  return card;
}

std::string card_to_toml(const Card& card) {
  // Through the JSON form, so that numbers and words are the same in both.
  const auto j = nlohmann::ordered_json::parse(card_to_json(card));
  auto line = [](const std::string& key, const nlohmann::ordered_json& v) {
    const std::string value = v.is_string() ? card_quote(v.get<std::string>()) : v.dump();
    return key + " = " + value + "\n";
  };
  std::string top, tables;
  for (const auto& [key, v] : j.items()) {
    if (key == "labels") {
      std::vector<std::string> words;
      for (const std::string& l : card.labels) words.push_back(card_quote(l));
      top += "labels = [" + join(words, ", ") + "]\n";
    } else if (v.is_object()) {
      if (v.empty()) continue;
      tables += "\n[" + key + "]\n";
      for (const auto& [k, inner] : v.items()) tables += line(card_quote(k), inner);
    } else {
      top += line(key, v);
    }
  }
  return top + tables;
}

Result<Card> read_card(const Model& model) {
  const std::string* text = model.metadata_value(kCardKey);
  if (!text) {
    return Status::bad_input("card.none", "the model has no card",
                             "write NAME.card.toml beside it, or name the head and the input with flags");
  }
  return card_from_json(*text);
}

void write_card(Model& model, const Card& card) {
  model.set_metadata(kCardKey, card_to_json(card));
}

std::string sidecar_path(const std::string& model_path) {
  const std::string name = file_stem(model_path) + ".card.toml";
  const size_t slash = model_path.rfind('/');
  return slash == std::string::npos ? name : model_path.substr(0, slash + 1) + name;
}

Result<Card> read_sidecar(const std::string& toml_path) {
  JETLINE_ASSIGN_OR_RETURN(const std::string text, read_file(toml_path, static_cast<int64_t>(kCardMaxBytes)));
  return card_from_toml(text, toml_path);
}

Status write_sidecar(const Card& card, const std::string& toml_path, FileSystem& fs) {
  return write_file(toml_path, card_to_toml(card), fs);
}

Result<Card> find_card(const Model& model, const std::string& model_path) {
  const std::string sidecar = sidecar_path(model_path);
  if (!model_path.empty() && file_exists(sidecar)) return read_sidecar(sidecar);
  return read_card(model);
}

}  // namespace jetline
