// Package learning keeps what is known of families of texts the same in memory and in
// a store: on all nodes, and after a restart.
package learning

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/hut8labs/failmail/pkg/family"
	"github.com/hut8labs/failmail/pkg/store"
)

// A Learner learns from a store. Its methods are safe for concurrent use.
type Learner struct {
	families *family.Families
	store    Store
	log      *slog.Logger

	mu      sync.Mutex        // lessons are applied in their order
	applied int64             // the last one
	merged  map[string]string // whose problems are that of their family
	behind  bool              // there are further ones
	warned  bool
}

// A Store keeps lessons, and the problems that they make one.
type Store interface {
	Learn(ctx context.Context, lessons []store.Lesson) error
	Lessons(ctx context.Context, after int64) ([]store.Lesson, error)
	MergeProblems(ctx context.Context, into map[string]string, at time.Time) error
}

// New returns a Learner that makes families know what s does.
func New(families *family.Families, s Store, log *slog.Logger) *Learner {
	return &Learner{families: families, store: s, log: log, merged: make(map[string]string)}
}

// Sync keeps the texts that were noted, and learns what the store has. What could not
// be kept is noted again when it comes again.
func (l *Learner) Sync(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lessons []store.Lesson
	for _, t := range l.families.Noted() {
		lessons = append(lessons, store.Lesson{Kind: store.LessonText, Fingerprint: t.Fingerprint, Lines: t.Lines, At: t.Seen})
	}
	if len(lessons) > 0 {
		if err := l.store.Learn(ctx, lessons); err != nil {
			return err
		}
	}
	return l.apply(ctx)
}

// apply learns what the store has and families do not. The caller holds mu.
func (l *Learner) apply(ctx context.Context) error {
	lessons, err := l.store.Lessons(ctx, l.applied)
	if err != nil {
		return err
	}
	for _, lesson := range lessons {
		switch lesson.Kind {
		case store.LessonText:
			l.families.Learn(family.Text{Fingerprint: lesson.Fingerprint, Lines: lesson.Lines, Seen: lesson.At})
		case store.LessonMerge:
			l.families.Merge(lesson.Fingerprint, lesson.Other)
		case store.LessonSplit:
			l.families.Split(lesson.Fingerprint)
			l.merged[lesson.Fingerprint] = "" // its problem is to be one of its own again
		}
		l.applied = lesson.ID
	}
	if l.families.Full() && !l.warned {
		l.warned = true
		l.log.Warn("no more texts are learned: further errors that vary in words are shown as several", "texts", family.MaxTexts)
	}
	if len(lessons) == 0 && !l.behind {
		return nil
	}
	return l.mergeProblems(ctx)
}

// mergeProblems makes the problems one whose errors are known to be. The caller holds mu.
func (l *Learner) mergeProblems(ctx context.Context) error {
	into := make(map[string]string)
	for fingerprint, family := range l.families.Members() {
		if known, merged := l.merged[fingerprint]; known != family && (merged || fingerprint != family) {
			into[fingerprint] = family
		}
	}
	l.behind = len(into) > 0
	if !l.behind {
		return nil
	}
	if err := l.store.MergeProblems(ctx, into, time.Now()); err != nil {
		return err
	}
	l.behind = false
	maps.Copy(l.merged, into)
	return nil
}

// Merge makes two errors one for good.
func (l *Learner) Merge(ctx context.Context, a, b string) error {
	return l.decide(ctx, store.Lesson{Kind: store.LessonMerge, Fingerprint: a, Other: b, At: time.Now()})
}

// Split makes an error one of its own for good.
func (l *Learner) Split(ctx context.Context, fingerprint string) error {
	return l.decide(ctx, store.Lesson{Kind: store.LessonSplit, Fingerprint: fingerprint, At: time.Now()})
}

func (l *Learner) decide(ctx context.Context, lesson store.Lesson) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.store.Learn(ctx, []store.Lesson{lesson}); err != nil {
		return err
	}
	return l.apply(ctx)
}
