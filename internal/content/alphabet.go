package content

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
)

// An alphabet is what tells a language: its letters beyond ASCII, in lower case,
// and the charsets of one byte for each in which it is written. For a language
// that is written without ASCII letters, common are those of about two thirds of
// its texts.
type alphabet struct {
	letters, common string
	charsets        []string
}

var (
	western  = []string{"windows-1252", "ibm850"}
	central  = []string{"windows-1250", "iso-8859-2", "ibm852"}
	baltic   = []string{"windows-1257"}
	turkish  = []string{"windows-1254"}
	cyrillic = []string{"windows-1251", "koi8-r", "koi8-u", "iso-8859-5", "ibm866"}
)

// alphabets are looked through in this order. Two languages may have what looks
// like the same bytes: the one with fewer texts comes later.
var alphabets = []alphabet{
	{letters: "", charsets: western},                  // English, with quotes and dashes
	{letters: "äöüß", charsets: western},              // German
	{letters: "àâæçéèêëîïôœùûüÿ", charsets: western},  // French
	{letters: "áéíóúüñ", charsets: western},           // Spanish
	{letters: "áâãàçéêíóôõú", charsets: western},      // Portuguese
	{letters: "àèéìîòóù", charsets: western},          // Italian
	{letters: "äëïöüéèáóíú", charsets: western},       // Dutch
	{letters: "àçèéíïòóúü", charsets: western},        // Catalan
	{letters: "åäöé", charsets: western},              // Swedish, Finnish
	{letters: "åæøéèêòóô", charsets: western},         // Danish, Norwegian
	{letters: "ąćęłńóśźż", charsets: central},         // Polish
	{letters: "áčďéěíňóřšťúůýž", charsets: central},   // Czech
	{letters: "áäčďéíĺľňóôŕšťúýž", charsets: central}, // Slovak
	{letters: "áéíóöőúüű", charsets: central},         // Hungarian
	{letters: "čćđšž", charsets: central},             // Croatian, Slovenian
	{letters: "ăâîşţ", charsets: central},             // Romanian
	{letters: "çğıöşüâîûi\u0307", charsets: turkish},  // Turkish
	{letters: "ąčęėįšųūž", charsets: baltic},          // Lithuanian
	{letters: "āčēģīķļņšūž", charsets: baltic},        // Latvian
	{letters: "äõöüšž", charsets: baltic},             // Estonian
	{letters: "áéíóúýþæöð", charsets: western},        // Icelandic
	{letters: "абвгдеёжзийклмнопрстуфхцчшщъыьэюя", common: "оеаинтсрвл", charsets: cyrillic},                                      // Russian, Bulgarian
	{letters: "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", common: "оаниітврес", charsets: cyrillic},                                      // Ukrainian
	{letters: "абвгдђежзијклљмнњопрстћуфхцчџш", common: "аоиенртсјв", charsets: cyrillic},                                         // Serbian
	{letters: "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ", common: "αοιετσνηυρ", charsets: []string{"windows-1253", "iso-8859-7"}},     // Greek
	{letters: "אבגדהוזחטיךכלםמןנסעףפץצקרשת", common: "יוהלאתמברשנ", charsets: []string{"windows-1255", "iso-8859-8"}},             // Hebrew
	{letters: "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي،؛؟", common: "اليمونرتبعة", charsets: []string{"windows-1256", "iso-8859-6"}}, // Arabic
	{letters: thai, common: "านรอกเงยวม่ลสดท้ั", charsets: []string{"windows-874"}},
}

const thai = "กขฃคฅฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรฤลฦวศษสหฬอฮฯะัาำิีึืฺุูเแโใไๅๆ็่้๊๋์ํ๐๑๒๓๔๕๖๗๘๙"

// marks stand beside the words of any language, separators also between two.
const (
	marks      = "“”„‘‚€•°§«»№±²³µ©®™¿¡ªº×›‹"
	separators = "\u00a0’–—…·"
)

// sampleBytes is how much of a text is looked at: more says nothing new.
const sampleBytes = 4 << 10

