"""Runs the examples; see run.

main.py EXAMPLES TMP [NAME ...]
main.py EXAMPLES TMP --one NAME, in namespaces made for it

The blocks of a README are marked behind the name of their language:

    ```python file app.py       the whole of that file
    ```python part of app.py    lines of that file, in a row
    ```sh serve                 how failmail is started, if not with --relay=debug
    ```sh                       commands, run in a copy of the folder
    ```sh until N mails         the same, for a service: until failmail has N
    ```sh not run: WHY          commands that are not run
    ```text summary             the mail that comes of it

A README with "Not run in CI" in it has no commands to run, and says why.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

import summaries

examples, tmp = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
only = sys.argv[3:]
JARS = ":".join(sorted(f"/usr/share/java/{jar}.jar" for jar in (
    "javax.mail", "javax.activation", "slf4j-api", "logback-core", "logback-classic", "log4j-api", "log4j-core",
    "spring3-core", "spring3-beans", "spring3-context", "spring3-context.support", "spring3-expression", "spring3-aop",
    "commons-logging")))
BLOCK = re.compile(r"^```(\w+)(?: ([^\n]*))?\n(.*?)^```$", re.M | re.S)
PATIENCE = 90  # cron looks once a minute


class Wrong(Exception):
    pass


def blocks(text, kind):
    """The blocks whose mark begins with kind: pairs of the rest of the mark and the text."""
    for language, mark, body in BLOCK.findall(text):
        if mark == kind or mark.startswith(kind + " "):
            yield mark[len(kind):].strip(), body


def environment(home):
    return {
        "PATH": f"{tmp}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(home),
        "LANG": "C.UTF-8", "TZ": "UTC", "USER": "root", "CLASSPATH": f".:{JARS}",
        "FAILMAIL_STORE": "memory:",  # sends everything when it is stopped
        "PYTHONDONTWRITEBYTECODE": "1", "NODE_NO_WARNINGS": "1",
    }


def prepare(name, folder):
    """What a package manager would have put into the folder."""
    shutil.copytree(examples / name, folder)
    if (tmp / "npm/node_modules").exists():
        (folder / "node_modules").symlink_to(tmp / "npm/node_modules")
    if list(folder.glob("*.php")):
        (folder / "vendor").mkdir()
        parts = ["Monolog", "Symfony/Component/Mailer", "Symfony/Component/Mime", "Symfony/Bridge/Monolog"]
        requires = "".join(f"require_once '/usr/share/php/{p}/autoload.php';\n" for p in parts)
        (folder / "vendor/autoload.php").write_text("<?php\n" + requires)


def wait(process, what, ready):
    end = time.monotonic() + PATIENCE
    while not ready():
        if process.poll() is not None:
            raise Wrong(f"{what} has ended with {process.returncode}")
        if time.monotonic() > end:
            raise Wrong(f"{what}: nothing for {PATIENCE} s")
        time.sleep(0.05)


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        raise Wrong("failmail does not end after SIGTERM")
    if code != 0:
        raise Wrong(f"failmail ended with {code}")


def mails():
    with urllib.request.urlopen("http://localhost:8025/api/batches", timeout=10) as answer:
        return sum(batch["mails"] for batch in json.load(answer))


def do(commands, until, folder, home, said):
    """Runs commands to their end or, if until is set, until failmail has so many mails."""
    process = subprocess.Popen(["bash", "-euc", commands], cwd=folder, env=environment(home), stdin=subprocess.DEVNULL,
                               stdout=said, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        if until is not None:
            wait(process, "its service", lambda: mails() >= until)
        elif process.wait(PATIENCE) != 0:
            raise Wrong(f"its commands ended with {process.returncode}")
    except subprocess.TimeoutExpired:
        raise Wrong(f"its commands took more than {PATIENCE} s")
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def outcome(name, text):
    """Runs the example and returns its summaries."""
    home = tmp / "runs" / name
    home.mkdir(parents=True)
    folder = pathlib.Path("/srv") / name  # a tmpfs
    prepare(name, folder)
    serve = [body for _, body in blocks(text, "serve")] or ["failmail --relay=debug"]
    log, printed = home / "failmail.log", home / "printed"
    with open(log, "wb") as err, open(printed, "wb") as out:
        proxy = subprocess.Popen(["sh", "-c", "exec " + serve[0]], cwd=home, env=environment(home), stdout=out, stderr=err)
    try:
        wait(proxy, "failmail", lambda: "msg=started" in log.read_text())
        commands = [(mark, body) for language, mark, body in BLOCK.findall(text)
                    if language == "sh" and (mark == "" or mark.startswith("until "))]
        if not commands:
            raise Wrong("the README has no command")
        with open(home / "said", "wb") as said:
            for mark, body in commands:
                do(body, int(mark.split()[1]) if mark else None, folder, home, said)
        stop(proxy)
        return summaries.read(printed.read_bytes())
    except Wrong as wrong:
        raise Wrong(f"{wrong}\n" + (home / "said").read_text()[-2000:] if (home / "said").exists() else str(wrong))
    finally:
        if proxy.poll() is None:
            proxy.kill()
            proxy.wait()


def check_snippets(name, text):
    for file, body in blocks(text, "file"):
        if (examples / name / file).read_text() != body:
            raise Wrong(f"the README shows another {file} than there is")
    for file, body in blocks(text, "part of"):
        if body not in (examples / name / file).read_text():
            raise Wrong(f"the README shows lines that are not in {file}")
    shown = {file for file, _ in blocks(text, "file")}
    for path in (examples / name).rglob("*"):
        if path.is_file() and str(path.relative_to(examples / name)) not in shown | {"README.md"}:
            raise Wrong(f"the README does not show {path.name}")


def update(name, text, got):
    """Writes the files and the summary into the README."""
    def fill(match):
        language, mark, body = match.groups()
        mark = mark or ""
        if mark.startswith("file "):
            body = (examples / name / mark[5:]).read_text()
        if mark == "summary" and got:
            body = "\n".join(summaries.shown(m) for m in got)
        return f"```{language}{' ' if mark else ''}{mark}\n{body}```"
    text = BLOCK.sub(fill, text)
    (examples / name / "README.md").write_text(text)
    return text


def run(name):
    """Returns what to say of the example; None if it is not run."""
    text = (examples / name / "README.md").read_text()
    if "Not run in CI" in text:
        if os.environ.get("UPDATE"):
            text = update(name, text, None)
        check_snippets(name, text)
        return None
    got = outcome(name, text)
    if not got:
        raise Wrong("no summary came")
    if os.environ.get("UPDATE"):
        text = update(name, text, got)
    check_snippets(name, text)
    shown = [body for _, body in blocks(text, "summary")]
    if len(shown) != 1:
        raise Wrong(f"the README shows {len(shown)} summaries")
    want, have = summaries.essentials(shown[0]), summaries.essentials("\n".join(summaries.shown(m) for m in got))
    if want != have:
        raise Wrong("the summary says\n    " + "\n    ".join(have) + "\n  instead of\n    " + "\n    ".join(want))
    return have[0]


def one(name):
    """Runs one example, says how it went, and returns the code for that."""
    try:
        said = run(name)
    except (Wrong, OSError) as wrong:
        print(f"FAILED {name}: {wrong}")
        log = tmp / "runs" / name / "failmail.log"
        if log.exists():
            print("".join("  " + line for line in log.read_text().splitlines(True)[-10:]), end="")
        return FAILED
    if said is None:
        print(f"not run {name}; its README says why")
        return NOT_RUN
    print(f"ok      {name:16} {said}")
    return PASSED


def apart(name):
    """Runs one example in a network and a /srv of its own, beside others."""
    inside = 'mount -t tmpfs tmpfs /srv && ip link set lo up && exec "$@"'
    done = subprocess.run(["unshare", "--net", "--mount", "sh", "-c", inside, "sh", sys.executable, "-B", __file__,
                           str(examples), str(tmp), "--one", name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(done.stdout, end="", flush=True)
    return done.returncode if done.returncode in (PASSED, NOT_RUN) else FAILED


PASSED, FAILED, NOT_RUN = 0, 1, 3
if only[:1] == ["--one"]:
    sys.exit(one(only[1]))
names = [path.parent.name for path in sorted(examples.glob("*/README.md"))]
names = [name for name in names if not only or any(name.startswith(o) for o in only)]
# cron waits for the next minute, the others for a processor.
with concurrent.futures.ThreadPoolExecutor(os.cpu_count() + 1) as pool:
    codes = list(pool.map(apart, sorted(names, key=lambda name: name != "cron")))
passed, failed, not_run = (codes.count(code) for code in (PASSED, FAILED, NOT_RUN))
print(f"{passed} passed, {failed} failed, {not_run} skipped")
sys.exit(failed > 0 or passed == 0)
