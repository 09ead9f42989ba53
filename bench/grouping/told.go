package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/hut8labs/failmail/internal/explain"
	"github.com/hut8labs/failmail/internal/mailbox"
	"github.com/hut8labs/failmail/pkg/batch"
	"github.com/hut8labs/failmail/pkg/recognise"
)

// A told is what "failmail explain --json" prints about a mail.
type told struct{ Source, Entry, Headline, Masked string }

// linesTold returns what is printed about each text, a line of one input.
func linesTold(ctx context.Context, texts []string) ([]told, error) {
	for _, text := range texts {
		if strings.ContainsAny(text, "\r\n") {
			return nil, fmt.Errorf("the text %.60q has a line end; leave it out", text)
		}
	}
	stdin := strings.NewReader(strings.Join(texts, "\n") + "\n")
	all, err := explained(ctx, stdin, explain.Input{Path: mailbox.Stdin, Lines: true})
	if err == nil && len(all) != len(texts) {
		err = fmt.Errorf("of %d lines %d were explained", len(texts), len(all))
	}
	return all, err
}

// mailsTold returns what is printed about the mails of a folder, by their files.
func mailsTold(ctx context.Context, folder string) (map[string]told, error) {
	all, err := explained(ctx, nil, explain.Input{Path: folder})
	if err != nil {
		return nil, err
	}
	byFile := make(map[string]told, len(all))
	for _, t := range all {
		file, err := filepath.Rel(folder, t.Source)
		if err != nil {
			return nil, err
		}
		byFile[filepath.ToSlash(file)] = t
	}
	return byFile, nil
}

// explained runs explain with the default settings.
func explained(ctx context.Context, stdin io.Reader, in explain.Input) (all []told, err error) {
	batchBy, err := batch.Compile(batch.DefaultBatch)
	if err != nil {
		return nil, err
	}
	groupBy, err := batch.Compile(batch.DefaultGroup)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	meanings, err := recognise.New(nil)
	if err != nil {
		return nil, err
	}
	err = explain.Run(ctx, explain.Options{
		Classifier: &batch.Classifier{Batch: batchBy, Group: groupBy, Meanings: meanings}, BySubject: true,
		Inputs: []explain.Input{in}, JSON: true,
		Stdin: stdin, Stdout: &out, Stderr: io.Discard,
	})
	if err != nil {
		return nil, err
	}
	return decodeLines[told](&out)
}

// readLabels reads a JSON object on each line of a file.
func readLabels[T any](file string) ([]T, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	labels, err := decodeLines[T](f)
	if err != nil {
		return nil, fmt.Errorf("%s, %w", file, err)
	}
	if len(labels) == 0 {
		return nil, fmt.Errorf("%s is empty; leave it out", file)
	}
	return labels, nil
}

func decodeLines[T any](r io.Reader) (all []T, err error) {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 64<<20) // more than a mail may have
	for scanner.Scan() {
		var v T
		if err := json.Unmarshal(scanner.Bytes(), &v); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(all)+1, err)
		}
		all = append(all, v)
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", len(all)+1, err)
	}
	return all, nil
}
