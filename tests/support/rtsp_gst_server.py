#!/usr/bin/python3
"""A camera that nobody here wrote: Debian's gst-rtsp-server, on a free port of 127.0.0.1.

usage: rtsp_gst_server.py USER PASSWORD [keep]
Prints "READY port" and serves until its standard input ends: /h264, /h265 (Digest, no qop, TCP and UDP), /udp (UDP only).
With the environment's CERTIFICATE (PEM, with its key) it speaks RTSPS only.
"keep" holds one reader on /h264, so that a visitor meets a running stream and has to wait for a key frame.
"""
import os
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
gi.require_version("GstRtsp", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

user, password = sys.argv[1:3]
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")

H264 = ("( videotestsrc is-live=true pattern=%s ! video/x-raw,width=640,height=360,framerate=15/1"
        " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 bitrate=%d"
        " ! rtph264pay name=pay0 pt=96 config-interval=-1 )")
H265 = ("( videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=15/1"
        " ! x265enc tune=zerolatency speed-preset=ultrafast key-int-max=15 bitrate=400"
        " ! rtph265pay name=pay0 pt=96 config-interval=1 )")


def mount(path, launch, udp_only=False):
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(launch)
    factory.set_shared(True)
    if udp_only:
        factory.set_protocols(GstRtsp.RTSPLowerTrans.UDP)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_ACCESS, True)
    permissions.add_permission_for_role("viewer", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, True)
    factory.set_permissions(permissions)
    server.get_mount_points().add_factory(path, factory)


mount("/h264", H264 % ("snow", int(os.environ.get("KBIT", "400"))))
mount("/h265", H265)
mount("/udp", H264 % ("ball", 400), udp_only=True)
auth = GstRtspServer.RTSPAuth()
auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
viewer = GstRtspServer.RTSPToken()
viewer.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "viewer")
auth.add_digest(user, password, viewer)
auth.set_realm("IP Camera(C6496)")
if "CERTIFICATE" in os.environ:
    auth.set_tls_certificate(Gio.TlsCertificate.new_from_pem(os.environ["CERTIFICATE"], -1))
server.set_auth(auth)
server.attach(None)
port = server.get_bound_port()

if "keep" in sys.argv[3:]:
    reader = Gst.parse_launch("rtspsrc protocols=tcp location=rtsp://127.0.0.1:%d/h264 user-id=%s user-pw=%s ! fakesink"
                              % (port, user, password))
    reader.set_state(Gst.State.PLAYING)
    reader.get_bus().timed_pop_filtered(10 * Gst.SECOND, Gst.MessageType.STREAM_START)

loop = GLib.MainLoop()
GLib.io_add_watch(0, GLib.IO_HUP | GLib.IO_IN | GLib.IO_ERR, lambda *_: loop.quit())
print("READY %d" % port, flush=True)
loop.run()
