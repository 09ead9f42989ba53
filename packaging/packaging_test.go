// Package packaging has no code, only what tests compare with the proxy.
package packaging

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hut8labs/failmail"
)

// metrics returns the names of those that a proxy has.
func metrics(t *testing.T) map[string]bool {
	t.Helper()
	p, err := failmail.New(failmail.Config{Bind: "127.0.0.1:0", Relay: "debug", Store: failmail.NewMemoryStore(), FailDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.Shutdown(t.Context())
	response := httptest.NewRecorder()
	p.Handler().ServeHTTP(response, httptest.NewRequest("GET", "/metrics", nil))
	names := map[string]bool{"failmail_smtp_refusals_total": true} // there are none yet
	for _, found := range regexp.MustCompile(`(?m)^# TYPE (\w+)`).FindAllStringSubmatch(response.Body.String(), -1) {
		names[found[1]] = true
	}
	if len(names) < 30 {
		t.Fatalf("a proxy has only %d metrics:\n%s", len(names), response.Body)
	}
	return names
}

var ours = regexp.MustCompile(`\b(?:failmail|go|process)_[a-z_]+\b`)

func TestDashboardShowsEveryMetricOnce(t *testing.T) {
	content, err := os.ReadFile("grafana/failmail.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		SchemaVersion int
		Templating    struct{ List []struct{ Name, Type string } }
		Panels        []struct {
			ID          int
			Type, Title string
			Description string
			GridPos     struct{ X, Y, W, H int }
			Datasource  struct{ UID string }
			Targets     []struct{ Expr, LegendFormat, RefID string }
			FieldConfig struct{ Defaults struct{ Unit string } }
		}
	}
	if err := json.Unmarshal(content, &dashboard); err != nil {
		t.Fatal(err)
	}
	if dashboard.SchemaVersion < 38 || dashboard.Templating.List[0].Type != "datasource" {
		t.Errorf("schema version %d, variables %v", dashboard.SchemaVersion, dashboard.Templating.List)
	}
	var queries strings.Builder
	ids, cells := map[int]bool{}, map[[2]int]string{}
	for _, p := range dashboard.Panels {
		if ids[p.ID] || p.Title == "" || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d %q: %v", p.ID, p.Title, p.GridPos)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := cells[[2]int{x, y}]; other != "" {
					t.Fatalf("%q lies on %q", p.Title, other)
				}
				cells[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Description == "" || p.FieldConfig.Defaults.Unit == "" || p.Datasource.UID != "${datasource}" || len(p.Targets) == 0 {
			t.Errorf("panel %q lacks a description, a unit, the data source or queries", p.Title)
		}
		for _, target := range p.Targets {
			if target.LegendFormat == "" || target.RefID == "" || !strings.Contains(target.Expr, `instance=~"$instance"`) {
				t.Errorf("panel %q has the query %+v", p.Title, target)
			}
			queries.WriteString(target.Expr + "\n")
		}
	}
	known, shown := metrics(t), map[string]bool{}
	for _, name := range ours.FindAllString(queries.String(), -1) {
		shown[name] = true
		if !known[name] {
			t.Errorf("the dashboard shows %s, which no proxy has", name)
		}
	}
	for name := range known {
		if strings.HasPrefix(name, "failmail_") && !shown[name] {
			t.Errorf("the dashboard lacks %s", name)
		}
	}
}

func TestAlertsUseMetricsThatThereAre(t *testing.T) {
	content, err := os.ReadFile("prometheus/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	known := metrics(t)
	names := ours.FindAllString(string(content), -1)
	if len(names) < 10 {
		t.Errorf("only %q", names)
	}
	for _, name := range names {
		if !known[name] {
			t.Errorf("an alert uses %s, which no proxy has", name)
		}
	}
	for _, alert := range strings.Split(string(content), "- alert: ")[1:] {
		name, _, _ := strings.Cut(alert, "\n")
		for _, part := range []string{"severity:", "summary:", "action:"} {
			if !strings.Contains(alert, part) {
				t.Errorf("%s lacks %s", name, part)
			}
		}
	}
}
