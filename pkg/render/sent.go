package render

import "time"

// A Sent is a summary that left not long ago.
type Sent struct {
	MessageID string    `json:"-"`
	Batch     string    `json:"batch,omitempty"`
	Subject   string    `json:"subject"`
	To        []string  `json:"to"`
	Count     int       `json:"count"`
	Groups    int       `json:"groups"`
	Problems  []string  `json:"problems,omitempty"` // the IDs of those that it tells of, 1,000 at most
	Made      time.Time `json:"-"`
	Result    string    `json:"result"`          // "waiting", "sent", "postponed" or "failed": in the fail-dir
	Error     string    `json:"error,omitempty"` // of the last attempt
	// HTML is for a browser, to be shown in a sandbox. A Renderer of your own
	// that has no method HTML leaves it nil; then Text is what its mail says.
	// Lists have neither.
	HTML []byte `json:"-"`
	Text string `json:"-"`
}

// An Event says what became of a summary.
type Event struct {
	Event     string      `json:"event"` // "sent", or "failed": it is in the fail-dir
	Time      time.Time   `json:"time"`
	MessageID string      `json:"message_id"`
	Batch     string      `json:"batch"`
	Subject   string      `json:"subject"`
	To        []string    `json:"to"`
	Count     int         `json:"count"`  // mails it stands for
	Groups    int         `json:"groups"` // headlines
	Open      int         `json:"open"`   // problems that it shows and that are not over
	New       int         `json:"new"`    // of them, never seen before
	Over      int         `json:"over"`   // problems that it shows and that are over
	OK        int         `json:"ok"`     // mails that say that nothing is wrong
	Error     string      `json:"error,omitempty"`
	Headlines []EventLine `json:"headlines"` // empty for a summary made before the last start
}

// An EventLine is one headline of a summary.
type EventLine struct {
	Title string    `json:"title"`
	State string    `json:"state"` // NEW, ONGOING, BACK or OVER
	Count int       `json:"count"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}
