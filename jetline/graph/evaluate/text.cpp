// Strings: StringConcat, StringSplit, StringNormalizer, TfIdfVectorizer, LabelEncoder.
#include <algorithm>
#include <map>
#include <set>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

Status need_strings(const Call& c, size_t input) {
  const Tensor* t = c.tensor(input);
  if (!t) return c.bad_input("input " + std::to_string(input) + " is not a tensor");
  return t->dtype() == DType::kString ? Status() : c.unsupported_type(t->dtype());
}

Status run_string_concat(Call& c) {
  JETLINE_RETURN_IF_ERROR(need_strings(c, 0));
  JETLINE_RETURN_IF_ERROR(need_strings(c, 1));
  const Tensor &a = *c.tensor(0), &b = *c.tensor(1);
  Dims dims;
  if (!broadcast_dims(a.dims(), b.dims(), dims)) return c.bad_input("the shapes do not fit");
  const int64_t n = element_count(dims);
  if (n < 0 || n > c.budget().options.max_output_bytes / 64) return c.too_large("too many strings");
  JETLINE_RETURN_IF_ERROR(c.charge(n));
  const Dims strides[2] = {broadcast_strides(a.dims(), dims), broadcast_strides(b.dims(), dims)};
  int64_t at[2] = {0, 0}, bytes = 0;
  Odometer walk(dims);
  std::vector<std::string> out;
  for (int64_t i = 0; i < n; ++i, walk.next(strides, at)) {
    out.push_back(a.strings()[static_cast<size_t>(at[0])] + b.strings()[static_cast<size_t>(at[1])]);
    bytes += static_cast<int64_t>(out.back().size());
    if (bytes > c.budget().options.max_output_bytes) return c.too_large("the joined strings");
  }
  JETLINE_ASSIGN_OR_RETURN(Tensor y, Tensor::of_strings(dims, std::move(out)));
  c.set(0, std::move(y));
  return {};
}

// As Python's str.split: at each delimiter or, without one, at runs of white space.
std::vector<std::string> split_words(const std::string& s, const std::string& delimiter, int64_t most) {
  std::vector<std::string> words;
  size_t at = 0;
  const char* spaces = " \t\n\r\f\v";
  if (delimiter.empty()) {
    while (true) {
      at = s.find_first_not_of(spaces, at);
      if (at == std::string::npos) return words;
      if (most >= 0 && static_cast<int64_t>(words.size()) >= most) {
        const size_t last = s.find_last_not_of(spaces);
        words.push_back(s.substr(at, last + 1 - at));
        return words;
      }
      const size_t end = std::min(s.size(), s.find_first_of(spaces, at));
      words.push_back(s.substr(at, end - at));
      at = end;
    }
  }
  while (most < 0 || static_cast<int64_t>(words.size()) < most) {
    const size_t end = s.find(delimiter, at);
    if (end == std::string::npos) break;
    words.push_back(s.substr(at, end - at));
    at = end + delimiter.size();
  }
  words.push_back(s.substr(at));
  return words;
}

Status run_string_split(Call& c) {
  JETLINE_RETURN_IF_ERROR(need_strings(c, 0));
  const Tensor& x = *c.tensor(0);
  const std::string delimiter = c.string_or("delimiter", "");
  const int64_t most = c.attribute("maxsplit") ? c.int_or("maxsplit", -1) : -1;
  std::vector<std::vector<std::string>> all;
  std::vector<int64_t> counts;
  size_t widest = 0;
  for (const std::string& s : x.strings()) {
    all.push_back(split_words(s, delimiter, most));
    counts.push_back(static_cast<int64_t>(all.back().size()));
    widest = std::max(widest, all.back().size());
  }
  Dims dims = x.dims();
  dims.push_back(static_cast<int64_t>(widest));
  if (span_count(dims, 0, dims.size()) > c.budget().options.max_output_bytes / 64)
    return c.too_large("too many words");
  JETLINE_RETURN_IF_ERROR(c.charge(element_count(dims)));
  std::vector<std::string> out;
  for (auto& words : all) {
    words.resize(widest);
    for (std::string& w : words) out.push_back(std::move(w));
  }
  JETLINE_ASSIGN_OR_RETURN(Tensor y, Tensor::of_strings(dims, std::move(out)));
  JETLINE_ASSIGN_OR_RETURN(Tensor n, Tensor::ints(x.dims(), counts));
  c.set(0, std::move(y));
  c.set(1, std::move(n));
  return {};
}

std::string change_case(std::string s, const std::string& action) {
  for (char& ch : s) {
    if (action == "LOWER" && ch >= 'A' && ch <= 'Z') ch = static_cast<char>(ch + 32);
    if (action == "UPPER" && ch >= 'a' && ch <= 'z') ch = static_cast<char>(ch - 32);
  }
  return s;
}

