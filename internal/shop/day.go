package shop

import (
	"math"
	"time"

	"github.com/hut8labs/failmail/pkg/store"
)

const (
	h = time.Hour
	m = time.Minute

	web1    = "web1.shop.example"
	web2    = "web2.shop.example"
	worker1 = "worker1.shop.example"
	db1     = "db1.shop.example"
	mon1    = "mon1.shop.example" // Nagios, Alertmanager and Uptime Kuma
	ci      = "ci.shop.example"
	backup1 = "backup1.shop.example"

	// opens is when a day begins: when people do.
	opens = 8 * h
)

var (
	ops    = []string{"ops@shop.example"}
	opsDev = []string{"ops@shop.example", "dev@shop.example"}
	opsDBA = []string{"ops@shop.example", "dba@shop.example"}

	webs = []string{web1, web2}
)

type facts = map[string]string

// A row is something that happens on a day, once or again and again.
type row struct {
	at    time.Duration // since midnight
	until time.Duration // since midnight, if it comes again and again
	every time.Duration // about so often
	lasts time.Duration // after which a mail says that it is over; 0 for none
	in    cycle
	past  bool   // it also happened in the weeks before the first day
	says  string // to whoever watches

	// A mail, or what somebody does.
	mail   string // a template of storm
	hosts  []string
	sender string
	to     []string
	facts  facts
	deed   *Deed
}

// A cycle says on which days something happens: of every so many on one, or on none. The
// zero cycle is every day.
type cycle struct{ of, on int }

func (c cycle) has(day int) bool { return c.of == 0 || (day%c.of+c.of)%c.of == c.on }

var (
	evenDays = cycle{2, 0}
	oddDays  = cycle{2, 1}
	never    = cycle{1, 1}
	once     = cycle{math.MaxInt32, 0} // on the first day
)

