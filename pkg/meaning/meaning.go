// Package meaning holds what a mail says, as everybody who deals with mails knows it:
// whether something is wrong, how bad it is, who says so and what it is about.
//
//	if m := mail.Meaning; m.Status.IsBad() {
//		fmt.Println(m.Severity, m.Source, m.Object) // critical nagios db1/Disk /var
//	}
//
// A [Meaning] is a value, copied freely. github.com/hut8labs/failmail/pkg/recognise finds
// it out, a Grouper sees it in the Message, and a store keeps it with each error. A
// [Thing] is an object of one source, by which a problem and its end find each other.
package meaning

// A Status is what a mail says of the thing it is about.
type Status string

// The statuses, the worst first.
const (
	Problem  Status = "problem"  // something is wrong, or nobody understands the mail
	Warning  Status = "warning"  // something is about to be
	Recovery Status = "recovery" // what was wrong is over
	OK       Status = "ok"       // all is as it should be
	Info     Status = "info"     // nothing is wrong and nothing is over
)

// Statuses are all of them, the worst first.
func Statuses() []Status {
	return []Status{Problem, Warning, Recovery, OK, Info}
}

// IsBad reports whether s says that something is wrong. The zero value does: it was not
// understood.
func (s Status) IsBad() bool { return s != Recovery && s != OK && s != Info }

// IsGood reports whether s ends a problem.
func (s Status) IsGood() bool { return s == Recovery || s == OK }

// A Meaning is what a mail says, and of what.
type Meaning struct {
	Status   Status
	Severity string // critical, error, warning or info
	// Source is who says it: the name of a known kind of sender, else an address. Of a known
	// kind, Sender is the address: two machines that watch are not one.
	Source, Sender string
	// Object is what it is about, such as "db1/Disk /var"; empty if that is not known.
	// A recovery ends the problems of the same source and object.
	Object string
}

// A Thing is what mails are about: what is good ends what is bad of the same thing.
type Thing struct{ Source, Sender, Object string }

// Thing returns what m is about; the zero value if that is not known.
func (m Meaning) Thing() Thing {
	if m.Object == "" {
		return Thing{}
	}
	return Thing{m.Source, m.Sender, m.Object}
}
