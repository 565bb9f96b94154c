package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReportedCreations(t *testing.T) {
	t.Parallel()
	event := func(kind EventKind, action, id string) Event {
		return Event{Kind: kind, Action: action, Address: "x", IDValue: id}
	}
	cases := map[string]struct {
		events []Event
		want   map[string]string
	}{
		"created":             {[]Event{event(ApplyComplete, "create", "new")}, map[string]string{"x": "new"}},
		"created and deleted": {[]Event{event(ApplyComplete, "create", "new"), event(ApplyStart, "delete", "new"), event(ApplyComplete, "delete", "")}, map[string]string{}},
		"deleted, no id":      {[]Event{event(ApplyComplete, "create", "new"), event(ApplyComplete, "delete", "")}, map[string]string{}},
		"replaced":            {[]Event{event(ApplyStart, "delete", "old"), event(ApplyComplete, "delete", ""), event(ApplyComplete, "create", "new")}, map[string]string{"x": "new"}},
		"created first":       {[]Event{event(ApplyComplete, "create", "new"), event(ApplyStart, "delete", "old"), event(ApplyComplete, "delete", "")}, map[string]string{"x": "new"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, reportedCreations(map[string][]Event{"layer": c.events})); diff != "" {
				t.Error(diff)
			}
		})
	}
}
