// Framing: a `$` frame, a status line, or garbage to get over.
#include "wire/rtsp_message.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

namespace commune_watch {
namespace {

constexpr std::size_t kFirstBuffer = 8 * 1024;
constexpr std::size_t kMediaBuffer =
    68 * 1024;  // the largest frame and a little; once frames come, fewer reads are cheaper
constexpr std::size_t kFrameHeader = 4;
constexpr std::size_t kMaxSkipped = 1024 * 1024;  // more garbage than this is not a stream
constexpr int kMaxMessages = 100;  // a long visit has ten answers, some keep-alives and what the server asks

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

// A number that no integer holds is the largest one: it must not read as if nothing had been said.
std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return std::numeric_limits<std::int64_t>::max();
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return value;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

// The length of the header block with its empty line, or npos: CRLF or LF, mixed as it comes.
std::size_t header_end(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find('\n', from); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    std::size_t next = at + 1;
    if (next < text.size() && text[next] == '\r') ++next;
    if (next < text.size() && text[next] == '\n') return next + 1;
  }
  return std::string_view::npos;
}

std::uint8_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

// A frame header that can be believed: an even or odd channel of a small set, a length, RTP version 2 behind
// it.
bool plausible_frame(std::string_view text) {
  if (text.size() < kFrameHeader + 1) return false;
  const std::size_t length = std::size_t{byte_at(text, 2)} << 8U | byte_at(text, 3);
  return byte_at(text, 1) < 32 && length >= 8 && byte_at(text, 4) >> 6U == 2;
}

bool request_line(std::string_view line) {  // the server asks something of us: OPTIONS, ANNOUNCE, REDIRECT …
  return line.ends_with("RTSP/1.0") && line.find(' ') != std::string_view::npos;
}

}  // namespace

std::string_view RtspResponse::header(std::string_view lower_name) const {
  const auto found =
      std::ranges::find(headers, lower_name, [](const auto& h) { return std::string_view(h.first); });
  return found == headers.end() ? std::string_view{} : std::string_view(found->second);
}

std::optional<std::int64_t> RtspResponse::cseq() const { return number(header("cseq")); }

std::span<std::byte> RtspReader::room() {
  if (begin_ == end_) begin_ = end_ = 0;
  // A frame that has begun must fit whole; 64 KiB is the most that its length can say.
  std::size_t wanted = media_ ? kMediaBuffer : kFirstBuffer;
  if (end_ - begin_ >= kFrameHeader && text().front() == '$')
    wanted = std::max(wanted, kFrameHeader + (std::size_t{byte_at(text(), 2)} << 8U | byte_at(text(), 3)));
  else if (end_ - begin_ > kFirstBuffer / 2)
    wanted = std::max(wanted, max_header_ + max_body_ + kFrameHeader);
  if (wanted > size_) {
    auto larger = std::make_unique_for_overwrite<std::byte[]>(wanted);
    if (end_ > begin_) std::memcpy(larger.get(), buffer_.get() + begin_, end_ - begin_);
    buffer_ = std::move(larger);
    size_ = wanted;
    end_ -= begin_;
    begin_ = 0;
  } else if (begin_ > 0 && size_ - end_ < size_ / 2) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return {buffer_.get() + end_, size_ - end_};
}

std::string_view RtspReader::text() const {
  return {reinterpret_cast<const char*>(buffer_.get()) + begin_, end_ - begin_};
}

void RtspReader::fail(RtspFault fault, std::string_view words) {
  fault_ = fault;
  words_.assign(words.substr(0, 200));
}

RtspReader::Item RtspReader::next() {
  while (fault_ == RtspFault::none && begin_ < end_) {
    const char first = text().front();
    if (first == '\r' || first == '\n' || first == ' ') {  // padding between messages
      ++begin_;
      continue;
    }
    if (first == '$') {
      if (text().size() < kFrameHeader + 1) return {};
      if (plausible_frame(text())) {
        auto frame = take_frame();
        if (!frame) return {};
        answered_ = media_ = true;
        return *frame;
      }
      ++begin_, ++skipped_;
      continue;
    }
    if (starts_item(0)) {
      auto response = take_response();
      if (!response) return {};
      answered_ = true;
      if (response->status == 0)
        continue;  // a request of the server's: nothing that a short visit has to answer
      return std::move(*response);
    }
    if (!skip_garbage()) return {};
  }
  return {};
}

std::optional<RtspFrame> RtspReader::take_frame() {
  const std::size_t length = std::size_t{byte_at(text(), 2)} << 8U | byte_at(text(), 3);
  if (end_ - begin_ < kFrameHeader + length) return std::nullopt;
  const RtspFrame frame{byte_at(text(), 1), {buffer_.get() + begin_ + kFrameHeader, length}};
  begin_ += kFrameHeader + length;
  return frame;
}

