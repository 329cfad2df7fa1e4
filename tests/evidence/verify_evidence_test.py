#!/usr/bin/env python3
"""scripts/verify_evidence.py against published vectors, honest bundles, and for each finding a bundle that has it."""
import base64
import hashlib
import importlib.util
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unicodedata
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "verify_evidence.py"
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests"))
from support import evidence_maker as maker  # noqa: E402

specification = importlib.util.spec_from_file_location("verify_evidence", SCRIPT)
verify = importlib.util.module_from_spec(specification)
specification.loader.exec_module(verify)

BERLIN = ("Europe/Berlin", "2026-10-20")


def unhex(text):
    return bytes.fromhex(text)


class Published(unittest.TestCase):
    def test_ed25519_holds_for_the_vectors_of_rfc_8032(self):
        for key, message, signature in (
                ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                 "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
                ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                 "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
                ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                 "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")):
            key, message, signature = unhex(key), unhex(message), unhex(signature)
            self.assertTrue(verify.ed25519_holds(key, message, signature))
            self.assertFalse(verify.ed25519_holds(key, message + b"\0", signature))
            for at in (0, 31, 32, 63):
                wrong = bytearray(signature)
                wrong[at] ^= 1
                self.assertFalse(verify.ed25519_holds(key, message, bytes(wrong)))
            higher = int.from_bytes(signature[32:], "little") + verify.ORDER
            self.assertFalse(verify.ed25519_holds(key, message, signature[:32] + higher.to_bytes(32, "little")))

    def test_a_key_of_small_order_signs_nothing(self):
        for key in ("01" + "00" * 31, "ec" + "ff" * 30 + "7f", "00" * 32, "ed" + "ff" * 30 + "7f"):
            self.assertFalse(verify.ed25519_holds(unhex(key), b"", unhex("01" + "00" * 63)))

    def test_roots_and_proofs_are_those_of_the_reference_of_rfc_6962(self):
        leaves = [unhex(leaf) for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]
        roots = [unhex(root) for root in (
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]
        forest, tree = maker.Forest(leaves), verify.Tree(0, [])
        self.assertEqual(tree.root(), hashlib.sha256(b"").digest())
        for size, (leaf, root) in enumerate(zip(leaves, roots), 1):
            tree.add(leaf)
            self.assertEqual((tree.root(), forest.root_of(0, size)), (root, root))
        proofs = {(6, 8): ("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                           "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
                  (2, 5): ("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")}
        for (old, new), proof in proofs.items():
            self.assertEqual(forest.consistency(old, new), [unhex(node) for node in proof])
        for new in range(1, 9):
            for old in range(1, new + 1):
                proof = forest.consistency(old, new)
                self.assertTrue(verify.consistent(old, roots[old - 1], new, roots[new - 1], proof))
                self.assertFalse(verify.consistent(old, roots[old - 1], new, roots[new - 1], proof + [roots[0]]))
                self.assertFalse(verify.consistent(old, roots[old - 1], new, roots[new % 8], proof))
                self.assertFalse(verify.consistent(old, roots[old % 8], new, roots[new - 1], proof))
        for size in range(9):
            rest = verify.Tree(size, forest.base(size))
            for leaf in leaves[size:]:
                rest.add(leaf)
            self.assertEqual(rest.root(), roots[7])

    def test_notes_are_framed_as_c2sp_does(self):
        key = verify.Key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", 1)
        text = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
        line = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
        data = base64.b64decode(line)
        self.assertEqual(data[:4], key.id)
        self.assertTrue(verify.ed25519_holds(key.key, text, data[4:]))
        note = verify.Checkpoint("example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— example.com/behind-the-sofa "
                                 "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n".encode())
        self.assertEqual((note.origin, note.size, note.root.hex()[:8]), ("example.com/behind-the-sofa", 20852163, "0ac5186a"))
        for wrong in ("a\n1\nAA==\n\n— a AAAAAAA=\n", "a\n01\n{0}\n\n— a AAAAAAA=\n", "a\n1\n{0}\nmore\n\n— a AAAAAAA=\n", "a\n1\n{0}\n",
                      "a\n1\n{0}\n\n- a AAAAAAA=\n", "a\n1\n{0}\n\n— a AAAAAAA=", "a\n-1\n{0}\n\n— a AAAAAAA=\n"):
            with self.assertRaises(verify.Refused):
                verify.Checkpoint(wrong.replace("{0}", base64.b64encode(bytes(32)).decode()).encode())

    def test_only_canonical_json_is_read(self):
        for good in ('["a",1,-2,{"b":"é\\u0001\\n\\"\\\\/","c":[]}]', "9223372036854775807", "-9223372036854775808", '{"a":"true 12345678901234567890"}'):
            self.assertEqual(maker.text(verify.canonical(good.encode())), good)
        for bad in ('["a", 1]', "01", "-0", "1.0", "1e3", "true", "[null]", '{"a":{"b":[false]}}', "9223372036854775808", "-9223372036854775809", '{"a":1,"a":2}',
                    '"\\u00e9"', '"\\/"', '"\\u000A"', '"\\u000a"', '"\\u001F"', '"\\ud800"', "NaN", "[1,]", "", " 1", "1\n", '"\t"', "[" * 100_000, "9" * 5000):
            with self.assertRaises(verify.Refused, msg=bad[:40]):
                verify.canonical(bad.encode())
        for bad in (b'"\xff"', b'"\xed\xa0\x80"', b"\xef\xbb\xbf1"):
            with self.assertRaises(verify.Refused):
                verify.canonical(bad)

    def test_days_begin_when_local_time_reaches_midnight(self):
        hour = 3_600_000
        skips = verify.Zone([[0, -3 * hour], [1541300400000, -2 * hour]])  # São Paulo, 2018-11-04: 00:00 became 01:00
        self.assertEqual(skips.midnight(verify.day_of_date(20181104)), 1541300400000)
        repeats = verify.Zone([[0, 4 * hour], [10 * 86_400_000 - 4 * hour + hour // 2, 3 * hour]])  # 00:30 became 23:30
        self.assertEqual(repeats.midnight(10), 10 * 86_400_000 - 4 * hour)
        self.assertEqual(verify.Zone().midnight(0), -7 * hour)


class Bundles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder, cls.number = pathlib.Path(holder.name), 0
        cls.commune = maker.Commune("kiểm thử".encode().hex()[:8], days=12, zone=BERLIN, rotations=1)
        cls.good = cls.commune.bundle()

    def verdict(self, bundle, key=None, witnesses=(), seen=()):
        type(self).number += 1
        folder = self.folder / str(self.number)
        folder.mkdir()
        bundle.write(folder / "b")
        names = []
        for number, note in enumerate(seen):
            (folder / str(number)).write_text(note, encoding="utf-8")
            names.append(str(folder / str(number)))
        verifier = verify.Verifier(str(folder / "b"), verify.Key(key, 1) if key else None, [verify.Key(witness, 4) for witness in witnesses], names)
        return verifier.run()

    def codes(self, bundle, **options):
        return {finding["code"] for finding in self.verdict(bundle, **options).findings}

    def again(self, records=None, **more):
        """The same export, of other records: signed by the true keys."""
        options = {"first": self.good.first} | more
        return maker.Bundle(records or self.good.records, options.pop("checkpoints", self.good.checkpoints), options.pop("signers", self.good.signers),
                            self.good.witnesses, self.good.period, options.pop("first"), self.good.origin, **options)

    def edited(self, name, *change):
        bundle = self.again()
        bundle.files[name] = bundle.files[name].replace(*[part.encode() for part in change], 1)
        self.assertNotEqual(bundle.files[name], self.good.files[name])
        return bundle.rehash()

    def changed(self, kind, edit, which=0, restate=False, **more):
        """The same export after `edit` of the body of the which-th record of a kind."""
        records = [tuple(record) for record in self.good.records]
        seq = [number for number, record in enumerate(records) if record[0] == kind][which]
        records[seq] = records[seq][:3] + (edit(dict(records[seq][3])),)
        return self.again(maker.restate(records) if restate else records, **more)

    def test_honest_bundles_are_valid(self):
        starts = set()
        for seed in range(30):
            commune = maker.Commune(seed)
            bundle = commune.bundle()
            verifier = self.verdict(bundle, commune.keys[0].vkey, [commune.witnesses[0].vkey], [bundle.files["checkpoint"].decode()])
            self.assertEqual(verifier.findings, [], f"seed {seed}")
            self.assertEqual((verifier.newest, verifier.unwitnessed), ("seen", []))
            self.assertEqual(verifier.until, bundle.oracle.now())
            starts.add(bundle.first > 0)
        self.assertEqual(starts, {False, True})

    def test_the_sample_has_what_can_go_wrong(self):
        kinds = {record[0] for record in self.good.records}
        self.assertLessEqual({"opening", "day", "key", "maintenance", "correction", "blip", "change", "stop"}, kinds)
        self.assertEqual(len(self.commune.keys), 2)
        self.assertGreater(self.good.first, 0)
        self.assertEqual(self.codes(self.good), set())

    def test_each_finding_is_found(self):
        good, commune = self.good, self.commune
        stranger, liar = maker.Signer(good.origin, "stranger"), maker.Signer("elsewhere.example/w", "liar", 4)

        def without(name):
            bundle = self.again()
            del bundle.files[name]
            return bundle.rehash()

        self.assertEqual(self.codes(without("witnesses")), {"missing-file"})

        bundle = self.again()
        bundle.files["HUONG_DAN.txt"] += b"!"
        self.assertEqual(self.codes(bundle), {"checksum"})

        bundle = self.again()
        bundle.files["more.txt"] = b"?"
        verifier = self.verdict(bundle.rehash())
        self.assertEqual([finding["code"] for finding in verifier.findings], ["extra-file"])
        self.assertTrue(verifier.valid())

        self.assertIn("bad-format", self.codes(self.edited("proof.json", "evidence-1", "evidence-2")))
        self.assertEqual(self.codes(self.edited("proof.json", f'"from":{good.span[0]}', f'"from":{good.span[0] + 3_600_000}')), {"bad-format", "bad-figure"})
        self.assertEqual(self.codes(self.again(signers=[stranger, stranger])), {"bad-signature"})
        self.assertEqual(self.codes(good, key=stranger.vkey), {"unknown-key"})
        self.assertEqual(self.codes(good, key=commune.keys[0].vkey), set())
        self.assertEqual(self.codes(good, key=commune.keys[1].vkey), set())
        self.assertEqual(self.codes(self.changed("key", lambda body: body | {"by_old": body["by_new"]}, which=1)), {"bad-rotation"})
        self.assertIn("bad-rotation", self.codes(self.edited("public-key", commune.keys[1].vkey, commune.keys[0].vkey)))
        self.assertIn("bad-root", self.codes(self.edited("entries.jsonl", '"probes":1', '"probes":2')))
        self.assertEqual(self.codes(self.edited("proof.json", '"consistency":["', '"consistency":["' + "0" * 64 + '","')), {"bad-consistency"})

        bundle = self.again()
        note = bundle.files["checkpoint"].decode()
        line = next(line for line in note.split("\n") if commune.witnesses[0].name in line)
        data = bytearray(base64.b64decode(line.split()[-1]))
        data[-1] ^= 1
        bundle.files["checkpoint"] = note.replace(line, line.rsplit(" ", 1)[0] + " " + base64.b64encode(data).decode()).encode()
        self.assertEqual(self.codes(bundle.rehash()), {"bad-cosignature"})

        self.assertEqual(self.codes(good, witnesses=[liar.vkey]), {"not-cosigned"})
        forked = self.changed("change", lambda body: body | {"words": "khác"}, which=-1, restate=True)
        self.assertEqual(self.codes(forked), set())
        self.assertEqual(self.codes(forked, seen=[good.files["checkpoint"].decode()]), {"fork"})
        self.assertEqual(self.codes(forked, seen=[good.files["checkpoint"].decode().split("\n\n")[0] + "\n"]), {"fork"})
        self.assertEqual(self.codes(good, seen=[maker.checkpoint_text(good.origin, len(good.records) + 1, bytes(32)) + "\n"]), {"older"})
        self.assertEqual(self.codes(good, seen=[maker.checkpoint_text("else", 1, bytes(32)) + "\n"]), {"bad-signature"})
        self.assertEqual(self.codes(good, seen=["?"]), {"bad-format"})

        records = list(good.records)
        records[-2:-2] = [("surprise", *records[-2][1:3], {})]
        self.assertEqual(self.codes(self.again(records, checkpoints=[(len(records), [])])), {"bad-record"})
        records = list(good.records)
        records[-3] = (records[-3][0], records[-3][1], records[-4][2] - 60_001 - 10 ** 6, records[-3][3])
        self.assertIn("bad-record", self.codes(self.again(records)))

        self.assertEqual(self.codes(self.changed("opening", lambda body: body | {"terms": body["terms"][1:]}, first=0)), {"bad-opening"})
        self.assertEqual(self.codes(self.changed("day", lambda body: body | {"up": body["up"] + 1}, which=-1)), {"bad-day"})
        self.assertEqual(self.codes(self.changed("maintenance", lambda body: body | {"declared": body["declared"] - 10_000}, restate=True, first=0)), {"bad-declared"})
        self.assertEqual(self.codes(self.changed("correction", lambda body: body | {"declared": body["declared"] - 10_000}, restate=True, first=0)), {"bad-declared"})
        csv = good.files["so-lieu.csv"]
        self.assertEqual(self.codes(self.again(csv=csv.replace(b"100.00", b"99.99", 1))), {"bad-figure"})
        self.assertEqual(self.codes(self.again(csv=csv[3:])), {"bad-figure"})

        opening = [seq for seq, record in enumerate(good.records) if record[0] == "opening"][-1]
        day = maker.iso(maker.local_day(good.oracle.rows(), good.oracle.moment(*good.records[opening][1:3])))
        self.assertIn("not-covered", self.codes(commune.bundle(period=day, first=opening)))
        self.assertEqual(self.codes(commune.bundle(period=day, first=0)), set())

        self.assertEqual(self.codes(maker.Commune(7, simulated=1).bundle()), {"simulated"})

    def test_every_code_of_the_specification_has_words_in_both_languages(self):
        page = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8").split("| code | when |")[1].split("Any of these but")[0]
        first_cells = [line.split("|")[1] for line in page.split("\n") if line.startswith("| `")]
        codes = {word for cell in first_cells for word in cell.split("`")[1::2]} | {"extra-file"}
        self.assertEqual(codes, set(verify.WORDS))
        for vi, en in verify.WORDS.values():
            self.assertEqual(unicodedata.normalize("NFC", vi), vi)
            self.assertTrue(en.isascii())

    def test_figures_of_each_device_and_day_are_those_of_the_oracle(self):
        oracle, verifier = self.good.oracle, self.verdict(self.good)
        for pair, sums in verifier.figures:
            told = (sums.total, sums.up, sums.down, sums.upstream, sums.mains, sums.point, sums.maintenance, sums.unknown, sums.blips, *sums.corrected)
            self.assertEqual(list(told), oracle.sums(pair, *self.good.span))
        self.assertGreater(len(verifier.figures), 1)

    def test_a_day_counts_as_covered_only_from_a_checkpoint_behind_it(self):
        verifier = self.verdict(self.again(checkpoints=[(len(self.good.records), [(1, 1_800_000_000)])]))
        self.assertEqual(verifier.unwitnessed, [])
        self.assertEqual({(item["by"], item["at"]) for item in verifier.witnessed}, {(self.commune.witnesses[1].name, 1_800_000_000_000)})
        verifier = self.verdict(self.again(checkpoints=[(len(self.good.records), [])]))
        self.assertEqual(verifier.witnessed, [])
        self.assertGreater(len(verifier.unwitnessed), 0)
        self.assertEqual(verifier.newest, "unwitnessed")

    def test_foreign_bytes_are_findings_and_never_a_crash(self):
        rng = random.Random(1)
        steps = {"check_files", "read_small_files", "read_entries", "check_keys", "check_checkpoints", "read_seen", "check_seen", "check_records", "check_proof",
                 "check_figures", "check_witnesses"}
        names = ["checkpoint", "entries.jsonl", "proof.json", "checkpoints.jsonl", "keys.jsonl", "public-key", "witnesses", "so-lieu.csv", "SHA256SUMS"]
        small = maker.Commune(3, days=2).bundle()
        for turn in range(90):
            data = dict(small.files)
            name = names[turn % len(names)]
            bytes_ = bytearray(data[name]) or bytearray(b"\n")
            what, at = rng.randrange(5), rng.randrange(len(bytes_))
            if what == 0:
                bytes_[at] ^= 1 << rng.randrange(8)
            elif what == 1:
                del bytes_[at:]
            elif what == 2:
                bytes_[at:at] = rng.randbytes(rng.randrange(1, 40))
            elif what == 3:
                bytes_[at:at + rng.randrange(1, 30)] = b""
            else:
                bytes_[at:at] = rng.choice((b"{}", b"[]", b"\n", b"9" * 30, b'"', b"-", b"\r", b"null", b"\0"))
            bundle = maker.Bundle(small.records, small.checkpoints, small.signers, small.witnesses, small.period, small.first, small.origin)
            bundle.files[name] = bytes(bytes_)
            if name != "SHA256SUMS":
                bundle.rehash()
            verifier = self.verdict(bundle)
            self.assertEqual([finding for finding in verifier.findings if finding["where"] in steps], [], f"turn {turn}: {name}")
            verify.tell(verifier, "vi")
            json.dumps(verifier.report())
            if bytes(bytes_) != data[name] and name in ("entries.jsonl", "so-lieu.csv", "public-key"):
                self.assertFalse(verifier.valid(), f"turn {turn}: {name}")

    def command(self, *words):
        return subprocess.run([sys.executable, SCRIPT, *words], capture_output=True, timeout=60, check=False, encoding="utf-8")

    def test_the_command_line_says_its_verdict_first_and_by_its_exit_code(self):
        folder = self.good.write(self.folder / "command")
        done = self.command(folder, "--key", self.commune.keys[0].vkey)
        self.assertEqual((done.returncode, done.stdout.split("\n")[0], done.stderr), (0, "HỢP LỆ", ""))
        self.assertIn("Trạng thái mới nhất CHƯA được ai ngoài gói này xác nhận.", done.stdout)
        self.assertIn("đã được người kiểm tra xác nhận", done.stdout)
        done = self.command(folder, "--lang", "en", "--witness", self.commune.witnesses[1].vkey)
        self.assertEqual((done.returncode, done.stdout.split("\n")[0]), (0, "VALID"))
        report = json.loads(self.command(folder, "--json").stdout)
        self.assertEqual((report["verdict"], report["findings"], report["newest"], report["size"]), ("valid", [], "unwitnessed", len(self.good.records)))
        self.assertEqual(report["root"], self.good.forest.root_of(0, len(self.good.records)).hex())
        (folder / "so-lieu.csv").write_bytes(self.good.files["so-lieu.csv"] + b"x")
        done = self.command(folder)
        self.assertEqual((done.returncode, done.stdout.split("\n")[0]), (1, "KHÔNG HỢP LỆ"))
        self.assertIn("không con số nào trong gói được coi là bằng chứng", done.stdout)
        self.assertNotIn("khoảng chắc chắn", done.stdout)
        for words in ([], [folder / "nowhere"], [folder, "--key", "?"], [folder, "--seen", folder / "nowhere"], [folder, "--lang", "fr"],
                      [folder, "--witness", self.commune.keys[0].vkey]):
            self.assertEqual(self.command(*words).returncode, 2, words)
        self.assertEqual(self.command("--help").returncode, 0)
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([sys.executable, SCRIPT, folder], stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False)
        os.close(writer)
        self.assertEqual((done.returncode, done.stderr), (1, b""))


if __name__ == "__main__":
    unittest.main()
