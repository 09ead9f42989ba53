"""The checks. Each is a function of a Check; see main.py."""
import datetime
import os
import re
import shutil
import subprocess
import time

from proxy import Storm
from servers import OTHER_ADDRESS, PASSWORD, TOKEN, USER, Wire, read_folder, run, text_of, until

all_checks = []


def check(function):
    all_checks.append(function)
    return function


def counts(mails):
    """How many mails the summaries stand for. One that came twice counts once."""
    return sorted({m["Message-ID"]: int(m["X-Failmail-Count"]) for m in mails}.values())


def arrives(c, n, server=None, to=None, seconds=60):
    """Waits for n mails, and a little longer for one too many."""
    arrived = lambda: (server or c.postfix).arrived(to or c.to)
    until(f"{n} mails arrive", lambda: len(arrived()) >= n, seconds)
    time.sleep(1)
    return arrived()


def login(c, password=PASSWORD):
    """The flags of somebody who does it right."""
    file = c.folder / "password"
    file.write_text(password + "\n")
    return "--relay-tls=require", f"--relay-ca={c.certificates.ca}", f"--relay-user={USER}", f"--relay-password-file={file}"


def times(lines):
    """When the lines of a log were written, in seconds."""
    return [datetime.datetime.fromisoformat(l[len("time="):].split()[0]).timestamp() for l in lines]


def promised(p):
    """When Failmail first said that it would try again, in seconds."""
    return float(re.search(r"retry_in=(\d+)s", p.log("could not be handed over")[0]).group(1))


# --- what takes longest comes first ---------------------------------------


@check
def outage(c):
    """Postfix is stopped while two batches grow, and a third begins."""
    relay = c.own_postfix(2125)
    p = c.failmail("--relay=127.0.0.1:2125", "--retry-for=1h", wait=2, max_wait=5)
    before = p.send(3, c.to, "before")
    arrives(c, 1, relay)
    relay.stop()
    storm = Storm(p.port, [c.to], ["lager", "kasse"], connections=2).begin(rate=20)
    time.sleep(c.outage / 2)
    late = p.send(5, c.to, "spät")
    time.sleep(c.outage / 2)
    c.equal("the metric relay_up during the outage", p.metric("failmail_relay_up"), 0)
    storm.end()
    relay.start()
    back = time.monotonic()
    mails = arrives(c, 4, relay, seconds=max(60, c.outage))
    sent = storm.by_split | {"spät": late}
    c.note(f"outage of {c.outage:g} s, {sum(sent.values())} mails; summaries {time.monotonic() - back - 1:.0f} s after its end; "
           f"{len(p.log('level='))} lines of log")
    c.equal("clients put off", storm.refusals, [])
    c.equal("summaries in all", len(mails), 4)
    c.equal("they stand for what was acknowledged", sum(counts(mails)), before + sum(sent.values()))
    for split in sent:
        own = [m for m in mails if f"\nBatch: {split}\n" in text_of(m)]
        c.equal(f"mails in the one summary of {split}", [int(m["X-Failmail-Count"]) for m in own], [sent[split]])
        c.ok(f"that of {split} tells of the outage", own and "The relay could not be reached from" in text_of(own[0]), [text_of(m)[:200] for m in own])
    c.equal("the metric relay_up afterwards", p.metric("failmail_relay_up"), 1)
    c.ok("the log tells of both ends", p.log("the relay is down") and p.log("the relay takes summaries again"))
    c.equal("mails in the fail-dir", len(p.failed()), 0)


