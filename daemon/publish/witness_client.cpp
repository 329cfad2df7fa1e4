// What to ask and what the answer means: all of it on the loop; the thread only carries bytes.
#include "publish/witness_client.hpp"

#include <algorithm>
#include <charconv>

#include "domain/url.hpp"
#include "publish/backoff.hpp"
#include "publish/witness_http.hpp"

namespace commune_watch::publish {
namespace {

constexpr std::string_view kSizeType = "text/x.tlog.size";
constexpr std::uint64_t kMostSeconds = 1ULL << 42U;  // beyond any clock, and far from overflowing in ms

std::optional<std::uint64_t> told_size(const WitnessAnswer& answer) {
  if (!answer.type.starts_with(kSizeType) || !answer.body.ends_with('\n')) return std::nullopt;
  std::uint64_t size = 0;
  const char* end = answer.body.data() + answer.body.size() - 1;
  const auto read = std::from_chars(answer.body.data(), end, size);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return size;
}

// The witness's cosignature of that text among the lines; lines of others and what is no line are passed
// over.
Result<WitnessCosignature> cosignature_in(const std::string& lines, const std::string& text,
                                          std::uint64_t size, const evidence::PublicKey& key) {
  for (std::string_view rest = lines; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    auto signature = evidence::read_signature_line(line);
    if (!signature || signature->name != key.name || signature->id != key.id()) continue;
    const auto spelt = evidence::signature_line(*signature);
    const auto held = evidence::cosigned(evidence::Note{text, {std::move(*signature)}}, key);
    if (!held) return fail("chữ ký của nhân chứng sai / its cosignature does not hold: " + held.error().why);
    const auto seconds = (*held)->utc_seconds;
    if (static_cast<std::uint64_t>(seconds) > kMostSeconds)
      return fail("nhân chứng ký vào một thời điểm vô lý / it cosigned at a time that cannot be");
    return WitnessCosignature{size, seconds * 1000, spelt};
  }
  return fail(
      "trả lời không có chữ ký của khóa đã cấu hình, khóa có đúng không? / no cosignature by the configured "
      "key: "
      "is the key right?");
}

bool is_loopback(std::string_view host) {
  return host.starts_with("127.") || host == "::1" || host == "localhost";
}

// In the words of whoever has to do something.
std::string refused(int status) {
  switch (status) {
    case 403:
      return "nhân chứng không có khóa đang ký sổ này: gửi khóa công khai mới cho tỉnh / the witness does "
             "not know the "
             "key that signs: give the province the new public key";
    case 404:
      return "nhân chứng chưa biết bộ giám sát này: gửi khóa công khai cho tỉnh / the witness does not know "
             "this gateway: "
             "give the province its public key";
    case 422:
      return "SỔ KHÔNG NỐI TIẾP sổ mà nhân chứng đã thấy: sổ ở đây đã bị viết lại hoặc phục hồi từ bản cũ / "
             "THIS LOG HAS "
             "NOT GROWN out of the one that the witness has seen: it was rewritten, or restored from an old "
             "copy";
    case 429:
      return "nhân chứng đang bận / the witness is asked too often";
    case 503:
      return "nhân chứng tạm thời không ghi được / the witness cannot keep anything at present";
    default:
      return "nhân chứng trả lời lạ / an unexpected answer of the witness: HTTP " + std::to_string(status);
  }
}

}  // namespace

// Outlives the client only in lambdas on the loop that then find nothing any more.
struct WitnessClient::Loop : std::enable_shared_from_this<WitnessClient::Loop> {
  Loop(WitnessOptions options_in, WitnessHooks hooks_in)
      : options(std::move(options_in)),
        hooks(std::move(hooks_in)),
        known(options.known),
        wait(options.retry_first, options.retry_most, static_cast<std::uint32_t>(options.clock())) {
    while (options.url.ends_with('/')) options.url.pop_back();
    health.name = options.key.name;
    health.url = options.url;
  }

  struct Asked {
    NewCheckpoint checkpoint;
    std::string text;
    std::uint64_t old = 0;
    bool told_before = false;  // asked again with the size that the witness told
  };

  void begin();
  void ask(NewCheckpoint checkpoint, bool told_before);
  void hear(const WitnessAnswer& answer);
  void hear_conflict(const WitnessAnswer& answer, Asked was);
  void good(const WitnessCosignature& cosignature);
  void trouble(NewCheckpoint checkpoint, const std::string& why);

