"""Reads what --relay=debug has printed."""
import email
import email.policy
import re

LINES = 45  # of a summary are shown in a README


def parse(data):
    return email.message_from_bytes(data, policy=email.policy.default)


def text_of(mail):
    part = mail.get_body(("plain",)) if mail.is_multipart() else mail
    if part is None:
        return ""
    charset = part.get_content_charset() or "utf-8"
    if charset == "us-ascii":
        charset = "utf-8"
    return part.get_payload(decode=True).decode(charset, "replace").replace("\r\n", "\n")


def read(printed):
    """The mails in the output of --relay=debug, in the order they were sent."""
    return [parse(block.split(b"\n\n", 1)[1]) for block in re.split(rb"(?m)^-{72}\n(?=MAIL FROM:)", printed)[1:]]


def shown(mail):
    """A summary as a README shows it."""
    text = re.sub(r"\n{3,}", "\n\n", text_of(mail).strip())
    lines = f"Subject: {mail['Subject']}\n\n{text}".split("\n")
    if len(lines) > LINES:
        lines = lines[:LINES] + ["..."]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def essentials(text):
    """What of a shown summary must not change: subject, counts, headlines, reasons."""
    kept = []
    for line in text.split("\n"):
        if line.startswith("Subject: ") or re.match(r"\s+[\d,]+ × |\s+[\d,]+  (NEW|BACK|ONGOING) ", line):
            kept.append(line.strip())
        elif re.match(r"[\d,]+ (new error|error|ongoing error)s?\b", line):
            kept.append(line.split(" since ")[0].split(" at ")[0])
    return kept
