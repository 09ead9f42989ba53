package main

import (
	"time"

	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/deliver"
)

// relaying are the options for where summaries go, and how.
var relaying = []option{
	{name: "relay", deflt: failmail.DefaultRelay, is: usual | required, field: "Relay", readBy: "resend",
		usage: "send summaries through `RELAY`: " + deliver.RelayForms + "; several, separated by commas, are tried in order",
		old:   []oldForm{{name: "relay-addr"}, {name: "relay-command", as: "exec:VALUE"}}},
	{name: "relay-tls", field: "TLS.Policy", deflt: string(deliver.TLSAuto), choices: []string{"auto", "require", "off"}, readBy: "resend",
		usage: "encrypt the connection to the relay if it offers STARTTLS (auto), always and with a verified certificate (require), or never (off)"},
	{name: "relay-ca", field: "TLS.Files", readBy: "resend", usage: "trust the certificates in `FILE` for the relay, instead of those the system trusts"},
	{name: "relay-cert", readBy: "resend", usage: "present the certificate in `FILE` to the relay"},
	{name: "relay-key", readBy: "resend", usage: "read the key of --relay-cert from `FILE`"},
	{name: "relay-user", is: usual, field: "Auth.User", readBy: "resend", usage: "log in to the relay as `USER`"},
	{name: "relay-password", readBy: "resend", usage: "log in to the relay with `PASSWORD`; other users of this machine can see it, so prefer the file or the environment"},
	{name: "relay-password-file", is: usual, readBy: "resend", usage: "log in to the relay with the password in the first line of `FILE`; it is read for each connection"},
	{name: "relay-token-command", field: "Auth.Token", readBy: "resend", usage: "log in to the relay with the OAuth 2.0 token that `COMMAND` prints (XOAUTH2)"},
	{name: "relay-rate", deflt: 0, readBy: "resend", usage: "send at most `N` mails a minute through the relay; 0 for no limit"},
	{name: "relay-max-conns", deflt: 1, is: positive, field: "RelayOptions", usage: "use at most `N` connections to the relay at a time"},
	{name: "relay-all", deflt: false, field: "RelayAll", usage: "also relay every mail unchanged"},
	{name: "retry-for", deflt: failmail.DefaultRetryFor, field: "RetryFor", usage: "try to deliver a summary for this `DURATION` after it was due, then put it into the fail-dir; 0 tries once"},
	{name: "fail-dir", deflt: failmail.DefaultFailDir, is: required, field: "FailDir", readBy: "resend", usage: "put summaries that cannot be sent into the maildir `DIR`"},
}

// operating are the options for what the proxy keeps and reports.
var operating = []option{
	{name: "store", deflt: "sqlite:" + failmail.DefaultStore, is: usual | restart, readBy: "backup",
		usage: "keep mails and problems in `URL`: sqlite:FILE, postgres://USER@HOST/DATABASE, which several nodes may share, or memory:, which is lost when the process is killed",
		old:   []oldForm{{name: "message-store", as: "sqlite:VALUE/" + failmail.DefaultStore}, {name: "memory-store", deflt: false, as: "memory:"}}},
	{name: "max-store", deflt: int64(1 << 30), is: positive | restart, usage: "once the store has grown to `SIZE`, keep counting, but keep no further samples"},
	{name: "resolve-after", deflt: 24 * time.Hour, is: positive | restart, usage: "consider a problem over after this `DURATION` without a mail, unless its sender reports when it is over"},
	{name: "all-dir", field: "AllDir", usage: "keep a copy of every mail received in the maildir `DIR`"},
	{name: "flush-on-exit", deflt: false, field: "FlushOnExit", usage: "on SIGTERM, send what was received instead of keeping it for the next start"},
	{name: "shutdown-timeout", deflt: failmail.DefaultShutdownTimeout, is: positive, field: "ShutdownTimeout", usage: "on SIGTERM, wait this `DURATION` for mails in transfer"},
	{name: "bind-http", field: "HTTP.Address", deflt: defaultBindHTTP, is: usual | restart, readBy: pageCommands,
		usage: "serve the page, the API, /metrics, /healthz and /readyz on `HOST:PORT`; only to the users of --credentials, if any; \"\" for none"},
	{name: "public-url", field: "PublicURL", usage: "link from summaries to the page of each problem, below `URL`, such as https://failmail.example.com"},
	{name: "log-format", deflt: "text", is: restart, choices: []string{"text", "json"}, usage: "write the log as text or as JSON"},
	{name: "log-level", deflt: "info", choices: []string{"debug", "info", "warn", "error"}, usage: "log messages of this level and above"},
	{name: "pidfile", field: "Options.Pidfile", is: restart, usage: "write the process ID to `FILE` while mails are accepted"},
	{name: "config", is: usual | noFile, readBy: pageCommands + " explain render resend send",
		usage: "read settings from the TOML file `FILE`; its keys are the names of the flags, and flags and the environment take precedence"},
	{name: "write-config", is: noFile | noEnv, usage: "write the settings, with explanations, to `FILE` as TOML, and exit; - for standard output"},
}
