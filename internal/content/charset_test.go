package content

import "testing"

func TestTextIsReadInTheCharsetItHas(t *testing.T) {
	tests := []struct{ name, charset, raw, want string }{
		{"koi8-r", "koi8-r", "\xef\xdb\xc9\xc2\xcb\xc1 \xc4\xc9\xd3\xcb\xc1", "Ошибка диска"},
		{"koi8-u", "KOI8-U", "\xf0\xcf\xcd\xc9\xcc\xcb\xc1 \xa7\xa7", "Помилка її"},
		{"windows-1251", "windows-1251", "\xce\xf8\xe8\xe1\xea\xe0", "Ошибка"},
		{"iso-8859-5", "iso-8859-5", "\xbe\xe8\xd8\xd1\xda\xd0", "Ошибка"},
		{"code page 866", "cp866", "\x8e\xe8\xa8\xa1\xaa\xa0", "Ошибка"},
		{"code page 850 with a hyphen", "cp-850", "Gr\x94\xe1e", "Größe"},
		{"code page 437 by number", "437", "Gr\x94\xe1e", "Größe"},
		{"Macintosh", "macintosh", "Gr\x9a\xa7e", "Größe"},
		{"EBCDIC", "ibm037", "\x84\x89\xa2\x92@\x86\xa4\x93\x93", "disk full"},
		{"iso-8859-2", "iso-8859-2", "\xbelu\xbbou\xe8k\xfd", "žluťoučký"},
		{"iso-8859-2 that is Windows-1250", "iso-8859-2", "\x9elu\x9dou\xe8k\xfd \x93x\x94", "žluťoučký “x”"},
		{"iso-8859-7", "iso-8859-7", "\xd3\xf6\xdc\xeb\xec\xe1", "Σφάλμα"},
		{"iso-8859-9 by its other name", "latin5", "\xdd\xfelem", "İşlem"},
		{"iso-8859-15", "ISO_8859-15", "5 \xa4", "5 €"},
		{"windows-1255", "windows-1255", "\xf9\xe2\xe9\xe0\xe4", "שגיאה"},
		{"windows-1256", "cp1256", "\xce\xd8\xc3", "خطأ"},
		{"windows-1257", "windows-1257", "K\xef\xfbda", "Kļūda"},
		{"Thai", "tis-620", "\xb4\xd4\xca\xa1\xec", "ดิสก์"},
		{"gb2312 with what only gb18030 has", "gb2312", "\xb4\xc5\xc5\xcc\xd2\xd1\xc2\xfa \x80", "磁盘已满 €"},
		{"gb18030", "gb18030", "\x81\x30\x81\x30\xb4\xc5", "\u0080磁"},
		{"big5", "big5", "\xba\xcf\xba\xd0\xa4w\xba\xa1", "磁碟已滿"},
		{"big5-hkscs", "Big5-HKSCS", "\xba\xcf\xba\xd0", "磁碟"},
		{"euc-kr by its Korean name", "ks_c_5601-1987", "\xb5\xf0\xbd\xba\xc5\xa9", "디스크"},
		{"shift_jis", "x-sjis", "\x83f\x83B\x83X\x83N", "ディスク"},
		{"shift_jis called iso-2022-jp", "iso-2022-jp", "\x83f\x83B\x83X\x83N", "ディスク"},
		{"euc-jp", "EUC-JP", "\xa5\xc7\xa5\xa3\xa5\xb9\xa5\xaf", "ディスク"},
		{"euc-jp called iso-2022-jp", "iso-2022-jp", "\xa5\xc7\xa5\xa3\xa5\xb9\xa5\xaf", "ディスク"},
		{"iso-2022-jp", "iso-2022-jp", "\x1b$B%G%#%9%/\x1b(B ok", "ディスク ok"},
		{"iso-2022-jp without a label", "", "\x1b$B%G%#%9%/\x1b(B ok", "ディスク ok"},
		{"iso-2022-jp called us-ascii", "us-ascii", "\x1b$B%G%#%9%/\x1b(B", "ディスク"},
		{"iso-2022-kr", "iso-2022-kr", "\x1b$)C\x0e5p=:E)\x0f ok", "디스크 ok"},
		{"hz", "hz-gb-2312", "~{4EEL~} ok", "磁盘 ok"},
		{"utf-7", "utf-7", "Gr+APYA3w-e +IKw 1+-1 +ZeVnLA-", "Größe € 1+1 日本"},
		{"utf-7 that is none", "utf-7", "a + b +++ \xc3\xbc", "a + b +++ ü"},
		{"utf-16 with a byte order mark", "utf-16", "\xff\xfeG\x00r\x00\xf6\x00", "Grö"},
		{"utf-16 with a mark and no label", "", "\xfe\xff\x00G\x00r\x00\xf6", "Grö"},
		{"utf-16 without a mark", "utf-16", "\x00G\x00r\x00\xf6\x00\xdf", "Größ"},
		{"utf-16 in the order of Windows", "utf-16", "G\x00r\x00\xf6\x00\xdf\x00", "Größ"},
		{"utf-16 of Windows without any label", "", "G\x00r\x00\xf6\x00\xdf\x00e\x00", "Größe"},
		{"utf-16le", "UTF-16LE", "\xf6\x00\x3d\xd8\x25\xdd", "ö🔥"},
		{"utf-16 that is ASCII", "utf-16", "disk full", "disk full"},
		{"utf-16 that breaks off", "utf-16le", "a\x00b\x00c", "ab\uFFFD"},
		{"utf-32", "utf-32le", "\xfc\x00\x00\x00\x25\xf5\x01\x00", "ü🔥"},
		{"utf-8 with a byte order mark", "", "\xef\xbb\xbfGrüße", "Grüße"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := toUTF8([]byte(tt.raw), tt.charset, "")
			if got != tt.want || err != nil {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestLabelsThatAreWrongAreNotBelieved(t *testing.T) {
	const windows, windowsText = "\x935 \x80\x94 \x96 Gr\xf6\xdfe\x85", "“5 €” – Größe…"
	tests := []struct{ name, charset, raw, want, problem string }{
		{"utf8 without a hyphen", "utf8", "Grüße", "Grüße", ""},
		{"a semicolon too many", "UTF-8;", "Grüße", "Grüße", ""},
		{"quotes inside the quotes", "'utf-8'", "Grüße", "Grüße", ""},
		{"the parameter's name twice", "charset=utf-8", "Grüße", "Grüße", ""},
		{"a language", "utf-8*de", "Grüße", "Grüße", ""},
		{"ansi", "ANSI", windows, windowsText, ""},
		{"win-1251", "win-1251", "\xce\xf8\xe8\xe1\xea\xe0", "Ошибка", ""},
		{"cp1252", "CP1252", windows, windowsText, ""},
		{"a code page of Windows that is of ISO", "28592", "\xbelu\xbbou", "žluťou", ""},
		{"iso-8859-1 that is Windows-1252", "iso-8859-1", windows, windowsText, ""},
		{"iso-8859-1 that is UTF-8", "iso-8859-1", "Grüße €", "Grüße €", ""},
		{"koi8-r that is UTF-8", "koi8-r", "Ошибка", "Ошибка", ""},
		{"gb2312 that is UTF-8", "gb2312", "磁盘已满", "磁盘已满", ""},
		{"gb2312 whose bytes could be UTF-8", "gb2312", "\xc1\xaa\xcd\xa8", "联通", ""},
		{"iso-2022-jp that is UTF-8", "iso-2022-jp", "ディスク", "ディスク", ""},
		{"us-ascii that is Windows-1252", "us-ascii", windows, windowsText, ""},
		{"us-ascii that is UTF-8", "us-ascii", "Grüße", "Grüße", ""},
		{"utf-8 that is Windows-1252", "utf-8", windows, windowsText, ""},
		{"utf-8 with one line in Windows-1252", "utf-8", "Grüße\nGr\xfc\xdfe\nGrüße", "Grüße\nGrüße\nGrüße", ""},
		{"utf-8 with a Windows-1252 letter in the line", "utf-8", "Grüße, Gr\xfcn", "Grüße, Grün", ""},
		{"utf-8 with a character cut", "utf-8", "Grüße 日本\xe8\xaa", "Grüße 日本\uFFFD", ""},
		{"utf-8 cut in the last line", "utf-8", "Grüße\ndisk \xc3", "Grüße\ndisk \uFFFD", ""},
		{"utf-8 with a byte that is no letter", "utf-8", "a\xffb", "a\uFFFDb", ""},
		{"nothing, and UTF-8", "", "Grüße", "Grüße", ""},
		{"nothing, and Windows-1252", "", windows, windowsText, ""},
		{"unknown-8bit", "unknown-8bit", windows, windowsText, ""},
		{"x-unknown", "x-unknown", windows, windowsText, ""},
		{"a charset nobody knows over ASCII", "x-klingon", "disk full", "disk full", ""},
		{"a charset nobody knows over UTF-8", "x-klingon", "Grüße", "Grüße", `unknown charset "x-klingon", read as UTF-8 or Windows-1252`},
		{"a charset nobody knows", "x-klingon", windows, windowsText, `unknown charset "x-klingon", read as UTF-8 or Windows-1252`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := toUTF8([]byte(tt.raw), tt.charset, "")
			problem := ""
			if err != nil {
				problem = err.Error()
			}
			if got != tt.want || problem != tt.problem {
				t.Errorf("got %q, problem %q; want %q, %q", got, problem, tt.want, tt.problem)
			}
		})
	}
}

func TestTextWithoutALabelIsReadAsWhatItLooksLike(t *testing.T) {
	tests := []struct{ name, raw, want string }{
		{"Russian in windows-1251", "\xd0\xe5\xe7\xe5\xf0\xe2\xed\xee\xe5 \xea\xee\xef\xe8\xf0\xee\xe2\xe0\xed\xe8\xe5", "Резервное копирование"},
		{"Russian in koi8-r", "\xf2\xc5\xda\xc5\xd2\xd7\xce\xcf\xc5 \xcb\xcf\xd0\xc9\xd2\xcf\xd7\xc1\xce\xc9\xc5", "Резервное копирование"},
		{"Chinese in gb18030", "\xb1\xb8\xb7\xdd\xca\xa7\xb0\xdc\xa3\xba\xb4\xc5\xc5\xcc\xbf\xd5\xbc\xe4\xb2\xbb\xd7\xe3", "备份失败：磁盘空间不足"},
		{"Chinese in big5", "\xb3\xc6\xa5\xf7\xa5\xa2\xb1\xd1\xa1G\xba\xcf\xba\xd0\xaa\xc5\xb6\xa1\xa4\xa3\xa8\xac\xa1A\xbd\xd0\xbe\xa8\xa7\xd6\xb2M\xb2z", "備份失敗：磁碟空間不足，請儘快清理"},
		{"Korean in euc-kr", "\xb9\xe9\xbe\xf7 \xbd\xc7\xc6\xd0: \xb5\xf0\xbd\xba\xc5\xa9 \xb0\xf8\xb0\xa3\xc0\xcc \xba\xce\xc1\xb7", "백업 실패: 디스크 공간이 부족"},
		{"Japanese in shift_jis", "\x83o\x83b\x83N\x83A\x83b\x83v\x82\xc9\x8e\xb8\x94s\x82\xb5\x82\xdc\x82\xb5\x82\xbd\x81B", "バックアップに失敗しました。"},
		{"Japanese in euc-jp", "\xa5\xd0\xa5\xc3\xa5\xaf\xa5\xa2\xa5\xc3\xa5\xd7\xa4\xcb\xbc\xba\xc7\xd4\xa4\xb7\xa4\xde\xa4\xb7\xa4\xbf\xa1\xa3", "バックアップに失敗しました。"},
		{"Chinese that breaks off", "\xb1\xb8\xb7\xdd\xca\xa7\xb0\xdc\xa3\xba\xb4\xc5\xc5\xcc\xbf\xd5\xbc\xe4\xb2", "备份失败：磁盘空间\uFFFD"},
		{"German", "Gr\xf6\xdfere \xdcbersicht \xfcber R\xfcckst\xe4nde, m\xf6glicherweise f\xe4llig, \xc4nderungen, Stra\xdfe, Ma\xdfnahmen \xe4hnlich", "Größere Übersicht über Rückstände, möglicherweise fällig, Änderungen, Straße, Maßnahmen ähnlich"},
		{"every letter of Latin-1", "\xc0\xc1\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xcb\xcc\xcd\xce\xcf\xd1\xd2\xd3\xd4\xd5\xd6\xd8\xd9\xda\xdb\xdc\xdd", "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝ"},
		{"a rule of Windows-1252 dashes", "\x96\x96\x96\x96\x96\x96\x96\x96\x96\x96\x96\x96\x96\x96\x96\x96\x96\x96", "––––––––––––––––––"},
		{"Russian of one word", "\xce\xf8\xe8\xe1\xea\xe0", "Ошибка"},
		{"too little to tell", "\xf7\xe0\xf1", "÷àñ"},
		{"Polish", "B\xb3\xb9d: po\xb3\xb9czenie", "Błąd: połączenie"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := toUTF8([]byte(tt.raw), "", ""); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTheRestOfTheMailHintsAtTheCharset(t *testing.T) {
	const koi8 = "\xef\xdb\xc9\xc2\xcb\xc1"
	tests := []struct{ name, raw, subject, text string }{
		{"the subject for the body", "Subject: =?koi8-r?B?79vJwsvB?=\n\n" + koi8 + "\n", "Ошибка", "Ошибка"},
		{"the body for the subject", "Subject: " + koi8 + "\nContent-Type: text/plain; charset=koi8-r\n\nok\n", "Ошибка", "ok"},
		{"the page for itself", "Subject: s\nContent-Type: text/html\n\n<meta http-equiv=Content-Type content=\"text/html; charset=koi8-r\"><p>" + koi8, "s", "Ошибка"},
		{"the page for itself, in short", "Subject: s\nContent-Type: text/html\n\n<meta charset='koi8-r'><p>" + koi8, "s", "Ошибка"},
		{"but UTF-8 speaks for itself", "Subject: =?koi8-r?B?79vJwsvB?=\n\nGrüße\n", "Ошибка", "Grüße"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header, body, err := SplitHeader([]byte(tt.raw))
			if err != nil {
				t.Fatal(err)
			}
			if got := Field(&header, "Subject"); got != tt.subject {
				t.Errorf("subject %q, want %q", got, tt.subject)
			}
			if c := Read(header, body); c.Text != tt.text || c.Problem != "" {
				t.Errorf("text %q, problem %q; want %q", c.Text, c.Problem, tt.text)
			}
		})
	}
}

func TestEveryCharsetNameLeadsToADecoder(t *testing.T) {
	for bare, name := range charsetNames {
		if _, err := decodeAs([]byte("x"), name); err != nil && name != "" {
			t.Errorf("%s is called %s, which nothing decodes: %v", bare, name, err)
		}
	}
	for name, superset := range supersets {
		if _, err := decodeAs([]byte("x"), superset); err != nil {
			t.Errorf("the superset of %s: %v", name, err)
		}
	}
}
