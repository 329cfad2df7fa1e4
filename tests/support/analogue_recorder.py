#!/usr/bin/python3
"""A recorder with sockets for analogue cameras, over ISAPI: it has no network channels and tells of its inputs what signal they get.

usage: analogue_recorder.py analogue RECORDER.json; settings, orders and the rest of its API are simulated_recorder.py's. An input has a signal while
media of the camera that stands for it arrives; "unplug N" pulls its cable.
Behaviour was read in ISAPI 2.0, "Video inputs" (resDesc is the input's resolution, "NO VIDEO" without a signal) and the error table (notSupport).
"""
import sys

import simulated_recorder


class Analogue(simulated_recorder.Isapi):
    def page(self, body):
        path = self.path.removeprefix("/ISAPI/")
        if path.startswith("ContentMgmt/InputProxy"):
            return 403, "<ResponseStatus><statusCode>4</statusCode><subStatusCode>notSupport</subStatusCode></ResponseStatus>"
        if path == "System/Video/inputs/channels":
            recorder = self.recorder
            rows = "".join(f"<VideoInputChannel><id>{number}</id><inputPort>{number}</inputPort><name>Camera {number}</name>"
                           f"<resDesc>{'1280*720P25' if recorder.channel(number).online else 'NO VIDEO'}</resDesc></VideoInputChannel>"
                           for number in recorder.pullers)
            return 200, f"<VideoInputChannelList{self.SPACE}>{rows}</VideoInputChannelList>"
        return super().page(body)


if __name__ == "__main__":
    simulated_recorder.main([("analogue", Analogue)])
