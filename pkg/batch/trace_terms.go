package batch

import (
	"regexp"
	"slices"
	"strings"
)

// readTerms reads the traces that are not frames on lines: the terms of Erlang, and the
// calls that R prints where a script ends.
func readTerms(text string) *trace {
	switch {
	case strings.Contains(text, erlangSign):
		return erlangTrace(text)
	case strings.Contains(text, rSign):
		return rTrace(text)
	}
	return nil
}

const erlangSign, rSign = "{file,", "Calls: "

func mayBeTerms(text string) bool {
	return strings.Contains(text, erlangSign) || strings.Contains(text, rSign)
}

// erlangFrame matches {shop_cart,total,1,[{file,"src/shop_cart.erl"},{line,12}]}, with
// the arguments instead of their number where no clause of the function took them.
var erlangFrame = regexp.MustCompile(`\{([\w@']+),\s*([^\s,{}\[\]]+),\s*(?:\d+|\[[^\]]*\]),\s*\[\{file,\s*"([^"]+)"\},\s*\{line,\s*\d+\}\]\}`)

func erlangTrace(text string) *trace {
	var t trace
	first := -1
	for _, m := range erlangFrame.FindAllStringSubmatchIndex(text, maxFrames) {
		if first < 0 {
			first = m[0]
		}
		frame := text[m[2]:m[3]] + ":" + text[m[4]:m[5]] + " " + path(text[m[6]:m[7]])
		if n := len(t.frames); n == 0 || t.frames[n-1] != frame {
			t.frames = append(t.frames, frame)
		}
	}
	if first < 0 {
		return nil
	}
	reason := strings.TrimRight(text[:first], "[, \t\r\n")
	t.headline = strings.TrimLeft(reason[strings.LastIndexByte(reason, '\n')+1:], "* \t")
	if t.headline == "" {
		return nil
	}
	t.types = []string{typeOf(t.headline)}
	return &t
}

// rTrace reads "Calls: main -> total", behind "Error in total(cart) : " and the message,
// which may be on a line of its own.
func rTrace(text string) *trace {
	message := ""
	for line := range strings.Lines(text) {
		line = strings.Join(strings.Fields(line), " ")
		calls, found := strings.CutPrefix(line, rSign)
		switch {
		case found && message != "":
			frames := strings.Split(calls, " -> ")
			if slices.ContainsFunc(frames, func(name string) bool { return name == "" || strings.Contains(name, " ") }) {
				return nil
			}
			return &trace{types: []string{typeOf(message)}, headline: message, frames: frames[:min(len(frames), maxFrames)]}
		case strings.HasPrefix(line, "Error"):
			message = line
		case message != "" && len(message) < maxPrefix:
			message += " " + line
		}
	}
	return nil
}
