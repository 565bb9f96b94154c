package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzParse: an event that is taken says nothing that is not understood, in its own
// spelling, and is the same request again when it is written; any other is invalid.
func FuzzParse(f *testing.F) {
	for _, event := range []string{
		`{"target": 3, "dry_run": true, "class": "expand"}`, `{"target": null}`, `{"dryrun": true}`, `{"dry_run": "true"}`, `{"DRY_RUN": false}`,
		`{"dry_run": true, "dry_run": false}`, `{"target": 1e3}`, `{} {"dry_run": true}`, `{"class": "other"}`, ` null `, `[]`, `"x"`, "",
	} {
		f.Add([]byte(event))
	}
	f.Fuzz(func(t *testing.T, event []byte) {
		request, err := parse(event)
		if err != nil {
			var invalid *InvalidInputError
			if !errors.As(err, &invalid) {
				t.Errorf("%q: %v", event, err)
			}
			return
		}
		if text := strings.TrimSpace(string(event)); text != "" {
			var sent map[string]json.RawMessage
			if err := json.Unmarshal([]byte(text), &sent); err != nil {
				t.Errorf("%q was taken as %+v: %v", event, request, err)
			}
			for name := range sent {
				if name != "target" && name != "dry_run" && name != "class" {
					t.Errorf("%q was taken with %q as %+v", event, name, request)
				}
			}
		}
		text, err := json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parse(text)
		if diff := cmp.Diff(request, again); diff != "" || err != nil {
			t.Errorf("%q (-first +second):\n%s%v", event, diff, err)
		}
	})
}
