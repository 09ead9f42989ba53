package content

import "testing"

func TestPagesBecomeText(t *testing.T) {
	tests := []struct{ name, page, want string }{
		{"words do not run together", "<div>one</div><div>two</div><p>three</p>four<br>five<span> six</span><b>seven</b>", "one\ntwo\n\nthree\n\nfour\nfive sixseven"},
		{"white space only separates words", "<p>\n  one\n\ttwo <b> three </b>\n four\n</p>", "one two three four"},
		{"headings stand on lines of their own", "<h1>Error</h1>text<h2 class=x>More</h2><p>text", "Error\n\ntext\n\nMore\n\ntext"},
		{"a stack trace in <pre> keeps its lines", "<p>Error:</p><pre>\njava.lang.Error: x\n    at a.B.c(B.java:1)\n\tat a.B.d(B.java:2)\n\n\nCaused by: y\n</pre><p>end</p>", "Error:\n\njava.lang.Error: x\n    at a.B.c(B.java:1)\n\tat a.B.d(B.java:2)\n\n\nCaused by: y\n\nend"},
		{"<pre> with markup inside", "<pre class=trace><code>x\n  <b>at</b> &lt;init&gt;</code></pre>", "x\n  at <init>"},
		{"<pre> with line breaks as tags", "<pre>x<br>  at y<br/>  at z</pre>", "x\n  at y\n  at z"},
		{"white-space: pre in a style", `<div style="color:red; white-space: pre-wrap">x` + "\n    at y</div>", "x\n    at y"},
		{"no-break spaces indent", "Error<br>&nbsp;&nbsp;&nbsp;&nbsp;at x<br>&#160;&#160;at y", "Error\n    at x\n  at y"},
		{"a text area", "<textarea>a\n  b</textarea>", "a\n  b"},
		{"a text that only says it is a page keeps its lines", "Traceback:\n  File \"a.py\"\nKeyError: <b>7</b>\n", "Traceback:\n  File \"a.py\"\nKeyError: 7"},
		{"and so does one that somebody wrapped", "<html><body>\n  Error\n    at x\n</body></html>", "Error\n  at x"},
		{"empty lines are at most one", "<p>a</p><br><br><p>&nbsp;</p><div></div><p>b</p>", "a\n\nb"},
		{"a table has a line for each row", "<table><tr><th>File</th><th>Line</th></tr><tr><td>a.py</td><td><b>17</b></td></tr></table>", "File | Line\na.py | 17"},
		{"paragraphs in its cells change nothing", "<table>\n<tr>\n <td><p>disk</p></td>\n <td><div>full</div></td></tr></table>", "disk | full"},
		{"end tags may be missing", "<table><tr><td>a<td>b<tr><td>c<td>d</table>e", "a | b\nc | d\n\ne"},
		{"empty cells inside a row stay", "<table><tr><td></td><td>a</td><td></td><td>c</td><td> </td></tr></table>", "a |  | c"},
		{"cells of several lines stand below each other", "<table><tr><td>one<br>two</td><td>three</td></tr></table>", "one\ntwo\nthree"},
		{"a table inside a table keeps its rows", "<table><tr><td><p>Title</p><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>", "Title\n\na | b"},
		{"code in a cell keeps its indentation", "<table><tr><td>1</td><td><pre>def f():</pre></td></tr><tr><td>2</td><td><pre>    raise</pre></td></tr></table>", "1 | def f():\n2 |     raise"},
		{"rows without a table", "<tr><td>a</td><td>b</td></tr>", "a b"},
		{"lists have marks", "<p>x</p><ul><li>one</li><li>two<ul><li>deep</li></ul></li></ul>y", "x\n\n- one\n- two\n  - deep\n\ny"},
		{"ordered lists have numbers", "<ol><li>one<li>two</ol><ol start=7><li>seven</ol>", "1. one\n2. two\n\n7. seven"},
		{"items of several lines are indented", "<ul><li><p>a</p><p>b</p></li><li><pre>x\n y</pre></li></ul>", "- a\n\n  b\n\n- x\n   y"},
		{"definitions are indented", "<dl><dt>disk<dd>full<dt>load<dd>5</dl>", "disk\n  full\nload\n  5"},
		{"quotes are marked", "a<blockquote>b<br>c<blockquote>d</blockquote></blockquote>e", "a\n\n> b\n> c\n\n> > d\n\ne"},
		{"links tell where they go", `<a href="https://example.com/x?a=1&amp;b=2">more</a>, <a href=http://example.com>site</a>.`, "more (https://example.com/x?a=1&b=2), site (http://example.com)."},
		{"but not twice", `<a href="https://example.com/">example.com</a> <a href="mailto:a@b.c">a@b.c</a>`, "example.com a@b.c"},
		{"an address behind a name", `<a href="mailto:a@b.c">Anna</a>`, "Anna (mailto:a@b.c)"},
		{"links that go nowhere are only text", `<a href="#top">a</a> <a href="javascript:x()">b</a> <a href="/c">c</a> <a name=d>d</a> <a href="cid:1">e</a>`, "a b c d e"},
		{"a link without a text is one", `see <a href="https://example.com/x"><img src=x></a> now`, "see https://example.com/x now"},
		{"a link around a picture", `<a href="https://example.com/x"><img alt="Open"></a>`, "[Open] (https://example.com/x)"},
		{"a link around a block", `<a href="https://example.com/x"><div>Open</div></a><div>next</div>`, "Open (https://example.com/x)\nnext"},
		{"a link that is not closed", `<a href="https://a.example/">a <a href="https://b.example/">b`, "a (https://a.example/) b (https://b.example/)"},
		{"what is hidden is not read", `a<p style="display: none">b</p><span hidden>c</span><div style="visibility:hidden">d<div>e</div></div>f`, "a f"},
		{"scripts, styles, titles and comments are not read", "<head><title>t</title><style>p{}</style></head><script>if (a<b) x()</script><!-- c --><!--[if mso]><p>d</p><![endif]--><p>e", "e"},
		{"noscript is read", "<noscript><p>a</p></noscript>", "a"},
		{"what is hidden to the end is read", `<p>a</p><div style="display:none"><p>b</p>`, "a\n\nb"},
		{"what is hidden altogether is read", `<div style="display:none">a</div>`, "a"},
		{"a title is read if there is nothing else", "<html><head><title>502 Bad Gateway</title></head><body></body></html>", "502 Bad Gateway"},
		{"entities are decoded", "&lt;b&gt; &amp;amp; &euro;5 &#x20ac; &uuml;&Auml; &nosuch; &copy 2024", "<b> &amp; €5 € üÄ &nosuch; © 2024"},
		{"brackets that are no tags stay", "a <- b -> c < d > e <3 << x", "a <- b -> c < d > e <3 << x"},
		{"characters of no width go", "dis&shy;k\u200b&#8203;full\ufeff", "diskfull"},
		{"a rule separates", "a<hr>b", "a\n---\nb"},
		{"forms", `<input type=hidden value=x>name: <input value="anna"><button>OK</button><select><option>a<option>b</select>`, "name: anna OK\na\nb"},
		{"end tags that close nothing change nothing", "</div></td></p>a</b></table> b", "a b"},
		{"a wrong end tag in a cell does not end the table", "<table><tr><td>a</div></td><td>b</td></tr></table>", "a | b"},
		{"unknown elements are transparent", "<o:p>a</o:p> <x-y>b</x-y>", "a b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := htmlToText(tt.page); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s\n(%q)", got, tt.want, got)
			}
		})
	}
}
