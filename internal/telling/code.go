package telling

import "github.com/hut8labs/failmail/internal/wordlist"

// codes are words in front of a code that says what went wrong, and varies with that only.
var codes = wordlist.Set(`code status errno rc exit signal http retcode error abend sqlcode sqlstate errcode exitcode statuscode returncode maxcc
	hresult fehlercode rückgabewert`)

// NamesCode reports whether a code that says what went wrong stands behind word, in lower case.
func NamesCode(word string) bool { return codes[word] }

// numbered are in front of the number of an error, as databases write it: ORA-01555.
var numbered = wordlist.Set(`ORA PLS TNS`)

// NumbersErrors reports whether word is in front of a dash and the number of an error.
func NumbersErrors(word string) bool { return numbered[word] }
