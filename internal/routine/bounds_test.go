package routine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hut8labs/failmail/pkg/meaning"
	"github.com/hut8labs/failmail/pkg/store"
	"github.com/hut8labs/failmail/pkg/store/memory"
)

func TestTheLongestUnseenIsForgottenFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, memory.New(store.Limits{}))
		n.days("regular", 14)
		n.sync()
		time.Sleep(24 * time.Hour)
		for round := range 3 {
			for i := range maxThings {
				n.came(fmt.Sprint("once ", round, " ", i), meaning.OK, time.Now())
			}
			n.sync()
			time.Sleep(time.Minute)
		}
		if len(n.things) != maxThings {
			t.Errorf("%d things", len(n.things))
		}
		n.want("", "regular, daily 22:00;")
		if strings.Count(n.log.String(), "no more regular mails are learned") != 1 {
			t.Errorf("%s", n.log.String())
		}
		time.Sleep(remember)
		n.came("new", meaning.OK, time.Now())
		n.sync()
		if len(n.things) != 1 {
			t.Errorf("%d things", len(n.things))
		}
	})
}

// A notebook that fails now and then.
type broken struct {
	store.Notebook
	err error
}

func (b *broken) Note(ctx context.Context, name, text string) error {
	if b.err != nil {
		return b.err
	}
	return b.Notebook.Note(ctx, name, text)
}

func TestWhatCannotBeWrittenIsWrittenLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := memory.New(store.Limits{})
		notebook := &broken{Notebook: engine}
		n := newNode(t, notebook)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { n.Run(ctx); close(ended) }()
		notebook.err = errors.New("the disk is full")
		n.days("backup", 8)
		time.Sleep(3 * syncEvery)
		synctest.Wait()
		if strings.Count(n.log.String(), "cannot keep which mails come regularly") != 1 {
			t.Errorf("%s", n.log.String())
		}
		if err := n.Confirm(t.Context(), "backup"); !errors.Is(err, notebook.err) {
			t.Errorf("%v", err)
		}
		n.want("", "backup, daily 22:00;")
		notebook.err = nil
		cancel() // the end writes once more
		<-ended
		newNode(t, engine).want("", "backup, daily 22:00;")
	})
}

func TestAnUnchangedNoteIsNotWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		notebook := &broken{Notebook: memory.New(store.Limits{})}
		n := newNode(t, notebook)
		n.days("backup", 8)
		n.sync()
		notebook.err = errors.New("it was written")
		n.sync()
		n.days("backup", 1) // which is known
		n.sync()
	})
}

// A mail that came while the clock was years ahead must not hide that no other comes.
func TestATimeToComeIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, memory.New(store.Limits{}))
		n.days("backup", 8)
		n.came("backup", meaning.OK, time.Now().AddDate(10, 0, 0))
		n.came("other", meaning.OK, time.Now().AddDate(10, 0, 0))
		n.want("", "backup, daily 22:00;")
		if s := n.Proposals()[0]; s.Last.After(time.Now()) || len(n.things) != 1 {
			t.Errorf("%+v, %d things", s, len(n.things))
		}
	})
}

// Nodes that each see some of the mails agree, and then write nothing more.
func TestNodesAgree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		notebook := &broken{Notebook: memory.New(store.Limits{})}
		nodes := []*node{newNode(t, notebook), newNode(t, notebook)}
		begin := time.Now().AddDate(0, 0, -30)
		for day := range 30 {
			for i, object := range []string{"a", "b", "c"} {
				nodes[(day+i)%2].came(object, meaning.OK, begin.AddDate(0, 0, day).Add(time.Duration((day*31+i)%97)*time.Minute))
			}
			if day%3 == 0 {
				nodes[day%2].sync()
			}
		}
		for range 2 {
			nodes[0].sync()
			nodes[1].sync()
		}
		if one, other := nodes[0].proposed(), nodes[1].proposed(); one != other || strings.Count(one, ";") != 3 {
			t.Errorf("one proposes %q, the other %q", one, other)
		}
		notebook.err = errors.New("it was written again")
		nodes[0].sync()
		nodes[1].sync()
	})
}
