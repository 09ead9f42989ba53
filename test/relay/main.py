"""Runs the checks of checks.py side by side. See run."""
import concurrent.futures
import os
import pathlib
import sys
import threading
import time
import traceback

import checks
from proxy import Failmail
from servers import OTHER_ADDRESS, Certificates, Dovecot, Postfix

tmp, only = pathlib.Path(sys.argv[1]), sys.argv[2:]
outage = float(os.environ.get("OUTAGE", "20"))
output = threading.Lock()
passed = failed = 0


class Check:
    """What a check works with. Its address, mails and logs are its own."""

    def __init__(self, name):
        self.name, self.folder, self.to = name, tmp / name, f"{name}@example.com"
        self.folder.mkdir()
        self.outage, self.certificates, self.dovecot, self.postfix = outage, certificates, dovecot, postfix
        self.proxies = []

    def failmail(self, *flags, folder="failmail", **waits):
        self.proxies.append(Failmail(tmp / "failmail", self.folder / folder, *flags, **waits))
        return self.proxies[-1]

    def own_postfix(self, port, access="", **settings):
        """A Postfix that can be changed and stopped without harm to others."""
        services = {f"{self.name}-relay": (f"127.0.0.1:{port}", settings)}
        return Postfix(self.folder / "postfix", services, certificates, dovecot, access).start()

    def ok(self, what, condition, found=""):
        global passed, failed
        with output:
            if condition:
                passed += 1
                print(f"ok     {self.name:14} {what}")
            else:
                failed += 1
                print(f"FAILED {self.name:14} {what}; found: {found}")
            sys.stdout.flush()
        return condition

    def equal(self, what, found, wanted):
        return self.ok(f"{what}: {wanted}", found == wanted, found)

    def note(self, text):
        with output:
            print(f"       {self.name:14} {text}", flush=True)


def perform(check):
    name = check.__name__
    c = Check(name)
    began = time.monotonic()
    try:
        check(c)
        ends = [p.stop() for p in c.proxies]
        panics = [l for p in c.proxies for l in p.log("panic")]
        c.ok("Failmail ends in order", not any(ends) and not panics, f"{ends} {panics}")
    except Exception:
        c.ok("runs to its end", False, traceback.format_exc(limit=-3))
    finally:
        for p in c.proxies:
            if p.process.poll() is None:
                p.kill()
    return name, time.monotonic() - began


certificates = Certificates(tmp / "certificates")
dovecot = Dovecot(tmp / "dovecot")
login = {"smtpd_sasl_auth_enable": "yes", "smtpd_recipient_restrictions": "permit_sasl_authenticated, reject"}
postfix = Postfix(tmp / "postfix", {
    "smtp": ("127.0.0.1:25", {}),
    "submission": ("127.0.0.1:587", login),
    "smtps": ("127.0.0.1:465", login | {"smtpd_tls_wrappermode": "yes"}),
    "plain": ("127.0.0.1:1587", login | {"smtpd_sasl_mechanism_filter": "plain"}),
    "login": ("127.0.0.1:2587", login | {"smtpd_sasl_mechanism_filter": "login"}),
    "xoauth2": ("127.0.0.1:3587", login | {"smtpd_sasl_mechanism_filter": "xoauth2"}),
    "wrong-ca": ("127.0.0.1:4587", login),
    "wrong-password": ("127.0.0.1:5587", login),
    "self-signed": ("127.0.0.1:6587", {"smtpd_tls_chain_files": f"{certificates.self_signed.with_suffix('.key')}, {certificates.self_signed}"}),
    "clear": (f"{OTHER_ADDRESS}:25", login | {"smtpd_tls_security_level": "none", "smtpd_tls_auth_only": "no"}),
}, certificates, dovecot).start()

asked = [c for c in checks.all_checks if not only or any(c.__name__.startswith(name) for name in only)]
if not asked:
    sys.exit(f"run: no check begins with {' or '.join(only)}; there are {', '.join(c.__name__ for c in checks.all_checks)}")
with concurrent.futures.ThreadPoolExecutor(len(asked)) as pool:
    for name, seconds in pool.map(perform, asked):
        if seconds > 60:
            print(f"       {name:14} took {seconds:.0f} s")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0 or passed == 0)
