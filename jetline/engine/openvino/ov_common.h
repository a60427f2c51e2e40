// What the files of the OpenVINO module share: type names on both sides, and the one place where the vendor's
// exceptions become Status values. Nothing here leaves the module.
#pragma once

#include <exception>
#include <openvino/openvino.hpp>
#include <string>
#include <vector>

#include "jetline/base/dtype.h"
#include "jetline/base/status.h"
#include "jetline/engine/engine.h"

namespace jetline::ov_engine {

// kUndefined for types that have no ONNX counterpart.
DType from_ov(const ov::element::Type& type);
// ov::element::dynamic for types that OpenVINO does not know.
ov::element::Type to_ov(DType type);

std::vector<int64_t> from_ov(
    const ov::PartialShape& shape);  // -1: dynamic; of unknown rank: empty

// "name [1,3,?,?]" for messages.
std::string shape_text(Span<const int64_t> shape);

// The vendor's message without its own source locations: the lines that say something to a user, at most a
// few.
std::string plain_reason(const std::string& what);

// Runs f (returning Status) and turns whatever it throws into Status `kind`/`id`.
template <typename F>
Status guarded(ErrorKind kind, const char* id, const std::string& doing, const std::string& where,
               F&& f) noexcept {
  try {
    return f();
  } catch (const std::bad_alloc&) {
    return Status::make(ErrorKind::kBadInput, "engine.out-of-memory", doing + ": not enough memory",
                        "a smaller input shape or model, or more memory", where);
  } catch (const std::exception& e) {
    return Status::make(kind, id, doing + ": " + plain_reason(e.what()), "", where);
  } catch (...) {
    return Status::make(kind, id, doing + ": unknown exception", "", where);
  }
}

// The process-wide runtime. Created on first use, never destroyed: plugin threads may still run at exit.
ov::Core& core();

}  // namespace jetline::ov_engine
