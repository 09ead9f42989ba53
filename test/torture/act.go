//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// maxNotes is how many notes a round makes: fewer than the history of one problem keeps.
const maxNotes = 250

// A listed is a problem, and what people did about it.
type listed struct {
	ID      string
	Count   int
	History []struct{ Kind, Text string }
}

// get reads what a node answers as JSON.
func (n *node) get(path string, into any) error {
	response, err := actors.Get("http://" + n.http + path)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", path, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// actors are those who act: they wait as long as a person.
var actors = &http.Client{Timeout: 10 * time.Second}

// problems returns the problems that were seen last, at most so many, and how many there are.
func (n *node) problems(most int) (list []listed, total int, err error) {
	var answer struct {
		Total    int
		Problems []listed
	}
	err = n.get(fmt.Sprint("/api/problems?limit=", most), &answer)
	return answer.Problems, answer.Total, err
}

// annotate writes notes about the problems of the moment until ctx ends, and notes in the ledger
// which the node has acknowledged.
func (r *round) annotate(ctx context.Context) {
	for number := 0; ctx.Err() == nil && number < maxNotes; {
		n := r.nodes[number%len(r.nodes)]
		list, _, err := n.problems(1)
		if err != nil || len(list) == 0 {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		number++
		text := fmt.Sprint("note ", number)
		response, err := actors.Post("http://"+n.http+"/api/problems/"+list[0].ID+"/note", "application/json", strings.NewReader(`{"by":"ann","text":"`+text+`"}`))
		r.notes.note(text, func(l *line) {
			switch {
			case err != nil:
				l.unanswered++
			case response.StatusCode == http.StatusOK:
				l.acknowledged++
			default:
				l.refused++
			}
		})
		if err == nil {
			response.Body.Close()
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// look reads what the problems have in the end: how many mails they count, and the notes.
func (r *round) look() error {
	n := r.nodes[0]
	list, total, err := n.problems(1000)
	if err != nil {
		return err
	}
	if len(list) < total {
		return fmt.Errorf("there are %d problems, which are more than an answer has", total)
	}
	r.written = make(map[string]int)
	for _, p := range list {
		r.problems += p.Count
		var whole listed
		if err := n.get("/api/problems/"+p.ID, &whole); err != nil {
			return err
		}
		for _, e := range whole.History {
			if e.Kind == "noted" {
				r.written[e.Text]++
			}
		}
	}
	return nil
}

// settleNotes compares the ledger of notes with those that the problems have.
func (l *ledger) settleNotes(written map[string]int) (noted, lost, doubled int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for text, sent := range l.lines {
		noted += sent.acknowledged
		lost += max(sent.acknowledged-written[text], 0)
		doubled += max(written[text]-1, 0)
	}
	return noted, lost, doubled
}