// rows are the day, in the order in which it is told.
var rows = []row{
	// The day begins with a payment provider that does not answer.
	{at: 8 * h, says: "The payment provider is slow to answer."},
	{at: 8 * h, until: 8*h + 45*m, every: 2 * m, mail: "log4j2.eml", hosts: []string{web2, web1}, sender: "payment", to: ops},
	{at: 19 * h, until: 20*h + 30*m, every: 3 * m, mail: "log4j2.eml", hosts: []string{web1, web2}, sender: "payment", to: ops},
	// What is always there.
	{at: 8*h + 20*m, until: 22 * h, every: 45 * m, past: true, mail: "key_error.eml", hosts: webs, sender: "app", to: ops},
	{at: 8*h + 50*m, in: once, deed: &Deed{By: "ann", About: "KeyError", Action: store.Owned, Text: "the shop team"}},
	{at: 8*h + 50*m, in: once, deed: &Deed{By: "ann", About: "KeyError", Action: store.Noted, Text: "the basket expires while the customer pays, ticket 4692"}},
	{at: 0, until: 24 * h, every: 3 * h, past: true, mail: "logrotate.eml", hosts: []string{worker1}, sender: "root", to: ops},
	{at: 18 * h, past: true, mail: "payments.eml", hosts: []string{worker1}, sender: "billing", to: opsDev},

	// A check that comes and goes all day, until somebody has had enough.
	{at: 9 * h, until: 21 * h, every: 50 * m, lasts: 20 * m, mail: "nagios_check.eml", hosts: []string{mon1}, sender: "nagios", to: ops,
		facts: facts{"host": "web2", "service": "Current Load", "address": "10.20.0.22", "state": "WARNING",
			"info": "WARNING - load average: 9.12, 7.88, 5.02", "well": "OK - load average: 3.20, 4.11, 4.87"}},
	{at: 11*h + 30*m, says: "Ben mutes a flapping check for four hours.",
		deed: &Deed{By: "ben", About: `"current load"`, Mute: 4 * h, Text: "new limits come with the next rollout, ticket 4711"}},

	// A deploy brings an error that nobody has seen, another one each day.
	{at: 9*h + 25*m, says: "Shop 2.15 is deployed with a new error.", mail: "jenkins.eml", hosts: []string{ci}, sender: "jenkins", to: opsDev,
		facts: facts{"job": "shop-deploy", "what": "shop 2.15 is on web1 and web2"}},
	{at: 9*h + 30*m, until: 11 * h, every: 3 * m, in: cycle{3, 0}, mail: "bug.eml", hosts: webs, sender: "app", to: opsDev,
		facts: facts{"module": "voucher", "function": "redeem", "line": "48", "code": "return voucher.amount * rate[currency]", "error": "TypeError: unsupported operand type(s) for *: 'NoneType' and 'decimal.Decimal'"}},
	{at: 9*h + 30*m, until: 11 * h, every: 3 * m, in: cycle{3, 1}, mail: "bug.eml", hosts: webs, sender: "app", to: opsDev,
		facts: facts{"module": "search", "function": "suggest", "line": "112", "code": "return hits[0].title", "error": "IndexError: list index out of range"}},
	{at: 9*h + 30*m, until: 11 * h, every: 3 * m, in: cycle{3, 2}, mail: "bug.eml", hosts: webs, sender: "app", to: opsDev,
		facts: facts{"module": "wishlist", "function": "share", "line": "77", "code": "token = self.signer.sign(owner.id)", "error": "AttributeError: 'Wishlist' object has no attribute 'signer'"}},
	{at: 10*h + 10*m, says: "Ann acknowledges it.", deed: &Deed{By: "ann", About: `"release 2.15" is:open`, Action: store.Acked, Text: "looking"}},
	{at: 11 * h, says: "Shop 2.15.1 is deployed, which fixes it.", mail: "jenkins.eml", hosts: []string{ci}, sender: "jenkins", to: opsDev,
		facts: facts{"job": "shop-deploy", "what": "shop 2.15.1 is on web1 and web2"}},

	{at: 11*h + 15*m, deed: &Deed{By: "ann", About: `"release 2.15" is:open`, Action: store.Resolved, Text: "fixed in 2.15.1"}},

	// The disk of the database fills up, and takes the shop along.
	{at: 12 * h, says: "The disk of the database fills up.", mail: "nagios_check.eml", hosts: []string{mon1}, sender: "nagios", to: opsDBA,
		facts: facts{"host": "db1", "service": "Disk /var/lib/postgresql", "address": "10.20.0.11", "state": "WARNING",
			"info": "DISK WARNING - free space: /var/lib/postgresql 18204 MB (9% inode=93%):"}},
	{at: 12*h + 50*m, lasts: 2*h + 20*m, mail: "nagios_check.eml", hosts: []string{mon1}, sender: "nagios", to: opsDBA,
		facts: facts{"host": "db1", "service": "Disk /var/lib/postgresql", "address": "10.20.0.11", "state": "CRITICAL",
			"info": "DISK CRITICAL - free space: /var/lib/postgresql 0 MB (0% inode=93%):", "well": "DISK OK - free space: /var/lib/postgresql 204800 MB (50% inode=96%):"}},
	{at: 13 * h, lasts: 2*h + 20*m, says: "The database is down: web servers, workers and monitoring all send mails.", mail: "nagios_check.eml", hosts: []string{mon1}, sender: "nagios", to: opsDBA,
		facts: facts{"host": "db1", "service": "PostgreSQL", "address": "10.20.0.11", "state": "CRITICAL",
			"info": "POSTGRES_CONNECTION CRITICAL: could not connect to server: Connection refused", "well": "POSTGRES_CONNECTION OK: version 16.4"}},
	{at: 13 * h, until: 15*h + 15*m, every: 40 * time.Second, mail: "operational_error.eml", hosts: webs, sender: "app", to: ops},
	{at: 13*h + 3*m, until: 15*h + 15*m, every: 3 * m, mail: "panic.eml", hosts: []string{worker1}, sender: "worker", to: opsDev},
	{at: 13*h + 5*m, lasts: 2*h + 20*m, mail: "nagios_check.eml", hosts: []string{mon1}, sender: "nagios", to: ops,
		facts: facts{"host": "web1", "service": "HTTP", "address": "10.20.0.21", "state": "CRITICAL",
			"info": "HTTP CRITICAL: HTTP/1.1 503 Service Unavailable - 0.012 second response time", "well": "HTTP OK: HTTP/1.1 200 OK - 0.084 second response time"}},
	{at: 13*h + 6*m, lasts: 2*h + 20*m, mail: "nagios_check.eml", hosts: []string{mon1}, sender: "nagios", to: ops,
		facts: facts{"host": "web2", "service": "HTTP", "address": "10.20.0.22", "state": "CRITICAL",
			"info": "HTTP CRITICAL: HTTP/1.1 503 Service Unavailable - 0.015 second response time", "well": "HTTP OK: HTTP/1.1 200 OK - 0.079 second response time"}},
	{at: 13*h + 8*m, lasts: 2*h + 15*m, mail: "alertmanager.eml", hosts: []string{mon1}, sender: "alertmanager", to: ops,
		facts: facts{"alert": "CheckoutErrors", "instance": "web1:9100", "job": "shop", "info": "38 % of all checkouts fail on web1"}},
	{at: 13*h + 8*m, lasts: 2*h + 15*m, mail: "alertmanager.eml", hosts: []string{mon1}, sender: "alertmanager", to: ops,
		facts: facts{"alert": "CheckoutErrors", "instance": "web2:9100", "job": "shop", "info": "41 % of all checkouts fail on web2"}},
	{at: 13*h + 10*m, lasts: 2*h + 15*m, mail: "uptimerobot.eml", hosts: []string{"uptimerobot.com"}, sender: "alert", to: ops,
		facts: facts{"monitor": "www.shop.example", "info": "HTTP 503 - Service Unavailable"}},
	{at: 13*h + 30*m, says: "Ben acknowledges it on its page.", deed: &Deed{By: "ben", About: "object:PostgreSQL is:open", Action: store.Acked, Text: "on it"}},
	{at: 13*h + 30*m, deed: &Deed{By: "ben", About: "psycopg2 is:open", Action: store.Acked, Text: "on it"}},
	{at: 13*h + 30*m, deed: &Deed{By: "ben", About: "psycopg2", Action: store.Owned, Text: "the dba team"}},
	{at: 14 * h, mail: "cron.eml", hosts: []string{db1}, sender: "root", to: opsDBA},
	{at: 14*h + 10*m, deed: &Deed{By: "ben", About: "psycopg2 is:open", Action: store.Noted, Text: "disk is full of WAL: the archive was not reachable. Growing the volume."}},
	{at: 15*h + 20*m, says: "The database is back, and recovery mails arrive."},
	{at: 15*h + 45*m, deed: &Deed{By: "ben", About: "psycopg2 is:open", Action: store.Resolved, Text: "the database is back"}},
	{at: 15*h + 45*m, deed: &Deed{By: "ben", About: `"panic in worker" is:open`, Action: store.Resolved, Text: "the database is back"}},

	// The night: of the backups most succeed, one fails every second night, and one does not
	// even report.
	{at: 22 * h, says: "The nightly backups report."},
	{at: 22 * h, mail: "restic.eml", hosts: []string{web1}, sender: "root", to: ops, facts: facts{"what": "web1"}},
	{at: 22*h + 10*m, mail: "restic.eml", hosts: []string{web2}, sender: "root", to: ops, facts: facts{"what": "web2"}},
	{at: 22*h + 20*m, in: oddDays, mail: "restic.eml", hosts: []string{worker1}, sender: "root", to: ops, facts: facts{"what": "worker1"}},
	{at: 22*h + 20*m, in: evenDays, says: "The backup of worker1 does not report; Failmail will notice within a minute or two."},
	{at: 22*h + 30*m, mail: "pgdump.eml", hosts: []string{db1}, sender: "root", to: opsDBA},
	{at: 23 * h, mail: "veeam.eml", hosts: []string{backup1}, sender: "veeam", to: ops,
		facts: facts{"job": "Nightly VMs", "result": "Success", "one": "ci", "other": "mon1"}},
	{at: 23*h + 30*m, in: evenDays, says: "The backup of the file servers fails.", mail: "veeam.eml", hosts: []string{backup1}, sender: "veeam", to: ops,
		facts: facts{"job": "File servers", "result": "Failed", "one": "fs1", "other": "fs2"}},
	{at: 23*h + 30*m, in: oddDays, mail: "veeam.eml", hosts: []string{backup1}, sender: "veeam", to: ops,
		facts: facts{"job": "File servers", "result": "Success", "one": "fs1", "other": "fs2"}},
	// It came regularly, so Failmail proposes to expect it.
	{at: 2 * h, in: never, past: true, mail: "restic.eml", hosts: []string{ci}, sender: "root", to: ops, facts: facts{"what": "ci"}},
	{at: 3 * h, in: evenDays, mail: "certificate.eml", hosts: []string{mon1}, sender: "uptime-kuma", to: ops,
		facts: facts{"monitor": "Shop frontend", "site": "www.shop.example", "left": "14"}},
	{at: 5 * h, until: 6 * h, every: 6 * m, mail: "key_error.eml", hosts: webs, sender: "app", to: ops},
}