// Stop words are removed, then the case is changed. Letters beyond ASCII would need a locale.
Status run_string_normalizer(Call& c) {
  JETLINE_RETURN_IF_ERROR(need_strings(c, 0));
  const Tensor& x = *c.tensor(0);
  const Dims& d = x.dims();
  if (d.size() != 1 && (d.size() != 2 || d[0] != 1))
    return c.bad_input("the input is neither [C] nor [1, C]");
  const std::string action = c.string_or("case_change_action", "NONE");
  const bool sensitive = c.int_or("is_case_sensitive", 0) != 0;
  const Attribute* a = c.attribute("stopwords");
  std::set<std::string> stops;
  for (const std::string& w : a && a->as_strings() ? *a->as_strings() : std::vector<std::string>()) {
    stops.insert(sensitive ? w : change_case(w, "LOWER"));
  }
  std::vector<std::string> out;
  for (const std::string& s : x.strings()) {
    const bool ascii = std::all_of(s.begin(), s.end(), [](char ch) { return (ch & 0x80) == 0; });
    if (!ascii && (action != "NONE" || !sensitive)) return c.unsupported("letters beyond ASCII");
    if (stops.count(sensitive ? s : change_case(s, "LOWER")) == 0) out.push_back(change_case(s, action));
  }
  if (out.empty()) out.emplace_back();
  Dims dims = d;
  dims.back() = static_cast<int64_t>(out.size());
  JETLINE_ASSIGN_OR_RETURN(Tensor y, Tensor::of_strings(dims, std::move(out)));
  c.set(0, std::move(y));
  return {};
}

// Words as numbers: integers as they are, strings by their place among the pool's.
struct GramPool {
  std::vector<int64_t> pool, words;
};

Result<GramPool> gram_pool(Call& c) {
  const Tensor& x = *c.tensor(0);
  GramPool g;
  const Attribute *ints = c.attribute("pool_int64s"), *strings = c.attribute("pool_strings");
  if (x.dtype() == DType::kString && strings && strings->as_strings()) {
    std::map<std::string, int64_t> ids;
    for (const std::string& s : *strings->as_strings()) {
      g.pool.push_back(ids.emplace(s, static_cast<int64_t>(ids.size())).first->second);
    }
    for (const std::string& s : x.strings()) {
      const auto it = ids.find(s);
      g.words.push_back(it == ids.end() ? -1 : it->second);
    }
    return g;
  }
  if (x.dtype() == DType::kString || !ints || !ints->as_ints())
    return c.bad_input("the pool has another type than the input");
  g.pool = *ints->as_ints();
  JETLINE_ASSIGN_OR_RETURN(g.words, c.ints(0));
  return g;
}

Status run_tf_idf_vectorizer(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Dims& d = c.tensor(0)->dims();
  const Dims starts = c.ints_or("ngram_counts", {}), indexes = c.ints_or("ngram_indexes", {});
  const auto weights = c.floats_or("weights", {});
  const std::string mode = c.string_or("mode", "");
  const int64_t shortest = c.int_or("min_gram_length", 1), longest = c.int_or("max_gram_length", 1),
                skips = c.int_or("max_skip_count", 0);
  if (d.empty() || d.size() > 2 || (mode != "TF" && mode != "IDF" && mode != "TFIDF") || shortest < 1 ||
      longest < shortest || skips < 0 || skips > 1 << 20) {
    return c.bad_input("the input or the attributes are out of range");
  }
  JETLINE_ASSIGN_OR_RETURN(const GramPool g, gram_pool(c));
  int64_t width = 0;
  for (int64_t i : indexes) {
    if (i < 0 || i > 1 << 28) return c.bad_input("ngram_indexes");
    width = std::max(width, i + 1);
  }
  // Every n-gram of the pool, with its column.
  std::map<std::vector<int64_t>, std::vector<int64_t>> grams;
  size_t gram = 0;
  for (size_t n = 1; n <= starts.size(); ++n) {
    const auto total = static_cast<int64_t>(g.pool.size());
    const int64_t first = starts[n - 1], last = n < starts.size() ? starts[n] : total;
    if (first < 0 || first > last || last > total) return c.bad_input("ngram_counts");
    for (int64_t i = first; i + static_cast<int64_t>(n) <= last; i += static_cast<int64_t>(n), ++gram) {
      if (gram >= indexes.size()) return c.bad_input("ngram_indexes are too few");
      const std::vector<int64_t> key(g.pool.begin() + i, g.pool.begin() + i + static_cast<std::ptrdiff_t>(n));
      if (static_cast<int64_t>(n) >= shortest && static_cast<int64_t>(n) <= longest)
        grams[key].push_back(indexes[gram]);
    }
  }
  const int64_t rows = d.size() == 2 ? d[0] : 1, length = d.back();
  Dims out = {rows, width};
  if (d.size() == 1) out = {width};
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(DType::kF32, out, true));
  const auto most = std::min<int64_t>(longest, static_cast<int64_t>(starts.size()));
  JETLINE_RETURN_IF_ERROR(c.charge(span_count({rows, length, most, most, skips + 1}, 0, 5)));
  float* counts = y.as<float>();
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t n = shortest; n <= most; ++n) {
      for (int64_t skip = 1; skip <= (n == 1 ? 1 : skips + 1); ++skip) {
        for (int64_t i = 0; i + (n - 1) * skip < length; ++i) {
          std::vector<int64_t> key;
          for (int64_t k = 0; k < n; ++k)
            key.push_back(g.words[static_cast<size_t>(r * length + i + k * skip)]);
          const auto it = grams.find(key);
          if (it == grams.end()) continue;
          for (int64_t column : it->second) counts[r * width + column] += 1;
        }
      }
    }
  }
  for (int64_t i = 0; i < rows * width && mode != "TF"; ++i) {
    const auto k = static_cast<size_t>(i % width);
    const float weight = k < weights.size() ? weights[k] : 1;
    counts[i] = mode == "IDF" ? (counts[i] > 0 ? weight : 0) : counts[i] * weight;
  }
  c.set(0, y.tensor(DType::kF32, out));
  return {};
}

