package envelope

import (
	"strings"

	"github.com/emersion/go-message/mail"
)

// Addresses returns the addresses of a field, also those without a domain, which
// are no addresses to RFC 5322.
func Addresses(header *mail.Header, name string) (list []string) {
	for fields := header.FieldsByKey(name); fields.Next(); {
		var one mail.Header
		one.Set(name, fields.Value())
		if parsed, err := one.AddressList(name); err == nil {
			for _, a := range parsed {
				list = append(list, Quote(a.Address))
			}
			continue
		}
		for _, part := range splitList(fields.Value()) {
			if i := strings.LastIndexByte(part, '<'); i >= 0 {
				part, _, _ = strings.Cut(part[i+1:], ">")
			}
			if part = strings.TrimSpace(part); part != "" && !strings.ContainsAny(part, " \t;:") {
				list = append(list, part)
			}
		}
	}
	return list
}

// splitList splits an address list at the commas outside of quoted strings.
func splitList(list string) []string {
	quoted := false
	return strings.FieldsFunc(list, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ',' && !quoted
	})
}
