// Proofs come from the store's nodes; a witness that does not cosign is an alarm while it lasts.
#include "gateway_witnesses.hpp"

#include <algorithm>

#include "evidence/tree.hpp"

namespace commune_watch {
namespace {

bool same(const WitnessSettings& a, const WitnessSettings& b) {
  return a.url == b.url && a.key == b.key && a.ca_file == b.ca_file && a.allow_http == b.allow_http;
}

}  // namespace

Witnesses::Witnesses(House& house, Hooks hooks) : house_(house), hooks_(std::move(hooks)) {}

void Witnesses::assign() {
  std::vector<One> before;
  std::swap(before, all_);
  for (const auto& settings : house_.settings->witnesses) {
    const auto known = std::ranges::find_if(
        before, [&](const One& one) { return one.client && same(one.settings, settings); });
    all_.push_back(known != before.end() ? std::move(*known) : begin(settings));
  }
  for (const One& gone : before) {
    if (gone.client) house_.alarm("witness-" + gone.settings.name, "");
  }
}

Witnesses::One Witnesses::begin(const WitnessSettings& settings) {
  One one{settings, nullptr};
  const auto key = evidence::PublicKey::of(settings.key);
  if (!key) return one;  // the settings were checked: cannot be
  publish::WitnessOptions options;
  options.url = settings.url;
  options.key = *key;
  options.allow_http = settings.allow_http;
  options.ca_file = settings.ca_file;
  options.clock = [this] { return house_.clock.boot_now(); };
  publish::WitnessHooks hooks;
  hooks.post = hooks_.post;
  hooks.proof = [this](std::uint64_t from, std::uint64_t to) -> Result<std::vector<evidence::Hash>> {
    std::string trouble;
    auto proof = evidence::consistency_proof(from, to, [&](evidence::Node node) {
      auto hash = house_.store->node(node);
      if (!hash) trouble = hash.error().why;
      return hash.value_or(evidence::Hash{});
    });
    if (!trouble.empty()) return fail(trouble);
    return proof;
  };
  hooks.on_cosigned = [this](const publish::WitnessCosignature& word) {
    hooks_.cosigned(word.size, word.line);
  };
  hooks.on_trouble = [this, name = settings.name](const std::string& text) {
    house_.alarm("witness-" + name,
                 text.empty() ? text : "NHÂN CHỨNG CHƯA KÝ XÁC NHẬN / not cosigned: " + text);
  };
  one.client = std::make_unique<publish::WitnessClient>(std::move(options), std::move(hooks));
  if (const auto newest = house_.store->last_checkpoint(UINT64_MAX))
    one.client->submit({newest->size, newest->note});
  return one;
}

void Witnesses::submit(const StoredCheckpoint& made) {
  for (const One& one : all_) {
    if (one.client) one.client->submit({made.size, made.note});
  }
}

void Witnesses::tick() {
  for (const One& one : all_) {
    if (one.client) one.client->tick();
  }
}

std::vector<std::string> Witnesses::vkeys() const {
  std::vector<std::string> keys;
  for (const One& one : all_) keys.push_back(one.settings.key);
  return keys;
}

}  // namespace commune_watch