@check
def kill(c):
    """Failmail is killed during an outage, and once more when the relay has the
    summary but has not said so."""
    relay = c.own_postfix(2225, smtpd_end_of_data_restrictions="sleep 2")
    p = c.failmail("--relay=127.0.0.1:2225", "--retry-for=1h", wait=2, max_wait=5)
    relay.stop()
    storm = Storm(p.port, [c.to], ["lager", "kasse"], connections=2).begin(rate=20)
    for _ in range(2):
        time.sleep(c.outage / 3)
        p.kill()
        time.sleep(0.5)
        p.start()
    time.sleep(c.outage / 3)
    storm.end()
    relay.start()
    until("Postfix has a summary", lambda: relay.log("message-id="), seconds=max(60, c.outage))
    time.sleep(0.5)
    p.kill()
    arrives(c, 1, relay)
    p.start()
    mails = arrives(c, 3, relay, seconds=max(60, c.outage))
    c.note(f"{storm.acknowledged} mails acknowledged, {storm.unanswered} without an answer; {len(mails)} summaries, of which "
           f"{len(mails) - len(counts(mails))} repeat another")
    c.equal("summaries without repetitions", len(counts(mails)), 2)
    c.ok("nothing is lost, and nothing counted twice",
         storm.acknowledged <= sum(counts(mails)) <= storm.acknowledged + storm.unanswered,
         f"{counts(mails)}, {storm.acknowledged} acknowledged, {storm.unanswered} without an answer")
    c.equal("mails that wait", p.metric("failmail_pending_mails"), 0)
    c.equal("summaries that wait", p.metric("failmail_outbox_summaries"), 0)


@check
def expired(c):
    """The relay stays down for longer than --retry-for."""
    relay = c.own_postfix(2925)
    relay.stop()
    p = c.failmail("--relay=127.0.0.1:2925", "--retry-for=10s")
    for i, split in enumerate(["lager", "kasse", "web"]):
        p.send(3 + i, c.to, split)
    began = time.monotonic()
    try:
        until("all are in the fail-dir", lambda: len(p.failed()) == 3, 30)
    except TimeoutError:
        pass
    c.ok("each is in the fail-dir 10 s after it was due", counts(p.failed()) == [3, 4, 5] and time.monotonic() - began < 20,
         f"{counts(p.failed())} after {time.monotonic() - began:.0f} s")
    relay.start()
    code, said = p.resend("--relay=127.0.0.1:2925")
    c.ok("resend sends them when the relay is back", code == 0, f"{code} {said}")
    c.equal("each arrives once", counts(arrives(c, 3, relay)), [3, 4, 5])


@check
def full(c):
    """The disk under the fail-dir is full when a summary is refused for good."""
    relay = c.own_postfix(2325, access="bad@example.com REJECT\n")
    disk = mount(c, "disk", "64k")
    p = c.failmail("--relay=127.0.0.1:2325", f"--fail-dir={disk}/failed")
    p.fail_dir = disk / "failed"
    fill(disk / "filler")
    p.send(4, "bad@example.com", "one")
    line = p.logged("cannot put a summary into the fail-dir")[0]
    c.ok("the log names the folder and the cause", str(disk) in line and "no space left on device" in line, line)
    c.equal("summaries that wait", p.metric("failmail_outbox_summaries"), 1)
    p.send(3, c.to, "two")
    c.equal("other summaries go on", counts(arrives(c, 1, relay)), [3])
    (disk / "filler").unlink()
    until("the fail-dir is used again", p.failed, 90)
    c.equal("it has the summary", counts(p.failed()), [4])
    c.equal("mails in the fail-dir", len(p.failed()), 1)
    c.equal("half mails there", os.listdir(disk / "failed" / "tmp"), [])
    until("nothing waits", lambda: p.metric("failmail_outbox_summaries") == 0)


