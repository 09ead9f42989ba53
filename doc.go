// Package failmail is an SMTP proxy that turns floods of alert mail into summaries
// that people can act on, for running inside a program of your own. The command of
// the same name, in cmd/failmail, is such a program.
//
//	p, err := failmail.New(failmail.Config{Relay: "mail.example.com"})
//	if err != nil {
//		return err
//	}
//	return p.Run(ctx) // takes mails on localhost:2525 until ctx ends
//
// [New] checks the [Config] and opens nothing. [Proxy.Start], [Proxy.Addr] and
// [Proxy.Shutdown] give finer control than Run; [Proxy.Submit] takes a [Message] without
// SMTP. A [Grouper] says which mails share a summary and which a headline, a [Renderer]
// writes the summary, a [Sender] delivers it, and a [Store] keeps what came meanwhile;
// each has a default. [Proxy.Problems] and [Proxy.Act] are what people see and do,
// [Proxy.Handler] and [Proxy.Metrics] show it over HTTP.
//
// A mail is durable in the Store before its client gets 250 and before Submit returns.
// What cannot be delivered ends in a maildir, Config.FailDir, never nowhere. A crash
// may repeat a summary, with the same Message-ID.
//
// The methods of a Proxy are safe for concurrent use. Nothing is global: a program may
// run any number of Proxies, each with a store, a fail-dir and a logger of its own, and
// none leaves a goroutine behind.
//
// Most names here are aliases of types in the packages under pkg, so that a program needs
// this import only. Begin from examples/embed, and test with failmailtest.
package failmail
