// Notes, keys, checkpoints and cosignatures against published examples, and against what may be wrong with
// them.
#include "evidence/note.hpp"

#include <gtest/gtest.h>

namespace commune_watch::evidence {
namespace {

// https://pkg.go.dev/golang.org/x/mod/sumdb/note: the package's own example.
constexpr std::string_view kPublishedKey =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kPublishedNote =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
// https://c2sp.org/tlog-cosignature: the example (its keys were never published).
constexpr std::string_view kCheckpoint =
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/"
    "zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

// RFC 8032 §7.1, test 1.
SigningKey published_seed() {
  return std::move(
      *SigningKey::of(*hash_of_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")));
}

TEST(Note, ThePublishedOneIsSignedByItsPublishedKey) {
  const auto key = PublicKey::of(kPublishedKey);
  ASSERT_TRUE(key) << key.error().why;
  EXPECT_EQ(key->vkey(), kPublishedKey);
  const auto note = read_note(kPublishedNote);
  ASSERT_TRUE(note) << note.error().why;
  EXPECT_TRUE(holds(*note, *key));
  EXPECT_EQ(note->whole(), kPublishedNote);
  auto changed = *note;
  changed.text[0] = 'i';
  EXPECT_FALSE(holds(changed, *key));
}

TEST(Note, ThePublishedCheckpointWithACosignatureIsRead) {
  const auto note = read_note(kCheckpoint);
  ASSERT_TRUE(note) << note.error().why;
  EXPECT_EQ(note->whole(), kCheckpoint);
  ASSERT_EQ(note->signatures.size(), 2U);
  EXPECT_EQ(note->signatures[1].name, "witness.example.com/w1");
  EXPECT_EQ(note->signatures[1].signature.size(), 72U);
  const auto checkpoint = read_checkpoint(note->text);
  ASSERT_TRUE(checkpoint) << checkpoint.error().why;
  EXPECT_EQ(checkpoint->origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint->size, 20'852'163U);
  EXPECT_EQ(base64(checkpoint->root), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
  EXPECT_EQ(checkpoint->text(), note->text);
}

TEST(Note, KeysAreThoseOfRfc8032) {
  const auto key = published_seed();
  const auto seen = key.public_key("a", KeyUse::log);
  EXPECT_EQ(hex(seen.key), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  EXPECT_EQ(hex(key.sign("")),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe2465"
            "5141438e7a100b");
  EXPECT_EQ(hex(key.seed()), "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
}

TEST(Note, AMistypedKeyIsRefused) {
  for (const auto* vkey : {"", "PeterNeumann", "PeterNeumann+c74f20a3",
                           "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                           "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                           "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
                           "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"})
    EXPECT_FALSE(PublicKey::of(vkey)) << vkey;
}

TEST(Note, AnythingButANoteIsRefused) {
  for (const std::string text :
       {"", "\n", "text\n", "text\n\n", "text\n\nno dash\n", "text\n\n— name\n", "text\n\n— name AAAA\n",
        "text\n\n— na me AAAAAAAA\n", "text\r\n\n— name AAAAAAAA\n", "te\xFFxt\n\n— name AAAAAAAA\n",
        "text\n\n— name AAAAAAAA"})
    EXPECT_FALSE(read_note(text)) << text;
}

TEST(Note, ACheckpointIsThreeLinesAndNoMore) {
  const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
  EXPECT_TRUE(read_checkpoint("o\n0\n" + root + "\n"));
  for (const std::string& text :
       {"o\n1\n" + root, "o\n01\n" + root + "\n", "\n1\n" + root + "\n", "o\n-1\n" + root + "\n",
        "o\n1\n" + root + "\nextension\n", "o\n1\n" + root.substr(1) + "\n",
        "o\n18446744073709551616\n" + root + "\n"})
    EXPECT_FALSE(read_checkpoint(text)) << text;
}

TEST(Note, ACosignatureSaysWhenAndHoldsForNothingElse) {
  const auto key = published_seed();
  const auto witness = key.public_key("witness.example/w1", KeyUse::witness);
  Note note{Checkpoint{"o", 3, Hash{}}.text(), {}};
  note.signatures.push_back(cosign(key, witness, note.text, 1'790'000'000));
  const auto seen = cosigned(note, witness);
  ASSERT_TRUE(seen) << seen.error().why;
  ASSERT_TRUE(*seen);
  EXPECT_EQ((*seen)->utc_seconds, 1'790'000'000);
  EXPECT_FALSE(*cosigned(note, key.public_key("another", KeyUse::witness)))
      << "somebody else's line is passed over";

  auto other = note;
  other.text = Checkpoint{"o", 4, Hash{}}.text();
  EXPECT_FALSE(cosigned(other, witness)) << "of another checkpoint";
  auto later = note;
  later.signatures[0].signature[7] ^= std::byte{1};
  EXPECT_FALSE(cosigned(later, witness)) << "of another second";
}

TEST(Note, ALogsSignatureIsNoWitnessSignature) {
  const auto key = published_seed();
  const auto as_log = key.public_key("o", KeyUse::log), as_witness = key.public_key("o", KeyUse::witness);
  EXPECT_NE(as_log.id(), as_witness.id());
  Note note{Checkpoint{"o", 3, Hash{}}.text(), {}};
  note.signatures.push_back(sign(key, as_log, note.text));
  EXPECT_TRUE(holds(note, as_log));
  EXPECT_FALSE(*cosigned(note, as_witness));
}

}  // namespace
}  // namespace commune_watch::evidence
