package former

import "strings"

// scriptLine takes the frames of Ruby, PHP and Perl.
func (r *traceReader) scriptLine(trimmed string) bool {
	return r.ruby && r.rubyLine(trimmed) || r.php && r.phpLine(trimmed) || r.perl && r.perlLine(trimmed)
}

// rubyLine takes "app.rb:12:in `charge'", with "from" in front of all but the
// first, behind which the message and the type stand.
func (r *traceReader) rubyLine(trimmed string) bool {
	in := strings.Index(trimmed, ":in ")
	if in <= 0 || in+5 >= len(trimmed) || trimmed[in+4] != '`' && trimmed[in+4] != '\'' {
		return false
	}
	file := strings.TrimPrefix(trimmed[:in], "from ")
	// Ruby numbers the frames where it prints the innermost one last.
	if number, rest, found := strings.Cut(file, ": from "); found && allDigits(number) {
		file = rest
	}
	place := dropPosition(file)
	if place == file || strings.Contains(place, " ") && !strings.HasPrefix(place, "(") && !strings.HasPrefix(place, "/") {
		return false
	}
	name := trimmed[in+5:]
	end := strings.IndexByte(name, '\'')
	if end < 0 {
		return false
	}
	message := strings.TrimPrefix(name[end+1:], ": ")
	name = name[:end]
	if i := strings.LastIndex(name, " in "); i >= 0 { // "block (2 levels) in charge"
		name = "block in " + name[i+len(" in "):]
	}
	if message != "" && len(message) < len(trimmed)-in {
		if open := strings.LastIndex(message, " ("); open >= 0 && strings.HasSuffix(message, ")") {
			r.exception(message[open+2 : len(message)-1])
		} else {
			r.exception(fallbackType(message))
		}
		r.named = true
	}
	r.frame(path(place) + " " + function(name))
	return true
}

// phpLine takes "#0 /srv/a.php(12): A->charge('x', 1)".
func (r *traceReader) phpLine(trimmed string) bool {
	if !strings.HasPrefix(trimmed, "#") {
		return false
	}
	number, rest, found := strings.Cut(trimmed[1:], " ")
	if !found || !allDigits(number) {
		return false
	}
	rest = strings.TrimSuffix(strings.TrimRight(rest, `"} `), `\n`)
	if strings.HasPrefix(rest, "{main") {
		return r.inBlock || r.named
	}
	place, call, found := strings.Cut(rest, ": ")
	if !found {
		return false
	}
	if i := strings.LastIndexByte(place, '('); i > 0 && strings.HasSuffix(place, ")") {
		place = path(place[:i])
	} else if place != "[internal function]" {
		return false
	}
	if i := strings.IndexByte(call, '('); i > 0 {
		call = call[:i]
	}
	if number == "0" {
		r.namePHP()
	}
	// An anonymous class is named after the file and the address it was made at.
	call, _, _ = strings.Cut(call, "@anonymous")
	r.frame(place + " " + call)
	return true
}

// namePHP names the exception from the lines before "Stack trace:". PHP and
// Monolog put the place where it was thrown behind the message.
func (r *traceReader) namePHP() {
	for i := len(r.recent) - 1; i >= 0; i-- {
		line := r.recent[i]
		if strings.HasPrefix(line, "Stack trace:") || strings.HasPrefix(line, "[stacktrace]") || strings.HasPrefix(line, `[stacktrace\]`) {
			continue
		}
		// "[object] (PDOException(code: 2002): …" names it in the middle.
		if at := strings.LastIndex(line, "[object] ("); at >= 0 {
			line = line[at+len("[object] ("):]
		} else if at := strings.LastIndex(line, "Uncaught "); at >= 0 {
			line = strings.TrimPrefix(line[at+len("Uncaught "):], "PHP Exception ")
		}
		kind, _ := exceptionType(line)
		if kind == "" {
			continue
		}
		r.exception(kind)
		r.named, r.inBlock = true, false
		return
	}
}

// perlLine takes "\tShop::charge('x', 1) called at /srv/a.pl line 12", as Carp
// prints it.
func (r *traceReader) perlLine(trimmed string) bool {
	if place, found := strings.CutPrefix(trimmed, "Trace begun at "); found { // Devel::StackTrace
		file, _, found := strings.Cut(place, " line ")
		if found {
			r.frame("died at " + path(file))
		}
		return found
	}
	at := strings.LastIndex(trimmed, " called at ")
	if at <= 0 {
		return false
	}
	file, _, found := strings.Cut(trimmed[at+len(" called at "):], " line ")
	if !found {
		return false
	}
	name := trimmed[:at]
	if i := strings.IndexByte(name, '('); i > 0 {
		name = name[:i]
	}
	if strings.HasPrefix(name, "eval {...}") {
		name = "eval"
	}
	if !r.inBlock && !r.named && len(r.recent) > 0 {
		// Perl's exceptions are messages, which end with their place.
		message, place := perlPlace(r.recent[len(r.recent)-1])
		if message == "" && len(r.recent) > 1 {
			// Thrown again: what went wrong first stands above.
			inner, innerPlace := perlPlace(r.recent[len(r.recent)-2])
			message, place = inner, innerPlace+" "+place
		}
		r.exception(message)
		r.named = true
		if place != "" {
			r.frame("died at " + path(place))
			r.named = true
		}
	}
	r.frame(path(evalNumber(file)) + " " + name)
	return true
}

// perlPlace splits "message at FILE line N.".
func perlPlace(line string) (message, place string) {
	line = " " + line
	i := strings.LastIndex(line, " at ")
	if i < 0 {
		return strings.TrimSpace(line), ""
	}
	place, _, _ = strings.Cut(line[i+len(" at "):], " line ")
	return strings.TrimSpace(line[:i]), evalNumber(place)
}

// evalNumber removes the number that Perl gives to each string it evaluates.
func evalNumber(file string) string {
	if strings.HasPrefix(file, "(eval ") {
		return "(eval)"
	}
	return file
}
