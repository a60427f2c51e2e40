#include "jetline/engine/npy_header.h"

#include <cstring>

namespace jetline {
namespace {

struct NpyCode {
  DType type;
  const char* code;  // kind and bytes, as after the byte-order mark in NumPy's array interface
};
constexpr NpyCode kNpyCodes[] = {
    {DType::kBool, "b1"}, {DType::kI8, "i1"},    {DType::kU8, "u1"},  {DType::kI16, "i2"},
    {DType::kU16, "u2"},  {DType::kI32, "i4"},   {DType::kU32, "u4"}, {DType::kI64, "i8"},
    {DType::kU64, "u8"},  {DType::kF16, "f2"},   {DType::kF32, "f4"}, {DType::kF64, "f8"},
    {DType::kC64, "c8"},  {DType::kC128, "c16"},
};

// A cursor over the dictionary literal.
class NpyHeaderReader {
 public:
  NpyHeaderReader(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  Status syntax(const std::string& what) const {
    return Status::bad_input("npy.syntax", where_ + ": the header is malformed: " + what,
                             "numpy.save writes a readable one", where_);
  }
  void skip() {
    while (at_ < text_.size() && std::strchr(" \t\r\n", text_[at_]) && text_[at_]) ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool at_end() {
    skip();
    return at_ >= text_.size();
  }
  bool word(std::string_view w) {
    skip();
    if (text_.substr(at_, w.size()) != w) return false;
    at_ += w.size();
    return true;
  }
  bool quoted(std::string& out) {
    skip();
    if (at_ >= text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) return false;
    const size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string_view::npos) return false;
    out = std::string(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return out.find('\\') == std::string::npos;
  }
  bool natural(int64_t& out) {
    skip();
    const size_t first = at_;
    out = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      const int digit = text_[at_] - '0';
      if (out > (INT64_MAX - digit) / 10) return false;
      out = out * 10 + digit;
      ++at_;
    }
    if (at_ == first) return false;
    word("L");  // Python 2 wrote long integers so
    return true;
  }

 private:
  std::string_view text_;
  const std::string& where_;
  size_t at_ = 0;
};

Status npy_read_type(const std::string& descr, const std::string& where, NpyHeader& header) {
  std::string code = descr;
  header.big_endian = false;
  if (!code.empty() && std::strchr("<>=|", code[0])) {
    header.big_endian = code[0] == '>';
    code = code.substr(1);
  }
  for (const NpyCode& c : kNpyCodes) {
    if (code == c.code) {
      header.dtype = c.type;
      return Status();
    }
  }
  if (code == "?") {
    header.dtype = DType::kBool;
    return Status();
  }
  const bool object = !code.empty() && code[0] == 'O';
  return Status::bad_input("npy.unsupported-type", where + " holds elements of type '" + descr + "'",
                           object ? "object arrays hold pickled Python objects; save plain numbers"
                                  : "bool, integers and floating-point numbers are read",
                           where);
}

}  // namespace

std::string npy_descr(DType type) {
  for (const NpyCode& c : kNpyCodes) {
    if (c.type == type) return (dtype_bits(type) == 8 ? "|" : "<") + std::string(c.code);
  }
  return "";
}

Result<NpyHeader> parse_npy_header(std::string_view text, const std::string& where, int max_rank) {
  NpyHeaderReader in(text, where);
  NpyHeader header;
  bool has_descr = false, has_order = false, has_shape = false;
  if (!in.take('{')) return in.syntax("no dictionary");
  while (!in.take('}')) {
    std::string key;
    if (!in.quoted(key) || !in.take(':')) return in.syntax("a quoted key and ':' expected");
    if (key == "descr" && !has_descr) {
      std::string descr;
      if (!in.quoted(descr)) {
        return Status::bad_input("npy.unsupported-type", where + " holds structured elements",
                                 "save each field as an array of its own", where);
      }
      JETLINE_RETURN_IF_ERROR(npy_read_type(descr, where, header));
      has_descr = true;
    } else if (key == "fortran_order" && !has_order) {
      header.fortran = in.word("True");
      if (!header.fortran && !in.word("False")) return in.syntax("fortran_order is neither True nor False");
      has_order = true;
    } else if (key == "shape" && !has_shape) {
      if (!in.take('(')) return in.syntax("shape is not a tuple");
      while (!in.take(')')) {
        int64_t d = 0;
        if (!in.natural(d)) return in.syntax("a dimension is not a natural number");
        if (static_cast<int>(header.shape.size()) >= max_rank) return in.syntax("too many dimensions");
        header.shape.push_back(d);
        if (!in.take(',')) {
          if (!in.take(')')) return in.syntax("',' or ')' expected in shape");
          break;
        }
      }
      has_shape = true;
    } else {
      return in.syntax("unexpected key '" + key.substr(0, 40) + "'");
    }
    if (!in.take(',')) {
      if (!in.take('}')) return in.syntax("',' or '}' expected");
      break;
    }
  }
  if (!in.at_end()) return in.syntax("text after the dictionary");
  if (!has_descr || !has_order || !has_shape) return in.syntax("descr, fortran_order or shape is missing");
  return header;
}

Result<std::string> npy_header_bytes(const NpyView& a) {
  const std::string descr = npy_descr(a.dtype);
  if (descr.empty()) {
    return Status::bad_input("npy.unsupported-type",
                             "NumPy's files have no type for " + std::string(dtype_name(a.dtype)));
  }
  const int64_t elements = NpyArray{a.dtype, a.shape, {}}.elements();
  std::string shape;
  for (int64_t d : a.shape) {
    shape += std::to_string(d) + (a.shape.size() == 1 ? "," : ", ");
  }
  if (a.shape.size() > 1) shape.resize(shape.size() - 2);
  if (static_cast<int64_t>(a.data.size()) != dtype_bytes(a.dtype, elements)) {
    return Status::internal("npy.syntax", "an array to write has " + std::to_string(a.data.size()) +
                                              " bytes; its shape (" + shape + ") asks for others");
  }
  std::string dict = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  // Magic, version and length take 10 bytes; the data begins at a multiple of 64 (NEP 1).
  while ((10 + dict.size() + 1) % 64 != 0) dict += ' ';
  dict += '\n';
  std::string out("\x93NUMPY\x01\x00", 8);
  out += static_cast<char>(dict.size() & 0xff);
  out += static_cast<char>(dict.size() >> 8);
  return out + dict;
}

}  // namespace jetline
