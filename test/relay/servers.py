"""The real servers that Failmail delivers to, each in a folder of its own."""
import email
import email.policy
import http.server
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

USER, PASSWORD, TOKEN = "alarm", "geheim mit Ümläut", "ya29.a-token"
OTHER_ADDRESS = "10.99.0.1"  # of this machine, but not on loopback
NOBODY = 65534


def until(what, condition, seconds=30):
    """Waits for condition to give something true, and returns it."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(0.05)


def listens(port, host="127.0.0.1"):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex((host, port)) == 0


def run(*command):
    """Runs a program, and fails with its output."""
    with tempfile.TemporaryFile("w+") as output:  # a daemon would keep a pipe open
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=60)
        output.seek(0)
        if done.returncode:
            raise RuntimeError(f"{command[0]} ended with {done.returncode}: {output.read().strip()[-500:]}")


class Certificates:
    """A CA, a server's certificate that it signed, another CA, and a
    certificate that nobody signed."""

    def __init__(self, folder):
        folder.mkdir()
        for name in "ca", "other-ca", "server", "self-signed":
            setattr(self, name.replace("-", "_"), folder / f"{name}.pem")
            signed = name == "server"
            names = [] if "ca" in name else ["-addext", f"subjectAltName=DNS:localhost,IP:127.0.0.1,IP:{OTHER_ADDRESS}"]
            run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", f"/CN={name}.example", *names, "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem",
                *(["-CA", folder / "ca.pem", "-CAkey", folder / "ca.key"] if signed else []))


class Dovecot:
    """Knows USER for Postfix, by PASSWORD and by TOKEN, and takes mails by LMTP."""

    lmtp_port = 24

    def __init__(self, folder):
        folder.mkdir()
        folder.chmod(0o755)
        self.mail, self.auth_socket, self.lmtp_socket = folder / "mail", folder / "auth", folder / "lmtp"
        self.mail.mkdir()
        shutil.chown(self.mail, NOBODY, NOBODY)
        (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}::::::\n")
        tokens = http.server.ThreadingHTTPServer(("127.0.0.1", 8080), TokenInfo)
        threading.Thread(target=tokens.serve_forever, daemon=True).start()
        (folder / "oauth2.conf").write_text(
            "introspection_mode = get\nintrospection_url = http://127.0.0.1:8080/?token=\n"
            "username_attribute = user\nactive_attribute = active\nactive_value = true\n")
        (folder / "conf").write_text(f"""
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = lmtp
ssl = no
mail_location = maildir:{self.mail}/%u
first_valid_uid = {NOBODY}
first_valid_gid = {NOBODY}
auth_mechanisms = plain login cram-md5 xoauth2
recipient_delimiter = +
passdb {{
  driver = passwd-file
  mechanisms = plain login cram-md5
  args = {folder}/users
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={NOBODY} gid={NOBODY} home={self.mail}/%u allow_all_users=yes
}}
service auth {{
  unix_listener {self.auth_socket} {{
    mode = 0666
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {self.lmtp_port}
  }}
  unix_listener {self.lmtp_socket} {{
    mode = 0666
  }}
}}
""")
        self.log = folder / "log"
        run("dovecot", "-c", folder / "conf")
        until("Dovecot listens", lambda: listens(self.lmtp_port))

    def arrived(self, to):
        return read_folder(self.mail / to)


class TokenInfo(http.server.BaseHTTPRequestHandler):
    """Tells Dovecot whose token it is, as a provider would (RFC 7662)."""

    def do_GET(self):
        token = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query).get("token", [""])[0]
        answer = json.dumps({"active": True, "user": USER} if token == TOKEN else {"active": False}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Postfix:
    """An instance that keeps every mail to example.com in a maildir.

    services are lines of master.cf, by name: the address to listen on, and the
    settings that differ there. The name is in the log. access is a table of
    recipients and what to do with them; see access(5)."""

    def __init__(self, folder, services, certificates, dovecot, access=""):
        self.config, self.mail, self.maillog, self.access = (folder / n for n in ("etc", "mail", "maillog", "access"))
        self.services = services
        for name in "", "etc", "queue", "data", "mail":
            (folder / name).mkdir()
            (folder / name).chmod(0o755)
        shutil.chown(folder / "data", "postfix")
        shutil.chown(self.mail, NOBODY, NOBODY)
        self.access.write_text(access)
        (self.config / "main.cf").write_text(f"""
