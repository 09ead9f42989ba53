package render

import "time"

// A Sent is a summary that left not long ago.
type Sent struct {
	MessageID string
	Batch     string
	Subject   string
	To        []string
	Count     int
	Groups    int
	Made      time.Time
	Result    string // "waiting", "sent", "postponed" or "failed": in the fail-dir
	Error     string // of the last attempt
	// HTML is for a browser, to be shown in a sandbox. A Renderer of your own
	// that has no method HTML leaves it nil; then Text is what its mail says.
	// Of old summaries neither is kept when there is much of it.
	HTML []byte
	Text string
}
