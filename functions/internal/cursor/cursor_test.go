package cursor_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/cursor"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	want := []string{"2026-11-23T00:00:00.000001Z", "", "目標\"\x00"}
	got, err := cursor.Decode("goals", cursor.Encode("goals", want...), 3)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing":         "",
		"no base64":       "%%%",
		"padding":         cursor.Encode("goals", "a") + "=",
		"no JSON":         "AAAA",
		"another listing": cursor.Encode("tasks", "a"),
		"too few keys":    cursor.Encode("goals"),
		"too many keys":   cursor.Encode("goals", "a", "b"),
		"too long":        cursor.Encode("goals", strings.Repeat("a", 2000)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if keys, err := cursor.Decode("goals", text, 1); !errors.Is(err, cursor.ErrInvalid) {
				t.Errorf("got %q, %v", keys, err)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("goals", cursor.Encode("goals", "a", "b"), 2)
	f.Add("", "", 0)
	f.Add("", "W10", -1) // a list of nothing
	f.Fuzz(func(t *testing.T, kind, text string, count int) {
		keys, err := cursor.Decode(kind, text, count)
		if err != nil {
			return
		}
		again, err := cursor.Decode(kind, cursor.Encode(kind, keys...), count)
		if err != nil {
			t.Fatalf("%q decodes to %q, which does not decode: %v", text, keys, err)
		}
		if diff := cmp.Diff(keys, again); diff != "" {
			t.Errorf("(-first +again):\n%s", diff)
		}
	})
}
