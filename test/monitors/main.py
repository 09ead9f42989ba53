"""Breaks and mends what real programs watch, and compares what Failmail says is open with a
model. See run."""
import json
import os
import pathlib
import random
import smtplib
import sys
import threading
import time
import urllib.request

import programs
from mails import Accidents, Catcher, Model
from proxy import Failmail
from servers import until

only = sys.argv[1:]
cycles = int(os.environ.get("CYCLES", "200"))
seed = int(os.environ.get("SEED") or random.randrange(10**6))
kinds = [p for p in programs.ALL if not only or any(p.__name__.lower().startswith(o) for o in only)]
if not kinds:
    sys.exit(f"run: no program begins with {' or '.join(only)}")


class Proxy(Failmail):
    """Failmail, with a connection that outlives it."""
    connection = None

    def start(self):
        super().start()
        until("Failmail is ready", lambda: self.metric("failmail_ready") == 1)

    def take(self, mail):
        """Sends a mail until it is acknowledged."""
        while True:
            try:
                if self.connection is None:
                    self.connection = smtplib.SMTP("127.0.0.1", self.port, timeout=30)
                self.connection.sendmail(mail.sender, [mail.to], mail.raw)
                return
            except (ConnectionError, smtplib.SMTPServerDisconnected):
                self.connection = None
                if self.process.poll() is not None:
                    self.start()
                time.sleep(0.05)

    def problems(self):
        """What is open: (source, object)."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/api/problems?q=is:open&limit=1000", timeout=10) as answer:
            found = json.load(answer)["problems"]
        if len(found) != self.metric("failmail_open_problems"):
            raise RuntimeError(f"{len(found)} problems are open, and {self.metric('failmail_open_problems')} in the metrics")
        return {(p["source"], o["name"]) for p in found for o in p.get("objects", [{"name": p["object"], "state": "open"}]) if o["state"] == "open"}


def catch(awaited):
    """Waits for the mails about things that have changed, and returns them with all others
    that came."""
    caught = []

    def all_came():
        for mail in catcher.take():
            mail.belongs_to(monitors)
            caught.append(mail)
            if mail.thing:
                awaited.remove((mail.thing, mail.bad))  # each is sent once
        for monitor in {thing.program for thing, _ in awaited}:
            monitor.hurry()
        return not awaited
    try:
        until("mails come", all_came)
    except TimeoutError as late:
        raise TimeoutError(f"{late}: {awaited}") from None
    return caught


def step(number):
    """Half of the things break, the others are mended; the mails go through accidents to
    Failmail, which may be killed meanwhile."""
    changed = [t for index, t in enumerate(things) if t.bad != ((number + index) % 2 == 0)]
    for thing in changed:
        thing.bad = not thing.bad
        thing.program.flip(thing, chance)
    mails = accidents.befall(catch([(t, t.bad) for t in changed if t.bad or t.program.mended]))
    killed = chance.randrange(len(mails)) if number in kills and mails else None
    victim = proxy.process
    for place, mail in enumerate(mails):
        if place == killed:
            threading.Timer(chance.uniform(0, 0.005), victim.kill).start()
        proxy.take(mail)
        model.deliver(mail)
    if killed is not None:
        victim.wait(30)
        if proxy.process is victim:
            proxy.start()


def compare(number):
    """Returns whether Failmail says what the model says."""
    want, got = model.open(), proxy.problems()
    if got == want:
        return True
    print(f"FAILED step {number}: not told as open: {sorted(want - got)}; open without a reason: {sorted(got - want)}")
    return False


print(f"{cycles} cycles, SEED={seed}", flush=True)
chance = random.Random(seed)
catcher, accidents, model = Catcher(), Accidents(seed), Model()
monitors = [kind() for kind in kinds]
things = [thing for monitor in monitors for thing in monitor.things]
proxy = Proxy("failmail", pathlib.Path("/srv/failmail"), "--relay=debug", wait=2, max_wait=6)
for monitor in monitors:
    monitor.start()
steps = 2 * cycles
kills = {steps // 4, steps // 2, 3 * steps // 4}
right, seen, number = [], set(), 0
while number < steps or len(seen) < len(things):
    # Dates have whole seconds, and no two mails about a thing are to have the same. The first
    # time it lets the programs see that all is well.
    second = int(time.time())
    until("the next second", lambda: int(time.time()) > second)
    step(number)
    if number >= steps - 1 or number in kills or chance.random() < 0.2:
        right.append(compare(number))
        seen |= model.open()
    number += 1
said = ", ".join(f"{n} {what}" for what, n in accidents.counts.items())
print(f"{len(things)} things of {', '.join(m.name for m in monitors)}, {number} steps; mails: {said}; killed {len(kills)} times; "
      f"what is open was right {right.count(True)} of {len(right)} times, {len(model.open())} at the end", flush=True)
sys.exit(proxy.stop() != 0 or not all(right))
