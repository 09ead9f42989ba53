package content

// minDetect is how many bytes above 0x7f a text must have before their pattern
// says that two of them are a character.
const minDetect = 8

// detect names the charset of a text that has no label and is no UTF-8: the one
// in which it is text of one language, or one of the old charsets of East Asia.
// It returns "" for all else, which is read as Windows-1252.
func detect(raw []byte) string {
	switch name := detectAlphabet(raw); name {
	case "":
	case "windows-1252":
		return ""
	default:
		return name
	}
	high, paired := 0, 0
	for i, c := range raw {
		if c < 0x80 {
			continue
		}
		high++
		if i > 0 && raw[i-1] >= 0x80 || i+1 < len(raw) && raw[i+1] >= 0x80 {
			paired++
		}
	}
	if high < minDetect || paired*10 < high*6 {
		return ""
	}
	return detectPairs(raw)
}

// detectPairs tells the charsets in which a character is two bytes apart by the
// ranges in which their common characters are.
func detectPairs(raw []byte) string {
	var all, bad, lowTrail, gb, gbHigh, hangul, big5, kanaEUC, kanaSJIS int
	for i := 0; i < len(raw); i++ {
		lead := raw[i]
		if lead < 0x80 {
			continue
		}
		if i++; i == len(raw) {
			break // cut
		}
		trail := raw[i]
		all++
		high := trail >= 0xa1 && trail <= 0xfe
		mark := high && lead >= 0xa1 && lead <= 0xa3
		switch {
		case trail < 0x40 || trail == 0x7f || trail == 0xff:
			bad++
			i-- // an ASCII character that is no half
		case trail < 0x7f:
			lowTrail++
		}
		if mark || high && lead >= 0xb0 && lead <= 0xd7 {
			gb++
		}
		if high && lead > 0xc8 && lead <= 0xd7 {
			gbHigh++
		}
		if mark || high && lead >= 0xb0 && lead <= 0xc8 {
			hangul++
		}
		if (high || trail < 0x7f) && (lead >= 0xa4 && lead <= 0xc6 || lead == 0xa1) {
			big5++
		}
		if high && (lead == 0xa4 || lead == 0xa5) {
			kanaEUC++
		}
		if lead == 0x82 && trail >= 0x9f && trail <= 0xf1 || lead == 0x83 && trail >= 0x40 && trail <= 0x96 {
			kanaSJIS++
		}
	}
	share := func(n, percent int) bool { return n*100 >= all*percent }
	switch {
	case share(bad, 3):
		return ""
	case share(kanaSJIS, 30):
		return "shift_jis"
	case share(kanaEUC, 30):
		return "euc-jp"
	case share(hangul, 97):
		return "euc-kr"
	case share(gb, 92) && share(gbHigh, 8):
		return "gb18030"
	case share(big5, 92) && share(lowTrail, 8):
		return "big5"
	}
	return ""
}
