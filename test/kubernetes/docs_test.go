package kubernetes

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// documentedCommands returns the commands that docs/kubernetes.md gives in the container.
func documentedCommands(t *testing.T) (commands [][]string) {
	t.Helper()
	for _, found := range regexp.MustCompile(`exec failmail-0 -- /usr/bin/failmail (.*)`).FindAllStringSubmatch(read(t, "docs/kubernetes.md"), -1) {
		command, _, _ := strings.Cut(found[1], "#")
		commands = append(commands, strings.Fields(command))
	}
	for _, name := range []string{"check", "flush", "status"} {
		if !slices.ContainsFunc(commands, func(words []string) bool { return words[0] == name }) {
			t.Errorf("docs/kubernetes.md has no failmail %s", name)
		}
	}
	return commands
}

// blocks returns the files that docs/kubernetes.md shows, by the names behind their
// language.
func blocks(t *testing.T) map[string][]string {
	t.Helper()
	shown := map[string][]string{}
	for _, found := range regexp.MustCompile("(?ms)^```\\w+ (\\S+)\n(.*?)^```$").FindAllStringSubmatch(read(t, "docs/kubernetes.md"), -1) {
		shown[found[1]] = append(shown[found[1]], found[2])
	}
	return shown
}

func TestWhatTheDocumentationShowsIsApplied(t *testing.T) {
	shown := blocks(t)
	files := map[string]string{}
	for _, name := range []string{"failmail.toml", "outside.yaml"} {
		files[name] = shown[name][0]
	}
	var kinds []string
	for _, kustomization := range shown["kustomization.yaml"] {
		m := render(t, kustomization, files)
		kinds = append(kinds, m.names...)
		if m.settings.Data["failmail.toml"] != files["failmail.toml"] {
			t.Errorf("the settings are\n%s", m.settings.Data["failmail.toml"])
		}
	}
	for _, want := range []string{"ServiceMonitor/failmail", "Service/failmail-outside"} {
		if !slices.Contains(kinds, want) {
			t.Errorf("nothing makes %s", want)
		}
	}
	object, _, err := strictDecoder(t).Decode([]byte(shown["restore.yaml"][0]), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	volume := object.(*corev1.Pod).Spec.Volumes[0].PersistentVolumeClaim.ClaimName
	m := render(t, shown["kustomization.yaml"][0], files)
	if want := m.set.Spec.VolumeClaimTemplates[0].Name + "-" + m.set.Name + "-0"; volume != want {
		t.Errorf("what is restored goes to %s instead of %s", volume, want)
	}
	relay := startRelay(t)
	p := start(t, m, inCluster(relay))
	if err := send(p); err != nil {
		t.Fatal(err)
	}
	p.exec(t, "flush")
	received(t, relay)
	p.terminate(t)
}

func TestTheDocumentationNamesTheNewestRelease(t *testing.T) {
	tags := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?:\?ref=v|ghcr\.io/hut8labs/failmail:)([0-9.]*[0-9])`).FindAllStringSubmatch(read(t, "docs/kubernetes.md"), -1) {
		tags[found[1]] = true
	}
	if want := newestRelease(t); len(tags) != 1 || !tags[want] {
		t.Errorf("docs/kubernetes.md names %q, and the newest release is %s", slices.Collect(maps.Keys(tags)), want)
	}
}
