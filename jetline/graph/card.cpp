#include "jetline/graph/card.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "jetline/base/json_depth.h"
#include "jetline/graph/card_fields.h"

namespace jetline {
namespace {

// nlohmann's parser does not bound nesting, and building its tree recurses; brackets are counted first.
constexpr int kCardMaxDepth = 32;
using Json = nlohmann::ordered_json;

// Shortest decimal text of a float that reads back as the same float, so that 0.1f is written 0.1.
double card_number(float v) {
  for (int digits = 6; digits <= 9; ++digits) {
    char text[40];
    std::snprintf(text, sizeof text, "%.*g", digits, static_cast<double>(v));
    double d = 0;
    if (parse_double(text, d) && static_cast<float>(d) == v) return d;
  }
  return static_cast<double>(v);
}

// JSON as the tree that card_read takes.
CardTree card_tree(const Json& j) {
  CardTree t;
  if (j.is_string()) {
    t.kind = CardTree::Kind::kText;
    t.text = j.get<std::string>();
  } else if (j.is_number()) {
    t.kind = CardTree::Kind::kNumber;
    t.number = j.get<double>();
  } else if (j.is_array()) {
    t.kind = CardTree::Kind::kList;
    for (const auto& e : j) t.list.push_back(card_tree(e));
  } else if (j.is_object()) {
    t.kind = CardTree::Kind::kTable;
    for (const auto& [k, v] : j.items()) t.table.emplace_back(k, card_tree(v));
  }
  return t;
}

}  // namespace

std::string card_to_json(const Card& card) {
  Json j;
  j["version"] = card.version;
  j["name"] = card.name;
  j["task"] = card.task;
  j["head"] = card.head;
  j["labels"] = card.labels;
  const InputSpec& in = card.input;
  Json& i = j["input"];
  i["name"] = in.name;
  i["width"] = in.width;
  i["height"] = in.height;
  i["layout"] = card_word(in.layout);
  i["order"] = card_word(in.order);
  i["fit"] = card_word(in.fit);
  if (in.resample != Resample::kLevels) i["resample"] = card_word(in.resample);
  i["pad"] = card_number(in.pad);
  i["mean"] = {card_number(in.mean[0]), card_number(in.mean[1]), card_number(in.mean[2])};
  i["scale"] = {card_number(in.scale[0]), card_number(in.scale[1]), card_number(in.scale[2])};
  i["dtype"] = std::string(dtype_name(in.dtype));
  j["head_params"] = Json::object();
  for (const auto& [key, values] : card.head_params) j["head_params"][key] = values;
  j["score_threshold"] = card_number(card.score_threshold);
  j["nms_iou"] = card_number(card.nms_iou);
  j["provenance"] = Json::object();
  for (const auto& [key, value] : card.provenance) j["provenance"][key] = value;
  return j.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Card> card_from_json(std::string_view text) {
  if (text.size() > kCardMaxBytes || json_nests_deeper(text, kCardMaxDepth)) {
    return Status::bad_input("card.syntax", "the card is too long or nested too deeply to be one");
  }
  // No exceptions: a discarded value stands for a syntax error.
  const Json j = Json::parse(text.begin(), text.end(), nullptr, false);
  if (j.is_discarded()) {
    return Status::bad_input("card.syntax", "the card is not valid JSON",
                             "write it with `jetline export` or as NAME.card.toml");
  }
  return card_read(card_tree(j));
}

}  // namespace jetline
