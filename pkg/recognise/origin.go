package recognise

import "strings"

// An origin is what a text comes from.
type origin struct {
	machine    string // if the subject names it
	isDocument bool   // its lines are the fields of a document
}

// machineOf returns the name of the machine that a sender is one of, as docker1 of root@docker1.example.com
// and APP03 of app03@example.com; empty if subject does not name it, or the address may be that of
// a company.
func machineOf(sender, subject string) string {
	name, domain, _ := strings.Cut(sender, "@")
	if strings.EqualFold(subject, name) {
		return name
	}
	machine, domain, _ := strings.Cut(domain, ".")
	if domain != "" && strings.IndexByte(domain, '.') < 0 || !strings.Contains(strings.ToLower(subject), machine) {
		return ""
	}
	return machine
}
