# Python's logging.handlers.SMTPHandler: a connection for every record.
import logging.handlers
import os

handler = logging.handlers.SMTPHandler(
    (os.environ["HOST"], int(os.environ["PORT"])),
    "app@client.example", ["ops@client.example"], os.environ["SUBJECT"],
    credentials=(os.environ["LOGIN"], os.environ["PASSWORD"]), secure=())
logging.raiseExceptions = True
handler.handleError = lambda record: os._exit(1)
log = logging.getLogger("app")
log.addHandler(handler)
with open(os.environ["BODY"], encoding="utf-8") as f:
    text = f.read()
for _ in range(3):
    log.error(text)
