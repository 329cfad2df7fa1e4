#!/usr/bin/env python3
"""Whom a password is kept from, end to end and over every protocol: who asks for Basic, who points elsewhere, whose certificate is another.

Each row of the table is a server of its own, for RTSP(S), a recorder's HTTP(S) and ONVIF, that counts what reaches it. And one wrong password,
configured for all three protocols of one host, is tried once.
"""
import base64
import hashlib
import json
import pathlib
import ssl
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.camera_house import CameraHouse  # noqa: E402
from support.one_answer import Server  # noqa: E402

PASSWORD = "camera-9"
DIGEST = 'Digest realm="x", nonce="0f0f0f0f", algorithm=MD5, qop="auth"'
DEVICE = """
[[{table}]]
id = "{id}"
name = "{id}"
place = "cong"
driver = "{driver}"
url = "{url}"
login = "{login}"
{more}
"""


class LoginTableTest(CameraHouse):
    def server(self, status, header, context=None):
        self.hosts += 1
        server = Server(f"127.0.0.{self.hosts}", status, header, context)
        self.addCleanup(server.stop)
        return server

    def device(self, name, kind, server, secure=False, login="cam", more=""):
        table, driver, scheme, path = {"rtsp": ("camera", "rtsp", "rtsp", "/live"), "http": ("monitoring_point", "hikvision-nvr", "http", ""),
                                       "onvif": ("camera", "onvif", "http", "")}[kind]
        more += '\nrole = "commune"' if kind == "http" else "\npicture = false"
        self.configuration += DEVICE.format(table=table, id=name, driver=driver, login=login, more=more,
                                            url=f"{scheme}{'s' if secure else ''}://{server.where}{path}")

    def certificate(self, name):
        """A key of its own, self-signed; its context and its pin."""
        file = self.folder / f"{name}.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", f"/CN={name}",
                        "-keyout", file, "-out", self.folder / f"{name}.crt"], check=True, capture_output=True)
        key = subprocess.run(["openssl", "x509", "-in", self.folder / f"{name}.crt", "-pubkey", "-noout"], check=True, capture_output=True).stdout
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key, check=True, capture_output=True).stdout
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.crt", file)
        return context, base64.b64encode(hashlib.sha256(der).digest()).decode()

    def test_no_password_goes_to_whom_it_is_not_due(self):
        trap = self.server("401 Unauthorized", f"WWW-Authenticate: {DIGEST}")
        theirs, _ = self.certificate("ke-la")
        _, pin = self.certificate("da-ghim")
        rows, wanted = {}, {}
        for kind in ("rtsp", "http", "onvif"):
            rows[f"basic-{kind}"] = self.server("401 Unauthorized", 'WWW-Authenticate: Basic realm="x"')
            rows[f"chuyen-{kind}"] = self.server("302 Found", f"Location: {'rtsp' if kind == 'rtsp' else 'http'}://{trap.where}/x")
            rows[f"la-{kind}"] = self.server("401 Unauthorized", f"WWW-Authenticate: {DIGEST}", theirs)
            for row in ("basic", "chuyen"):
                self.device(f"{row}-{kind}", kind, rows[f"{row}-{kind}"])
            self.device(f"la-{kind}", kind, rows[f"la-{kind}"], True, more=f'spki_sha256 = "{pin}"')
            wanted |= {f"basic-{kind}": "unknown(basic-refused/gateway)", f"chuyen-{kind}": "unknown(redirected/gateway)",
                       f"la-{kind}": "unknown(certificate-mismatch/gateway)"}
        # A recorder that answers is alive, though it tells nothing; and a camera's clock that is elsewhere is no ONVIF.
        wanted |= {"basic-http": "up", "chuyen-http": "up", "chuyen-onvif": "down(protocol-error/device)"}
        self.start()
        devices = self.until(wanted)
        self.assertIn("Chứng thư số khác với chứng thư đã ghi nhận", json.dumps(devices["la-rtsp"], ensure_ascii=False))
        for name, server in rows.items():
            with self.subTest(name):
                self.assertGreater(server.visits, 0)
                self.assertEqual(server.credentialed, 0)
                self.assertNotIn(PASSWORD.encode(), server.raw)
                if name.startswith("la-"):
                    self.assertEqual(server.requests, 0)  # a stranger is not even asked
        self.assertEqual(trap.visits, 0)

    def test_the_pinned_one_is_asked_and_given_its_login(self):
        context, pin = self.certificate("camera")
        servers = {kind: self.server("401 Unauthorized", f"WWW-Authenticate: {DIGEST}", context) for kind in ("rtsp", "http", "onvif")}
        for kind, server in servers.items():
            self.device(f"dung-{kind}", kind, server, True, more=f'spki_sha256 = "{pin}"')
        self.start()
        self.until({"dung-rtsp": "unknown(bad-password/gateway)"})
        self.assertTrue(any(self.let_pass(0.5) is None and servers["http"].credentialed for _ in range(60)))
        for kind in ("rtsp", "http"):
            self.assertEqual(servers[kind].credentialed, 1, kind)

    def test_one_wrong_password_is_one_attempt_over_all_protocols_of_a_host(self):
        self.hosts += 1
        servers = {}
        for kind in ("rtsp", "http", "onvif"):
            servers[kind] = Server(f"127.0.0.{self.hosts}", "401 Unauthorized", f"WWW-Authenticate: {DIGEST}")
            self.addCleanup(servers[kind].stop)
            self.device(f"mot-{kind}", kind, servers[kind], login="sai")
        self.start()
        asked = {kind: 0 for kind in servers}

        def each_was_asked_twice_more():
            self.let_pass(1)
            return all(server.requests >= asked[kind] + 2 for kind, server in servers.items())

        for _ in range(2):  # before and after another start: the block is kept
            asked = {kind: server.requests for kind, server in servers.items()}
            self.assertTrue(any(each_was_asked_twice_more() for _ in range(90)), {k: s.requests for k, s in servers.items()})
            self.assertEqual(sum(server.credentialed for server in servers.values()), 1)
            self.end()
            self.start()


if __name__ == "__main__":
    unittest.main()
