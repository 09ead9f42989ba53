// Package failmail is an SMTP proxy that turns floods of alert mail into
// summaries that people can act on, for running inside a program of your own.
// The command of the same name, in cmd/failmail, is such a program.
//
// An application sends its error mails to a [Proxy] instead of its relay. The
// Proxy counts each mail on arrival, keeps one sample of each distinct error,
// and after a quiet moment sends one summary to everyone the mails were
// addressed to:
//
//	p, err := failmail.New(failmail.Config{Relay: "mail.example.com:25"})
//	if err != nil {
//		return err
//	}
//	return p.Run(ctx)
//
// A mail is acknowledged once it is durable. What cannot be delivered ends in a
// maildir, never nowhere.
//
// # Life
//
// [New] checks the [Config] and opens nothing. [Proxy.Run] serves until its
// context ends. Where that is too little, [Proxy.Start] returns once mails are
// taken, [Proxy.Addr] tells the port, and [Proxy.Shutdown] ends what Start
// began. [Proxy.Reload] changes the settings of a Proxy that runs.
//
// # What goes in
//
// Mails come over SMTP, on the addresses of Config.Bind or on
// Config.Listeners, with Config.TLS, from whom Config.Access lets in.
// [Proxy.Submit] takes a [Message] without SMTP; with [NoListener] that is the
// only way in.
//
// # What belongs together
//
// A [Grouper] is asked twice for each mail: Config.Batch says which mails share
// a summary, Config.Group which share a headline in it. [Group] compiles the
// expressions of the command line, [GrouperFunc] adapts a function. Within a
// headline, errors are told apart by a fingerprint of their content.
//
// # What goes out
//
// A [Renderer] writes the summary, and a [Sender] takes it: by default the
// relay, with [RelayOptions] for TLS and login. Either may be a function:
// [RendererFunc], [SenderFunc]. [Permanent] marks the errors that trying again
// will not mend. Config.OnSummary hears what became of each summary.
//
// # Where it is kept meanwhile
//
// In a [Store]: an SQLite file unless Config.Store says otherwise. sqlite.Open
// opens one elsewhere, postgres.Open shares one between machines, and
// [NewMemoryStore] keeps nothing on disk.
//
// # Watching it
//
// [Proxy.Handler] is the page with the API behind it, to be mounted on a mux of
// your own; [Proxy.Metrics] is for a Prometheus registry of your own;
// [Proxy.Ready], [Proxy.Open], [Proxy.Outbox] and their neighbours answer in
// Go. Config.Logger gets a record for each decision.
//
// Nothing is global: a program may run any number of Proxies, each with a store,
// a fail-dir and a logger of its own, and none leaves a goroutine behind.
//
// Most names here are aliases of types in the packages under pkg, so that a
// program which embeds a Proxy or writes a Grouper needs this import only. The
// programs under examples are small enough to begin from.
package failmail
