package content

import (
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
)

// hostileMails are mails of any length whose cost must not grow faster.
var hostileMails = map[string]testutil.Shape{
	"fields":                             {Open: "A: b\n", Suffix: "\nx"},
	"fields of one name":                 {Open: "Content-Type: text/plain\n", Suffix: "\nx"},
	"a folded field":                     {Prefix: "Subject: s", Open: "\n x", Suffix: "\n\nx"},
	"a field folded without a blank":     {Prefix: "Subject: s;\n", Open: "x;\n", Suffix: "\n\nx"},
	"broken fields":                      {Prefix: "Subject: s\n", Open: "x\n", Suffix: "To: x\n\n"},
	"broken fields and mail fields":      {Open: "To: x\nbroken\n", Suffix: "\n"},
	"lines of blanks before the header":  {Open: " \n", Suffix: "Subject: s\n\nx"},
	"From lines before the header":       {Open: ">From x\n", Suffix: "Subject: s\n\nx"},
	"carriage returns":                   {Prefix: "Subject: s\nbroken\n", Open: "\r", Suffix: "\n\nx"},
	"encoded words without an end":       {Prefix: "Subject: ", Open: "=?utf-8?Q?=41", Suffix: "\n\n"},
	"encoded words":                      {Prefix: "Subject: ", Open: "=?utf-8?Q?=41?= ", Suffix: "\n\n"},
	"encoded words of two charsets":      {Prefix: "Subject: ", Open: "=?utf-8?Q?=41?= =?koi8-r?B?8A==?= ", Suffix: "\n\n"},
	"encoded words without text":         {Prefix: "Subject: ", Open: "=?utf-8?B??= ", Suffix: "\n\n"},
	"encoded words cut in a group":       {Prefix: "Subject: ", Open: "=?utf-8?B?QQ?= ", Suffix: "\n\n"},
	"encoded words in encoded words":     {Prefix: "Subject: ", Open: "=?utf-8?Q?=3D?=?utf-8?Q?", Close: "?=", Suffix: "\n\n"},
	"encoded words of unknown charsets":  {Prefix: "Subject: ", Open: "=?x?Q?=41?=", Suffix: "\n\n"},
	"beginnings of encoded words":        {Prefix: "Subject: ", Open: "=?", Suffix: "\n\n"},
	"beginnings with a question mark":    {Prefix: "Subject: ", Open: "=?a", Suffix: "\n\n"},
	"question marks in encoded words":    {Prefix: "Subject: =?utf-8?Q?", Open: "?=41", Suffix: "\n\n"},
	"blanks between encoded words":       {Prefix: "Subject: =?utf-8?Q?a?=", Open: " ", Suffix: "x\n\n"},
	"parameters":                         {Prefix: "Content-Type: text/plain", Open: "; a=b", Suffix: "\n\n"},
	"parameters without semicolons":      {Prefix: "Content-Type: text/plain ", Open: "a=b ", Suffix: "\n\n"},
	"parameters that are charsets":       {Prefix: "Content-Type: text/plain", Open: "; x-y", Suffix: "\n\n"},
	"pieces of a parameter":              {Prefix: "Content-Type: application/x", Open: "; name*1=b", Suffix: "\n\n"},
	"encoded pieces of a parameter":      {Prefix: "Content-Type: application/x", Open: "; name*1*=%41'%'", Suffix: "\n\n"},
	"quotes in a parameter":              {Prefix: "Content-Type: text/plain; name=", Open: "\"", Suffix: "\n\n"},
	"quotes that nothing closes":         {Prefix: "Content-Type: text/plain", Open: `; a="\"`, Suffix: "\n\n"},
	"quotes and blanks":                  {Prefix: "Content-Type: text/plain; a=\"", Open: "\" ", Suffix: "\n\n"},
	"backslashes":                        {Prefix: "Content-Type: text/plain", Open: `; a="\`, Suffix: "\n\n"},
	"equals signs":                       {Prefix: "Content-Type: text/plain; a", Open: "= ", Suffix: "\n\n"},
	"parts with parameters":              {Prefix: "Content-Type: multipart/mixed; boundary=b\n\n", Open: "--b\nContent-Type: text/plain; a=\"\\\"; a=\"\\\"\n\nx\n"},
	"lines that look like boundaries":    {Prefix: "Content-Type: multipart/mixed; boundary=b\n\n", Open: "--bb\n"},
	"boundaries":                         {Prefix: "Content-Type: multipart/mixed; boundary=b\n\n", Open: "--b\n"},
	"boundaries behind carriage returns": {Prefix: "Content-Type: multipart/mixed; boundary=b\n\n", Open: "\r--bx"},
	"boundaries in one line":             {Prefix: "Content-Type: multipart/mixed; boundary=b\n\n", Open: "--b"},
	"ends of multiparts":                 {Prefix: "Content-Type: multipart/mixed; boundary=b\n\n", Open: "--b--\n"},
	"a boundary to be guessed":           {Prefix: "Content-Type: multipart/mixed\n\n", Open: "--b\nContent-x\n"},
	"nested parts":                       {Open: "Content-Type: multipart/mixed; boundary=b\n\n--b\n"},
	"nested parts with ends":             {Open: "Content-Type: multipart/mixed; boundary=b\n\n--b\n", Close: "\n--b--\n"},
	"nested alternatives":                {Open: "Content-Type: multipart/alternative; boundary=b\n\n--b\n"},
	"mails in mails":                     {Open: "Content-Type: message/rfc822\n\n"},
	"many mails":                         {Prefix: "Content-Type: multipart/mixed; boundary=b\n\n", Open: "--b\nContent-Type: message/rfc822\n\nSubject: x\n\ny\n"},
	"plain parts and pages":              {Prefix: "Content-Type: multipart/mixed; boundary=b\n\n", Open: "--b\n\nx\n--b\nContent-Type: text/html\n\n<p>y\n"},
	"base64":                             {Prefix: "Content-Transfer-Encoding: base64\n\n", Open: "QUJD"},
	"base64 with rules":                  {Prefix: "Content-Transfer-Encoding: base64\n\n", Open: "QUI=\n!"},
	"base64 with padding":                {Prefix: "Content-Transfer-Encoding: base64\n\n", Open: "QUI=QUI=*"},
	"base64 with padding in one line":    {Prefix: "Content-Transfer-Encoding: base64\n\n", Open: "QUI="},
	"base64 with padding and blanks":     {Prefix: "Content-Transfer-Encoding: base64\n\nQUI=", Open: " "},
	"quoted-printable":                   {Prefix: "Content-Transfer-Encoding: quoted-printable\n\n", Open: "="},
	"quoted-printable with soft breaks":  {Prefix: "Content-Transfer-Encoding: quoted-printable\n\n", Open: "= \n"},
	"flowed quotes":                      {Prefix: "Content-Type: text/plain; format=flowed\n\n", Open: "> \n>>\n"},
	"flowed quotes, deep":                {Prefix: "Content-Type: text/plain; format=flowed\n\n", Open: ">"},
	"flowed blanks":                      {Prefix: "Content-Type: text/plain; format=flowed\n\n", Open: " \n"},
	"utf-7":                              {Prefix: "Content-Type: text/plain; charset=utf-7\n\n", Open: "+AGE"},
	"utf-7 in short runs":                {Prefix: "Content-Type: text/plain; charset=utf-7\n\n", Open: "+-+AGE-\xff"},
	"iso-2022-jp":                        {Prefix: "Subject: s\n\n", Open: "\x1b$B", Suffix: "\xff"},
	"iso-2022-kr":                        {Prefix: "Content-Type: text/plain; charset=iso-2022-kr\n\n", Open: "\x1b$)C\x0e"},
	"hz":                                 {Prefix: "Content-Type: text/plain; charset=hz-gb-2312\n\n", Open: "~{~"},
	"bytes that are nothing":             {Prefix: "Subject: s\n\n", Open: "\xc3\xff\x00\x80"},
	"bytes that are letters":             {Prefix: "Subject: s\n\n", Open: "B\xb3\xb9d: po\xb3\xb9czenie\n"},
	"zeros":                              {Prefix: "Subject: s\n\n", Open: "a\x00"},
	"escapes":                            {Prefix: "Subject: s\n\n", Open: "\x1b]"},
	"escapes with parameters":            {Prefix: "Subject: s\n\n", Open: "\x1b[;"},
	"escapes without an end":             {Prefix: "Subject: s\n\n\x1b[", Open: ";"},
	"escapes in one character":           {Prefix: "Subject: s\n\n", Open: "\u009b;"},
	"escapes in a subject":               {Prefix: "Subject: ", Open: "\x1b]", Suffix: "\n\nx"},
}

// hostilePages are what such mails repeat as text/html.
var hostilePages = map[string]string{
	"brackets":               "<",
	"half tags":              "<a ",
	"open tags":              "<div>",
	"open tags with text":    "<div>x",
	"unknown tags":           "<x>",
	"end tags":               "</div>",
	"open and end tags":      "<div></p>",
	"inline tags":            "<b>",
	"tables":                 "<table><tr><td>",
	"tables with text":       "<table><tr><td>x",
	"cells":                  "<td>x",
	"rows":                   "<tr>",
	"cells in one table":     "<table><tr>" + strings.Repeat("<td>x", 100),
	"lists":                  "<ul><li>",
	"lists with text":        "<ul><li>x",
	"quotes":                 "<blockquote>x<br>",
	"pre":                    "<pre>\n",
	"links":                  "<a href=http://x>",
	"links with long text":   "<a href=http://x/" + strings.Repeat("y", 1000) + ">z",
	"hidden":                 "<p style=display:none>x",
	"ampersands":             "&",
	"entities":               "&amp",
	"comments":               "<!--",
	"declarations":           "<!",
	"titles":                 "<title>",
	"scripts":                "<script>",
	"plain text":             "<plaintext>",
	"attributes":             "<p a=b" + strings.Repeat(" c=d", 1000),
	"words":                  "x ",
	"line breaks":            "<br>",
	"no-break spaces":        "\u00a0<br>",
	"metas":                  "<meta charset=x>",
	"lines without a block":  "x\n",
	"cells below each other": "<tr><td>x<br>y",
	"tables in cells":        "<td><table>",
	"titles of rows":         "<table><caption>x</caption></table>",
	"styles":                 "<p style='" + strings.Repeat("a:b;", 100) + "'>",
	"blanks":                 "<p> ",
	"blanks in <pre>":        "<pre> \n ",
	"blanks in text areas":   "<textarea> \n",
	"links in links":         "<a href=http://x><b>",
	"links of blanks":        "<a href='http://x y'> z</a>",
	"percent signs in links": "<a href='http://x/%'>z</a>",
	"option lists":           "<select><option>x",
	"definitions":            "<dl><dt>x<dd>y",
	"ends of cells":          "<td>x</td></tr>",
	"characters of no width": "\u200b<br>",
	"noscript":               "<noscript>x",
	"conditional comments":   "<!--[if mso]>x<![endif]-->",
	"instructions":           "<?x",
	"sections":               "<![CDATA[x",
}

func readAll(raw string) *Content {
	header, body, _ := SplitHeader([]byte(raw))
	for _, name := range []string{"Subject", "From", "To"} {
		Field(&header, name)
	}
	return Read(header, body)
}

func TestTheCostOfAHostileMailGrowsWithItsLength(t *testing.T) {
	for piece, open := range hostilePages {
		hostileMails["a page of "+piece] = testutil.Shape{Prefix: "Content-Type: text/html\n\n", Open: open}
	}
	for name, shape := range hostileMails {
		t.Run(name, func(t *testing.T) {
			testutil.CheckLinear(t, 64<<10, shape.Grow, func(raw string) {
				if c := readAll(raw); len(c.Text) > maxTextBytes {
					t.Errorf("text of %d bytes", len(c.Text))
				}
			})
		})
	}
}

// FuzzCost looks for mails that cost more than in proportion to their length.
func FuzzCost(f *testing.F) {
	for _, s := range hostileMails {
		f.Add(s.Prefix, s.Open, s.Close, s.Suffix)
	}
	for _, open := range hostilePages {
		f.Add("Content-Type: text/html\n\n", open, "", "")
	}
	f.Fuzz(func(t *testing.T, prefix, open, middle, suffix string) {
		shape := testutil.Shape{Prefix: prefix, Open: open, Close: middle, Suffix: suffix}
		testutil.CheckLinear(t, testutil.FuzzSize, shape.Grow, func(raw string) { readAll(raw) })
	})
}
