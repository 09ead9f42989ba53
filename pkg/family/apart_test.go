package family_test

import (
	"fmt"
	"testing"

	"github.com/hut8labs/failmail/pkg/family"
)

func TestTextsThatDifferInWhatHappenedStayApart(t *testing.T) {
	for name, texts := range map[string][]string{
		"states": {"Interface eth<num> changed state to up", "Interface eth<num> changed state to down", "Interface eth<num> changed state to testing",
			"Interface eth<num> changed state to dormant", "Interface eth<num> changed state to unknown"},
		"parts of names":               {"rds-db<num>-read-latency is high", "rds-db<num>-write-latency is high", "rds-db<num>-cpu-latency is high", "rds-db<num>-disk-latency is high"},
		"modules in escaped quotes":    {`err="module \"yaml\" not found"`, `err="module \"lodash\" not found"`, `err="module \"express\" not found"`, `err="module \"dotenv\" not found"`},
		"parameters that are required": {`Required parameter "limit" is missing`, `Required parameter "offset" is missing`, `Required parameter "sort" is missing`, `Required parameter "page" is missing`},
		"links in quotes":              {"unexpected token 'in' at <num>", "unexpected token 'of' at <num>", "unexpected token 'as' at <num>", "unexpected token 'or' at <num>"},
		"alarms by code":               {"Alarm ALM_FIRE_ROOM<num> raised", "Alarm ALM_WATER_ROOM<num> raised", "Alarm ALM_UPS_ROOM<num> raised", "Alarm ALM_GAS_ROOM<num> raised"},
		"checks":                       {"Check check_http on web<num> is late", "Check check_disk on web<num> is late", "Check check_raid on web<num> is late", "Check check_ntp on web<num> is late"},
		"settings that are missing":    {"Missing parameter api_token in the file", "Missing parameter db_host in the file", "Missing parameter tax_rate in the file", "Missing parameter smtp_port in the file"},
		"errors of a database":         {"ORA-<num> raised by job", "ORA-01555 raised by job", "ORA-00600 raised by job", "ORA-00942 raised by job"},
		"outcomes":                     {"Connection to database refused", "Connection to database reset", "Connection to database lost", "Connection to database closed"},
		"words without a noun": {"cannot open orders today", "cannot open mails today", "cannot open invoices today", "cannot open refunds today",
			"cannot open baskets today", "cannot open carts today"},
		"sentences": {"write: No space left on device now", "write: Permission is gone on device now", "write: bytes are too many on device now", "write: a b c on device now"},
		"exceptions": {"worker died of ValueError in main", "worker died of KeyError in main", "worker died of TypeError in main", "worker died of OSError in main",
			"worker died of IndexError in main", "worker died of NameError in main"},
		"codes":                                 {"oracle says ORA-<num> on db<num>", "oracle says SIG<num> on db<num>", "oracle says ETIMEDOUT on db<num>", "oracle says ECONNRESET on db<num>"},
		"what follows a state":                  {"final status: gold of job", "final status: silver of job", "final status: tin of job", "final status: lead of job"},
		"opposites":                             {"task import of data", "task export of data", "task login of data", "task logout of data", "task push of data"},
		"values of a key that says how it went": {"login of a client result=peer", "login of a client result=ident", "login of a client result=trust", "login of a client result=radius"},
		"values of a key that may say why":      {"checkout went wrong err=chargeback", "checkout went wrong err=underage", "checkout went wrong err=sanction", "checkout went wrong err=fraud", "checkout went wrong err=theft"},
		"sentences in quotes":                   {"job 'file is a folder' today", "job 'There Failed Again' today", "job 'smoke in the room' today", "job 'water in the room' today", "job 'rats in the room' today"},
		"a dotted word that speaks":             {"mapred.tip.id is old: take mapreduce.task.id", "mapred.job.id is old: take mapreduce.job.id", "mapred.map.out is old: take mapreduce.map.out"},
		"more names than other words":           {"a_a host alpha table a_b", "b_b host beta table c_d", "c_c host gamma table e_f", "d_d host delta table g_h"},
		"placeholders without a word":           {"<ip> - db<num>-a", "<host> - <id>"},
		"a word and a name":                     {"[ssh-one] Ban", "[ssh-two] Ban", "[ssh-three] Ban", "[ssh-four] Ban"},
		"placeholders and signs":                {"a gate (of <ip>) opened", "a gate of <ip> opened"},
		"a name in quotes or not":               {"table shop is corrupt and gone", "table 'shop' is corrupt and gone"},
		"what happened behind a noun":           {"printer jam in room <num>", "printer toner in room <num>", "printer paper in room <num>", "printer cover in room <num>"},
		"states behind a noun and a severity":   {"WARNING: user gone on the server", "WARNING: user back on the server", "WARNING: user moved on the server", "WARNING: user here on the server"},
		"identifiers that say what happened":    {"Payment failed for order <num>: card_declined", "Payment failed for order <num>: no_funds", "Payment failed for order <num>: bad_cvc", "Payment failed for order <num>: is_fraud"},
		"what is on in a sentence":              {"job failed on alpha day", "job failed on beta day", "job failed on gamma day", "job failed on delta day", "job failed on omega day", "job failed on sigma day"},
		"what is to be done":                    {"this job failed to bake", "this job failed to fly", "this job failed to sing", "this job failed to sew", "this job failed to cut", "this job failed to knit"},
		"reasons that a link is in front of":    {"the worker ran out of handles", "the worker ran out of sockets", "the worker ran out of buffers", "the worker ran out of threads", "the worker ran out of ports", "the worker ran out of slots", "the worker ran out of memory"},
		"verbs in quotes":                       {"pod 'evicted' on node<num>: failed", "pod 'preempted' on node<num>: failed", "pod 'killed' on node<num>: failed", "pod 'restarted' on node<num>: failed"},
		"reasons with hyphens":                  {"the login failed due to rate-limit", "the login failed due to brute-force", "the login failed due to geo-block", "the login failed due to port-scan"},
		"identifiers in capitals":               {"the consumer stopped with RECORD_TOO_LARGE again", "the consumer stopped with NOT_LEADER again", "the consumer stopped with OUT_OF_RANGE again"},
		"codes that the masks left":             {"GET /cart HTTP/<num> 500 was bad", "GET /cart HTTP/<num> 502 was bad", "GET /cart HTTP/<num> 503 was bad"},
		"nothing and a value":                   {"cannot reach the server", "cannot reach the server <ip>"},
		"what links words behind a noun":        {"the queue is here and failed", "the queue was here and failed", "the queue of here and failed", "the queue for here and failed"},
		"a name where others have a number":     {"disk <num> is gone for good", "disk controller is gone for good", "disk header is gone for good"},
		"parts of a program in quotes":          {"no value in column \"email\" came", "no value in column \"birthday\" came", "no value in column \"city_a\" came", "no value in column \"note\" came"},
		"constraints":                           {"a row violates constraint \"mail_key\"", "a row violates constraint \"name_key\"", "a row violates constraint \"city_idx\""},
		"modules that are missing":              {"the job has no module named 'lxml'", "the job has no module named '<value>'", "the job has no module named 'yaml'"},
		"too little context":                    {"queue orders", "queue mails", "queue invoices", "queue refunds", "queue baskets"},
	} {
		t.Run(name, func(t *testing.T) {
			f, all := learned(texts...)
			if n := families(f, all); n != len(texts) {
				t.Errorf("%d families of %d texts %q", n, len(texts), texts)
			}
		})
	}
}

func TestAKindOfWhatWentWrongIsNoNameYet(t *testing.T) {
	for _, key := range []string{"component", "sensor", "field", "resource", "policy", "module"} {
		if f, all := learned("failure "+key+"=alpha in room <num>", "failure "+key+"=beta in room <num>"); families(f, all) != 2 {
			t.Errorf("two values of %s are enough", key)
		}
	}
}

func TestTextsThatDifferWhereTooLittleWasSeenStayApart(t *testing.T) {
	f, all := learned("copy of orders_a to host alpha failed", "copy of users_b to host alpha failed", "copy of carts_c to host alpha failed", "copy of orders_a to host beta failed", "copy of users_b to host beta failed")
	if got := fmt.Sprint(parts(f, all)); got != "[[v2:0 v2:1 v2:2] [v2:3 v2:4]]" {
		t.Errorf("the families of two hosts are %s", got)
	}
	place := f.Find(family.Text{Fingerprint: "v2:new", Lines: []string{"copy of logs_d to host beta failed"}})
	if place.Fingerprint != all[3].Fingerprint || place.Values[0].Text != "logs_d" || !place.Values[0].Seen.IsZero() {
		t.Errorf("another table of the second one is %+v", place)
	}
}
