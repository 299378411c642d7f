# Prints what Python's email package reads from mails, as JSON. A defect ends it.
import email
import email.errors
import email.policy
import hashlib
import json
import sys


def defects(thing):
    # That one is what SMTPUTF8 is for.
    return [d for d in thing.defects if not isinstance(d, email.errors.NonASCIILocalPartDefect)]


def mailboxes(header):
    if header is None:
        return None
    return [[a.display_name, a.addr_spec] for a in header.addresses] or None


def parse(path):
    with open(path, encoding="utf-8", newline="") as f:
        msg = email.message_from_file(f, policy=email.policy.SMTPUTF8)
    text, flowed, files = "", False, []
    for part in msg.walk():
        if defects(part):
            raise SystemExit(f"{path}: {part.defects}")
        for name, value in part.items():
            if hasattr(value, "defects") and defects(value):
                raise SystemExit(f"{path}: {name}: {value.defects}")
        if part.get_content_disposition() == "attachment":
            body = part.get_payload(decode=True)
            files.append({"Name": part.get_filename() or "", "Type": part.get_content_type(), "Hash": hashlib.sha256(body).hexdigest()[:16]})
        elif part.get_content_type() == "text/plain" and not text:
            text, flowed = part.get_content(), part.get_param("format") == "flowed"
    return {
        "Subject": str(msg["subject"]), "From": mailboxes(msg["from"])[0], "To": mailboxes(msg["to"]), "Cc": mailboxes(msg["cc"]),
        "Text": text, "Flowed": flowed, "Files": files or None,
    }


json.dump([parse(path) for path in sys.argv[1:]], sys.stdout)
