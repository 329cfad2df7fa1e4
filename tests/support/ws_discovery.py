"""Answers WS-Discovery on loopback as cameras of several makers do, or as somebody hostile would.

Written from WS-Discovery 1.0 (2005/04) §5.3 and ONVIF Core §7; scopes as in the wild (Hikvision puts its MAC into one, percent-encodes names).
"""
import re
import select
import socket
import struct
import threading

GROUP, PORT = "239.255.255.250", 3702


def matches(*rows, relates="uuid:0"):
    """ProbeMatches of rows (endpoint, scopes, addresses)."""
    each = "".join(f"<d:ProbeMatch><wsa:EndpointReference><wsa:Address>{endpoint}</wsa:Address></wsa:EndpointReference>"
                   f"<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>{scopes}</d:Scopes><d:XAddrs>{addresses}</d:XAddrs>"
                   "<d:MetadataVersion>10</d:MetadataVersion></d:ProbeMatch>" for endpoint, scopes, addresses in rows)
    return ('<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope" '
            'xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
            'xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><env:Header>'
            f"<wsa:RelatesTo>{relates}</wsa:RelatesTo></env:Header><env:Body><d:ProbeMatches>{each}</d:ProbeMatches></env:Body></env:Envelope>").encode()


class Responder:
    """Answers each probe from each address with its datagrams: {"127.0.0.21": [matches(…)]}; `probes` are those that came, by group or host."""

    def __init__(self, answers, group=GROUP):
        self.answers, self.probes = answers, []
        self.senders = {}
        for address in answers:
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sender.bind((address, PORT))
            self.senders[address] = sender
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((group, PORT))
        self.listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + struct.pack("@4si", bytes(4), 1))
        self.stop, self.stopped = socket.socketpair()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop.close()
        self.thread.join()
        for each in (self.listener, self.stopped, *self.senders.values()):
            each.close()

    def serve(self):
        while True:
            ready = select.select([self.listener, self.stopped, *self.senders.values()], [], [])[0]
            if self.stopped in ready:
                return
            for each in ready:
                probe, asker = each.recvfrom(65536)
                asked = {address: sender for address, sender in self.senders.items() if each in (self.listener, sender)}
                self.probes.append(("group" if each is self.listener else each.getsockname()[0], probe))
                name = re.search(rb"MessageID>([^<]*)<", probe)
                for address, sender in asked.items():
                    for answer in self.answers[address]:
                        sender.sendto(answer.replace(b"uuid:0", name[1] if name else b"", 1), asker)
