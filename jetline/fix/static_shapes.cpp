// Open dimensions of inputs get numbers: the batch asked for, sizes asked for by name, picture sizes that the
// card names. A batch of three numbers stays open and becomes a profile in the notes.
#include <algorithm>
#include <charconv>

#include "jetline/fix/rewrite.h"
#include "jetline/graph/card.h"
#include "jetline/passes/edit.h"

namespace jetline::fix {
namespace {

bool static_number(std::string_view text, int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out >= 1 && out <= 65536;
}

struct StaticBatch {
  int64_t least = 1, usual = 1, most = 1;
  bool profile = false;
};

Result<StaticBatch> static_batch(const std::string& text) {
  StaticBatch b;
  std::vector<int64_t> numbers;
  for (size_t at = 0; at <= text.size() && !text.empty();) {
    const size_t end = std::min(text.find(':', at), text.size());
    int64_t n = 0;
    numbers.push_back(static_number(std::string_view(text).substr(at, end - at), n) ? n : -1);
    at = end + 1;
  }
  const bool sound = std::none_of(numbers.begin(), numbers.end(), [](int64_t n) { return n < 1; }) &&
                     std::is_sorted(numbers.begin(), numbers.end());
  if (!sound || (numbers.size() != 0 && numbers.size() != 1 && numbers.size() != 3))
    return Status::usage("fix.bad-batch", "'" + text + "' is no batch",
                         "a number such as 4, or smallest:usual:greatest such as 1:4:8");
  if (numbers.size() == 1) b.least = b.usual = b.most = numbers[0];
  if (numbers.size() == 3) b = {numbers[0], numbers[1], numbers[2], true};
  return b;
}

// Height and width that the card gives a picture, by the place of the axis; 0: says nothing.
int64_t static_from_card(const Model& m, const Value& v, size_t axis) {
  const std::string* json = m.metadata_value(kCardKey);
  if (!json || v.type.shape.size() != 4) return 0;
  const auto card = card_from_json(*json);
  if (!card.ok() || (!card->input.name.empty() && card->input.name != v.name())) return 0;
  const bool nchw = card->input.layout == Layout::kNCHW;
  if (axis == (nchw ? 2u : 1u)) return card->input.height;
  if (axis == (nchw ? 3u : 2u)) return card->input.width;
  const int64_t channels = card->input.order == ColorOrder::kGray ? 1 : 3;
  return axis == (nchw ? 1u : 3u) ? channels : 0;
}

// A number for dimension `axis` of an input; 0: it stays open, -1: nothing says how large it is.
int64_t static_size(const FixContext& c, const Value& v, size_t axis, const StaticBatch& batch) {
  const auto asked = c.options.shapes.find(v.name());
  if (asked != c.options.shapes.end() && axis < asked->second.size() && asked->second[axis] > 0)
    return asked->second[axis];
  if (axis == 0) return batch.profile ? 0 : batch.usual;
  const int64_t size = static_from_card(c.model, v, axis);
  return size > 0 ? size : -1;
}

std::string static_dims(const Value& v, int64_t batch) {
  std::string text;
  for (size_t i = 0; i < v.type.shape.size(); ++i) {
    const Dim& d = v.type.shape[i];
    text += (i ? "x" : "") + std::to_string(d.known() ? d.value : batch);
  }
  return text;
}

}  // namespace

Result<int> run_static_shapes(Model&, FixContext& c) {
  JETLINE_ASSIGN_OR_RETURN(const StaticBatch batch, static_batch(c.options.batch));
  std::map<std::string, int64_t> named;  // equal names are equal sizes
  int changed = 0;
  std::string profile[3];
  // All or nothing: half a shape brings nothing and closes what a person may want open.
  const size_t refused = c.refusals.size();
  std::vector<std::pair<Dim*, int64_t>> sizes_found;
  for (Value* v : c.model.graph().free_inputs()) {
    bool open = false;
    for (size_t i = 0; i < v->type.shape.size(); ++i) {
      Dim& d = v->type.shape[i];
      if (d.known()) continue;
      const int64_t n =
          d.kind == Dim::Kind::kParam && named.count(d.param) ? named[d.param] : static_size(c, *v, i, batch);
      if (n < 0) {
        c.refusals.push_back({c.rewrite, v->name(),
                              "dimension " + std::to_string(i) +
                                  " of the input is open: say it with --shape " + v->name() + "=…"});
        continue;
      }
      open = open || n == 0;
      if (n == 0) continue;
      if (d.kind == Dim::Kind::kParam) named[d.param] = n;
      sizes_found.emplace_back(&d, n);
      ++changed;
    }
    if (!open) continue;
    const int64_t sizes[3] = {batch.least, batch.usual, batch.most};
    for (int k = 0; k < 3; ++k)
      profile[k] += (profile[k].empty() ? "" : ",") + v->name() + ":" + static_dims(*v, sizes[k]);
  }
  if (c.refusals.size() > refused) return 0;
  for (const auto& [d, n] : sizes_found) *d = Dim(n);
  if (!profile[0].empty())
    c.notes.push_back("build with a profile: trtexec --minShapes=" + profile[0] +
                      " --optShapes=" + profile[1] + " --maxShapes=" + profile[2]);
  if (changed == 0) return 0;
  // What is declared between and behind with those names has the numbers now; the rest is inferred again.
  passes::each_graph(c.model.graph(), [&](Graph& g) {
    for (const auto& v : g.values()) {
      for (Dim& d : v->type.shape) {
        const auto it = d.kind == Dim::Kind::kParam ? named.find(d.param) : named.end();
        if (it != named.end()) d = Dim(it->second);
      }
    }
  });
  c.refresh();
  return changed;
}

}  // namespace jetline::fix
