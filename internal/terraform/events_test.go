package terraform

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

const (
	startLine = `{"@level":"info","@message":"m","@timestamp":"2026-01-02T03:04:05.5Z","hook":{"resource":{"addr":"module.a.aws_vpc.this","resource_type":"aws_vpc"},"action":"create"},"type":"apply_start"}`
	doneLine  = `{"@timestamp":"2026-01-02T03:04:06Z","hook":{"resource":{"addr":"module.a.aws_vpc.this","resource_type":"aws_vpc"},"action":"create","id_key":"id","id_value":"vpc-1","elapsed_seconds":1},"type":"apply_complete"}`
	failLine  = `{"@timestamp":"2026-01-02T03:04:07Z","diagnostic":{"severity":"error","summary":"S","detail":"D","address":"module.a.x.y","range":{"filename":"main.tf","start":{"line":3,"column":1,"byte":9}},"snippet":{"code":"password = \"hunter2\"","values":[{"traversal":"var.p","statement":"is \"hunter2\""}]}},"type":"diagnostic"}`
)

func at(second int) time.Time { return time.Date(2026, 1, 2, 3, 4, second, 0, time.UTC) }

func TestReadEvents(t *testing.T) {
	t.Parallel()
	start := engine.Event{
		Kind: engine.ApplyStart, Time: at(5).Add(500 * time.Millisecond),
		Address: "module.a.aws_vpc.this", Type: "aws_vpc", Action: "create",
	}
	done := engine.Event{
		Kind: engine.ApplyComplete, Time: at(6), Address: "module.a.aws_vpc.this", Type: "aws_vpc", Action: "create",
		IDKey: "id", IDValue: "vpc-1", Elapsed: 1,
	}
	fail := engine.Event{
		Kind: engine.EventDiagnostic, Time: at(7), Address: "module.a.x.y",
		Diagnostic: &engine.Diagnostic{Severity: "error", Summary: "S", Detail: "D", Address: "module.a.x.y", File: "main.tf", Line: 3},
	}
	for name, test := range map[string]struct {
		text string
		want []engine.Event
	}{
		"empty":                     {"", nil},
		"in order":                  {startLine + "\n" + doneLine + "\n" + failLine + "\n", []engine.Event{start, done, fail}},
		"garbage between":           {"panic: x\n\n" + startLine + "\n{}\n[1]\nnull\n" + doneLine + "\n", []engine.Event{start, done}},
		"last line cut short":       {startLine + "\n" + doneLine[:len(doneLine)-9], []engine.Event{start}},
		"last line without newline": {startLine + "\n" + doneLine, []engine.Event{start, done}},
		"other kinds":               {`{"type":"version"}` + "\n" + `{"type":"apply_start","hook":{}}` + "\n" + `{"type":"diagnostic"}`, nil},
		"wrong kinds of values":     {`{"type":"apply_start","hook":7}` + "\n" + doneLine, []engine.Event{done}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []engine.Event
			if err := ReadEvents(strings.NewReader(test.text), func(e engine.Event) { got = append(got, e) }); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			text, err := json.Marshal(got)
			if err != nil || bytes.Contains(text, []byte("hunter2")) {
				t.Errorf("events hold a snippet's value: %s (%v)", text, err)
			}
		})
	}
}

func TestDrainGivesCompleteLinesOnly(t *testing.T) {
	t.Parallel()
	var got []string
	each := func(raw []byte) { got = append(got, string(raw)) }
	rest, err := drain(strings.NewReader("a\nb"), nil, each)
	if err != nil {
		t.Fatal(err)
	}
	rest, err = drain(strings.NewReader("c\n\nd"), rest, each)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "bc", ""}, got); diff != "" || string(rest) != "d" {
		t.Errorf("rest %q, lines (-want +got):\n%s", rest, diff)
	}
}

// FuzzReadEvents holds the parser to its law: it never fails on what it reads,
// every event is of a known kind, and cutting the last line short loses no
// event of the lines before it.
func FuzzReadEvents(f *testing.F) {
	f.Add([]byte(startLine+"\n"+doneLine+"\n"+failLine), 10)
	f.Add([]byte("panic: runtime error\n\x00\xff{\n"), 3)
	f.Add([]byte(`{"type":"apply_complete","@timestamp":"never"}`), 0)
	f.Fuzz(func(t *testing.T, text []byte, cut int) {
		read := func(b []byte) (events []engine.Event) {
			if err := ReadEvents(bytes.NewReader(b), func(e engine.Event) { events = append(events, e) }); err != nil {
				t.Fatal(err)
			}
			return events
		}
		all := read(text)
		for _, e := range all {
			switch e.Kind {
			case engine.ApplyStart, engine.ApplyProgress, engine.ApplyComplete, engine.ApplyErrored:
				if e.Address == "" {
					t.Errorf("event without an address: %+v", e)
				}
			case engine.EventDiagnostic:
				if e.Diagnostic == nil {
					t.Errorf("diagnostic event without one: %+v", e)
				}
			default:
				t.Errorf("unknown kind: %+v", e)
			}
		}
		last := bytes.LastIndexByte(text, '\n') + 1
		if cut < 0 || cut > len(text)-last {
			return
		}
		before, short := read(text[:last]), read(text[:last+cut])
		if len(short) < len(before) || len(short) > len(before)+1 {
			t.Errorf("%d events before the last line, %d with %d bytes of it", len(before), len(short), cut)
		}
		if diff := cmp.Diff(before, short[:len(before)]); diff != "" {
			t.Errorf("cutting the last line changed earlier events:\n%s", diff)
		}
	})
}