@check
def failover(c):
    """The first of two relays is down, comes back, and goes again."""
    first = c.own_postfix(2425)
    first.stop()
    p = c.failmail("--relay=127.0.0.1:2425,127.0.0.1:25")
    p.send(4, c.to, "one")
    c.equal("the summary comes through the second", counts(arrives(c, 1)), [4])
    c.ok("the log names the cause", p.log("level=WARN", "asking the next", "connection refused"), p.log("level=WARN"))
    c.equal("the metric relay_up", p.metric("failmail_relay_up"), 1)
    first.start()
    time.sleep(31)  # for so long it is not asked
    p.send(5, c.to, "two")
    c.equal("the next comes through the first again", counts(arrives(c, 1, first)), [5])
    first.stop()
    p.send(6, c.to, "three")
    c.equal("and when that goes again, through the second", counts(arrives(c, 2)), [4, 6])
    c.equal("mails of the first", len(first.arrived(c.to)), 1)
    c.equal("mails in the fail-dir", len(p.failed()), 0)


# --- TLS and login --------------------------------------------------------


@check
def storm(c):
    """The submission port, with STARTTLS and login."""
    p = c.failmail("--relay=127.0.0.1:587", *login(c), wait=2, max_wait=60)
    c.equal("mails acknowledged", p.send(500, c.to, connections=5), 500)
    mails = arrives(c, 1)
    c.equal("summaries", len(mails), 1)
    c.equal("X-Failmail-Count", mails[0]["X-Failmail-Count"], "500")
    c.equal("subject", mails[0]["Subject"], "[failmail] 500 mails: Störung im Lager")
    c.ok("the text has a sample", "Verbindung zum Lager fehlgeschlagen" in text_of(mails[0]), text_of(mails[0]))
    c.equal("warnings and errors in the log", p.log("level=WARN") + p.log("level=ERROR"), [])
    c.ok("Postfix knows who sent it, over TLS", c.postfix.log("submission/smtpd", f"sasl_username={USER}") and
         c.postfix.log("submission/smtpd", "TLS connection established"), c.postfix.log("submission/smtpd"))


@check
def logins(c):
    """Every way to log in, and smtps."""
    print_token = c.folder / "token"
    print_token.write_text(f"#!/bin/sh\necho {TOKEN}\n")
    print_token.chmod(0o755)
    ways = [("smtps", "smtps://127.0.0.1:465", "CRAM-MD5"), ("plain", "127.0.0.1:1587", "PLAIN"), ("login", "127.0.0.1:2587", "LOGIN"),
            ("xoauth2", "127.0.0.1:3587", "XOAUTH2")]
    for i, (service, relay, mechanism) in enumerate(ways):
        flags = login(c)
        if service == "xoauth2":
            flags = flags[:3] + (f"--relay-token-command={print_token}",)
        p = c.failmail(f"--relay={relay}", *flags, folder=service)
        p.send(2, c.to)
        arrives(c, i + 1)
        c.ok(f"{mechanism} on {relay}", c.postfix.log(f"{service}/smtpd", f"sasl_method={mechanism}", f"sasl_username={USER}"),
             c.postfix.log(f"{service}/smtpd"))


@check
def wrong_ca(c):
    """The relay's certificate is from another CA."""
    wire, ca = Wire(4587), c.folder / "ca.pem"
    shutil.copy(c.certificates.other_ca, ca)
    p = c.failmail(f"--relay=127.0.0.1:{wire.port}", *login(c), f"--relay-ca={ca}")
    p.send(7, c.to)
    line = p.logged("certificate signed by unknown authority")[0]
    c.ok("the log says what to do", "no mail is sent" in line and "--relay-ca" in line, line)
    said = wire.said
    c.ok("only EHLO and STARTTLS go in the clear", b"STARTTLS" in said and b"MAIL" not in said and b"AUTH" not in said, said)
    c.equal("the mails are kept", p.metric("failmail_pending_mails"), 7)
    c.equal("mails in the fail-dir", len(p.failed()), 0)
    shutil.copy(c.certificates.ca, ca)
    c.equal("with the right CA it arrives by itself", counts(arrives(c, 1)), [7])
    told, took = promised(p), times(p.log("made a summary"))
    c.ok(f"after the {told:g} s of which the log told", took[1] - took[0] < told + 5, f"{took[1] - took[0]:.0f} s")
    c.equal("once", len(c.postfix.arrived(c.to)), 1)