// Could a response or a request begin here? Letters, then "RTSP/" on the same line as far as it is there.
bool RtspReader::starts_item(std::size_t at) const {
  const std::string_view here = text().substr(at);
  constexpr std::string_view kVersion = "RTSP/";
  if (here.starts_with(kVersion.substr(0, std::min(here.size(), kVersion.size())))) return true;
  if (here.front() < 'A' || here.front() > 'Z') return false;
  const std::size_t end = here.find('\n');
  if (end == std::string_view::npos)
    return here.size() < 512 && std::ranges::all_of(here, [](char c) { return c >= ' ' && c < 0x7F; });
  return request_line(trim(here.substr(0, end)));
}

std::optional<RtspResponse> RtspReader::take_response() {
  if (!open_ && !read_head()) return std::nullopt;
  if (text().size() < open_size_) return std::nullopt;
  open_->body.assign(text().substr(open_size_ - open_body_, open_body_));
  begin_ += open_size_;
  return std::exchange(open_, std::nullopt);
}

// The head of the message that stands at the beginning becomes `open_`; false: not whole yet, or a fault.
bool RtspReader::read_head() {
  const std::string_view all = text();
  const std::size_t header_length = header_end(all, scanned_);
  if (header_length == std::string_view::npos) {
    if (all.size() > max_header_) fail(RtspFault::too_large, all.substr(0, all.find('\n')));
    scanned_ = all.size() < 2 ? 0 : all.size() - 2;
    return false;
  }
  scanned_ = 0;
  if (header_length > max_header_) {
    fail(RtspFault::too_large, all.substr(0, all.find('\n')));
    return false;
  }
  if (++messages_ > kMaxMessages) {
    fail(RtspFault::too_large, "more answers than a visit has questions");
    return false;
  }
  std::string_view left = all.substr(0, header_length);
  RtspResponse response;
  response.line.assign(trim(take_line(left)));
  if (response.line.starts_with("RTSP/")) {
    const std::size_t space = response.line.find(' ');
    response.status =
        space == std::string::npos
            ? 0
            : static_cast<int>(std::clamp<std::int64_t>(
                  number(trim(std::string_view(response.line).substr(space))).value_or(0), 0, 999));
    if (response.status < 100) {
      fail(RtspFault::not_rtsp, response.line);
      return false;
    }
  }
  while (!left.empty()) {
    const std::string_view line = take_line(left);
    if (!line.empty() && (line.front() == ' ' || line.front() == '\t') &&
        !response.headers.empty()) {  // folded
      response.headers.back().second.append(" ").append(trim(line));
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string name(trim(line.substr(0, colon)));
    std::ranges::transform(name, name.begin(), lower);
    response.headers.emplace_back(std::move(name), std::string(trim(line.substr(colon + 1))));
  }
  const std::int64_t said = number(response.header("content-length")).value_or(0);
  if (said < 0 || static_cast<std::uint64_t>(said) > max_body_) {
    fail(RtspFault::too_large, response.line);
    return false;
  }
  open_body_ = static_cast<std::size_t>(said);
  open_size_ = header_length + open_body_;
  open_ = std::move(response);
  return true;
}

// To the next place where an item can begin; false when more bytes must come first.
bool RtspReader::skip_garbage() {
  const std::string_view all = text();
  if (!answered_) {  // it never spoke RTSP: HTTP, SSH, a banner
    fail(RtspFault::not_rtsp, trim(all.substr(0, std::min(all.find('\n'), all.size()))));
    return false;
  }
  std::size_t at = 1;
  while (at < all.size()) {
    if (all[at] == '$' && (all.size() - at <= kFrameHeader || plausible_frame(all.substr(at)))) break;
    if (all[at] == 'R' &&
        all.substr(at, 5) == std::string_view("RTSP/").substr(0, std::min<std::size_t>(5, all.size() - at)))
      break;
    ++at;
  }
  begin_ += at;
  skipped_ += static_cast<std::int64_t>(at);
  scanned_ = 0;
  if (static_cast<std::size_t>(skipped_) > kMaxSkipped) fail(RtspFault::not_rtsp, "the stream is garbage");
  return begin_ < end_;
}

std::string format_request(const RtspOutgoing& request) {
  std::string out;
  out.reserve(512);
  out.append(request.method).append(" ").append(request.uri).append(" RTSP/1.0\r\nCSeq: ");
  out.append(std::to_string(request.cseq)).append("\r\nUser-Agent: commune-watch/" CW_VERSION "\r\n");
  for (const auto& [name, value] : request.headers)
    out.append(name).append(": ").append(value).append("\r\n");
  return out.append("\r\n");
}

}  // namespace commune_watch
