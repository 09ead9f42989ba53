package message

// A Mail is one mail ready to be sent.
type Mail struct {
	From      string   // reverse-path
	To        []string // recipients of the envelope
	MessageID string   // without angle brackets; the same for every attempt
	Raw       []byte   // RFC 5322 with CRLF line ends, below 998 bytes each
}
