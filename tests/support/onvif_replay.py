#!/usr/bin/python3
"""Answers as a recorded camera answered: the SOAP files of npm's onvif package (test/serverMockup, MIT) behind logins that are checked.

usage: onvif_replay.py SETTINGS.json
    onvif_camera.py's, and "answers": the folder of the files; "stream" gives the recorded stream's address its port
Its clock stands still at the recorded instant, and tokens are held against that. Standard input and output are onvif_camera.py's.
"""
import calendar
import pathlib
import re
import xml.etree.ElementTree as ElementTree

import onvif_camera

ACTIONS = {"GetSystemDateAndTime", "GetServices", "GetCapabilities", "GetProfiles", "GetStreamUri", "GetDeviceInformation"}


class Recorded(onvif_camera.Service):
    def text(self, name, action):
        settings = self.device.settings
        if name not in ACTIONS:
            return None
        text = recorded(settings, name).replace("{{=it.hostname}}", "10.255.255.1").replace("{{=it.port}}", "80")
        port = settings["stream"].rpartition(":")[2].partition("/")[0]
        return re.sub(r"(<tt:Uri>rtsp://[^/<:]+)(?=/)", rf"\1:{port}", text)


def recorded(settings, name):
    return (pathlib.Path(settings["answers"]) / f"{name}.xml").read_text(encoding="utf-8")


class Device(onvif_camera.Device):
    def now(self):
        utc = next(ElementTree.fromstring(recorded(self.settings, "GetSystemDateAndTime")).iter("{http://www.onvif.org/ver10/schema}UTCDateTime"))
        part = {each.tag.partition("}")[2]: each.text for each in utc.iter()}
        return calendar.timegm(tuple(int(part[name]) for name in ("Year", "Month", "Day", "Hour", "Minute", "Second")))


if __name__ == "__main__":
    onvif_camera.main(Recorded, Device)
