package storm

const (
	web1    = "web1.shop.example"
	web2    = "web2.shop.example"
	worker1 = "worker1.shop.example"
	db1     = "db1.shop.example"

	ops = "ops@shop.example"
	dev = "dev@shop.example"
	dba = "dba@shop.example"
)

// kind is one cause of mail.
type kind struct {
	template string
	// weight is the number of such mails in a storm of 600.
	weight int
	// hosts take turns in sending the mails of this kind.
	hosts []string
	// sender is the local part of the address that the mails come from.
	sender string
	to     []string
}

// kinds are in the order in which a storm too small for all of them takes one
// of each. The two exceptions of the shop share a subject, so the second one
// comes last: without it every subject is still there, and so is every host
// and recipient.
var kinds = []kind{
	{"operational_error.eml", 250, []string{web1, web2}, "app", []string{ops}},
	{"log4j2.eml", 190, []string{web2, web1}, "payment", []string{ops}},
	{"panic.eml", 75, []string{worker1}, "worker", []string{ops, dev}},
	{"cron.eml", 8, []string{db1}, "root", []string{ops, dba}},
	{"nagios.eml", 6, []string{db1}, "nagios", []string{ops, dba}},
	{"payments.eml", 1, []string{worker1}, "billing", []string{ops, dev}},
	{"key_error.eml", 70, []string{web1, web2}, "app", []string{ops}},
}

// alert is a mail yet to be written.
type alert struct {
	kind kind
	host string
}

// deal returns n alerts, sorted by kind.
func deal(n int) []alert {
	alerts := make([]alert, 0, n)
	for i, count := range shares(n) {
		k := kinds[i]
		for turn := range count {
			alerts = append(alerts, alert{k, k.hosts[turn%len(k.hosts)]})
		}
	}
	return alerts
}

// shares divides n mails among the kinds by weight. Rounding alone would leave
// the rare kinds out of a small storm, yet they are the mails that must not
// drown in it, so every kind gets one first and the rest evens that out.
func shares(n int) []int {
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	counts := make([]int, len(kinds))
	for given := range n {
		if given < len(kinds) {
			counts[given]++
			continue
		}
		neediest, most := 0, n*kinds[0].weight-counts[0]*total
		for i, k := range kinds {
			if missing := n*k.weight - counts[i]*total; missing > most {
				neediest, most = i, missing
			}
		}
		counts[neediest]++
	}
	return counts
}
