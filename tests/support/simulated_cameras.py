#!/usr/bin/python3
"""Cameras that nobody here wrote: Debian's gst-rtsp-server, one server per address, H.264, Digest only.

usage: simulated_cameras.py CAMERAS.json CLIP.mp4     {"name": {"address": "127.…", "port": 554, "path": "/…", "user": "…",
                                                                "password": "…"}, …}
All play the same clip, encoded beforehand, so that a dozen costs little. Standard input:
    off NAME, on NAME        the camera has no power: silence; has it again
    freeze NAME, thaw NAME   whoever begins to play gets the parameter sets and then nothing more, over a connection that stays open
Prints READY, then each order when it is carried out: its own record of the faults. Serves until its standard input ends.
"""
import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

from silent_host import SilentHost  # noqa: E402

PASSED_WHEN_FROZEN = 2  # SPS and PPS: rtph264pay sends each before the picture (config-interval=-1)


class Camera:
    def __init__(self, settings, clip):
        self.settings, self.clip = settings, clip
        self.server = self.source = self.silence = None
        self.frozen = False

    def on(self):
        if self.silence is not None:
            self.silence.close()
            self.silence = None
        if self.server is not None:
            return
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch('( filesrc location="%s" ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )'
                           % self.clip)
        permissions = GstRtspServer.RTSPPermissions()
        for right in (GstRtspServer.RTSP_PERM_MEDIA_FACTORY_ACCESS, GstRtspServer.RTSP_PERM_MEDIA_FACTORY_CONSTRUCT):
            permissions.add_permission_for_role("viewer", right, True)
        factory.set_permissions(permissions)
        factory.connect("media-configure", self.configure)
        viewer = GstRtspServer.RTSPToken()
        viewer.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "viewer")
        auth = GstRtspServer.RTSPAuth()
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(self.settings["user"], self.settings["password"], viewer)
        auth.set_realm("IP Camera")
        self.server = GstRtspServer.RTSPServer()
        self.server.set_address(self.settings["address"])
        self.server.set_service(str(self.settings["port"]))
        self.server.get_mount_points().add_factory(self.settings["path"], factory)
        self.server.set_auth(auth)
        self.source = self.server.attach(None)
        if self.source == 0:
            sys.exit("cannot listen on %(address)s:%(port)s" % self.settings)

    def off(self):
        if self.server is not None:
            GLib.Source.remove(self.source)  # closes the listener
            self.server.client_filter(lambda *_: GstRtspServer.RTSPFilterResult.REMOVE)
            self.server = None
        if self.silence is None:
            self.silence = SilentHost(self.settings["address"], self.settings["port"])

    def freeze(self):
        self.frozen = True

    def thaw(self):
        self.frozen = False

    def configure(self, _factory, media):
        if not self.frozen:
            return
        passed = 0

        def gate(*_):
            nonlocal passed
            passed += 1
            return Gst.PadProbeReturn.OK if passed <= PASSED_WHEN_FROZEN else Gst.PadProbeReturn.DROP

        pad = media.get_element().get_by_name("pay0").get_static_pad("src")
        pad.add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST, gate)


def main():
    Gst.init(None)
    with open(sys.argv[1], encoding="utf-8") as file:
        cameras = {name: Camera(settings, sys.argv[2]) for name, settings in json.load(file).items()}
    for camera in cameras.values():
        camera.on()
    loop = GLib.MainLoop()

    orders = open(0, "rb", buffering=0, closefd=False)  # a line that was read ahead would wake nobody

    def carry_out(*_):
        line = orders.readline().decode().split()
        if not line:
            loop.quit()
            return False
        getattr(cameras[line[1]], {each: each for each in ("on", "off", "freeze", "thaw")}[line[0]])()
        print(*line, flush=True)
        return True

    GLib.io_add_watch(0, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP | GLib.IO_ERR, carry_out)
    print("READY", flush=True)
    loop.run()


main()
