// Streams JSON with line numbers: nlohmann's SAX parser over a memory view, with a way to ask on which line
// the parser stands now. The SAX parser keeps no tree and does not recurse, so depth and size are harmless.
#pragma once

#include <algorithm>
#include <cstdint>
#include <istream>
#include <nlohmann/json.hpp>
#include <streambuf>

#include "jetline/base/span.h"

namespace jetline::data_reader {

class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(ByteView bytes)
      : begin_(const_cast<char*>(reinterpret_cast<const char*>(bytes.data()))) {
    setg(begin_, begin_, begin_ + bytes.size());
    counted_ = begin_;
  }
  // 1-based line of the last byte read. Amortised linear: lines are counted once.
  int line() {
    const char* at = gptr();
    if (at > counted_) {
      line_ += static_cast<int>(std::count(counted_, at, '\n'));
      counted_ = at;
    }
    return line_;
  }

 private:
  char* begin_;
  const char* counted_;
  int line_ = 1;
};

// The events of nlohmann's parser with everything ignored; handlers override what they need. `line()` is the
// line of the event.
class JsonEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return scalar(); }
  bool boolean(bool) override { return scalar(); }
  bool number_integer(number_integer_t v) override { return number(static_cast<double>(v), v); }
  bool number_unsigned(number_unsigned_t v) override {
    return number(static_cast<double>(v),
                  v > static_cast<uint64_t>(INT64_MAX) ? INT64_MAX : static_cast<int64_t>(v));
  }
  bool number_float(number_float_t v, const string_t&) override {
    // Whole numbers written as 1.0 or 1e3 are integers to us.
    const bool whole = v >= -9e15 && v <= 9e15 && v == static_cast<double>(static_cast<int64_t>(v));
    return number(v, whole ? static_cast<int64_t>(v) : INT64_MIN);
  }
  bool string(string_t&) override { return scalar(); }
  bool binary(binary_t&) override { return scalar(); }
  bool start_object(std::size_t) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool key(string_t&) override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& e) override {
    error_ = e.what();
    error_line_ = line();
    return false;
  }
  // A number as double, and as integer (INT64_MIN when it is not whole).
  virtual bool number(double, int64_t) { return scalar(); }
  virtual bool scalar() { return true; }

  // False when the text is not JSON (error() says why) or a handler returned false.
  bool run(ByteView bytes) {
    ViewBuffer buffer(bytes);
    buffer_ = &buffer;
    std::istream in(&buffer);
    const bool ok = nlohmann::json::sax_parse(in, this);
    buffer_ = nullptr;
    return ok;
  }
  const std::string& error() const { return error_; }
  int error_line() const { return error_line_; }
  int line() { return buffer_ ? buffer_->line() : 0; }

 private:
  ViewBuffer* buffer_ = nullptr;
  std::string error_;
  int error_line_ = 0;
};

// "[json.exception.parse_error.101] parse error at line 1, column 2: text" -> "text".
std::string plain_json_error(const std::string& what);

}  // namespace jetline::data_reader
