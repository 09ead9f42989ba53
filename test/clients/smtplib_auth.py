# Python's smtplib: STARTTLS with a verified certificate, AUTH, two mails on
# one connection.
import os
import smtplib
import ssl
from email.message import EmailMessage

mail = EmailMessage()
mail["From"] = "app@client.example"
mail["To"] = "ops@client.example"
mail["Subject"] = os.environ["SUBJECT"]
with open(os.environ["BODY"], encoding="utf-8") as f:
    mail.set_content(f.read())

with smtplib.SMTP(os.environ["HOST"], int(os.environ["PORT"])) as smtp:
    smtp.starttls(context=ssl.create_default_context(cafile=os.environ["CERT"]))
    smtp.login(os.environ["LOGIN"], os.environ["PASSWORD"])
    smtp.send_message(mail)
    smtp.send_message(mail)
