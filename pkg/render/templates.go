package render

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	texttemplate "text/template"

	"github.com/hut8labs/failmail/internal/phrase"
)

//go:embed templates/summary.txt templates/summary.html
var templateFiles embed.FS

// The names of the templates.
const (
	textName = "summary.txt"
	htmlName = "summary.html"
)

type templates struct {
	subject, text *texttemplate.Template
	html          *htmltemplate.Template
}

// builtin are the templates of the zero Standard, parsed once.
var builtin = sync.OnceValues(func() (*templates, error) { return parseTemplates(Options{}) })

func parseTemplates(o Options) (*templates, error) {
	var p templates
	var err error
	p.subject, err = texttemplate.New("subject").Funcs(functions).Parse(cmp.Or(o.Subject, DefaultSubject))
	if err != nil {
		return nil, &OptionError{"Subject", o.Subject, explainTemplate(err)}
	}
	text, html, err := sources(o.Templates)
	if err != nil {
		return nil, &OptionError{"Templates", "", err}
	}
	if p.text, err = texttemplate.New(textName).Funcs(functions).Parse(text); err != nil {
		return nil, &OptionError{"Templates", "", explainTemplate(err)}
	}
	if p.html, err = htmltemplate.New(htmlName).Funcs(functions).Parse(html); err != nil {
		return nil, &OptionError{"Templates", "", explainTemplate(err)}
	}
	return &p, nil
}

// sources returns the templates: the operator's, and the built-in ones where
// there is none.
func sources(own fs.FS) (text, html string, err error) {
	text, ownText, err := source(own, textName)
	if err != nil {
		return "", "", err
	}
	html, ownHTML, err := source(own, htmlName)
	if err != nil {
		return "", "", err
	}
	if own != nil && !ownText && !ownHTML {
		return "", "", fmt.Errorf("there is neither %s nor %s%s", textName, htmlName, otherNames(own))
	}
	return text, html, nil
}

// otherNames says what a folder holds instead of templates: often one with a slip
// in its name.
func otherNames(folder fs.FS) string {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil || len(entries) == 0 {
		return ""
	}
	const most = 3
	var names []string
	for _, e := range entries[:min(len(entries), most)] {
		names = append(names, e.Name())
	}
	if len(entries) > most {
		names = append(names, "…")
	}
	return ", but " + strings.Join(names, ", ")
}

// source returns the template called name: the operator's, or else the built-in
// one.
func source(own fs.FS, name string) (text string, isOwn bool, err error) {
	if own != nil {
		text, err := fs.ReadFile(own, name)
		if err == nil {
			return string(text), true, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", false, fmt.Errorf("read template: %w", err)
		}
	}
	builtin, err := templateFiles.ReadFile("templates/" + name)
	return string(builtin), false, err
}

// WriteTemplates puts the built-in templates into a folder, which it makes if
// need be, as a beginning for others. It overwrites nothing.
func WriteTemplates(folder string) (files []string, err error) {
	for _, name := range []string{textName, htmlName} {
		if _, err := os.Lstat(filepath.Join(folder, name)); err == nil {
			return nil, fmt.Errorf("%q exists already; name another folder, or remove it", filepath.Join(folder, name))
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	for _, name := range []string{textName, htmlName} {
		file := filepath.Join(folder, name)
		text, err := templateFiles.ReadFile("templates/" + name)
		if err != nil {
			return files, err
		}
		if err := writeNew(file, text); err != nil {
			return files, err
		}
		files = append(files, file)
	}
	return files, nil
}

// writeNew fails if there is such a file, even one made since the last look.
func writeNew(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// A SubjectView is what the template of the subject sees.
type SubjectView struct {
	*View
	Mails    int    // that are not muted; all of them, if all are
	Standing string // how many errors are new, back and ongoing; empty if all are muted
	Top      string // what the most alarming error is
	More     int    // groups besides
}

// maxSubjectTitle keeps a subject readable in a list of mails.
const maxSubjectTitle = 100

func newSubjectView(v *View) SubjectView {
	s := SubjectView{View: v, Mails: cmp.Or(v.LoudCount(), v.Count), More: max(len(v.Groups)-1, 0)}
	switch {
	case len(v.Groups) > 0:
		s.Standing, s.Top = standing(v.Summary, ""), phrase.Shorten(v.Groups[0].top(), maxSubjectTitle)
	case v.WellCount() > 0:
		s.Standing = v.WellStanding()
	case len(v.Muted) > 0:
		s.Top = "muted"
	}
	return s
}