@check
def wrong_password(c):
    p = c.failmail("--relay=127.0.0.1:5587", *login(c, "wrong"))
    p.send(8, c.to)
    line = p.logged("refused to let user")[0]
    c.ok("the log says who, why and what to do", USER in line and "535 5.7.8" in line and "correct --relay-user or the password" in line, line)
    c.ok("but not the password", not p.log("wrong\n") and "wrong" not in line.replace("wrong_password", ""), line)
    c.equal("the mails are kept", p.metric("failmail_pending_mails"), 8)
    c.equal("mails in the fail-dir", len(p.failed()), 0)
    login(c)
    c.equal("with the right password it arrives by itself", counts(arrives(c, 1)), [8])
    c.equal("once", len(c.postfix.arrived(c.to)), 1)


@check
def self_signed(c):
    """Nobody signed the certificate, and the policy is auto."""
    p = c.failmail("--relay=127.0.0.1:6587")
    for split in "one", "two", "three":
        p.send(2, c.to, split)
    mails = arrives(c, 3)
    c.equal("summaries arrive", counts(mails), [2, 2, 2])
    c.ok("over TLS", "with ESMTPS" in str(mails[0]["Received"]), mails[0]["Received"])
    warnings = p.log("level=WARN")
    c.equal("warnings", len(warnings), 1)
    c.ok("which says what to do", "--relay-ca" in warnings[0], warnings)


@check
def clear(c):
    """A relay on another machine offers AUTH but not TLS."""
    p = c.failmail(f"--relay={OTHER_ADDRESS}:25", *login(c)[2:])
    p.send(2, c.to)
    line = p.logged("credentials are not sent")[0]
    c.ok("the log says what to do", "smtps://" in line, line)
    until("Postfix notes the connection", lambda: c.postfix.log("clear/smtpd", "disconnect"))
    c.ok("Postfix saw no AUTH and no mail", all("auth=" not in l and "mail=" not in l for l in c.postfix.log("clear/smtpd", "disconnect")),
         c.postfix.log("clear/smtpd"))
    c.equal("the mails are kept", p.metric("failmail_pending_mails"), 2)


@check
def token(c):
    """The command that gives the token fails."""
    command = c.folder / "token"
    command.write_text("#!/bin/sh\necho 'the token server is down' >&2; exit 3\n")
    command.chmod(0o755)
    flags = login(c)[:2]
    both = c.failmail(f"--relay=smtp://{USER}@127.0.0.1:3587,127.0.0.1:25", *flags, "--relay-token-command=/bin/false", folder="both")
    both.send(3, c.to)
    c.equal("a relay without login gets the summary", counts(arrives(c, 1)), [3])
    c.ok("the log names the command", both.log("level=WARN", "/bin/false", "exit status 1"), both.log("level=WARN"))
    p = c.failmail("--relay=127.0.0.1:3587", *flags, f"--relay-user={USER}", f"--relay-token-command={command}")
    c.equal("mails are taken", p.send(4, c.to), 4)
    line = p.logged("exit status 3")[0]
    c.ok("the log has what the command said", "the token server is down" in line, line)
    c.equal("the metric relay_up", p.metric("failmail_relay_up"), 0)
    c.equal("the mails are kept", p.metric("failmail_pending_mails"), 4)
    command.write_text(f"#!/bin/sh\necho {TOKEN}\n")
    c.equal("with a token it arrives by itself", counts(arrives(c, 2)), [3, 4])


# --- other answers of the relay -------------------------------------------