compatibility_level = 3.6
config_directory = {self.config}
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
meta_directory = {self.config}
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {self.maillog}
maillog_file_prefixes = {folder}
inet_interfaces = loopback-only
inet_protocols = ipv4
smtpd_peername_lookup = no
myhostname = mx.example.com
mydestination =
alias_maps =
local_recipient_maps =
mynetworks = 127.0.0.0/8, {OTHER_ADDRESS}
virtual_mailbox_domains = example.com
virtual_mailbox_base = {self.mail}
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:{NOBODY}
virtual_gid_maps = static:{NOBODY}
biff = no
smtputf8_enable = yes
smtpd_tls_chain_files = {certificates.server.with_suffix(".key")}, {certificates.server}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_loglevel = 1
smtpd_sasl_type = dovecot
smtpd_sasl_path = {dovecot.auth_socket}
smtpd_recipient_restrictions = check_recipient_access texthash:{self.access}, permit_mynetworks, reject
""")
        # What else postfix-files names belongs to the whole machine.
        folders = [f"$queue_directory/{name}:d:$mail_owner:-:700:ucr" for name in (
            "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace")]
        folders += ["$queue_directory/maildrop:d:$mail_owner:$setgid_group:730:uc",
                    "$queue_directory/public:d:$mail_owner:$setgid_group:710:uc", "$queue_directory/pid:d:root:-:755:uc"]
        (self.config / "postfix-files").write_text("\n".join(folders) + "\n")
        lines = ["pickup unix n - n 60 1 pickup", "qmgr unix n - n 300 1 qmgr", "postlog unix-dgram n - n - 1 postlogd"]
        for name in "cleanup", "showq":
            lines.append(f"{name} unix n - n - 0 {name}")
        for name in "rewrite", "tlsmgr", "verify", "proxymap", "anvil", "scache":
            lines.append(f"{name} unix - - n - 1 {'trivial-rewrite' if name == 'rewrite' else name}")
        for name in "bounce", "defer", "trace", "error", "retry":
            lines.append(f"{name} unix - - n - 0 {'error' if name in ('error', 'retry') else 'bounce'}")
        lines.append("virtual unix - n n - - virtual")
        for name, (address, settings) in services.items():
            options = [f"-o syslog_name={name}"] + [f"-o {{{key} = {value}}}" for key, value in settings.items()]
            lines.append(f"{address} inet n - n - - smtpd {' '.join(options)}")
        (self.config / "master.cf").write_text("\n".join(lines) + "\n")

    def start(self):
        run("postfix", "-c", self.config, "start")
        for address, _ in self.services.values():
            host, port = address.split(":")
            until(f"Postfix listens on {address}", lambda: listens(int(port), host))
        return self

    def stop(self):
        run("postfix", "-c", self.config, "stop")

    def allow(self):
        """Takes the mails of all recipients from now on."""
        self.access.write_text("")
        self.stop()
        self.start()

    def log(self, *words):
        """The lines of the log that hold all words."""
        if not self.maillog.exists():
            return []
        return [l for l in self.maillog.read_text(errors="replace").splitlines() if all(w in l for w in words)]

    def arrived(self, to):
        """The mails for an address, oldest first."""
        return [m for m in read_folder(self.mail / "box") if m["X-Original-To"] == to]


def read_folder(folder):
    """The mails of a maildir, by the time they were written."""
    files = [f for sub in ("new", "cur") for f in (folder / sub).glob("*")]
    return [read(f) for f in sorted(files, key=lambda f: (f.stat().st_mtime_ns, f.name))]


def read(file):
    return email.message_from_bytes(pathlib.Path(file).read_bytes(), policy=email.policy.default)


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


class Wire(threading.Thread):
    """Stands between Failmail and a server, and keeps what Failmail says."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.server, self.target, self.said = socket.create_server(("127.0.0.1", 0)), port, b""
        self.port = self.server.getsockname()[1]
        self.start()

    def run(self):
        while True:
            client, _ = self.server.accept()
            try:
                relay = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            threading.Thread(target=self.copy, args=(client, relay, True), daemon=True).start()
            threading.Thread(target=self.copy, args=(relay, client, False), daemon=True).start()

    def copy(self, source, sink, keep):
        try:
            while data := source.recv(65536):
                if keep:
                    self.said += data
                sink.sendall(data)
        except OSError:
            pass
        for s in source, sink:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
