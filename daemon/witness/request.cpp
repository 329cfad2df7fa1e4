// Line by line, and every line has one spelling.
#include "witness/request.hpp"

#include <charconv>
#include <limits>
#include <optional>

namespace commune_watch::witness {
namespace {

constexpr std::uint64_t kMostLeaves = std::numeric_limits<std::int64_t>::max();

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || std::to_string(number) != text)
    return std::nullopt;
  return number;
}

// Takes the next line off, without its newline; absent: there is no newline any more.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

// https://c2sp.org/tlog-checkpoint: origin, size, root, then extension lines, none of them empty.
Result<evidence::Checkpoint> first_lines(std::string_view text) {
  auto rest = text;
  for (int line = 0; line < 3; ++line)
    if (!take_line(rest)) return fail("a checkpoint has three lines: origin, size, root");
  if (rest.starts_with('\n') || rest.find("\n\n") != std::string_view::npos)
    return fail("an extension line is empty");
  return evidence::read_checkpoint(text.substr(0, text.size() - rest.size()));
}

}  // namespace

Result<AddCheckpoint> read_request(std::string_view body) {
  constexpr std::string_view kOld = "old ";
  if (body.size() > kMaxBody) return fail("the body is longer than 64 KiB");
  AddCheckpoint request;
  const auto first = take_line(body);
  if (!first || !first->starts_with(kOld)) return fail("the first line is: old <size>");
  const auto old = decimal(first->substr(kOld.size()));
  if (!old || *old > kMostLeaves) return fail("the old size is a decimal number without leading zeroes");
  request.old = *old;
  while (true) {
    const auto line = take_line(body);
    if (!line) return fail("an empty line parts the proof from the checkpoint");
    if (line->empty()) break;
    if (request.proof.size() == kMaxProof) return fail("the proof has more than 63 lines");
    const auto hash = evidence::hash_of_base64(*line);
    if (!hash) return fail("a proof's line is base64 of 32 bytes");
    request.proof.push_back(*hash);
  }
  auto note = evidence::read_note(body);
  if (!note) return std::unexpected(note.error());
  auto checkpoint = first_lines(note->text);
  if (!checkpoint) return std::unexpected(checkpoint.error());
  if (checkpoint->size > kMostLeaves) return fail("the checkpoint's size is larger than any log");
  request.note = std::move(*note);
  request.checkpoint = std::move(*checkpoint);
  return request;
}

}  // namespace commune_watch::witness
