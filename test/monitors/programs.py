"""Programs that watch things and send mails when one breaks or is mended.

Each is a class, and says how a thing breaks (flip) and which of its subjects say that one
is mended. It runs in /srv/NAME with its settings from etc, and mails to NAME@example.com.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

from servers import listens, until

ETC = pathlib.Path(__file__).parent / "etc"


def put(path, text):
    """Writes a file in one step, as somebody may be reading it."""
    new = pathlib.Path(f"{path}.new")
    new.write_text(text)
    new.rename(path)


class Thing:
    """What a program watches. object is what Failmail is to call it; mark is in all mails
    about it, and in no other."""

    def __init__(self, program, object, mark):
        self.program, self.object, self.mark, self.bad = program, object, mark, False

    def __repr__(self):
        return f"{self.program.name} {self.object}"


class Program:
    files = []  # of its settings
    watched = []  # object and mark of each thing
    said = re.compile("")  # in the subjects of mails about things; all others only inform
    mended = None  # in the subjects that say that one is mended; None if no mail says so

    def __init__(self):
        self.name = type(self).__name__.lower()
        self.to = f"{self.name}@example.com"
        self.things = [Thing(self, *names) for names in self.watched]
        self.folder = pathlib.Path("/srv", self.name)
        self.folder.mkdir()
        for file in self.files:
            shutil.copy(ETC / file, self.folder)

    def spawn(self, *command, **environment):
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=os.environ | {"FAILMAIL_SERVER": "localhost:25"} | environment)

    def hurry(self):
        """Has it look at its things, if it does not by itself."""


class Nagios(Program):
    """Its checks are passive; the commands that mail are those of the package."""
    files = ["nagios.cfg", "objects.cfg"]
    watched = [("db1/Disk /var", "Service: Disk /var\n"), ("db1/Load", "Service: Load\n"), ("web1/HTTP", "Service: HTTP\n"),
               ("db2/Backup shop, nightly", "Service: Backup shop, nightly\n"), ("gate1", "Host: gate1\n")]
    said = re.compile(r"\*\* (PROBLEM|RECOVERY) ")
    mended = re.compile(r"\*\* RECOVERY ")

    def start(self):
        self.spawn("nagios4", "nagios.cfg")
        until("Nagios takes commands", (self.folder / "command").exists)

    def flip(self, thing, chance):
        host, _, service = thing.object.partition("/")
        if not service:
            return self.command(f"PROCESS_HOST_CHECK_RESULT;{host};{int(thing.bad)};PING")
        code = chance.choice([1, 2, 3]) if thing.bad else 0
        self.command(f"PROCESS_SERVICE_CHECK_RESULT;{host};{service};{code};0 errors, was failed")
        if thing.bad and chance.random() < 0.1:
            self.command(f"ACKNOWLEDGE_SVC_PROBLEM;{host};{service};1;1;0;ops;all is ok again soon")

    def command(self, text):
        with (self.folder / "command").open("w") as fifo:
            fifo.write(f"[{time.time():.0f}] {text}\n")


class Alertmanager(Program):
    files = ["alertmanager.yml"]
    watched = [(f"{alert} instance = {instance} severity = {severity}", instance) for alert, instance, severity in (
        ("DiskFull", "app1:9100", "critical"), ("DiskFull", "app2:9100", "critical"),
        ("HighLatency", "shop.example.com", "warning"), ("TargetDown", "[2001:db8::7]:9090", "page"))]
    mended = re.compile(r"\[RESOLVED\]")

    def start(self):
        self.spawn("prometheus-alertmanager", "--config.file=alertmanager.yml", "--storage.path=data", "--cluster.listen-address=",
                   "--web.listen-address=localhost:9093")
        until("Alertmanager takes alerts", lambda: listens(9093))

    def flip(self, thing, chance):
        name, labels = thing.object.split(" ", 1)
        alert = {"labels": {"alertname": name} | dict(re.findall(r"(\w+) = (\S+)", labels)),
                 "annotations": {"summary": f"{name} is 0 errors, failed"}, "generatorURL": "http://prometheus.example.com/graph"}
        if not thing.bad:
            alert["endsAt"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1))
        request = urllib.request.Request("http://localhost:9093/api/v2/alerts", json.dumps([alert]).encode(), {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=10).close()


class Monit(Program):
    files = ["monitrc"]
    watched = [("mon1/backup", "Service backup "), ("mon1/queue/Size", "Service queue "), ("mon1/job/Status", "Service job "),
               ("mon1/shop/Connection/[127.0.0.1]:8081", "Service shop ")]
    said = re.compile(r"-- +(?!Monit)\w")
    mended = re.compile(r"-- +(Exists|\w+ succeeded) ")

    def start(self):
        for thing in self.things:
            self.flip(thing, None)  # to what is well
        (self.folder / "monitrc").chmod(0o600)
        self.spawn("monit", "-I", "-c", "monitrc")

    def flip(self, thing, chance):
        match thing.mark.split()[1], thing.bad:
            case "backup", False: (self.folder / "backup").touch()
            case "backup", True: (self.folder / "backup").unlink()
            case "queue", bad: put(self.folder / "queue", "x" * 2000 * bad)
            case "job", bad: put(self.folder / "job", f"{int(bad)}\n")
            case "shop", False: self.shop = socket.create_server(("localhost", 8081))
            case "shop", True: self.shop.close()

    def hurry(self):
        self.process.send_signal(signal.SIGUSR1)


class Mdadm(Program):
    """Its arrays are in arrays.c. What it does not mail itself mails mdadm-event."""
    files = ["mdadm-event"]
    watched = [("mon1/dev/md0", "/dev/md0"), ("mon1/dev/md1", "/dev/md1")]
    said = re.compile("^(Fail|SpareActive) ")
    mended = re.compile("^SpareActive ")

    def start(self):
        os.makedirs("/sys/dev/block")
        for number, thing in enumerate(self.things):
            self.make(number, thing.mark)
        self.tell()
        self.spawn("mdadm", "--monitor", "--delay=1", f"--mail={self.to}", "--program=/srv/mdadm/mdadm-event", "--test",
                   *(t.mark for t in self.things), LD_PRELOAD="/srv/arrays.so")
        events = self.folder / "events"
        until("mdadm sees its arrays", lambda: events.exists() and events.read_text().count("TestMessage") == len(self.things))

    def make(self, number, device):
        files = {"level": "raid1", "raid_disks": 2, "mismatch_cnt": 0, "array_state": "clean", "metadata_version": 1.2}
        for slot, (disk, minor) in enumerate((("sda1", 1), ("sdb1", 17))):
            files |= {f"dev-{disk}/block/dev": f"8:{minor}", f"dev-{disk}/slot": slot, f"dev-{disk}/state": "in_sync"}
        for name, value in files.items():
            file = pathlib.Path(f"/sys/block/md{number}/md", name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{value}\n")
        os.symlink(f"../../block/md{number}", f"/sys/dev/block/9:{number}")
        pathlib.Path(device).touch()

    def tell(self):
        """Writes what is /proc/mdstat for mdadm."""
        text = "Personalities : [raid1]\n"
        for number, thing in enumerate(self.things):
            failed, disks = ("(F)", "[2/1] [U_]") if thing.bad else ("", "[2/2] [UU]")
            text += f"md{number} : active raid1 sdb1[1]{failed} sda1[0]\n      1046528 blocks super 1.2 {disks}\n\n"
        put("/sys/mdstat", text + "unused devices: <none>\n")

    def flip(self, thing, chance):
        put(f"/sys/block/{thing.mark.removeprefix('/dev/')}/md/dev-sdb1/state", "faulty\n" if thing.bad else "in_sync\n")
        self.tell()


class Smartd(Program):
    """Its disks are in disks.c. No mail of it says that something is over; it forgets what
    is, and mails when it comes again."""
    files = ["smartd.conf"]
    watched = [("mon1/dev/sda/CurrentPendingSector", "/dev/sda, 8 Currently unreadable"),
               ("mon1/dev/sda/OfflineUncorrectableSector", "/dev/sda, 8 Offline uncorrectable"),
               ("mon1/dev/sdb/CurrentPendingSector", "/dev/sdb, 8 Currently unreadable")]
    said = re.compile(r"^SMART error (?!\(EmailTest\))")

    def start(self):
        os.mkdir("/sys/disks")
        for disk in "sda", "sdb":
            pathlib.Path("/dev", disk).touch()
            self.tell(disk)
        self.spawn("smartd", "--no-fork", "--configfile=/srv/smartd/smartd.conf", "--pidfile=/srv/smartd/pid", "--savestates=", "--attributelog=",
                   LD_PRELOAD="/srv/disks.so")
        until("smartd watches its disks", (self.folder / "pid").exists)

    def tell(self, disk):
        bad = {t.mark.split()[2] for t in self.things if t.bad and t.mark.startswith(f"/dev/{disk},")}
        put(f"/sys/disks/{disk}", f"{8 * ('Currently' in bad)} {8 * ('Offline' in bad)}\n")

    def flip(self, thing, chance):
        self.tell(thing.mark[len("/dev/"):].split(",")[0])

    def hurry(self):
        self.process.send_signal(signal.SIGUSR1)


ALL = [Nagios, Alertmanager, Monit, Mdadm, Smartd]