// A list of keys, values or one default: a tensor attribute, or lists of strings, integers or floats.
Result<Tensor> label_list(Call& c, const std::string& what, bool one) {
  const std::string s = one ? "" : "s";
  if (const Attribute* a = c.attribute(what + "_tensor"); a && a->as_tensor()) return *a->as_tensor();
  if (const Attribute* a = c.attribute(what + "_string" + s)) {
    if (one && a->as_string()) return Tensor::of_strings({1}, {*a->as_string()});
    if (!one && a->as_strings())
      return Tensor::of_strings({static_cast<int64_t>(a->as_strings()->size())}, *a->as_strings());
  }
  if (const Attribute* a = c.attribute(what + "_int64" + s)) {
    if (one && a->as_int()) return Tensor::ints({1}, {*a->as_int()});
    if (!one && a->as_ints())
      return Tensor::ints({static_cast<int64_t>(a->as_ints()->size())}, *a->as_ints());
  }
  if (const Attribute* a = c.attribute(what + "_float" + s)) {
    if (one && a->as_float()) return Tensor::floats({1}, {*a->as_float()});
    if (!one && a->as_floats())
      return Tensor::floats({static_cast<int64_t>(a->as_floats()->size())}, *a->as_floats());
  }
  return Tensor();
}

// Elements as texts that are equal where the elements are.
std::vector<std::string> label_texts(const Tensor& t) {
  if (t.dtype() == DType::kString) return t.strings();
  std::vector<std::string> out;
  const Cells cells(t);
  for (int64_t i = 0; i < t.count(); ++i) {
    out.emplace_back(reinterpret_cast<const char*>(cells.data + i * cells.width),
                     static_cast<size_t>(cells.width));
  }
  return out;
}

Status run_label_encoder(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Tensor& x = *c.tensor(0);
  JETLINE_ASSIGN_OR_RETURN(const Tensor keys, label_list(c, "keys", false));
  JETLINE_ASSIGN_OR_RETURN(const Tensor values, label_list(c, "values", false));
  JETLINE_ASSIGN_OR_RETURN(Tensor other, label_list(c, "default", true));
  if (other.dtype() != values.dtype()) {  // the operator's own: "_Unused", -1 or -0
    Result<Tensor> made = values.dtype() == DType::kString ? Tensor::of_strings({1}, {"_Unused"})
                          : values.dtype() == DType::kF32  ? Tensor::floats({1}, {-0.0f})
                                                           : Tensor::ints({1}, {-1});
    JETLINE_ASSIGN_OR_RETURN(Tensor t, std::move(made));
    JETLINE_ASSIGN_OR_RETURN(other, cast_tensor(c, t, values.dtype()));
  }
  if (keys.dtype() != x.dtype() || keys.count() != values.count() || other.count() != 1 ||
      cell_width(values.dtype()) == 0) {
    return c.bad_input("keys and values do not fit each other or the input");
  }
  std::map<std::string, int64_t> places;
  const auto texts = label_texts(keys), words = label_texts(x);
  for (size_t i = 0; i < texts.size(); ++i) places.emplace(texts[i], static_cast<int64_t>(i));
  const Cells from(values), missing(other);
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(from.width, x.dims()));
  for (size_t i = 0; i < words.size(); ++i) {
    const auto it = places.find(words[i]);
    const uint8_t* cell = it == places.end() ? missing.data : from.data + it->second * from.width;
    std::memcpy(y.data() + static_cast<int64_t>(i) * from.width, cell, static_cast<size_t>(from.width));
  }
  c.set(0, from_cells(y, values.dtype(), x.dims()));
  return {};
}

const Rule kTextRules[] = {
    {"StringConcat", run_string_concat},
    {"StringSplit", run_string_split},
    {"StringNormalizer", run_string_normalizer},
    {"TfIdfVectorizer", run_tf_idf_vectorizer},
    {"LabelEncoder", run_label_encoder, "ai.onnx.ml"},
};

}  // namespace

Span<const Rule> text_rules() {
  return {kTextRules, sizeof kTextRules / sizeof *kTextRules};
}

}  // namespace jetline::calc