  WitnessOptions options;
  WitnessHooks hooks;
  std::uint64_t known;
  Backoff wait;
  std::optional<NewCheckpoint> waiting;
  std::optional<Asked> asked;
  std::optional<Millis> retry_at;
  WitnessHealth health;
  std::unique_ptr<WitnessHttp> http;
};

// Asks what waits, unless something is under way or the wait after a failure is not over.
void WitnessClient::Loop::begin() {
  if (asked || !waiting || (retry_at && options.clock() < *retry_at)) return;
  auto checkpoint = std::move(*waiting);
  waiting.reset();
  ask(std::move(checkpoint), false);
}

void WitnessClient::Loop::ask(NewCheckpoint checkpoint, bool told_before) {
  retry_at.reset();
  const auto url = parse_url(options.url);
  if (!url || (url->scheme != "https" && url->scheme != "http"))
    return trouble(std::move(checkpoint),
                   "địa chỉ nhân chứng không đúng / the witness's address is no http(s) URL");
  if (url->scheme == "http" && !options.allow_http && !is_loopback(url->host))
    return trouble(std::move(checkpoint),
                   "nhân chứng phải dùng https / http is not allowed there: allow_http");
  auto note = evidence::read_note(checkpoint.note);
  if (!note) return trouble(std::move(checkpoint), "điểm kiểm hỏng / the checkpoint: " + note.error().why);
  // A witness that is further than we are has to say so itself: asking from 0 makes it.
  Asked now{std::move(checkpoint), std::move(note->text), 0, told_before};
  if (known <= now.checkpoint.size) now.old = known;
  std::string body = "old " + std::to_string(now.old) + '\n';
  if (now.old > 0 && now.old < now.checkpoint.size) {
    const auto proof = hooks.proof(now.old, now.checkpoint.size);
    if (!proof) return trouble(std::move(now.checkpoint), proof.error().why);
    for (const auto& hash : *proof) body += evidence::base64(hash) + '\n';
  }
  body += '\n' + now.checkpoint.note;
  if (!http)
    http = std::make_unique<WitnessHttp>([self = weak_from_this(), post = hooks.post](WitnessAnswer answer) {
      post([self, answer = std::move(answer)] {
        if (const auto loop = self.lock()) loop->hear(answer);
      });
    });
  asked = std::move(now);
  ++health.asked;
  http->send({options.url + "/add-checkpoint", options.ca_file, options.limit, std::move(body)});
}

void WitnessClient::Loop::hear(const WitnessAnswer& answer) {
  if (!asked) return;
  auto was = std::move(*asked);
  asked.reset();
  if (answer.status == 200) {
    const auto found = cosignature_in(answer.body, was.text, was.checkpoint.size, options.key);
    if (!found) return trouble(std::move(was.checkpoint), found.error().why);
    good(*found);
  } else if (answer.status == 409) {
    hear_conflict(answer, std::move(was));
  } else {
    trouble(std::move(was.checkpoint), answer.status == 0 ? answer.why : refused(answer.status));
  }
}

void WitnessClient::Loop::hear_conflict(const WitnessAnswer& answer, Asked was) {
  const auto told = told_size(answer);
  if (!told) return trouble(std::move(was.checkpoint), refused(409));
  const auto size = was.checkpoint.size;
  known = *told;
  if (*told > size)
    return trouble(
        std::move(was.checkpoint),
        "nhân chứng đã thấy sổ dài " + std::to_string(*told) + " dòng, ở đây chỉ có " + std::to_string(size) +
            ": sổ ở đây đã bị viết lại hoặc phục hồi từ bản cũ / the witness has seen more leaves than "
            "there are here: this log was rewritten, or restored from an old copy");
  if (*told == was.old)  // the same size, and still it does not agree
    return trouble(std::move(was.checkpoint),
                   "SỔ RẼ NHÁNH: nhân chứng đã ký một sổ khác cùng " + std::to_string(size) +
                       " dòng / FORK: the witness has cosigned another log of that size");
  if (was.told_before)
    return trouble(std::move(was.checkpoint),
                   "nhân chứng đổi lời giữa chừng / the witness told another size meanwhile");
  auto next = waiting ? std::move(*waiting) : std::move(was.checkpoint);
  waiting.reset();
  ask(std::move(next), true);
}

void WitnessClient::Loop::good(const WitnessCosignature& cosignature) {
  known = cosignature.size;
  wait.reset();
  health.cosigned = cosignature.size;
  health.last = cosignature.utc;
  const bool is_over = !std::exchange(health.trouble, {}).empty();
  hooks.on_cosigned(cosignature);
  if (is_over) hooks.on_trouble({});
  begin();
}

void WitnessClient::Loop::trouble(NewCheckpoint checkpoint, const std::string& why) {
  if (!waiting) waiting = std::move(checkpoint);
  retry_at = options.clock() + wait.next();
  if (std::exchange(health.trouble, why) != why) hooks.on_trouble(why);
}

WitnessClient::WitnessClient(WitnessOptions options, WitnessHooks hooks)
    : loop_(std::make_shared<Loop>(std::move(options), std::move(hooks))) {}

WitnessClient::~WitnessClient() {
  loop_->waiting.reset();  // a hook that is being called may be what ends us
  loop_->http.reset();
}

void WitnessClient::submit(NewCheckpoint checkpoint) {
  loop_->waiting = std::move(checkpoint);
  loop_->begin();
}

void WitnessClient::tick() { loop_->begin(); }

bool WitnessClient::asking() const { return loop_->asked.has_value(); }

WitnessHealth WitnessClient::health() const {
  auto health = loop_->health;
  if (loop_->waiting && loop_->retry_at)
    health.retry_in = std::max<Millis>(0, *loop_->retry_at - loop_->options.clock());
  return health;
}

}  // namespace commune_watch::publish
