package content

import (
	"strings"
	"unicode/utf8"
)

// Charsets that golang.org/x/text does not know.

// baltRim is the upper half of code page 775.
var baltRim = []rune("ĆüéāäģåćłēŖŗīŹÄÅÉæÆōöĢ¢ŚśÖÜø£Ø×¤ĀĪóŻżź”¦©®¬½¼Ł«»░▒▓│┤ĄČĘĖ╣║╗╝ĮŠ┐└┴┬├─┼ŲŪ╚╔╩╦╠═╬Žąčęėįšųūž┘┌█▄▌▐▀ÓßŌŃõÕµńĶķĻļņĒŅ’\u00ad±“¾¶§÷„°∙·¹³²■\u00a0")

func decodeBaltRim(raw []byte) string {
	var out strings.Builder
	for _, c := range raw {
		if c < utf8.RuneSelf {
			out.WriteByte(c)
		} else {
			out.WriteRune(baltRim[c-utf8.RuneSelf])
		}
	}
	return out.String()
}

// The letters that five bits of Johab (KS X 1001 annex 3) stand for, as their
// number in a syllable of Unicode; -1 for none.
var (
	johabInitials = bits(2, 19, 0)
	johabMedials  = bits(3, 5, 0, 10, 6, 5, 18, 6, 11, 26, 4, 17)
	johabFinals   = bits(1, 17, 0, 19, 11, 17)
)

// bits makes such a table of runs: the first bits, how many, the first number.
func bits(runs ...int) (table [32]rune) {
	for i := range table {
		table[i] = -1
	}
	for ; len(runs) > 0; runs = runs[3:] {
		for i := range runs[1] {
			table[runs[0]+i] = rune(runs[2] + i)
		}
	}
	return table
}

// decodeJohab composes the syllables, and moves the other characters to where
// they are in EUC-KR.
func decodeJohab(raw []byte) (string, error) {
	var out strings.Builder
	for i := 0; i < len(raw); i++ {
		lead := raw[i]
		if lead < utf8.RuneSelf {
			out.WriteByte(lead)
			continue
		}
		if i+1 == len(raw) {
			out.WriteRune(utf8.RuneError)
			break
		}
		i++
		trail := raw[i]
		if lead < 0xd8 {
			pair := int(lead)<<8 | int(trail)
			initial, medial, final := johabInitials[pair>>10&31], johabMedials[pair>>5&31], johabFinals[pair&31]
			switch {
			case initial >= 0 && medial >= 0 && final >= 0:
				out.WriteRune(0xac00 + (initial*21+medial)*28 + final)
			case initial < 0 && medial >= 0 && final == 0:
				out.WriteRune('ㅏ' + medial) // a vowel alone
			case initial >= 0 && medial < 0 && final == 0:
				out.WriteRune([]rune("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ")[initial])
			default:
				out.WriteRune(utf8.RuneError)
			}
			continue
		}
		text, err := decodeAs(johabToEUC(lead, trail), "euc-kr")
		if err != nil {
			return "", err
		}
		out.WriteString(text)
	}
	return out.String(), nil
}

// johabToEUC finds the row and the column of a symbol or a Chinese character: two
// rows share a first byte.
func johabToEUC(lead, trail byte) []byte {
	column := int(trail) - 0x31
	if trail >= 0x91 {
		column = int(trail) - 0x43
	}
	row := 2 * (int(lead) - 0xd9)
	if lead >= 0xe0 {
		row = 2*int(lead) - 0x197
	}
	if column < 0 || row < 0 || row+column/94 > 93 {
		return []byte{0xff}
	}
	return []byte{byte(0xa1 + row + column/94), byte(0xa1 + column%94)}
}
