package receive

import "strings"

// requote gives a local part back the quotes that the library takes off where
// RFC 5321 section 4.1.2 needs them. Without them the address would be another
// one, or bring commands along, when it is passed on.
func requote(address string) string {
	at := strings.LastIndexByte(address, '@')
	local, domain := address, ""
	if at >= 0 {
		local, domain = address[:at], address[at:]
	}
	if local == "" || isDotString(local) {
		return address
	}
	return `"` + strings.NewReplacer("\\", "\\\\", `"`, `\"`).Replace(local) + `"` + domain
}

// isDotString reports whether local needs no quotes. It is lenient with dots,
// which some providers allow anywhere, and takes any byte beyond ASCII (RFC
// 6531).
func isDotString(local string) bool {
	for i := range len(local) {
		if c := local[i]; c <= ' ' || c == 0x7f || strings.IndexByte(`()<>[]:;@\,"`, c) >= 0 {
			return false
		}
	}
	return true
}