@check
def refused(c):
    """The relay refuses one of three recipients for good."""
    relay = c.own_postfix(2525, access="bad@example.com REJECT we know nobody of that name\n")
    p = c.failmail("--relay=127.0.0.1:2525")
    p.send(5, ["good@example.com", "bad@example.com", c.to])
    for to in "good@example.com", c.to:
        c.equal(f"summaries for {to}", counts(arrives(c, 1, relay, to)), [5])
    until("it is in the fail-dir", p.failed)
    line = p.logged("gave up")[0]
    c.ok("the log says who and why", "bad@example.com" in line and "we know nobody of that name" in line, line)
    mails = p.failed()
    c.equal("mails in the fail-dir", len(mails), 1)
    c.equal("Return-Path", mails[0]["Return-Path"], "<failmail@example.com>")
    c.equal("X-Envelope-To", mails[0].get_all("X-Envelope-To"), ["<bad@example.com>"])
    relay_flag = "--relay=127.0.0.1:2525"
    code, said = p.resend(relay_flag)
    c.ok("resend says that it is refused again", code == 1 and "we know nobody of that name" in said, f"{code} {said}")
    relay.allow()
    code, said = p.resend(relay_flag)
    c.ok("resend sends it once it is allowed", code == 0 and "1 sent" in said, f"{code} {said}")
    c.equal("it arrives", counts(arrives(c, 1, relay, "bad@example.com")), [5])
    code, said = p.resend(relay_flag)
    c.ok("a second resend sends nothing", code == 0 and "0 sent" in said, f"{code} {said}")
    time.sleep(1)
    for to in "good@example.com", "bad@example.com", c.to:
        c.equal(f"summaries for {to} in the end", len(relay.arrived(to)), 1)


@check
def greylist(c):
    """The relay puts the first attempts at a recipient off."""
    relay = c.own_postfix(2625, access=f"{c.to} 450 4.2.0 Greylisted, come back in a minute\n")
    p = c.failmail("--relay=127.0.0.1:2625")
    p.send(3, c.to)
    p.logged("Greylisted, come back in a minute")
    p.send(4, c.to)
    relay.allow()
    c.equal("each summary arrives", counts(arrives(c, 2, relay)), [3, 4])
    c.equal("mails in the fail-dir", len(p.failed()), 0)


@check
def quota(c):
    """A recipient's mailbox is full, which is nobody else's trouble."""
    relay = c.own_postfix(2825, access="full@example.com 452 4.2.2 The mailbox is full\n")
    p = c.failmail("--relay=127.0.0.1:2825")
    p.send(3, "full@example.com", "one")
    p.logged("The mailbox is full")
    p.send(4, c.to, "two")
    began = time.monotonic()
    try:
        found = counts(arrives(c, 1, relay, seconds=30))
    except TimeoutError as e:
        found = e
    c.equal("summaries for others go on", found, [4])
    c.note(f"they came after {time.monotonic() - began:.0f} s")
    c.equal("mails in the fail-dir", len(p.failed()), 0)


@check
def lmtp(c):
    """Dovecot takes it by LMTP."""
    p = c.failmail(f"--relay=lmtp://127.0.0.1:{c.dovecot.lmtp_port}")
    p.send(3, [c.to, "ops@example.com"])
    for to in c.to, "ops@example.com":
        c.equal(f"over TCP for {to}", counts(arrives(c, 1, c.dovecot, to)), [3])
    p = c.failmail(f"--relay=lmtp+unix:{c.dovecot.lmtp_socket}", folder="unix")
    p.send(4, c.to)
    c.equal("over a socket", counts(arrives(c, 2, c.dovecot)), [3, 4])


@check
def programs(c):
    """sendmail and msmtp take it."""
    p = c.failmail(f"--relay=exec:/usr/sbin/sendmail -C {c.postfix.config}", folder="sendmail")
    p.send(3, c.to)
    mails = arrives(c, 1)
    c.equal("exec: Postfix's sendmail", counts(mails), [3])
    c.equal("with the sender", mails[0]["Return-Path"], "<failmail@example.com>")
    p = c.failmail("--relay=exec:msmtp --host=127.0.0.1 --port=25", folder="msmtp")
    p.send(4, c.to)
    c.equal("exec: msmtp", counts(arrives(c, 2)), [3, 4])
    relay = c.own_postfix(2725)
    relay.stop()
    p = c.failmail("--relay=exec:msmtp --host=127.0.0.1 --port=2725", folder="down")
    p.send(6, c.to)
    line = p.logged("Connection refused")[0]
    c.ok("the log has what msmtp said", "msmtp: cannot connect to 127.0.0.1" in line, line)
    relay.start()
    c.equal("when its server is back, it arrives by itself", counts(arrives(c, 1, relay)), [6])


