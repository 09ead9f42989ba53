"""Compares what failmail made of the mails with what the clients sent.

check.py EXPECTED SUMMARIES ARCHIVE BODY. A line of EXPECTED is: client, exit
code, subject, number of mails, text to find (BODY for that of the file BODY),
peculiarity; separated by tabs.
"""
import pathlib
import re
import sys

import summaries

expected, printed, archive, body = map(pathlib.Path, sys.argv[1:])

counts, samples = {}, {}
for summary in summaries.read(printed.read_bytes()):
    text = summaries.text_of(summary)
    batch = re.search(r"^Batch: (.*)$", text, re.M)
    key = batch.group(1) if batch else ""
    counts[key] = counts.get(key, 0) + int(summary["X-Failmail-Count"])
    samples[key] = [line[5:] for line in text.splitlines() if line.startswith("   | ")]

mails = {}
for file in [f for f in archive.rglob("*") if f.is_file()]:
    mail = summaries.parse(file.read_bytes())
    subject = (mail["Subject"] or "").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    mails.setdefault(subject, []).append(summaries.text_of(mail))


def problem(code, subject, number, find):
    if code != "0":
        return f"the client ended with {code}"
    if counts.get(subject, 0) != int(number):
        return f"{counts.get(subject, 0)} mails counted, {number} sent"
    if len(mails.get(subject, [])) != int(number):
        return f"{len(mails.get(subject, []))} mails archived, {number} sent"
    text = body.read_text().rstrip("\n") if find == "BODY" else find
    lines = text.split("\n")
    for got in mails[subject]:
        if text not in got:
            lost = [line for line in lines if line not in got.split("\n")]
            return f"the mail lacks the text, perhaps {(lost or lines)[0][:60]!r}"
    for line in lines:
        start = line[:250]  # a summary shows the start of a long line
        if not any(s.startswith(start) or start in s and not start.startswith(".") for s in samples[subject]):
            return f"the summary lacks the line {line[:60]!r}"
    return None


passed = failed = 0
seen = set()
for row in expected.read_text().splitlines():
    name, code, subject, number, find, peculiarity = row.split("\t")
    seen.add(subject)
    why = problem(code, subject, number, find)
    if why:
        failed += 1
        print(f"FAILED {name:18} {why} ({peculiarity})")
    else:
        passed += 1
        print(f"ok     {name:18} {number:>2} × {peculiarity}")
for subject in sorted(set(counts) - seen):
    failed += 1
    print(f"FAILED {'':18} {counts[subject]} mails that no client sent: {subject}")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0 or passed == 0)
