package content

import (
	"fmt"
	"strings"
	"testing"
)

const (
	mixed       = "Content-Type: multipart/mixed; boundary=b\n\n"
	alternative = "Content-Type: multipart/alternative; boundary=b\n\n"
	plainPart   = "--b\nContent-Type: text/plain\n\n"
	htmlPart    = "--b\nContent-Type: text/html\n\n"
)

// described tells what was read of a mail in one string.
func described(c *Content) string {
	var out strings.Builder
	out.WriteString(c.Text)
	for _, a := range c.Attachments {
		fmt.Fprintf(&out, " [%s, %s, %d]", a.Name, a.Type, a.Size)
	}
	if c.Problem != "" {
		out.WriteString(" !" + c.Problem)
	}
	return out.String()
}

func TestWhatIsShownOfAMailWithParts(t *testing.T) {
	tests := []struct{ name, raw, want string }{
		{"both texts of a mail in two parts", mixed + plainPart + "one\n" + plainPart + "two\n--b--", "one\ntwo"},
		{"a page and the footer under it", mixed + htmlPart + "<p>page</p>\n" + plainPart + "footer\n--b--", "page\n\nfooter"},
		{"one of two forms, though they are no alternatives", mixed + plainPart + "The disk is full.\n" + htmlPart + "<p>The <b>disk</b> is full.</p>\n--b--", "The disk is full."},
		{"the plain form, whichever comes first", mixed + htmlPart + "<p>The <b>disk</b> is full.</p>\n" + plainPart + "The disk is full.\n--b--", "The disk is full."},
		{"the last page of an alternative without a plain text", alternative + htmlPart + "<p>one</p>\n" + htmlPart + "<p>two</p>\n--b--", "two"},
		{"a named text as an attachment", mixed + plainPart + "one\n--b\nContent-Type: text/plain; name=a.log\n\nlog\n--b--", "one [a.log, text/plain, 3]"},
		{"a named text if there is no other", mixed + "--b\nContent-Type: text/plain; name=a.log\n\nlog\n--b--", "log [a.log, text/plain, 3]"},
		{"an attached text if there is no other", mixed + "--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.log\n\nlog\n--b--", "log [a.log, text/plain, 3]"},
		{"not an attached text besides another", mixed + plainPart + "one\n--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.log\n\nlog\n--b--", "one [a.log, text/plain, 3]"},
		{"nor attached bytes that are called a text", mixed + "--b\nContent-Type: text/plain; name=a.gif\nContent-Disposition: attachment\n\nGIF89a\x01\x02\x03\x04\n--b--", " [a.gif, text/plain, 10]"},
		{"an attached text that is the whole mail", "Content-Type: text/plain; name=a.log\nContent-Disposition: attachment\n\nlog", "log [a.log, text/plain, 3]"},
		{"but no bytes that are called a text", "Content-Type: text/plain; name=a.gif\n\nGIF89a\x01\x02\x03\x04", " [a.gif, text/plain, 10]"},
		{"comma-separated values", mixed + "--b\nContent-Type: text/csv\n\na,b\n--b--", "a,b"},
		{"a log", mixed + "--b\nContent-Type: text/x-log\nContent-Disposition: inline\n\nline\n--b--", "line"},
		{"markdown", "Content-Type: text/markdown; charset=utf-8\n\n# Grüße\n", "# Grüße"},
		{"a calendar entry that is the whole mail", "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\n", "BEGIN:VCALENDAR"},
		{"a calendar entry beside a page", alternative + htmlPart + "<p>page</p>\n--b\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\n--b--", "page [text/calendar, text/calendar, 15]"},
		{"a file in uuencode", "Subject: s\n\nsee below\nbegin 644 x\n#8V%T\n`\nend\n", "see below\nbegin 644 x\n#8V%T\n`\nend"},
		{"JSON that is the whole mail", "Content-Type: application/json\n\n{\"a\": 1}\n", "a: 1"},
		{"JSON in a part", mixed + plainPart + "one\n--b\nContent-Type: application/json\n\n{}\n--b--", "one [application/json, application/json, 2]"},
		{"a picture inside a page", "Content-Type: multipart/related; boundary=b\n\n" + htmlPart + "<img src=cid:1 alt=chart>\n--b\nContent-Type: image/png; name=c.png\nContent-Disposition: inline\nContent-ID: <1>\n\npng\n--b--", "[chart] [c.png, image/png, 3]"},
		{"winmail.dat", mixed + plainPart + "one\n--b\nContent-Type: application/ms-tnef; name=winmail.dat\n\nx\n--b--", "one [winmail.dat, application/ms-tnef, 1]"},
		{"a business card", mixed + plainPart + "one\n--b\nContent-Type: text/vcard\n\nBEGIN:VCARD\n--b--", "one [text/vcard, text/vcard, 11]"},
		{"a signature", "Content-Type: multipart/signed; boundary=b\n\n" + plainPart + "one\n--b\nContent-Type: application/pgp-signature; name=signature.asc\n\nx\n--b--", "one [signature.asc, application/pgp-signature, 1]"},
		{"a page sent without any header", "Subject: s\n\n<!DOCTYPE html>\n<html><body><p>page</p></body></html>\n", "page"},
		{"parts sent without any header", "Subject: s\n\n--b\nContent-Type: text/plain\n\none\n--b--\n", `one !multipart/mixed without the boundary "", "b" taken instead`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := described(read(t, tt.raw)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMailsInsideMails(t *testing.T) {
	const forwarded = "--b\nContent-Type: message/rfc822\n\n"
	const inner = "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n\ninner\n"
	const status = "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nAction: failed\nFinal-Recipient: rfc822; a@x\n"
	tests := []struct{ name, raw, want string }{
		{"are attachments named by their subject", mixed + plainPart + "outer\n" + forwarded + inner + "--b--", "outer [Grüße, message/rfc822, 43]"},
		{"are read if there is nothing else", mixed + forwarded + inner + "--b--", "Forwarded message: Grüße\n\ninner [Grüße, message/rfc822, 43]"},
		{"are read if the text is empty", mixed + plainPart + "\n\n" + forwarded + inner + "--b--", "Forwarded message: Grüße\n\ninner [Grüße, message/rfc822, 43]"},
		{"can be the whole mail", "Content-Type: message/rfc822\n\n" + inner, "Forwarded message: Grüße\n\ninner [Grüße, message/rfc822, 44]"},
		{"can be encoded, though they must not", mixed + "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogcwoKaW5uZXIK\n--b--", "Forwarded message: s\n\ninner [s, message/rfc822, 18]"},
		{"can be pages", mixed + forwarded + "Content-Type: text/html\n\n<p>page</p>\n--b--", "Forwarded message: (no subject)\n\npage [message/rfc822, message/rfc822, 36]"},
		{"are found in a digest without saying so", "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\n\n1\n--b\n\nSubject: two\n\n2\n--b--", "Forwarded message: one\n\n1\n\nForwarded message: two\n\n2 [one, message/rfc822, 15] [two, message/rfc822, 15]"},
		{"come with a report", "Content-Type: multipart/report; boundary=b\n\n" + plainPart + "It failed.\n" + status + forwarded + inner + "--b--", "It failed. [message/delivery-status, message/delivery-status, 67] [Grüße, message/rfc822, 43]"},
		{"come as headers only", "Content-Type: multipart/report; boundary=b\n\n" + plainPart + "It failed.\n--b\nContent-Type: text/rfc822-headers\n\nSubject: s\n\n--b--", "It failed. [s, text/rfc822-headers, 11]"},
		{"leave the report to be read if there is no text", "Content-Type: multipart/report; boundary=b\n\n" + status + "--b--", "Reporting-MTA: dns; mx\n\nAction: failed\nFinal-Recipient: rfc822; a@x [message/delivery-status, message/delivery-status, 67]"},
		{"are read three deep", strings.Repeat("Content-Type: message/rfc822\n\n", 5) + "Subject: s\n\ntext", "Forwarded message: (no subject)\n\nForwarded message: (no subject)\n\nForwarded message: (no subject) [message/rfc822, message/rfc822, 136]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := described(read(t, tt.raw)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestBrokenMultiparts(t *testing.T) {
	tests := []struct{ name, raw, want string }{
		{"an encoding that does not apply", "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n" + plainPart + "one\n--b--", "one"},
		{"an encoding that was applied, against the rules", "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\nLS1iCgpvbmUKLS1iLS0K\n", "one"},
		{"never closed", mixed + plainPart + "one\n", "one !multipart/mixed without an end, perhaps cut off"},
		{"closed by a boundary that opens", mixed + plainPart + "one\n--b\n", "one !multipart/mixed without an end, perhaps cut off"},
		{"no boundary given", "Content-Type: multipart/mixed\n\n--x\nContent-Type: text/plain\n\none\n--x--", `one !multipart/mixed without the boundary "", "x" taken instead`},
		{"another boundary than given", mixed + "--x y\ncontent-type: text/plain\n\none\n--x y--", `one !multipart/mixed without the boundary "b", "x y" taken instead`},
		{"no boundary at all", mixed + "just text\n", `just text !multipart/mixed without the boundary "b", shown as it was sent`},
		{"blanks behind the boundary", "Content-Type: multipart/mixed; boundary=\"b \"\n\n--b \t\n\none\n--b--  \n", "one"},
		{"something behind the end", mixed + plainPart + "one\n--b-->\nvirus\n", "one"},
		{"parts behind the end", mixed + plainPart + "one\n--b--\n" + plainPart + "two\n--b--", "one\ntwo"},
		{"a part without a header", mixed + "--b\nno header here\n--b--", "no header here"},
		{"a part that begins like an mbox", mixed + "--b\nFrom here on\nall went well\n--b--", "From here on\nall went well"},
		{"a folded field without its blank", mixed + plainPart + "one\n--b\nContent-Type: application/pdf;\nname=\"a.pdf\"\n\nx\n--b--", "one [a.pdf, application/pdf, 1]"},
		{"a boundary that begins like another", mixed + "--b\nContent-Type: multipart/alternative; boundary=b2\n\n--b2\n\none\n--b2--\n--b\n\ntwo\n--b--", "one\ntwo"},
		{"nothing inside", mixed + "--b--", ""},
		{"nothing readable inside an alternative", alternative + "--b\n\n\n--b--", "--b\n\n\n--b-- !no readable alternative"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := described(read(t, tt.raw)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
