"""A running Failmail, and clients that send to it."""
import itertools
import re
import signal
import smtplib
import subprocess
import threading
import time
import urllib.request

from servers import listens, read_folder, until

ports = itertools.count(20000)


class Failmail:
    """bin/failmail in a folder of its own, with short waits."""

    def __init__(self, binary, folder, *flags, wait=2, max_wait=20):
        folder.mkdir(exist_ok=True)
        self.binary, self.folder = binary, folder
        self.port, self.http = next(ports), next(ports)
        self.logfile, self.fail_dir = folder / "log", folder / "failed"
        self.flags = ["--bind", f"127.0.0.1:{self.port}", "--bind-http", f"127.0.0.1:{self.http}", f"--wait={wait}s", f"--max-wait={max_wait}s",
                      "--from=failmail@example.com", *flags]
        self.start()

    def start(self):
        with self.logfile.open("a") as log:
            self.process = subprocess.Popen([self.binary, *self.flags], cwd=self.folder, stdout=log, stderr=log)
        until("Failmail starts", lambda: self.process.poll() is not None or listens(self.port))
        if self.process.poll() is not None:
            raise RuntimeError(f"Failmail ended with {self.process.returncode}: {self.logfile.read_text()[-500:]}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends it in order, and returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def log(self, *words):
        """The lines of the log that hold all words."""
        return [l for l in self.logfile.read_text(errors="replace").splitlines() if all(w in l for w in words)]

    def logged(self, *words, seconds=30):
        """Waits for such a line."""
        return until(f"the log says {words}", lambda: self.log(*words), seconds)

    def metric(self, name):
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.http}/metrics", timeout=10).read().decode()
        value = re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)
        return float(value.group(1)) if value else None

    def failed(self):
        """The mails in the fail-dir."""
        return read_folder(self.fail_dir)

    def resend(self, *flags):
        """Runs failmail resend, and returns the exit code with all it says."""
        done = subprocess.run([self.binary, "resend", *flags, str(self.fail_dir)], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def send(self, n, to, split="", subject="Störung im Lager", connections=1):
        """Sends n mails and returns how many were acknowledged."""
        storm = Storm(self.port, [to] if isinstance(to, str) else to, [split], subject, connections)
        storm.send(n)
        return storm.acknowledged


class Storm:
    """Clients that send mails, each with one of the splits in turn. A mail
    that was put off or got no answer counts as not acknowledged."""

    def __init__(self, port, to, splits, subject="Störung im Lager", connections=1):
        self.port, self.to, self.splits, self.subject, self.connections = port, to, splits, subject, connections
        self.by_split = dict.fromkeys(splits, 0)
        self.unanswered = 0  # the mail was sent whole, and no reply came
        self.refusals = []
        self.lock, self.ended, self.numbers = threading.Lock(), threading.Event(), itertools.count()

    @property
    def acknowledged(self):
        return sum(self.by_split.values())

    def send(self, n):
        """Sends n mails over several connections at once."""
        clients = [threading.Thread(target=self.client, args=(n // self.connections + (i < n % self.connections), 0))
                   for i in range(self.connections)]
        for c in clients:
            c.start()
        for c in clients:
            c.join()

    def begin(self, rate):
        """Sends rate mails a second until end is called."""
        self.clients = [threading.Thread(target=self.client, args=(10**9, self.connections / rate), daemon=True)
                        for _ in range(self.connections)]
        for c in self.clients:
            c.start()
        return self

    def end(self):
        self.ended.set()
        for c in self.clients:
            c.join(30)

    def client(self, n, pause):
        server = None
        for _ in range(n):
            if self.ended.wait(pause):
                break
            number = next(self.numbers)
            split = self.splits[number % len(self.splits)]
            handed = False
            try:
                if server is None:
                    server = smtplib.SMTP("127.0.0.1", self.port, timeout=30)
                server.ehlo_or_helo_if_needed()
                server.mail("app@web1.example.com")
                for to in self.to:
                    server.rcpt(to)
                code, text = server.docmd("DATA")
                if code == 354:
                    handed = True
                    server.send(self.mail(number, split))
                    code, text = server.getreply()
                    handed = False
                with self.lock:
                    if code == 250:
                        self.by_split[split] += 1
                    else:
                        self.refusals.append((code, text.decode()))
                        server.rset()
            except (OSError, smtplib.SMTPException):
                with self.lock:
                    self.unanswered += handed
                server = None
                time.sleep(0.1)
        if server:
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                pass

    def mail(self, number, split):
        head = f"From: app@web1.example.com\r\nTo: {', '.join(self.to)}\r\nSubject: {self.subject}\r\n"
        if split:
            head += f"X-Failmail-Split: {split}\r\n"
        return (head + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
                f"Auftrag {number}: Verbindung zum Lager fehlgeschlagen\r\n..eine Zeile mit Punkt\r\n.\r\n").encode()