# --- what fails beside the relay ------------------------------------------


def mount(c, name, size):
    """A small disk."""
    folder = c.folder / name
    folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
    return folder


def fill(file):
    """Takes all the room that is left on a disk."""
    with file.open("wb", buffering=0) as f:
        try:
            while True:
                f.write(bytes(4096))
        except OSError:
            pass


@check
def archive(c):
    """The archive of all mails becomes read-only."""
    disk = mount(c, "disk", "4m")
    p = c.failmail("--relay=127.0.0.1:25", f"--all-dir={disk}/all")
    p.send(3, c.to, "one")
    run("mount", "-o", "remount,ro", disk)
    put_off = Storm(p.port, [c.to], ["two"])
    put_off.send(2)
    c.equal("clients keep their mails", [code for code, _ in put_off.refusals], [452, 452])
    lines = p.log("read-only file system")
    c.ok("the log names the folder", lines and str(disk) in lines[0], lines)
    c.equal("delivery goes on", counts(arrives(c, 1)), [3])
    run("mount", "-o", "remount,rw", disk)
    c.equal("mails are taken again", p.send(2, c.to, "two"), 2)
    c.equal("and their summary arrives", counts(arrives(c, 2)), [2, 3])
    c.equal("mails in the archive", len(read_folder(disk / "all")), 5)


@check
def store(c):
    """The disk under the store is full."""
    disk = mount(c, "disk", "1m")
    p = c.failmail("--relay=127.0.0.1:25", f"--store=sqlite:{disk}/db", wait=4)
    p.send(3, c.to)
    fill(disk / "filler")
    storm = Storm(p.port, [c.to], [""], subject="anderes" * 20)
    storm.send(50)
    c.ok("clients keep their mails", storm.refusals and {code for code, _ in storm.refusals} == {452}, storm.refusals[:3])
    c.ok("the log names the cause", p.log("disk is full") or p.log("no space left"), p.log("level=ERROR") + p.log("level=WARN"))
    c.ok("and the metric", p.metric("failmail_store_errors_total") == len(storm.refusals), p.metric("failmail_store_errors_total"))
    time.sleep(6)
    (disk / "filler").unlink()
    more = p.send(4, c.to)
    c.equal("mails are taken again", more, 4)
    wanted = 3 + storm.acknowledged + more
    until("all is delivered", lambda: sum(counts(c.postfix.arrived(c.to))) >= wanted, 60)
    time.sleep(1)
    c.equal("mails in the summaries", sum(counts(c.postfix.arrived(c.to))), wanted)


@check
def hook(c):
    """The hook hangs."""
    p = c.failmail("--relay=127.0.0.1:25", "--on-summary=sleep 1000", "--on-summary-timeout=1s")
    for split in "one", "two", "three":
        p.send(2, c.to, split)
    c.equal("summaries arrive", counts(arrives(c, 3)), [2, 2, 2])
    until("three hooks fail", lambda: len(p.log("the hook failed")) >= 3)
    c.equal("the metric hook_errors_total", p.metric("failmail_hook_errors_total"), 3)
    lines = p.log("the hook failed")
    c.equal("lines of the log", len(lines), 3)
    c.ok("they name the hook and the cause", all("sleep" in l and "did not end within 1s (--on-summary-timeout)" in l for l in lines), lines)
    running = subprocess.run(["pgrep", "-fx", "sleep 1000"], capture_output=True, text=True).stdout.split()
    c.equal("hooks that still run", running, [])
