"""A scripted XMPP client: slixmpp behind lines of JSON.

In come {"op": "send", "xml": ...}, {"op": "quit"} and {"op": "abort"}; out go
{"event": "online", "jid": ...}, {"event": "stanza", "xml": ...},
{"event": "failed", "text": ...} and {"event": "offline"}.
"""

import asyncio
import json
import sys
import threading
import xml.etree.ElementTree as ET

import slixmpp


def tell(event, **fields):
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


class Client(slixmpp.ClientXMPP):
    def __init__(self, options):
        super().__init__(options["jid"], options["password"])
        self.options = options
        self["feature_mechanisms"].unencrypted_plain = True
        self.roster.auto_authorize = True if options["accept"] else None
        self.roster.auto_subscribe = False
        self.register_plugin("xep_0030")
        self.register_plugin("xep_0199")
        self.add_event_handler("session_start", self.online)
        self.add_event_handler("failed_all_auth", lambda _: tell("failed", text="the server refused the password"))
        self.add_event_handler("connection_failed", lambda reason: tell("failed", text=str(reason)))
        self.add_event_handler("disconnected", self.offline)

    async def online(self, _):
        await self.get_roster()
        if self.options["presence"]:
            self.send_presence()
        tell("online", jid=str(self.boundjid))

    def offline(self, _):
        tell("offline")
        asyncio.get_event_loop().stop()

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

    def obey(self, line):
        if not line:
            self.abort()
            return
        order = json.loads(line)
        if order["op"] == "send":
            self.send_raw(order["xml"])
        elif order["op"] == "quit":
            self.disconnect()
        elif order["op"] == "abort":
            self.abort()


def main():
    options = json.loads(sys.stdin.readline())
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    client = Client(options)
    client.loop = loop

    def listen():
        for line in sys.stdin:
            loop.call_soon_threadsafe(client.obey, line)
        loop.call_soon_threadsafe(client.obey, "")

    threading.Thread(target=listen, daemon=True).start()
    client.connect((options["host"], options["port"]), disable_starttls=True, force_starttls=False)
    loop.run_forever()


main()
