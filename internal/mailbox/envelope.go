package mailbox

import "bytes"

// cutEnvelope takes the envelope off that a proxy puts in front of a mail in its
// archive and its fail-dir: what is left is the mail as it was received.
func cutEnvelope(raw []byte) (from string, to []string, mail []byte) {
	from, rest, found := cutAddress(raw, "Return-Path: <")
	if !found {
		return "", nil, raw
	}
	for {
		address, after, found := cutAddress(rest, "X-Envelope-To: <")
		if !found {
			break
		}
		to, rest = append(to, address), after
	}
	if len(to) > 0 && bytes.HasPrefix(rest, []byte("X-Failmail-Reason: ")) {
		_, rest, _ = bytes.Cut(rest, []byte("\n"))
	}
	if len(to) == 0 { // from another mail server
		return "", nil, raw
	}
	return from, to, rest
}

// cutAddress takes a line off that holds an address behind prefix.
func cutAddress(raw []byte, prefix string) (address string, rest []byte, found bool) {
	if !bytes.HasPrefix(raw, []byte(prefix)) {
		return "", raw, false
	}
	line, rest, _ := bytes.Cut(raw[len(prefix):], []byte("\n"))
	line, found = bytes.CutSuffix(bytes.TrimSuffix(line, []byte("\r")), []byte(">"))
	return string(line), rest, found
}
