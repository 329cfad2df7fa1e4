// One good bundle, and for each finding of docs/evidence.md §9 small edits of it that have that finding and
// no other.
#include "evidence/verify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "evidence/made_bundle.hpp"

namespace commune_watch::evidence {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string codes(const Report& report) {
  std::set<std::string> all;
  for (const auto& finding : report.findings) all.insert(finding.code);
  std::string text;
  for (const auto& code : all) text += (text.empty() ? "" : " ") + code;
  return text;
}
std::string words(const Report& report) {
  std::string text;
  for (const auto& finding : report.findings)
    text += finding.code + " " + finding.where + ": " + finding.en + "\n";
  return text;
}

TEST(Verify, AGoodBundleHoldsFromRecordZeroAndFromAnOpening) {
  Draft draft;
  const auto whole = verify(draft.files(), {});
  EXPECT_EQ(words(whole), "");
  EXPECT_TRUE(whole.valid());
  EXPECT_EQ(whole.until, kMonday + 50 * kHour);
  EXPECT_EQ(whole.newest, "unwitnessed");
  EXPECT_NE(whole.figures.find("cam-1,camera,2026-11-02,"), std::string::npos) << whole.figures;
  draft.begin_at_opening();
  const auto second = verify(draft.files(), {});
  EXPECT_EQ(words(second), "");
  EXPECT_NE(second.figures.find("cam-1,camera,2026-11-03,86400000,86400000,"), std::string::npos)
      << second.figures;
}

TEST(Verify, EveryWitnessOfADayIsNamedWithItsFirstWord) {
  const auto report = verify(Draft().files(), {});
  std::vector<std::string> all;
  for (const auto& w : report.witnessed)
    all.push_back(std::to_string(w.date) + " " + w.by + " " + std::to_string((w.at - kMonday) / kSecond));
  EXPECT_THAT(all, ElementsAre("20261102 w1 88000", "20261102 w2 87000", "20261103 w1 181000"));
  EXPECT_THAT(report.unwitnessed, IsEmpty());
}

TEST(Verify, ADayIsWitnessedByWhatWasCosignedAfterIt) {
  Draft draft;
  draft.newest.cosigned.clear();
  const auto report = verify(draft.files(), {});
  EXPECT_THAT(report.unwitnessed, ElementsAre(20261103));
  draft.earlier.pop_back();  // what is left of that day came before its last record
  EXPECT_THAT(verify(draft.files(), {}).unwitnessed, ElementsAre(20261102, 20261103));
}

using Forge = std::function<void(Draft&)>;
using Edit = std::function<void(Files&)>;

// `forge`: what a gateway signed that did not write what it should; `edit`: what somebody without its key did
// to the files. SHA256SUMS is made to fit, unless it is itself what was edited.
struct Case {
  std::string name, codes;
  Forge forge;
  Edit edit;
  VerifyOptions options;
  bool rehashed = true;
};

Case edited(std::string name, std::string codes, Edit edit) {
  return {std::move(name), std::move(codes), nullptr, std::move(edit), {}};
}
Case forged(std::string name, std::string codes, Forge forge, Edit edit = nullptr) {
  return {std::move(name), std::move(codes), std::move(forge), std::move(edit), {}};
}
Case asked(std::string name, std::string codes, VerifyOptions options, Forge forge = nullptr) {
  return {std::move(name), std::move(codes), std::move(forge), nullptr, std::move(options)};
}
Case unhashed(std::string name, std::string codes, Edit edit) {
  return {std::move(name), std::move(codes), nullptr, std::move(edit), {}, false};
}

void replace(std::string& text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  ASSERT_NE(at, std::string::npos) << what;
  text.replace(at, what.size(), by);
}
Edit replacing(const std::string& file, const std::string& what, const std::string& by) {
  return [=](Files& files) { replace(files.at(file), what, by); };
}
Edit writing(const std::string& file, const std::string& bytes) {
  return [=](Files& files) { files.at(file) = bytes; };
}
Edit with_proof(const std::function<void(Proof&)>& edit) {
  return [=](Files& files) {
    auto proof = *read_proof(files.at("proof.json"));
    edit(proof);
    files.at("proof.json") = write(proof);
  };
}
// The byte of a signature of that name, in the first note of that file, turned over.
Edit spoiling(const std::string& file, const std::string& name) {
  return [=](Files& files) {
    auto& text = files.at(file);
    const auto at = text.find("— " + name + " ");
    ASSERT_NE(at, std::string::npos) << name;
    auto& letter = text.at(at + std::string("— ").size() + name.size() + 40);
    letter = letter == 'A' ? 'B' : 'A';
  };
}
std::string rewritten(std::uint64_t size) {  // a checkpoint of another history
  Draft other;
  other.change<TermsEntry>("terms", [](TermsEntry& entry) { entry.terms.place = "kho"; });
  return other.note({size, "first key", {}});
}
template <class E>
Forge changing(const std::string& what, const std::function<void(E&)>& edit) {
  return [=](Draft& draft) { draft.change<E>(what, edit); };
}
Forge inserting(const std::string& before, Millis when, const Entry& entry) {
  return [=](Draft& draft) {
    const auto where = draft.seq.at(before);
    draft.insert(where, when, entry);
    for (auto& over : draft.earlier)
      if (over.size > where) ++over.size;
  };
}

std::vector<Case> files_and_formats() {
  std::vector<Case> all{
      unhashed("a sum that is another", "checksum",
               [](Files& f) { f["SHA256SUMS"][0] = f["SHA256SUMS"][0] == '0' ? '1' : '0'; }),
      unhashed("a line that is no sum", "bad-format", [](Files& f) { f["SHA256SUMS"] += "hello\n"; }),
      unhashed("a file that is not listed", "checksum",
               [](Files& f) {
                 auto& sums = f["SHA256SUMS"];
                 sums.erase(0, sums.find('\n') + 1);
               }),
      unhashed("a listed file of other bytes", "checksum", [](Files& f) { f["ma-qr.svg"] = "x"; }),
      edited("a file of somebody's", "extra-file", [](Files& f) { f["ghi-chu.txt"] = "x"; }),
      edited("no proof", "bad-format", writing("proof.json", "{}")),
      edited("no checkpoint", "bad-format", writing("checkpoint", "x")),
      edited("a note that is no checkpoint", "bad-format",
             [](Files& f) {
               Note note{"x\n", {}};
               note.signatures.push_back(sign(key_named("a"), gateway_key("a"), note.text));
               f["checkpoint"] = note.whole();
             }),
      edited("checkpoints that are no strings", "bad-format", writing("checkpoints.jsonl", "x\n")),
      edited("checkpoints that are no notes", "bad-format", writing("checkpoints.jsonl", "\"x\"\n")),
      forged("checkpoints out of order", "bad-format",
             [](Draft& d) { std::swap(d.earlier[0], d.earlier[1]); }),
      forged("a checkpoint from before", "bad-format",
             [](Draft& d) {
               d.begin_at_opening();
               d.earlier.insert(d.earlier.begin(), Over{d.first - 1, "first key", {}});
             }),
      forged("witnesses that are none", "bad-format", [](Draft& d) { d.witnesses.emplace_back("x"); }),
      edited("keys that are none", "bad-format bad-rotation", writing("keys.jsonl", "x\n")),
      edited("a base of nothing", "bad-format", with_proof([](Proof& p) { p.base.resize(1); })),
      forged("a previous one of nothing", "bad-consistency bad-format",
             [](Draft& d) {
               d.previous = Over{2, "first key", {}};
             }),
      edited("a bundle of nothing", "bad-format bad-root bad-rotation bad-signature",
             [](Files& f) {
               with_proof([](Proof& p) {
                 p.first = 1'024;
                 p.base.resize(1);
               })(f);
               f["entries.jsonl"].clear();
               f["checkpoints.jsonl"].clear();
             }),
      edited("a period that is none", "bad-figure bad-format", with_proof([](Proof& p) { p.to -= kHour; })),
      forged("an export of another period", "bad-format",
             changing<ExportEntry>("export", [](ExportEntry& e) { e.period = "2026"; })),
      forged("a word for a period", "bad-format",
             [](Draft& d) {
               d.period = "7d";
               d.change<ExportEntry>("export", [](ExportEntry& e) { e.period = "7d"; });
             }),
      forged("no export at the end", "bad-format",
             [](Draft& d) { d.insert(d.leaves.size(), 51 * kHour, HeartbeatEntry{}); }),
      edited("a last line without end", "bad-format", [](Files& f) { f["entries.jsonl"].pop_back(); }),
  };
  for (const auto* name : {"HUONG_DAN.txt", "ma-qr.svg", "SHA256SUMS"})
    all.push_back(unhashed(std::string("no ") + name, "missing-file", [=](Files& f) {
      f.erase(name);
      if (f.contains("SHA256SUMS")) f["SHA256SUMS"] = write_checksums(f);
    }));
  return all;
}

std::vector<Case> keys_and_signatures() {
  return {
      forged("signed by the key before", "bad-signature", [](Draft& d) { d.newest.key = "first key"; }),
      forged("signed by a stranger", "bad-signature", [](Draft& d) { d.newest.key = "a thief"; }),
      edited("a signature that does not hold", "bad-signature", spoiling("checkpoint", kOrigin)),
      forged("an earlier one by a later key", "bad-signature",
             [](Draft& d) { d.earlier[1].key = "second key"; }),
      forged("a previous one by a stranger", "bad-signature",
             [](Draft& d) {
               d.begin_at_opening();
               d.previous->key = "a thief";
             }),
      asked("another label", "unknown-key", {gateway_key("a thief").vkey(), {}, {}}),
      forged("a new key that did not sign", "bad-rotation",
             changing<KeyEntry>("rotation", [](KeyEntry& e) { e.by_new = e.by_old; })),
      forged("a key that the old one did not sign", "bad-rotation",
             changing<KeyEntry>("rotation", [](KeyEntry& e) { e.by_old = e.by_new; })),
      forged("a first key that an old one signed", "bad-rotation",
             changing<KeyEntry>("key", [](KeyEntry& e) { e.by_old = e.by_new; })),
      forged("a key out of nowhere", "bad-rotation",
             changing<KeyEntry>("rotation", [](KeyEntry& e) { e.previous = e.by_old = ""; })),
      edited("another key than the log's", "bad-rotation",
             writing("public-key", gateway_key("first key").vkey() + "\n")),
      edited("a key left out", "bad-rotation",
             [](Files& f) {
               auto& keys = f["keys.jsonl"];
               keys.erase(0, keys.find('\n') + 1);
             }),
      edited("a key too many", "bad-rotation",
             [](Files& f) {
               auto& keys = f["keys.jsonl"];
               keys += keys.substr(0, keys.find('\n') + 1);
             }),
      edited("a cosignature that does not hold", "bad-cosignature", spoiling("checkpoint", "w1")),
      asked("a witness who was not asked", "not-cosigned", {"", {witness_key("w2").vkey()}, {}}),
      asked("a witness who is none", "not-cosigned", {"", {"x"}, {}}),
  };
}

std::vector<Case> trees() {
  return {
      edited("an edited leaf", "bad-root",
             replacing("entries.jsonl", "[\"change\",1,36001000", "[\"change\",1,36001001")),
      edited("a leaf of nothing left out", "bad-root",
             [](Files& f) {
               auto& leaves = f["entries.jsonl"];
               const auto at = leaves.find("[\"heartbeat\"");
               leaves.erase(at, leaves.find('\n', at) + 1 - at);
             }),
      forged("an earlier checkpoint of another history", "bad-root", nullptr,
             [](Files& f) {
               auto notes = *read_lines(f["checkpoints.jsonl"]);
               notes[0] = rewritten(read_checkpoint(read_note(notes[0])->text)->size);
               f["checkpoints.jsonl"] = write_lines(notes);
             }),
      forged(
          "another base", "bad-root", [](Draft& d) { d.begin_at_opening(); },
          with_proof([](Proof& p) { p.base.back() = {}; })),
      forged(
          "a previous one of another history", "bad-consistency", [](Draft& d) { d.begin_at_opening(); },
          with_proof([](Proof& p) { p.previous = rewritten(5); })),
      forged(
          "another proof", "bad-consistency",
          [](Draft& d) {
            d.begin_at_opening();
            d.previous->size = 5;
          },
          with_proof([](Proof& p) { p.consistency.back() = {}; })),
      forged("a previous one from after the beginning", "bad-consistency",
             [](Draft& d) {
               d.begin_at_opening();
               ++d.previous->size;
             }),
      edited("a proof of nothing", "bad-consistency",
             with_proof([](Proof& p) { p.consistency.emplace_back(); })),
      asked("another history was seen", "fork", {"", {}, {rewritten(8)}}),
      asked("a longer history was seen", "older", {"", {}, {Checkpoint{kOrigin, 99, {}}.text()}}),
      asked("another's checkpoint was seen", "bad-signature",
            {"", {}, {Checkpoint{"commune-watch/x/gw1", 8, {}}.text()}}),
      asked("nonsense was seen", "bad-format", {"", {}, {"x"}}),
      asked("another previous one was seen", "fork", {"", {}, {rewritten(11)}},
            [](Draft& d) {
              d.begin_at_opening();
              d.previous->size = 11;
            }),
  };
}

std::vector<Case> records_and_figures() {
  const Maintenance early{{kMonday + 40 * kHour, kMonday + 41 * kHour}, kMonday + 13 * kHour, 0, "an", "x"};
  return {
      forged("a record of no kind", "bad-record",
             [](Draft& d) { d.leaves[d.seq["heartbeat"]] = R"(["hello",1,108001000,{}])"; }),
      forged("a body that is not canonical", "bad-record",
             [](Draft& d) { d.leaves[d.seq["heartbeat"]] = R"(["heartbeat",1,108001000,{ }])"; }),
      forged("no genesis", "bad-day bad-opening bad-record bad-rotation bad-signature",
             [](Draft& d) { d.leaves[0] = d.leaves[d.seq["heartbeat"]]; }),
      forged("a second genesis", "bad-record",
             inserting("heartbeat", 30 * kHour, GenesisEntry{"tan-phu", "gw1", "", false, ""})),
      forged("a moment before the one before", "bad-record",
             inserting("heartbeat", 24 * kHour, HeartbeatEntry{})),
      forged("an anchor of another boot", "bad-record",
             inserting("heartbeat", 30 * kHour, AnchorEntry{{{2, 1}, kMonday, 1, AnchorSource::ntp}, ""})),
      forged("another commune's log", "bad-record",
             [](Draft& d) { d.begin_as([](GenesisEntry& e) { e.commune = "tan-an"; }); }),
      edited("another epoch", "bad-record bad-rotation", with_proof([](Proof& p) { p.epoch = "00000000"; })),
      forged("an opening that forgets a device", "bad-opening",
             changing<OpeningEntry>("opening", [](OpeningEntry& e) { e.terms.clear(); })),
      forged(
          "an opening with another state", "bad-opening",
          changing<OpeningEntry>("opening", [](OpeningEntry& e) { e.spans.at(0).to.state = State::down; })),
      forged(
          "an opening whose windows are later than told", "bad-opening",
          changing<OpeningEntry>("opening", [](OpeningEntry& e) { e.corrections.at(0).recorded += 5'001; })),
      forged("an opening of another log", "bad-opening",
             [](Draft& d) {
               d.begin_at_opening();
               d.change<OpeningEntry>("opening", [](OpeningEntry& e) { e.epoch = "00000000"; });
             }),
      forged("a day better than it was", "bad-day",
             changing<DayEntry>("day",
                                [](DayEntry& e) {
                                  ++e.totals.up;
                                  --e.totals.down;
                                })),
      forged("a day of another device", "bad-day",
             changing<DayEntry>("day", [](DayEntry& e) { e.device = "cam-9"; })),
      forged("a correction from before it was written", "bad-declared",
             [](Draft& d) {
               const auto earlier = [](Correction& c) { c.declared = kMonday + 15 * kHour - 5'001; };
               d.change<CorrectionEntry>("correction", [&](CorrectionEntry& e) { earlier(e.correction); });
               d.change<OpeningEntry>(
                   "opening", [&](OpeningEntry& e) { earlier(e.corrections.at(0).correction.correction); });
             }),
      forged("a window from before it was written", "bad-declared",
             inserting("heartbeat", 30 * kHour, MaintenanceEntry{"cam-1", early})),
      edited("a better figure", "bad-figure", replacing("so-lieu.csv", "2026-11-02,", "2026-11-02,9")),
      edited("a line left out", "bad-figure",
             [](Files& f) {
               auto& csv = f["so-lieu.csv"];
               csv.erase(csv.rfind("cam-1"));
             }),
      edited("other line ends", "bad-figure", replacing("so-lieu.csv", "\n", "\r\n")),
      forged("a period from before the opening", "not-covered",
             [](Draft& d) {
               d.begin_at_opening();
               d.period = "2026-11-02";
               d.from = kMonday;
               d.to = kMonday + 24 * kHour;
               d.change<ExportEntry>("export", [](ExportEntry& e) { e.period = "2026-11-02"; });
             }),
      forged("a clock that was ahead before the opening", "not-covered",
             [](Draft& d) {
               d.begin_at_opening();
               d.change<OpeningEntry>("opening", [](OpeningEntry& e) {
                 e.claims = {{kMonday - kHour, kMonday + 24 * kHour + 1}};
               });
             }),
      forged("a simulation", "simulated",
             [](Draft& d) { d.begin_as([](GenesisEntry& e) { e.simulated = true; }); }),
      forged("a simulation from an opening on", "simulated",
             [](Draft& d) {
               d.begin_at_opening();
               d.change<OpeningEntry>("opening", [](OpeningEntry& e) { e.simulated = true; });
             }),
  };
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (auto* some : {files_and_formats, keys_and_signatures, trees, records_and_figures})
    for (auto& one : some()) all.push_back(std::move(one));
  return all;
}

TEST(Verify, EachEditHasItsFinding) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(one.name);
    Draft draft;
    if (one.forge) one.forge(draft);
    auto files = draft.files();
    if (one.edit) one.edit(files);
    if (one.rehashed) files["SHA256SUMS"] = write_checksums(files);
    const auto report = verify(files, one.options);
    EXPECT_EQ(codes(report), one.codes) << words(report);
    EXPECT_EQ(report.valid(), one.codes == "extra-file");
    for (const auto& finding : report.findings) EXPECT_FALSE(finding.vi.empty() || finding.where.empty());
  }
}

TEST(Verify, EveryFindingOfTheSpecificationHasAnEdit) {
  std::ifstream page(std::string(CW_SOURCE_DIR) + "/docs/evidence.md");
  std::set<std::string> known{"extra-file"}, met;
  bool table = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| code |")) table = true;
    if (line.starts_with("Any of these")) table = false;
    if (!table || !line.starts_with("| `")) continue;
    auto cell = line.substr(0, line.find('|', 1));
    for (auto from = cell.find('`'); from != std::string::npos; from = cell.find('`', from + 1)) {
      const auto to = cell.find('`', from + 1);
      known.insert(cell.substr(from + 1, to - from - 1));
      from = to;
    }
  }
  EXPECT_GT(known.size(), 15u);
  for (const Case& one : cases()) {
    if (one.codes.find(' ') == std::string::npos) met.insert(one.codes);
  }
  EXPECT_EQ(met, known);
}

}  // namespace
}  // namespace commune_watch::evidence
