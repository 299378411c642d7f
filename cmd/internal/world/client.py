"""A scripted XMPP client: slixmpp behind lines of JSON.

In come {"op": "send", "xml": ...}, {"op": "say", "key": ..., "xml": ...},
{"op": "leave"}, {"op": "return"}, {"op": "quit"} and {"op": "abort"}; out go
{"event": "online", "jid": ...}, {"event": "stanza", "xml": ...},
{"event": "said", "key": ...}, {"event": "unsaid", "key": ...},
{"event": "failed", "text": ...} and {"event": "offline"}, each with the time.
"""

import asyncio
import json
import sys
import threading
import time
import xml.etree.ElementTree as ET

import slixmpp

AGAIN = 0.3  # seconds until a lost connection is tried again
PATIENCE = 15  # seconds that a log-in may take


def tell(event, **fields):
    sys.stdout.write(json.dumps({"event": event, "at": time.time_ns(), **fields}) + "\n")
    sys.stdout.flush()


class Client(slixmpp.ClientXMPP):
    def __init__(self, options, loop):
        super().__init__(options["jid"], options["password"])
        self.options = options
        self.loop = loop
        self.here = False  # logged in
        self.attempt = 0
        self.again = options["again"]  # log in again when the connection ends
        self["feature_mechanisms"].unencrypted_plain = True
        self.roster.auto_authorize = True if options["accept"] else None
        self.roster.auto_subscribe = False
        self.register_plugin("xep_0030")
        self.register_plugin("xep_0199")
        if options["receipts"]:
            self.register_plugin("xep_0184")
        self.add_event_handler("session_start", self.online)
        self.add_event_handler("failed_all_auth", lambda _: tell("failed", text="the server refused the password"))
        self.add_event_handler("connection_failed", self.unreachable)
        self.add_event_handler("disconnected", self.offline)

    def begin(self):
        self.attempt += 1
        self.connect((self.options["host"], self.options["port"]), disable_starttls=True, force_starttls=False)
        if self.again:
            self.loop.call_later(PATIENCE, self.hurry, self.attempt)

    def hurry(self, attempt):
        if self.again and not self.here and attempt == self.attempt:
            self.abort()

    def retry(self):
        if self.again and not self.is_connected() and not self.is_connecting():
            self.begin()

    async def online(self, _):
        await self.get_roster()
        if self.options["presence"]:
            self.send_presence()
        self.here = True
        tell("online", jid=str(self.boundjid))

    def unreachable(self, reason):
        tell("failed", text=str(reason))
        if self.again:
            self.cancel_connection_attempt()
            self.loop.call_later(AGAIN, self.retry)

    def offline(self, _):
        self.here = False
        tell("offline")
        if self.again:
            self.loop.call_later(AGAIN, self.retry)
        elif not self.options["again"]:
            self.loop.stop()

    def incoming_filter(self, xml):
        if xml.tag.startswith("{jabber:client}"):
            tell("stanza", xml=ET.tostring(xml, encoding="unicode"))
        return xml

    def _spawn_event(self, xml):
        request = xml.tag == "{jabber:client}iq" and xml.get("type") in ("get", "set")
        if request and not self.options["reply"]:
            self.incoming_filter(xml)
            return
        super()._spawn_event(xml)

    def say(self, order):
        there = self.here and self.transport is not None and not self.transport.is_closing()
        if there:
            self.send_raw(order["xml"])
        tell("said" if there else "unsaid", key=order["key"])

    def obey(self, line):
        if not line:
            self.loop.stop()
            return
        order = json.loads(line)
        op = order["op"]
        if op == "send":
            self.send_raw(order["xml"])
        elif op == "say":
            self.say(order)
        elif op == "leave":
            self.again = False
            self.here = False
            self.cancel_connection_attempt()
            self.disconnect()
        elif op == "return":
            self.again = True
            self.retry()
        elif op == "quit":
            self.again = self.options["again"] = False
            self.disconnect()
        elif op == "abort":
            self.again = self.options["again"] = False
            self.abort()


def main():
    options = json.loads(sys.stdin.readline())
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    client = Client(options, loop)

    def listen():
        for line in sys.stdin:
            loop.call_soon_threadsafe(client.obey, line)
        loop.call_soon_threadsafe(client.obey, "")

    threading.Thread(target=listen, daemon=True).start()
    client.begin()
    loop.run_forever()


main()
