"""Mails between the programs and Failmail, and what Failmail must make of them."""
import email
import email.policy
import email.utils
import random
import re
import socketserver
import threading

LOST, DOUBLED, LATE = "lost", "doubled", "late"
EACH = 0.2 / 3  # of the mails is lost, doubled, late: 20 % in all
LATEST = 3  # steps


class Mail:
    def __init__(self, sender, to, raw):
        self.sender, self.to, self.raw = sender, to, raw
        parsed = email.message_from_bytes(raw, policy=email.policy.default)
        self.subject, self.date = parsed["Subject"], email.utils.parsedate_to_datetime(parsed["Date"])
        self.text = f"{self.subject}\n" + parsed.get_body(("plain", "html")).get_content().replace("\r\n", "\n")
        self.thing = self.bad = None  # if it only informs

    def belongs_to(self, programs):
        program = next(p for p in programs if p.to == self.to)
        if program.said.search(self.subject):
            about = [t for t in program.things if t.mark in self.text]
            if len(about) != 1:
                raise ValueError(f"this mail is about {about}:\n{self.text}")
            self.thing = about[0]
            self.bad = not (program.mended and program.mended.search(self.subject))
        return self


class Catcher(socketserver.ThreadingTCPServer):
    """Takes mails by SMTP and keeps them until they are taken."""
    daemon_threads = allow_reuse_address = True
    request_queue_size = 50

    def __init__(self):
        super().__init__(("127.0.0.1", 25), Session)
        self.mails, self.lock = [], threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def take(self):
        with self.lock:
            mails, self.mails = self.mails, []
        return mails


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 catcher")
        envelope = {}
        while line := self.rfile.readline().decode():
            verb = line[:4].upper().strip()
            if address := re.search("<(.*?)>", line):
                envelope[verb] = address.group(1)
            if verb == "DATA":
                self.say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                mail = Mail(envelope["MAIL"], envelope["RCPT"], b"".join(l[1:] if l.startswith(b".") else l for l in lines))
                with self.server.lock:
                    self.server.mails.append(mail)
            self.say("221 bye" if verb == "QUIT" else "250 catcher")
            if verb == "QUIT":
                return

    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())


class Accidents:
    """Loses, doubles and holds back some mails, the same ones for the same seed."""

    def __init__(self, seed):
        self.seed, self.step, self.held = seed, 0, []
        self.counts = dict.fromkeys(("sent", LOST, DOUBLED, LATE), 0)

    def draw(self, purpose, mail):
        return random.Random(f"{self.seed} {self.step} {purpose} {mail.subject} {mail.thing}")

    def befall(self, mails):
        """Returns what arrives in this step, in any order, in place of mails."""
        self.step += 1
        arrive = [mail for step, mail in self.held if step <= self.step]
        self.held = [(step, mail) for step, mail in self.held if step > self.step]
        for mail in mails:
            chance = self.draw("accident", mail)
            what, = chance.choices(["", LOST, DOUBLED, LATE], [1 - 3 * EACH, EACH, EACH, EACH])
            self.counts["sent"] += 1
            if what:
                self.counts[what] += 1
            if what in ("", DOUBLED):
                arrive.append(mail)
            if what in (DOUBLED, LATE):
                self.held.append((self.step + chance.randint(1, LATEST), mail))
        return sorted(arrive, key=lambda mail: self.draw("order", mail).random())


class Model:
    """Says which things are open: those of which the newest mail says that something is wrong."""

    def __init__(self):
        self.newest, self.arrived = {}, 0

    def deliver(self, mail):
        self.arrived += 1
        age = mail.date, self.arrived
        if mail.thing and (mail.thing not in self.newest or self.newest[mail.thing][0] < age):
            self.newest[mail.thing] = age, mail.bad

    def open(self):
        return {(t.program.name, t.object) for t, (_, bad) in self.newest.items() if bad}
