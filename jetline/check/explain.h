// A page on a finding without a model: what it means, why, which versions, the evidence, what to do, an
// example. For rules of the tables the page is made from their rows; for findings of the checker itself from
// finding_pages(). Pure functions of the catalog. Ids: check.unknown-finding (usage; the hint names near
// ids).
#pragma once

#include <string>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/base/status.h"
#include "jetline/targets/catalog.h"

namespace jetline::check {

// A finding that no single rule makes.
struct FindingPage {
  const char* id;
  const char* kind;  // "refused", "plugin", "unknown"
  const char* what;
  const char* why;
  const char* help;
  const char* example;
};
Span<const FindingPage> finding_pages();

// One line of the list of findings.
struct FindingRow {
  std::string id, kind, message;
  std::vector<std::string> ops;       // empty: any
  std::vector<std::string> versions;  // of TensorRT
};
// Every finding that the catalog can give, sorted by id. Parses all tables.
std::vector<FindingRow> list_findings(const targets::Catalog& catalog);

Result<std::string> explain_text(const targets::Catalog& catalog, const std::string& id, size_t width = 100);
Result<std::string> explain_json(const targets::Catalog& catalog, const std::string& id);

// The list as a page in Markdown: docs/findings.md; a test keeps it so.
std::string findings_page(const targets::Catalog& catalog);

}  // namespace jetline::check
