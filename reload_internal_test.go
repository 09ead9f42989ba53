package failmail

import (
	"reflect"
	"slices"
	"testing"
)

func TestEachFieldThatOnlyAStartReadsIsOneOfTheConfig(t *testing.T) {
	fields := reflect.TypeFor[Config]()
	for _, name := range startOnly {
		if _, ok := fields.FieldByName(name); !ok {
			t.Errorf("Config has no field %s", name)
		}
	}
	// Who adds a field decides whether Reload can change it, and says so here.
	changeable := []string{
		"Access", "Relay", "RelayOptions", "RelayAll", "From", "Wait", "MaxWait", "RetryFor", "ShutdownTimeout", "FlushOnExit",
		"Batch", "Sources", "Expect", "ExpectLearned", "Group", "First", "EachRecipient", "HoldOK", "Report", "ReportTo", "PublicURL", "RateLimit", "RateWindow", "Pager", "Heartbeats", "Redactor", "Renderer",
		"Sender", "OnSummary",
	}
	for i := range fields.NumField() {
		if name := fields.Field(i).Name; slices.Contains(changeable, name) == slices.Contains(startOnly, name) {
			t.Errorf("whether Reload can change Config.%s is not decided", name)
		}
	}
}
