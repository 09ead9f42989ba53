package main

import (
	"strings"
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/render"
)

// grouping are the options for which mails belong together, and when they are sent.
var grouping = []option{
	{name: "wait", deflt: failmail.DefaultWait, is: usual | positive, field: "Wait",
		usage: "send a summary this `DURATION` after its last mail",
		old:   []oldForm{{name: "wait-period", deflt: time.Duration(0)}, {name: "poll", deflt: 5 * time.Second, better: "nothing: what is due is noticed at once", own: true}}},
	{name: "max-wait", deflt: failmail.DefaultMaxWait, is: usual | positive, field: "MaxWait", usage: "send a summary at most this `DURATION` after its first mail; at least --wait by default"},
	{name: "batch", deflt: batch.DefaultBatch, field: "Batch", readBy: "explain render", choices: batch.Keys(), is: open,
		usage: "put mails for which `EXPRESSION` gives the same value into one summary",
		old:   []oldForm{{name: "batch-expr"}}},
	{name: "group", deflt: batch.DefaultGroup, field: "Group", readBy: "explain render", choices: batch.Keys(), is: open | required,
		usage: "put mails for which `EXPRESSION` gives the same value under one headline: " + strings.Join(batch.Keys(), ", ") + ", joined by commas, or a template",
		old:   []oldForm{{name: "group-expr"}}},
	{name: "first", deflt: "hold", choices: []string{"hold", "send"}, usage: "hold the first mail of a group for the summary, or immediately send the first one of a group that has been quiet"},
	{name: "quiet", deflt: defaultQuiet, field: "First", usage: "with --first=send, a group is quiet after this `DURATION` without a mail"},
	{name: "recipients", deflt: "union", choices: []string{"union", "each"}, usage: "send one summary to all recipients together, or one to each with only the mails addressed to them"},
	{name: "report", deflt: []string{}, is: required, field: "Report", usage: "also send a report about all problems to --report-to at each `TIME`, such as \"daily 07:00\" or \"weekly Mon 07:00\"; may be repeated"},
	{name: "report-to", deflt: []string{}, is: required, field: "ReportTo", usage: "send reports to `ADDRESS`; may be repeated"},
	{name: "ok", deflt: "send", choices: []string{"send", "hold"}, usage: "send summaries that only report success, or hold such mails for the next summary, for a day at most"},
	{name: "heartbeat", deflt: []string{}, is: required, field: "Heartbeats",
		usage: "count mails whose subject matches `PATTERN` as proof that the path works, without summarising them; may be repeated"},
	{name: "expect-learned", deflt: false, field: "ExpectLearned", usage: "also expect mails found to arrive regularly for a week, without waiting for confirmation"},
	{name: "rate-limit", deflt: 0, field: "RateLimit", usage: "mail --pager when more than `N` mails arrive within --rate-window, and again when that is over"},
	{name: "rate-window", deflt: failmail.DefaultRateWindow, field: "RateWindow", usage: "count the mails of --rate-limit within this `DURATION`"},
	{name: "pager", field: "Pager", usage: "send the mails of --rate-limit to `ADDRESS`"},
}

// layout are the options for what a summary looks like, and what happens after it.
var layout = []option{
	{name: "from", is: usual, shown: "failmail@HOSTNAME", field: "From", readBy: "render", usage: "send summaries from `ADDRESS`"},
	{name: "reply-to", readBy: "render", usage: "have replies to summaries go to `ADDRESS`"},
	{name: "subject", deflt: render.DefaultSubject, readBy: "render", usage: "write the subject of summaries with `TEMPLATE`"},
	{name: "template", readBy: "render", usage: "write summaries with summary.txt, summary.html or both in `DIR`; failmail render --write-template writes both to start from"},
	{name: "attach-samples", deflt: false, readBy: "render", usage: "attach the original mails that a summary shows"},
	{name: "max-summary", field: "Standard.MaxBytes", deflt: int64(render.DefaultMaxBytes), is: positive, readBy: "render", usage: "keep a summary below `SIZE`"},
	{name: "redact", deflt: "on", choices: []string{"on", "off"}, readBy: "render", usage: "remove passwords, tokens, cookies and card numbers from what people see"},
	{name: "redact-pattern", deflt: []string{}, readBy: "render", usage: "also remove what matches `PATTERN`; may be repeated"},
	{name: "on-summary", field: "OnSummary", usage: "run `COMMAND` after each summary, with JSON on standard input"},
	{name: "on-summary-timeout", field: "Hook.Timeout", deflt: 30 * time.Second, usage: "stop the command of --on-summary after this `DURATION`"},
}
