#!/usr/bin/env python3
"""docs/verify.html verifies: its cryptography by published vectors, honest communes valid, each finding of docs/evidence.md §9 by one
bundle, and the page itself in Chromium as a person uses it: a folder chosen, a folder dropped, keys typed.

The verifier runs under Node (verify_page.mjs takes its script out of the page); bundles come from tests/support/evidence_maker.py.
"""
import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/support"))
import chromium  # noqa: E402
import evidence_maker as maker  # noqa: E402

PAGE = SOURCE / "docs/verify.html"
RUNNER = SOURCE / "tests/evidence/verify_page.mjs"
SEED = 3  # a commune with openings, late maintenance, corrections and a restore; two witnesses


def node(script, *arguments, given=""):
    """What a small module says that imports the runner."""
    module = f"import {{filesOf, verifierOf}} from {json.dumps(RUNNER.as_uri())}; import fs from 'node:fs';\n{script}"
    done = subprocess.run(["node", "--input-type=module", "-e", module, *map(str, arguments)], input=given, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


def verify_all(jobs):
    """Reports of [(folder, options)], by one process."""
    jobs = [[str(folder), options] for folder, options in jobs]
    return node("const evidence = verifierOf(), jobs = JSON.parse(fs.readFileSync(0, 'utf8'));"
                "console.log(JSON.stringify(jobs.map(([folder, options]) => { const {details, ...report} = evidence.verify(filesOf(folder), options);"
                "  return {...report, late: details?.late.length}; })));", given=json.dumps(jobs))


def codes(report):
    return {finding["code"] for finding in report["findings"]}


class PublishedVectors(unittest.TestCase):
    def hashes(self, name, messages):
        return node(f"const {{{name}, fromHex, toHex}} = verifierOf().parts;"
                    f"console.log(JSON.stringify(JSON.parse(fs.readFileSync(0, 'utf8')).map(message => toHex({name}(fromHex(message))))));",
                    given=json.dumps([message.hex() for message in messages]))

    def test_sha_256_is_that_of_fips_180_4(self):
        self.assertEqual(self.hashes("sha256", [b"abc", b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", b"", b"a" * 1000000]), [
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"])

    def test_sha_512_is_that_of_fips_180_4(self):
        long = b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"
        self.assertEqual(self.hashes("sha512", [b"abc", long]), [
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"])

    def test_ed25519_is_that_of_rfc_8032(self):
        """§7.1, TEST 1 to 3; then each with a bit changed in signature and message, with S + L in place of S, and under a key of small order."""
        vectors = [
            ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
             "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
            ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
             "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
            ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
             "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
        order = 2**252 + 27742317777372353535851937790883648493
        cases = []
        for key, message, signature in vectors:
            more = (int.from_bytes(bytes.fromhex(signature[64:]), "little") + order).to_bytes(32, "little").hex()
            cases += [(key, message, signature, True), (key, message + "00", signature, False), (key, message, signature[:-1] + "f", False),
                      (key, message, "%02x" % (int(signature[:2], 16) ^ 1) + signature[2:], False), (key, message, signature[:64] + more, False)]
        neutral = "01" + "00" * 31  # as key and as R, with S = 0, every message would be signed
        cases.append((neutral, "00", neutral + "00" * 32, False))
        said = node("const {ed25519, fromHex} = verifierOf().parts;"
                    "console.log(JSON.stringify(JSON.parse(fs.readFileSync(0, 'utf8')).map(([key, message, signature]) => ed25519(fromHex(key), fromHex(message), fromHex(signature)))));",
                    given=json.dumps(cases))
        self.assertEqual(said, [case[3] for case in cases])

    def test_the_tree_is_that_of_rfc_6962(self):
        """Roots of the eight leaves that Certificate Transparency's reference implementation publishes, and each consistency proof among them."""
        leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
        said = node("""
            const {Tree, leafHash, fromHex, toHex} = verifierOf().parts, tree = new Tree(), roots = [toHex(tree.root())];
            for (const leaf of JSON.parse(fs.readFileSync(0, 'utf8'))) { tree.push(leafHash(fromHex(leaf))); roots.push(toHex(tree.root())); }
            console.log(JSON.stringify(roots));""", given=json.dumps(leaves))
        self.assertEqual(said, [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"])

    def test_consistency_holds_for_every_pair_of_sizes_and_for_no_other_root(self):
        forest = maker.Forest([bytes([i]) for i in range(20)])
        root = [forest.root_of(0, size).hex() for size in range(21)]
        cases = [[old, root[old], new, root[new], [one.hex() for one in forest.consistency(old, new)]] for new in range(1, 21) for old in range(1, new + 1)]
        bad = [[old, root[old - 1], new, answer, proof] for old, _, new, answer, proof in cases] + \
              [[old, first, new, root[new - 1], proof] for old, first, new, _, proof in cases] + \
              [[old, first, new, answer, proof + [root[0]]] for old, first, new, answer, proof in cases]
        said = node("const {consistent, fromHex} = verifierOf().parts;"
                    "console.log(JSON.stringify(JSON.parse(fs.readFileSync(0, 'utf8')).map(([old, before, size, after, proof]) =>"
                    "  consistent(old, fromHex(before), size, fromHex(after), proof.map(fromHex)))));", given=json.dumps(cases + bad))
        self.assertEqual(said, [True] * len(cases) + [False] * len(bad))

    def test_only_canonical_json_is_read(self):
        good = ['{"a":[1,-2,0],"b":"\\u0001\\n\\"é/\U0001f4f7"}', "[]", "{}", "-9223372036854775808", "9223372036854775807", '"\x7f"']
        bad = ['{"a":1,"a":2}', "[1, 2]", "-0", "01", "1.0", "1e3", "true", "null", '"\\/"', '"\\u000A"', '"\\u000a"', '"\\u0041"', '"\t"', "[1,]", "", "1 ",
               "9223372036854775808", "[" * 70 + "]" * 70, '"', '{"a"}', "{1:2}"]
        raw = [b'"\xff"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xe2\x82"']
        cases = [case.encode() for case in good + bad] + raw
        said = node("const {canonical, fromHex} = verifierOf().parts;"
                    "console.log(JSON.stringify(JSON.parse(fs.readFileSync(0, 'utf8')).map(hex => { try { canonical(fromHex(hex)); return true; } catch { return false; } })));",
                    given=json.dumps([case.hex() for case in cases]))
        self.assertEqual(said, [True] * len(good) + [False] * (len(bad) + len(raw)))


class House(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cw-page-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def put(self, bundle, name="bundle"):
        return bundle.rehash().write(self.folder / name)


class HonestCommunes(House):
    def test_bundles_of_honest_communes_are_valid(self):
        """From the last opening and from record 0; zones with summer time, unsure boots, rotated keys among them."""
        jobs = []
        for seed in range(100, 108):
            commune = maker.Commune(seed)
            jobs.append((self.put(commune.bundle(), f"{seed}"), {}))
            jobs.append((self.put(commune.bundle(first=0), f"{seed}-whole"), {}))
        for (folder, _), report in zip(jobs, verify_all(jobs)):
            with self.subTest(folder.name):
                self.assertEqual(report["findings"], [])
                self.assertEqual(report["verdict"], "valid")
                self.assertEqual(report["newest"], "unwitnessed")

    def test_what_the_user_knows_is_confirmed(self):
        commune = maker.Commune(SEED, rotations=1)
        bundle = commune.bundle()
        witness = commune.witnesses[0].vkey
        first_key = json.loads(bundle.files["keys.jsonl"].split(b"\n")[0])["vkey"]
        seen = bundle.files["checkpoint"].decode()
        folder = self.put(bundle)
        plain, cosigned, shown = verify_all([(folder, {}), (folder, {"key": first_key, "witnesses": [witness]}), (folder, {"seen": ["\n".join(seen.split("\n")[:3])]})])
        self.assertEqual([report["verdict"] for report in (plain, cosigned, shown)], ["valid"] * 3)
        self.assertEqual([report["newest"] for report in (plain, cosigned, shown)], ["unwitnessed", "cosigned", "seen"])
        self.assertEqual((plain["key"]["confirmed"], cosigned["key"]["confirmed"]), (0, 1))
        self.assertIn({"vkey": witness, "confirmed": 1}, cosigned["witnesses"])
        self.assertEqual({entry["by"] for entry in plain["witnessed"]} - {one.name for one in commune.witnesses}, set())

    def test_exit_codes_and_json_are_those_of_the_specification(self):
        folder = self.put(maker.Commune(SEED).bundle())
        run = lambda *arguments: subprocess.run(["node", RUNNER, *map(str, arguments)], capture_output=True, text=True)  # noqa: E731
        good = run(folder, "--json")
        self.assertEqual(good.returncode, 0, good.stderr)
        self.assertEqual(set(json.loads(good.stdout)), {"verdict", "findings", "origin", "size", "root", "period", "until", "newest", "key", "witnesses", "witnessed", "unwitnessed"})
        self.assertTrue(run(folder).stdout.startswith("HỢP LỆ\n"))
        (folder / "witnesses").unlink()
        bad = run(folder)
        self.assertEqual(bad.returncode, 1)
        self.assertTrue(bad.stdout.startswith("KHÔNG HỢP LỆ\n"))
        self.assertEqual(run(folder, "--key", "no key").returncode, 2)
        self.assertEqual(run(folder / "nowhere").returncode, 2)
        self.assertEqual(run().returncode, 2)


def changed(data, old, new):
    """One replacement, which must be possible."""
    assert data.count(old) >= 1, old
    return data.replace(old, new, 1)


def other_digit(line, at):
    """Another base64 digit at a place of a line."""
    return line[:at] + ("A" if line[at] != "A" else "B") + line[at + 1:]


class EachFinding(House):
    """One bundle for each code of §9. What is changed inside the log is signed anew, so that only the named finding remains."""

    def commune(self, **more):
        return maker.Commune(SEED, **more)

    def report(self, bundle, rehash=True, **options):
        folder = self.put(bundle) if rehash else bundle.write(self.folder / "bundle")
        return verify_all([(folder, options)])[0]

    def assert_only(self, code, report, among=()):
        self.assertEqual(report["verdict"], "invalid")
        self.assertIn(code, codes(report))
        self.assertEqual(codes(report) - {code, *among}, set(), report["findings"])

    def with_file(self, name, change, bundle=None):
        bundle = bundle or self.commune().bundle()
        bundle.files[name] = change(bundle.files[name].decode()).encode()
        return bundle

    def record(self, commune, kind, last=False):
        found = [i for i, record in enumerate(commune.records) if record[0] == kind]
        return found[-1 if last else 0]

    def alter(self, commune, kind, last=False, **values):
        """A record of that kind with other values; of all that follows nothing is mended."""
        i = self.record(commune, kind, last)
        name, boot, bt, body = commune.records[i]
        commune.records[i] = (name, boot, bt, body | values)

    def test_missing_file(self):
        bundle = self.commune().bundle()
        del bundle.files["witnesses"]
        self.assert_only("missing-file", self.report(bundle, rehash=False))

    def test_checksum(self):
        self.assert_only("checksum", self.report(self.with_file("HUONG_DAN.txt", lambda text: text + "."), rehash=False))

    def test_extra_file_is_only_a_warning(self):
        bundle = self.commune().bundle()
        bundle.files["Thumbs.db"] = b"\0"
        report = self.report(bundle, rehash=False)
        self.assertEqual((codes(report), report["verdict"]), ({"extra-file"}, "valid"))

    def test_bad_format(self):
        self.assert_only("bad-format", self.report(self.with_file("proof.json", lambda text: changed(text, ":", ": "))))
        narrowed = self.with_file("proof.json", lambda text: changed(text, '"to":1', '"to":10'))
        self.assertIn("bad-format", codes(self.report(narrowed)))

    def test_bad_signature(self):
        def forge(note):
            lines = note.split("\n")
            at = next(i for i, line in enumerate(lines) if line.startswith("— commune-watch/"))
            lines[at] = other_digit(lines[at], len(lines[at]) - 20)
            return "\n".join(lines)
        self.assert_only("bad-signature", self.report(self.with_file("checkpoint", forge)))

    def test_unknown_key(self):
        self.assert_only("unknown-key", self.report(self.commune().bundle(), key=maker.Commune(SEED + 1).keys[0].vkey))

    def test_bad_rotation(self):
        bundle = self.commune(rotations=1).bundle()
        bundle.files["keys.jsonl"] = changed(bundle.files["keys.jsonl"], b'"by_old":""', b'"by_old":"AAAA"')
        self.assert_only("bad-rotation", self.report(bundle))

    def test_bad_root(self):
        bundle = self.with_file("entries.jsonl", lambda text: changed(text, '"heartbeat"', '"session"'))
        self.assert_only("bad-root", self.report(bundle))

    def test_bad_consistency(self):
        commune = self.commune()
        first, oracle = self.record(commune, "opening", last=True), maker.Oracle(commune.records)
        day = maker.local_day(oracle.rows(), oracle.moment(*commune.records[first][1:3])) + 1
        bundle = commune.bundle(period=maker.iso(day), first=first)
        proof = json.loads(bundle.files["proof.json"])
        self.assertNotEqual(proof["consistency"], [])
        bundle.files["proof.json"] = changed(bundle.files["proof.json"], proof["consistency"][0].encode(), b"0" * 64)
        self.assert_only("bad-consistency", self.report(bundle))

    def test_bad_cosignature(self):
        def forge(note):
            lines = note.split("\n")
            lines[-2] = other_digit(lines[-2], len(lines[-2]) - 20)
            return "\n".join(lines)
        self.assert_only("bad-cosignature", self.report(self.with_file("checkpoint", forge)))

    def test_not_cosigned(self):
        self.assert_only("not-cosigned", self.report(self.commune().bundle(), witnesses=[maker.Commune(SEED + 1).witnesses[0].vkey]))

    def test_fork_and_older(self):
        commune = self.commune()
        bundle = commune.bundle()
        size, other = len(bundle.records), base64.b64encode(bytes(32)).decode()
        self.assert_only("fork", self.report(bundle, seen=[f"{commune.origin}\n{size - 1}\n{other}\n"]))
        self.assert_only("older", self.report(bundle, seen=[f"{commune.origin}\n{size + 1}\n{other}\n"]))
        self.assert_only("bad-signature", self.report(bundle, seen=[f"commune-watch/elsewhere/gw1\n{size}\n{other}\n"]))
        self.assert_only("bad-format", self.report(bundle, seen=["not a checkpoint"]))

    def test_bad_record(self):
        commune = self.commune()
        commune.records.append(("surprise", commune.boot, commune.bt(), {}))
        self.assert_only("bad-record", self.report(commune.bundle()))

    def test_bad_opening(self):
        commune = self.commune()
        body = commune.records[self.record(commune, "opening", last=True)][3]
        self.alter(commune, "opening", last=True, must=body["must"] + [{"area": "place/x", "must": ["wifi"], "basis": ""}])
        self.assert_only("bad-opening", self.report(commune.bundle(first=0)))

    def test_bad_day(self):
        commune = self.commune()
        self.alter(commune, "day", last=True, up=commune.records[self.record(commune, "day", last=True)][3]["up"] + 1)
        self.assert_only("bad-day", self.report(commune.bundle(first=0)))

    def test_bad_declared(self):
        commune = self.commune()
        commune.records.append(("correction", commune.boot, commune.bt(), {
            "device": "tb-0", "from": commune.true - 7200000, "to": commune.true - 3600000, "class": "up", "author": "x", "reason": "x",
            "declared": commune.true - 3600000}))
        self.assert_only("bad-declared", self.report(commune.bundle()))

    def test_bad_figure(self):
        bundle = self.commune().bundle()
        bundle.files["so-lieu.csv"] = changed(bundle.files["so-lieu.csv"], b".", b",")
        report = self.report(bundle)
        self.assert_only("bad-figure", report)
        self.assertIn("so-lieu.csv:", report["findings"][0]["where"])

    def test_not_covered(self):
        commune = self.commune()
        first = self.record(commune, "opening", last=True)
        day = maker.iso(maker.local_day(maker.Oracle(commune.records).rows(), commune.begin))
        self.assert_only("not-covered", self.report(commune.bundle(period=day, first=first)), among={"bad-figure"})

    def test_simulated(self):
        self.assert_only("simulated", self.report(self.commune(simulated=1).bundle()))

    def test_garbage_is_a_finding_and_never_a_crash(self):
        jobs, bundle = [], self.commune(days=2).bundle()
        for name in list(bundle.files):
            for i, garbage in enumerate((b"\n", b"\xff\xfe\0", b'{"__proto__":1}\n', b"[" * 5000)):
                kept, bundle.files[name] = bundle.files[name], garbage
                jobs.append((bundle.write(self.folder / f"{name}-{i}"), {}))
                bundle.files[name] = kept
        for (folder, _), report in zip(jobs, verify_all(jobs)):
            with self.subTest(folder.name):
                self.assertEqual(report["verdict"], "invalid")


class ThePage(House):
    """In Chromium, from file://, as a person uses it."""

    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(chromium.Browser())

    def setUp(self):
        super().setUp()
        self.page = self.browser.open(PAGE.as_uri())

    def verdict(self, act):
        self.page.run("document.querySelector('#result').replaceChildren()")
        act()
        self.page.wait("document.querySelector('#verdict') && document.querySelector('#working').hidden")
        return self.page.text("#verdict")

    def test_a_folder_that_is_chosen_or_dropped_is_verified(self):
        folder = self.put(maker.Commune(SEED).bundle(), "bang-chung")
        self.assertEqual(self.verdict(lambda: self.page.choose("#folder", [folder])), "HỢP LỆ")
        self.assertEqual(self.verdict(lambda: self.page.drop("#drop", [folder])), "HỢP LỆ")
        self.assertEqual(self.verdict(lambda: self.page.drop("#drop", sorted(folder.iterdir()))), "HỢP LỆ")
        (folder / "so-lieu.csv").write_bytes((folder / "so-lieu.csv").read_bytes() + b"\n")
        self.assertEqual(self.verdict(lambda: self.page.choose("#files", sorted(folder.iterdir()))), "KHÔNG HỢP LỆ")
        self.assertIn("bad-figure", self.page.text("#result"))
        self.assertIn("không dùng làm căn cứ", self.page.text("#result"))

    def test_the_page_shows_what_the_runner_says(self):
        bundle = maker.Commune(SEED).bundle()
        folder = self.put(bundle, "bang-chung")
        report = verify_all([(folder, {})])[0]
        self.verdict(lambda: self.page.choose("#folder", [folder]))
        shown = self.page.text("#result")
        for expected in (report["origin"], report["root"], report["key"]["vkey"], "Chưa có ai ngoài gói này xác nhận"):
            self.assertIn(expected, shown)
        self.assertEqual("Bảo trì khai báo muộn" in shown, report["late"] > 0)
        devices = {line.split(",")[0] for line in bundle.files["so-lieu.csv"].decode().split("\n")[1:-1]}
        for device in devices:
            self.assertIn(device, shown)
        days = "table tbody tr th[scope=row]"
        open_all = "document.querySelectorAll('details:not([open]) > summary').forEach(summary => summary.click())"
        self.page.run(open_all)  # what is folded is filled when it is opened, and holds more that is folded
        self.page.wait(f"document.querySelectorAll('details details').length === {len(devices)}")
        self.page.run(open_all)
        self.page.wait(f"document.querySelectorAll('details details table').length === {len(devices)}")
        told = self.page.run(f"[...document.querySelectorAll('details details {days}')].map(cell => cell.innerText)")
        lines = [line.split(",")[:3] for line in bundle.files["so-lieu.csv"].decode().split("\n")[1:-1]]
        daily = [day for (device, _, day), (after, *_) in zip(lines, lines[1:] + [[""]]) if device == after]  # a device's last line is its period
        self.assertEqual(told, ["/".join(reversed(day.split("-"))) for day in daily])
        self.assertEqual(self.page.run("[...document.querySelectorAll('thead th')].filter(head => head.innerText.trim() === '').length"), 0)

    def test_keys_and_checkpoints_that_a_person_types_are_used(self):
        commune = maker.Commune(SEED)
        bundle = commune.bundle()
        folder = self.put(bundle, "bang-chung")
        self.page.type("#key", commune.keys[-1].vkey)
        self.page.type("#witnesses", commune.witnesses[0].vkey + "\n" + commune.witnesses[1].vkey)
        self.assertEqual(self.verdict(lambda: self.page.choose("#folder", [folder])), "HỢP LỆ")
        self.assertIn("đúng với khóa trên nhãn", self.page.text("#result"))
        self.assertIn("nhân chứng bạn nêu đã ký", self.page.text("#result"))
        self.page.type("#seen", f"{commune.origin}\n{len(bundle.records)}\n{base64.b64encode(bytes(32)).decode()}\n")
        self.assertEqual(self.verdict(lambda: self.page.click("#check")), "KHÔNG HỢP LỆ")
        self.assertIn("fork", self.page.text("#result"))
        self.page.type("#key", "nonsense")
        self.page.click("#check")
        self.page.wait("document.querySelector('#status').className === 'problem' && document.querySelector('#verdict') === null")
        self.assertIn("Chưa kiểm tra được", self.page.text("#status"))

    def test_both_languages_by_keyboard(self):
        self.assertIn("Kiểm tra gói bằng chứng", self.page.text("h1"))
        self.page.press("Tab", 9)
        self.page.press("Enter", 13)
        self.assertEqual(self.page.text("h1"), "Check a bundle of evidence")
        self.assertEqual(self.page.run("document.documentElement.lang"), "en")
        folder = self.put(maker.Commune(SEED).bundle(), "bang-chung")
        self.assertEqual(self.verdict(lambda: self.page.choose("#folder", [folder])), "VALID")
        self.assertEqual(self.page.run("document.activeElement.id"), "verdict")

    def test_foreign_bytes_are_text_and_nothing_is_asked_of_the_network(self):
        commune = maker.Commune(SEED)
        hostile = "<img src=http://127.0.0.1:9/x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
        commune.records.append(("correction", commune.boot, commune.bt(), {
            "device": "tb-0", "from": commune.begin, "to": commune.true, "class": "up", "author": hostile, "reason": hostile,
            "declared": commune.true + maker.DAY}))
        folder = self.put(commune.bundle(), "bang-chung")
        (folder / hostile.replace("/", "_")).write_bytes(b"x")
        self.assertEqual(self.verdict(lambda: self.page.choose("#files", sorted(folder.iterdir()))), "HỢP LỆ")
        self.assertIn(hostile, self.page.text("#result"))
        self.assertNotEqual(self.page.run("document.title"), "owned")
        self.assertEqual(self.page.run("document.querySelectorAll('#result img, #result script').length"), 0)
        bad, asked = self.page.complaints()
        self.assertEqual((bad, asked), ([], [PAGE.as_uri()]))

    def test_the_result_is_printed_on_a4(self):
        self.verdict(lambda: self.page.choose("#folder", [self.put(maker.Commune(SEED).bundle(), "bang-chung")]))
        pdf = self.page.pdf()
        self.assertRegex(pdf, rb"/MediaBox ?\[0 0 59[45]\S* 84[12]\S*\]")
        self.page.ask("Emulation.setEmulatedMedia", media="print")
        self.assertNotIn("Chọn thư mục", self.page.text("body"))
        self.assertIn("HỢP LỆ", self.page.text("body"))


if __name__ == "__main__":
    unittest.main()
