// In the order of docs/evidence.md §9: files, options, small files, keys.
#include "evidence/verify_reading.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace commune_watch::evidence {
namespace {

constexpr std::array<std::string_view, 11> kFiles{
    "HUONG_DAN.txt", "SHA256SUMS", "checkpoint", "checkpoints.jsonl", "entries.jsonl", "keys.jsonl",
    "ma-qr.svg",     "proof.json", "public-key", "so-lieu.csv",       "witnesses"};

constexpr std::size_t kMostWitnesses = 64;

class Reader {
 public:
  Reader(const Files& files, const VerifyOptions& options, Report& report)
      : files_(files), options_(options), report_(report) {}

  std::optional<Bundle> read() {
    check_files();
    read_options();
    if (!read_small_files()) return std::nullopt;
    read_keys();
    return std::move(bundle_);
  }

 private:
  void found(std::string code, std::string where, std::string vi, std::string en) {
    report_.found(std::move(code), std::move(where), std::move(vi), std::move(en));
  }
  void check_files();
  void read_options();
  std::optional<Signed> read_signed(const std::string& where, std::string_view whole);
  bool read_small_files();
  void read_keys();

  const Files& files_;
  const VerifyOptions& options_;
  Report& report_;
  Bundle bundle_;
};

void Reader::check_files() {
  for (const auto name : kFiles) {
    if (!files_.contains(name))
      found("missing-file", std::string(name), "thiếu tệp này", "this file is missing");
  }
  std::set<std::string_view> listed;
  std::string_view last;
  const auto sums = file(files_, "SHA256SUMS");
  if (!sums.empty() && !sums.ends_with('\n'))
    found("bad-format", "SHA256SUMS", "dòng cuối không kết thúc", "the last line has no end");
  for (const auto line : lines_of(sums)) {
    const auto parted = line.find("  ");
    const auto name = parted == std::string_view::npos ? std::string_view() : line.substr(parted + 2);
    const auto sum = parted == std::string_view::npos ? std::nullopt : hash_of_hex(line.substr(0, parted));
    const bool plain = std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
    if (!sum || !plain || name <= last || name == "SHA256SUMS") {
      found("bad-format", "SHA256SUMS", "có dòng sai dạng, hoặc không đúng chỗ",
            "a line is malformed, or does not stand in its place");
      continue;
    }
    last = name;
    listed.insert(name);
    if (!files_.contains(name) && std::ranges::find(kFiles, name) == kFiles.end())
      found("missing-file", std::string(name), "thiếu tệp này", "this file is missing");
    if (files_.contains(name) && sha256(file(files_, name)) != *sum)
      found("checksum", std::string(name), "tệp đã bị thay đổi so với SHA256SUMS",
            "the file differs from SHA256SUMS");
  }
  for (const auto& [name, bytes] : files_) {
    const bool ours = std::ranges::find(kFiles, name) != kFiles.end();
    if (!ours) {
      found("extra-file", name, "tệp này không thuộc gói bằng chứng, không được kiểm tra",
            "this file is none of the bundle's and was not checked");
    } else if (name != "SHA256SUMS" && !listed.contains(name) && files_.contains("SHA256SUMS")) {
      found("checksum", name, "SHA256SUMS không nhắc đến tệp này", "SHA256SUMS does not list this file");
    }
  }
}

void Reader::read_options() {
  for (const auto& vkey : options_.witnesses) {
    auto key = PublicKey::of(vkey);
    if (key && key->use == KeyUse::witness) {
      bundle_.asked.push_back(*key);
    } else {
      found("not-cosigned", "--witness", "khóa nhân chứng không đọc được: " + vkey,
            "the witness's key cannot be read: " + vkey);
    }
  }
}

std::optional<Signed> Reader::read_signed(const std::string& where, std::string_view whole) {
  auto note = read_note(whole);
  if (!note) {
    found("bad-format", where, "không phải điểm kiểm: " + note.error().why,
          "is no checkpoint: " + note.error().why);
    return std::nullopt;
  }
  auto checkpoint = read_checkpoint(note->text);
  if (!checkpoint) {
    found("bad-format", where, "không phải điểm kiểm: " + checkpoint.error().why,
          "is no checkpoint: " + checkpoint.error().why);
    return std::nullopt;
  }
  return Signed{where, std::move(*note), std::move(*checkpoint)};
}

bool Reader::read_small_files() {
  auto text = file(files_, "proof.json");
  if (text.ends_with('\n')) text.remove_suffix(1);
  auto proof = read_proof(text);
  if (!proof) {
    found("bad-format", "proof.json", "không đọc được: " + proof.error().why,
          "cannot be read: " + proof.error().why);
    return false;
  }
  bundle_.proof = std::move(*proof);
  report_.origin = bundle_.proof.origin;
  report_.period = bundle_.proof.period;
  auto newest = read_signed("checkpoint", file(files_, "checkpoint"));
  if (!newest) return false;
  bundle_.newest = std::move(*newest);
  report_.size = bundle_.newest.checkpoint.size;
  report_.root = hex(bundle_.newest.checkpoint.root);
  if (!bundle_.proof.previous.empty())
    bundle_.previous = read_signed("proof.json:previous", bundle_.proof.previous);

  const auto notes = read_lines(file(files_, "checkpoints.jsonl"));
  if (!notes) {
    found("bad-format", "checkpoints.jsonl", "không đọc được: " + notes.error().why,
          "cannot be read: " + notes.error().why);
  } else {
    for (std::size_t i = 0; i < notes->size(); ++i) {
      auto one = read_signed("checkpoints.jsonl:" + std::to_string(i + 1), (*notes)[i]);
      if (!one) continue;
      const auto size = one->checkpoint.size;
      if (size < bundle_.proof.first || size > bundle_.newest.checkpoint.size ||
          (!bundle_.earlier.empty() && size <= bundle_.earlier.back().checkpoint.size)) {
        found("bad-format", one->where, "điểm kiểm không theo thứ tự hoặc nằm ngoài gói",
              "the checkpoint is out of order or outside the bundle");
        continue;
      }
      bundle_.earlier.push_back(std::move(*one));
    }
  }
  auto vkeys = lines_of(file(files_, "witnesses"));
  if (vkeys.size() > kMostWitnesses || std::set(vkeys.begin(), vkeys.end()).size() != vkeys.size()) {
    found("bad-format", "witnesses", "quá 64 dòng, hoặc một khóa có hai lần",
          "more than 64 lines, or a key twice");
    vkeys.clear();
  }
  if (!file(files_, "witnesses").empty() && !file(files_, "witnesses").ends_with('\n'))
    found("bad-format", "witnesses", "dòng cuối không kết thúc", "the last line has no end");
  for (const auto line : vkeys) {
    auto key = PublicKey::of(line);
    if (key && key->use == KeyUse::witness) {
      bundle_.witnesses.push_back(*key);
    } else {
      found("bad-format", "witnesses", "có khóa không đọc được", "a key cannot be read");
    }
  }
  for (const auto& key : bundle_.asked) {
    if (std::ranges::find(bundle_.witnesses, key) == bundle_.witnesses.end())
      bundle_.witnesses.push_back(key);
  }
  for (const auto& key : bundle_.witnesses)
    report_.witnesses.push_back({key.vkey(), std::ranges::find(bundle_.asked, key) != bundle_.asked.end()});
  auto frontier = Frontier::of(bundle_.proof.first, bundle_.proof.base);
  if (!frontier) {
    found("bad-format", "proof.json", "base không khớp với first", "base does not go with first");
    return false;
  }
  bundle_.base = std::move(*frontier);
  if (bundle_.proof.first == 0 && !bundle_.proof.previous.empty())
    found("bad-format", "proof.json", "previous thừa", "a previous checkpoint of nothing");
  if (bundle_.proof.first >= bundle_.newest.checkpoint.size)
    found("bad-format", "proof.json", "first không nhỏ hơn độ dài của sổ", "first is not below the size");
  return true;
}

// keys.jsonl is a chain: each key is proven by itself and by the one before it.
void Reader::read_keys() {
  std::string before;
  std::size_t number = 0;
  for (const auto line : lines_of(file(files_, "keys.jsonl"))) {
    const std::string where = "keys.jsonl:" + std::to_string(++number);
    const auto entry = decode_loosely(LogKind::key, line);
    if (!entry) {
      found("bad-format", where, "không đọc được: " + entry.error().why,
            "cannot be read: " + entry.error().why);
      continue;
    }
    const auto& key = std::get<KeyEntry>(**entry);
    const auto text = rotation_text(bundle_.proof.origin, bundle_.proof.epoch, key.previous, key.vkey);
    const auto proves = [&](const std::string& vkey, const std::string& signature) {
      const auto by = PublicKey::of(vkey);
      const auto bytes = bytes_of_base64(signature);
      return by && bytes && by->use == KeyUse::log && by->name == bundle_.proof.origin &&
             signed_by(by->key, text, *bytes);
    };
    if (key.previous != before || !proves(key.vkey, key.by_new) ||
        (key.previous.empty() ? !key.by_old.empty() : !proves(key.previous, key.by_old))) {
      found("bad-rotation", where, "việc đổi khóa không có đủ chữ ký của khóa cũ và khóa mới",
            "the change of key is not signed by the old and the new key");
    }
    before = key.vkey;
    bundle_.keys.push_back(key);
  }
  auto own = std::string(file(files_, "public-key"));
  if (own.ends_with('\n'))
    own.pop_back();
  else
    found("bad-format", "public-key", "dòng cuối không kết thúc", "the last line has no end");
  report_.vkey = own;
  if (bundle_.keys.empty() || bundle_.keys.back().vkey != own)
    found("bad-rotation", "public-key", "không phải khóa cuối cùng trong keys.jsonl",
          "is not the last key of keys.jsonl");
  if (options_.key.empty()) return;
  report_.confirmed = std::ranges::find(bundle_.keys, options_.key, &KeyEntry::vkey) != bundle_.keys.end();
  if (!report_.confirmed)
    found("unknown-key", "public-key",
          "khóa của gói không phải khóa trên nhãn máy, cũng không được đổi từ khóa đó",
          "the bundle's key is not the label's and was not changed from it");
}

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string_view file(const Files& files, std::string_view name) {
  const auto found = files.find(name);
  return found == files.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<Bundle> read_bundle(const Files& files, const VerifyOptions& options, Report& report) {
  return Reader(files, options, report).read();
}

}  // namespace commune_watch::evidence
