package content

import "strings"

// maxEvents bounds how many entries of a calendar are told.
const maxEvents = 10

// describeCalendar says what a person wants to know of an iCalendar object (RFC
// 5545): a line for each event or task. ok is false if text is none.
func describeCalendar(text string) (lines string, ok bool) {
	var out []string
	var event map[string]property
	method, inside := "", 0
	for line := range strings.Lines(unfolded.Replace(text)) {
		p := parseProperty(strings.TrimRight(line, "\r\n"))
		value := strings.ToUpper(p.value)
		switch {
		case p.name == "BEGIN" && value == "VCALENDAR":
			ok = true
		case p.name == "BEGIN" && event != nil:
			inside++ // an alarm, with properties of its own
		case p.name == "END" && inside > 0:
			inside--
		case p.name == "BEGIN" && (value == "VEVENT" || value == "VTODO"):
			event = make(map[string]property)
		case p.name == "END" && event != nil:
			if len(out) < maxEvents {
				out = append(out, describeEvent(method, event))
			}
			event = nil
		case event != nil && inside == 0:
			if _, seen := event[p.name]; !seen {
				event[p.name] = p
			}
		case p.name == "METHOD":
			method = strings.ToLower(Line(p.value))
		}
	}
	return strings.Join(out, "\n"), ok && len(out) > 0
}

func describeEvent(method string, event map[string]property) string {
	var out strings.Builder
	out.WriteString("Calendar")
	if method != "" {
		out.WriteString(" " + method)
	}
	out.WriteString(": ")
	details := []string{unescapeText(event["SUMMARY"].value)}
	if details[0] == "" {
		details[0] = "(no summary)"
	}
	if start, found := event["DTSTART"]; found {
		details = append(details, "from "+start.time())
	}
	if end, found := event["DTEND"]; found {
		details = append(details, "to "+end.time())
	} else if duration, found := event["DURATION"]; found {
		details = append(details, "for "+Line(duration.value))
	}
	if due, found := event["DUE"]; found {
		details = append(details, "due "+due.time())
	}
	if place := unescapeText(event["LOCATION"].value); place != "" {
		details = append(details, "at "+place)
	}
	if status := event["STATUS"].value; strings.EqualFold(status, "CANCELLED") {
		details = append(details, "cancelled")
	}
	out.WriteString(strings.Join(details, ", "))
	return out.String()
}

// A property is a content line (RFC 5545 section 3.1).
type property struct {
	name  string
	zone  string
	value string
}

func parseProperty(line string) property {
	// A colon inside quotes belongs to a parameter.
	quoted := false
	for i := range len(line) {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == ':' && !quoted:
			name, params, _ := strings.Cut(line[:i], ";")
			p := property{name: strings.ToUpper(name), value: strings.TrimSpace(line[i+1:])}
			for param := range strings.SplitSeq(params, ";") {
				if key, value, _ := strings.Cut(param, "="); strings.EqualFold(key, "TZID") {
					p.zone = strings.Trim(value, `"`)
				}
			}
			return p
		}
	}
	return property{}
}

// time returns "20240131T093000Z" as "2024-01-31 09:30 UTC". What is not of
// that form is returned as it is.
func (p property) time() string {
	v := p.value
	isTime := len(v) >= 15 && v[8] == 'T'
	if len(v) != 8 && !isTime || strings.Trim(v, "0123456789TZ") != "" {
		return Line(v)
	}
	day := v[:4] + "-" + v[4:6] + "-" + v[6:8]
	switch {
	case !isTime:
		return day
	case strings.HasSuffix(v, "Z"):
		return day + " " + v[9:11] + ":" + v[11:13] + " UTC"
	case p.zone != "":
		return day + " " + v[9:11] + ":" + v[11:13] + " " + Line(p.zone)
	}
	return day + " " + v[9:11] + ":" + v[11:13]
}

// unfolded joins the lines that were folded at 75 bytes.
var unfolded = strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "")

// unescapeText undoes the escapes of a text value (RFC 5545 section 3.3.11), on
// one line.
func unescapeText(value string) string {
	return Line(strings.NewReplacer(`\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";", `\\`, `\`).Replace(value))
}