// detectAlphabet names the charset of one byte for each letter in which raw is
// text of one language; "windows-1252" for a western one.
func detectAlphabet(raw []byte) string {
	sample := make([]byte, 0, min(len(raw), sampleBytes))
	for line := range bytes.Lines(raw) {
		if !isASCII(line) {
			sample = append(sample, line[:min(len(line), cap(sample)-len(sample))]...)
		}
	}
	best, most := "", 0.45 // Russian has more of its common letters, Chinese read as Russian less
	for _, c := range candidates() {
		if c.dos && best != "" {
			break
		}
		fits, share := c.fit(sample)
		switch {
		case fits && !c.ownScript && best == "":
			return c.charset
		case fits && c.ownScript && share > most:
			best, most = c.charset, share
		}
	}
	return best
}

// A candidate is a charset in which a text of one language may be.
type candidate struct {
	charset   string
	dos       bool // nearly each byte is a letter, so it is looked at last
	ownScript bool // ASCII letters are of another script
	letters   bool // there are any
	classes   [256]uint8
}

// What a byte is in a candidate.
const (
	isForeign = iota // in no text of the language
	isASCIIWord
	isSmall
	isCapital
	isMark
	isSeparator
	isNoWord
	isCommon = 0x80 // besides isSmall or isCapital
)

// fit reports whether sample is text of the language, and which share of its
// letters are common ones. A letter beside those of another script, a mark
// between two, and a capital behind a small letter are signs that the charset is
// another one.
func (c *candidate) fit(sample []byte) (fits bool, share float64) {
	var letters, ascii, common, capitals, odd int // ascii are those in words with others
	var wordLetters, wordASCII, pending int       // pending are the marks since the last letter of the word
	var previous uint8                            // of the letter before in the word
	endWord := func() {
		if letters += wordLetters; wordLetters > 0 {
			ascii += wordASCII
		}
		wordLetters, wordASCII, pending, previous = 0, 0, 0, isNoWord
	}
	previous = isNoWord
	for _, b := range sample {
		class := c.classes[b]
		switch class &^ isCommon {
		case isNoWord:
			endWord()
			continue
		case isSeparator:
			previous, pending = isNoWord, 0
			continue
		case isMark:
			if previous != isNoWord {
				pending++
			}
			continue
		case isForeign:
			odd++
		case isASCIIWord:
			wordASCII++
			class = isASCIIWord
			if b >= 'a' {
				class = isSmall
			}
		case isCapital:
			capitals++
			if previous == isSmall {
				odd++
			}
			fallthrough
		case isSmall:
			wordLetters++
			common += int(class / isCommon)
		}
		odd += pending
		previous, pending = class&^isCommon, 0
	}
	endWord()
	switch {
	case !c.letters:
		return letters+odd == 0, 0
	case letters == 0 || odd*50 > letters:
		return false, 0
	case !c.ownScript:
		return ascii >= letters, 0
	}
	share = float64(common) / float64(letters)
	if capitals*2 > letters {
		share *= 0.8 // hardly anybody writes so, and KOI8 has small letters where others have capitals
	}
	return letters >= 4 && ascii*20 <= letters, share
}

// candidates are those of all alphabets in their order, DOS's last.
var candidates = sync.OnceValue(func() (all []candidate) {
	for _, dos := range []bool{false, true} {
		for _, a := range alphabets {
			for _, name := range a.charsets {
				if strings.HasPrefix(name, "ibm") == dos {
					c := candidate{charset: name, dos: dos, ownScript: a.common != "", letters: a.letters != ""}
					for b := range c.classes {
						c.classes[b] = a.class(byte(b), name)
					}
					all = append(all, c)
				}
			}
		}
	}
	return all
})

// class returns what b is in a text of the language in the charset called name.
func (a *alphabet) class(b byte, name string) uint8 {
	switch {
	case b|0x20 >= 'a' && b|0x20 <= 'z':
		return isASCIIWord
	case b < utf8.RuneSelf:
		return isNoWord
	}
	reader, err := charset.Reader(name, bytes.NewReader([]byte{b}))
	if err != nil {
		return isForeign
	}
	text, _ := io.ReadAll(reader)
	r, _ := utf8.DecodeRune(text)
	lower, class := unicode.ToLower(r), uint8(isSmall)
	if r != lower {
		class = isCapital
	}
	switch {
	case strings.ContainsRune(a.common, lower):
		return class | isCommon
	case strings.ContainsRune(a.letters, lower):
		return class
	case strings.ContainsRune(separators, r):
		return isSeparator
	case strings.ContainsRune(marks, r):
		return isMark
	}
	return isForeign
}
