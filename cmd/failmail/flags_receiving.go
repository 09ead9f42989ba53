package main

import (
	"github.com/hut8labs/failmail"
	"github.com/hut8labs/failmail/pkg/receive"
)

// receiving are the options for what the proxy listens to, and how much it takes.
var receiving = []option{
	{name: "bind", deflt: []string{failmail.DefaultBind}, is: usual | commas | required, field: "Bind", readBy: "send",
		usage: "receive mails on `ADDRESS`: host:port, smtps://host:port, lmtp://host:port, unix:/path or lmtp+unix:/path; may be repeated; localhost means both 127.0.0.1 and ::1",
		old:   []oldForm{{name: "bind-addr"}, {name: "ssl", deflt: false, better: "--bind=smtps://HOST:PORT", own: true}}},
	{name: "socket-fd", field: "Options.SocketFD", deflt: 0, is: restart, usage: "receive on the listening socket inherited as descriptor `N`, instead of --bind; the sockets of a systemd socket unit are found without it"},
	{name: "proxy-protocol-from", deflt: []string{}, is: commas, field: "TrustedProxies", usage: "expect a PROXY protocol header, version 1 or 2, from load balancers in `NETWORK`; may be repeated"},
	{name: "tls-cert", is: restart | paired, field: "TLS", usage: "offer STARTTLS, and TLS on smtps addresses, with the certificate chain in `FILE`, which is read again when it changes"},
	{name: "tls-key", is: restart | paired, field: "TLS", usage: "read the key of --tls-cert from `FILE`"},
	{name: "max-message-size", deflt: int64(receive.DefaultMaxMessageSize), is: positive, field: "MaxMessageSize", usage: "refuse mails larger than `SIZE`"},
	{name: "max-in-flight", deflt: int64(receive.DefaultMaxInFlight), is: positive, field: "MaxInFlight",
		usage: "temporarily refuse mails while those in transfer hold `SIZE` of memory; the process itself needs up to half as much again, plus 64 MiB"},
	{name: "max-recipients", deflt: receive.DefaultMaxRecipients, is: positive, field: "MaxRecipients", usage: "accept at most `N` recipients for one mail"},
	{name: "max-connections", deflt: receive.DefaultMaxConnections, is: positive, field: "MaxConnections", usage: "serve at most `N` connections at a time"},
	{name: "max-per-client", deflt: receive.DefaultMaxPerClient, is: positive, field: "MaxPerClient", usage: "serve at most `N` connections from one address at a time"},
	{name: "idle-timeout", deflt: receive.DefaultIdleTimeout, is: positive, field: "IdleTimeout", usage: "close connections that have been idle for this `DURATION`"},
	{name: "session-timeout", deflt: receive.DefaultSessionTimeout, is: positive, field: "SessionTimeout", usage: "close connections that have been open for this `DURATION`"},
	{name: "receiver", deflt: false, is: hidden, field: "ReceiveOnly", usage: "only receive: another process on the same store sends"},
	{name: "sender", deflt: false, is: hidden, field: "SendOnly", usage: "only send what another process on the same store receives"},
}

// admitting are the options for who may send.
var admitting = []option{
	{name: "credentials", deflt: []string{}, readBy: pageCommands + " send", field: "Access",
		usage: "require clients to authenticate, and admit `USER:PASSWORD`; may be repeated; other users of this machine can see it, so prefer the file or the environment"},
	{name: "credentials-file", readBy: pageCommands, field: "Access", usage: "require clients to authenticate, and admit the users in `FILE`, as made by htpasswd -B"},
	{name: "allow-net", deflt: []string{}, is: commas, field: "Access",
		usage: "let clients from `NETWORK` (for example 10.0.0.0/8, or \"unix\" for Unix sockets) send without credentials; may be repeated"},
	{name: "allow-recipient", deflt: []string{}, field: "Access", usage: "accept only recipients that match `PATTERN`, such as *@example.com, or a regular expression for the whole address; may be repeated"},
	{name: "rewrite-recipient", deflt: []string{},
		usage: "rewrite recipients by `PATTERN=REPLACEMENT`, such as *@example.com=*@staging.example.com; with a regular expression, only the match is replaced; may be repeated",
		old:   []oldForm{{name: "rewrite-src", own: true}, {name: "rewrite-dest", own: true}}},
}
