// The order of the checks is that of the protocol: unknown log, signature, sizes, what is known, proof.
#include "witness/witness.hpp"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "domain/period.hpp"
#include "evidence/tree.hpp"

namespace commune_watch::witness {
namespace {

constexpr std::int64_t kYear2025 = 1'735'689'600;
constexpr std::int64_t kMayGoBack = 5;  // seconds: a clock that is being disciplined
constexpr Millis kMinute = 60'000;

Reply refusal(int status, std::string why) { return {.status = status, .body = std::move(why) + '\n'}; }

std::vector<std::string> told(const std::map<std::string, std::string>& damaged) {
  std::vector<std::string> all;
  for (const auto& [name, why] : damaged) all.emplace_back(name).append(": ").append(why);
  return all;
}

Reply conflict(std::uint64_t known) {
  return {.status = 409, .body = std::to_string(known) + '\n', .type = kSizeType};
}

}  // namespace

Result<std::unique_ptr<Witness>> Witness::open(Options options, Clock& clock) {
  if (options.sync == nullptr) options.sync = ::fsync;
  KnownLogsFile file(options.known_logs);
  auto logs = *file.look();
  if (!logs) return std::unexpected(logs.error());
  auto directory = Directory::take(options.directory);
  if (!directory) return std::unexpected(directory.error());
  auto signer = take_key(options.directory, options.name);
  if (!signer) return std::unexpected(signer.error());
  auto archive = Archive::open(options.directory, signer->as, options.sync);
  if (!archive) return std::unexpected(archive.error());
  for (const auto& damage : told(archive->damaged()))
    options.say("TỆP HỎNG / damaged: " + options.directory + "/" + damage);
  if (logs->empty())
    options.say(options.known_logs +
                ": chưa có khóa của bộ giám sát nào / holds no gateway's key yet: everybody is refused");
  if (!is_trusted(clock.anchor().source))
    options.say("đồng hồ máy chưa được đồng bộ (NTP) / this machine's clock is not synchronised");
  return std::unique_ptr<Witness>(new Witness(std::move(options), clock, std::move(*directory),
                                              std::move(*signer), std::move(*archive), std::move(file),
                                              std::move(*logs)));
}

Witness::Witness(Options options, Clock& clock, Directory directory, Signer signer, Archive archive,
                 KnownLogsFile file, KnownLogs logs)
    : options_(std::move(options)),
      clock_(clock),
      directory_(std::move(directory)),
      signer_(std::move(signer)),
      archive_(std::move(archive)),
      file_(std::move(file)),
      logs_(std::move(logs)) {
  for (const auto& [origin, latest] : archive_.all()) newest_ = std::max(newest_, latest.seconds);
}

void Witness::look_at_file() {
  auto changed = file_.look();
  if (!changed) return;
  if (*changed) {
    logs_ = std::move(**changed);
    trouble_.clear();
    options_.say(file_.file() + ": " + std::to_string(logs_.size()) + " logs are known now");
  } else {
    trouble_ = changed->error().why;
    options_.say(trouble_ + "\nvẫn dùng danh sách cũ / the list from before stays in force");
  }
}

bool Witness::signed_by_known(const AddCheckpoint& request) const {
  const auto known = logs_.find(request.checkpoint.origin);
  return known != logs_.end() && std::ranges::any_of(known->second.keys, [&](const auto& key) {
           return evidence::holds(request.note, key);
         });
}

Reply Witness::add_checkpoint(std::string_view body, std::string_view from) {
  const auto request = read_request(body);
  if (!request) return refusal(400, request.error().why);
  const std::lock_guard lock(mutex_);
  look_at_file();
  const auto reply = judge(*request, body);
  const auto& asked = request->checkpoint;
  if (logs_.contains(asked.origin))  // of others only the status says something: they may be anybody
    options_.say(asked.origin + ": " + std::to_string(request->old) + " -> " + std::to_string(asked.size) +
                 ", " + std::to_string(reply.status) +
                 (reply.status == 200 ? " cosigned" : " " + reply.body.substr(0, reply.body.find('\n'))) +
                 " (" + std::string(from) + ")");
  return reply;
}

Reply Witness::judge(const AddCheckpoint& request, std::string_view body) {
  const auto& asked = request.checkpoint;
  if (!logs_.contains(asked.origin)) return refusal(404, "this witness does not know that log");
  if (!signed_by_known(request)) return refusal(403, "not signed by a key that is known for that log");
  if (request.old > asked.size) return refusal(400, "the old size is larger than the checkpoint's");
  if (archive_.is_damaged(asked.origin))
    return refusal(503, "what was cosigned of that log before cannot be read: its people must see to it");
  const auto* latest = archive_.latest(asked.origin);
  const auto size = latest != nullptr ? latest->checkpoint.size : 0;
  const auto root = latest != nullptr ? latest->checkpoint.root : evidence::empty_root();
  if (latest != nullptr && asked.size == size && asked.root != root)
    keep_fork(Fork::Kind::split, request, body);  // whatever its old size says
  if (request.old != size) return conflict(size);
  if (asked.size == size && asked.root != root) return conflict(size);
  if (!evidence::consistent(size, root, asked.size, asked.root, request.proof)) {
    if (size > 0 && size < asked.size) keep_fork(Fork::Kind::unproven, request, body);
    return refusal(422, "the proof does not show that this log has grown out of the one known here");
  }
  return cosign(request);
}

Reply Witness::cosign(const AddCheckpoint& request) {
  const auto& asked = request.checkpoint;
  const auto anchor = clock_.anchor();
  const auto now = anchor.utc / 1000;
  const bool went_back = now + kMayGoBack < newest_;
  if (now < kYear2025 || (went_back && !is_trusted(anchor.source)))
    return refusal(503, "the witness's clock is wrong: nothing is cosigned");
  if (went_back)
    options_.say("đồng hồ đã được chỉnh lùi / the clock was set right, back by " +
                 std::to_string(newest_ - now) + " s");
  const auto seconds = went_back ? now : std::max(now, newest_);
  const auto* latest = archive_.latest(asked.origin);
  // The same again within a minute gets the same answer: whoever repeats it cannot keep the disk busy.
  if (latest != nullptr && latest->text == request.note.text && !went_back && seconds - latest->seconds < 60)
    return {.status = 200, .body = latest->line};
  if (!take_turn(asked.origin)) {
    auto reply = refusal(429, "too many checkpoints of that log");
    reply.retry_after = 60;
    return reply;
  }
  Latest next;
  next.checkpoint = asked;
  next.text = request.note.text;
  next.seconds = seconds;
  const auto signature = evidence::cosign(signer_.key, signer_.as, next.text, seconds);
  next.line = evidence::signature_line(signature);
  // The log's own signatures and ours: what others wrote below them is theirs to show.
  evidence::Note note{next.text, {}};
  const auto& keys = logs_.find(asked.origin)->second.keys;
  for (const auto& line : request.note.signatures)
    if (std::ranges::any_of(keys, [&](const auto& key) {
          return line.name == key.name && line.id == key.id() &&
                 evidence::signed_by(key.key, next.text, line.signature);
        }))
      note.signatures.push_back(line);
  note.signatures.push_back(signature);
  next.note = note.whole();
  auto line = next.line;
  if (const auto kept = archive_.keep(std::move(next)); !kept) {
    options_.say("KHÔNG GHI ĐƯỢC / cannot be kept, not cosigned: " + kept.error().why);
    return refusal(503, "the witness cannot keep it: nothing is cosigned");
  }
  newest_ = seconds;
  return {.status = 200, .body = std::move(line)};
}

void Witness::keep_fork(Fork::Kind kind, const AddCheckpoint& request, std::string_view body) {
  const auto* latest = archive_.latest(request.checkpoint.origin);
  Fork fork{kind, request.checkpoint, std::max(newest_, clock_.anchor().utc / 1000), {}};
  std::string evidence = "\n--- đã ký xác nhận trước đó / cosigned before ---\n" + latest->note +
                         "\n--- được trình / submitted ---\n" + std::string(body);
  const auto what = kind == Fork::Kind::split ? "SỔ RẼ NHÁNH / FORK of " : "proof does not hold for ";
  const auto kept = archive_.keep(std::move(fork), evidence);
  if (!kept)
    options_.say(what + request.checkpoint.origin + "; not kept: " + kept.error().why);
  else if (*kept)
    options_.say(what + request.checkpoint.origin + ", size " + std::to_string(request.checkpoint.size) +
                 ": kept as " + archive_.forks().back().file);
}

bool Witness::take_turn(const std::string& origin) {
  const auto now = clock_.boot_now();
  const auto most = static_cast<double>(options_.growths_at_once);
  const auto [there, is_new] = buckets_.try_emplace(origin, Bucket{most, now});
  auto& bucket = there->second;
  bucket.left = std::min(most, bucket.left + static_cast<double>(now - bucket.filled) *
                                                 options_.growths_per_minute / static_cast<double>(kMinute));
  bucket.filled = now;
  if (bucket.left < 1) return false;
  bucket.left -= 1;
  return true;
}

std::optional<std::string> Witness::latest(std::string_view origin) const {
  const std::lock_guard lock(mutex_);
  const auto* latest = archive_.latest(origin);
  if (latest == nullptr) return std::nullopt;
  return latest->note;
}

View Witness::view() {
  const std::lock_guard lock(mutex_);
  look_at_file();
  View view;
  view.vkey = signer_.as.vkey();
  const auto anchor = clock_.anchor();
  view.now = anchor.utc / 1000;
  view.clock_is_kept = is_trusted(anchor.source);
  view.trouble = trouble_;
  std::set<std::string, std::less<>> origins;
  for (const auto& [origin, log] : logs_) origins.insert(origin);
  for (const auto& [origin, latest] : archive_.all()) origins.insert(origin);
  for (const auto& origin : origins) {
    LogView log;
    log.origin = origin;
    const auto known = logs_.find(origin);
    log.known = known != logs_.end();
    if (log.known) log.label = known->second.label;
    log.damaged = archive_.is_damaged(origin);
    if (const auto* latest = archive_.latest(origin)) {
      log.size = latest->checkpoint.size;
      log.seconds = latest->seconds;
    }
    for (const auto& fork : archive_.forks())
      if (fork.submitted.origin == origin) log.forks.push_back(fork);
    view.logs.push_back(std::move(log));
  }
  view.damaged = told(archive_.damaged());
  return view;
}

}  // namespace commune_watch::witness
