# Django's AdminEmailHandler: an exception becomes a mail to ADMINS. The subject
# is made by Django: EMAIL_SUBJECT_PREFIX, the level and the message.
import logging
import os

from django.conf import settings

settings.configure(
    EMAIL_HOST=os.environ["HOST"], EMAIL_PORT=int(os.environ["PORT"]),
    EMAIL_SUBJECT_PREFIX="[shop] ", SERVER_EMAIL="app@client.example",
    ADMINS=[("Ops", "ops@client.example")], DEBUG=False,
    SECRET_KEY="throw-away")

import django
from django.utils.log import AdminEmailHandler

django.setup()
log = logging.getLogger("shop")
log.addHandler(AdminEmailHandler())
with open(os.environ["BODY"], encoding="utf-8") as f:
    text = f.read()
for _ in range(2):
    try:
        raise ValueError(text)
    except ValueError:
        log.exception(os.environ["SUBJECT"].removeprefix("[shop] ERROR: "))
