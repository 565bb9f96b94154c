package terraform

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// line is one line of Terraform's machine-readable output, as far as the tool
// reads it. Snippets of diagnostics are left out on purpose: they hold source
// text and values.
type line struct {
	Type       string          `json:"type"`
	Message    string          `json:"@message"`
	Time       time.Time       `json:"@timestamp"`
	Hook       hook            `json:"hook"`
	Diagnostic *lineDiagnostic `json:"diagnostic"`
	Changes    struct {
		Operation string `json:"operation"`
	} `json:"changes"`
	Change *plannedChange `json:"change"`
}

// plannedChange is what a plan's stream says of a resource: which one, and what becomes
// of it, without any value.
type plannedChange struct {
	Resource  plannedResource  `json:"resource"`
	Previous  *plannedResource `json:"previous_resource"`
	Action    string           `json:"action"`
	Importing *struct {
		ID string `json:"id"`
	} `json:"importing"`
}

type plannedResource struct {
	Address string `json:"addr"`
	Module  string `json:"module"`
	Type    string `json:"resource_type"`
	Name    string `json:"resource_name"`
}

// change gives it as a whole plan has it; nil for what changes nothing managed.
func (p *plannedChange) change() *tfjson.ResourceChange {
	actions, ok := map[string]tfjson.Actions{
		"create":  {tfjson.ActionCreate},
		"update":  {tfjson.ActionUpdate},
		"replace": {tfjson.ActionDelete, tfjson.ActionCreate},
		"delete":  {tfjson.ActionDelete},
		"remove":  {tfjson.ActionForget},
		"move":    {tfjson.ActionNoop},
		"import":  {tfjson.ActionNoop},
	}[p.Action]
	if !ok { // read, and no-op
		return nil
	}
	c := &tfjson.ResourceChange{Address: p.Resource.Address, ModuleAddress: p.Resource.Module, Mode: tfjson.ManagedResourceMode,
		Type: p.Resource.Type, Name: p.Resource.Name, Change: &tfjson.Change{Actions: actions, AfterUnknown: true}}
	if p.Previous != nil {
		c.PreviousAddress = p.Previous.Address
	}
	if p.Importing != nil {
		c.Change.Importing = &tfjson.Importing{ID: p.Importing.ID}
	}
	return c
}

type hook struct {
	Resource struct {
		Address string `json:"addr"`
		Type    string `json:"resource_type"`
	} `json:"resource"`
	Action  string  `json:"action"`
	IDKey   string  `json:"id_key"`
	IDValue string  `json:"id_value"`
	Elapsed float64 `json:"elapsed_seconds"`
}

type lineDiagnostic struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	Address  string `json:"address"`
	Range    struct {
		File  string `json:"filename"`
		Start struct {
			Line int `json:"line"`
		} `json:"start"`
	} `json:"range"`
}

// parseLine reads one line; ok is false for what is not Terraform's.
func parseLine(raw []byte) (l line, ok bool) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '{' {
		return line{}, false
	}
	if err := json.Unmarshal(raw, &l); err != nil || l.Type == "" {
		return line{}, false
	}
	return l, true
}

// event gives the engine's event of the line; ok is false where the line is
// about something else.
func (l line) event() (e engine.Event, ok bool) {
	e = engine.Event{Kind: engine.EventKind(l.Type), Time: l.Time}
	switch e.Kind {
	case engine.ApplyStart, engine.ApplyProgress, engine.ApplyComplete, engine.ApplyErrored:
		if l.Hook.Resource.Address == "" {
			return engine.Event{}, false
		}
		e.Address, e.Type, e.Action = l.Hook.Resource.Address, l.Hook.Resource.Type, l.Hook.Action
		e.IDKey, e.IDValue, e.Elapsed = l.Hook.IDKey, l.Hook.IDValue, l.Hook.Elapsed
	case engine.EventDiagnostic:
		if l.Diagnostic == nil {
			return engine.Event{}, false
		}
		diagnostic := l.Diagnostic.value()
		e.Address, e.Diagnostic = diagnostic.Address, &diagnostic
	default:
		return engine.Event{}, false
	}
	return e, true
}

func (d lineDiagnostic) value() engine.Diagnostic {
	return engine.Diagnostic{
		Severity: d.Severity, Summary: d.Summary, Detail: d.Detail,
		Address: d.Address, File: d.Range.File, Line: d.Range.Start.Line,
	}
}

// ReadEvents hands the events of an apply's JSON stream to sink in order. It
// passes over lines that are not Terraform's and over a last line that was cut
// short; an error is one of reading r.
func ReadEvents(r io.Reader, sink func(engine.Event)) error {
	return readLines(bufio.NewReader(r), func(raw []byte) {
		if l, ok := parseLine(raw); ok {
			if e, ok := l.event(); ok {
				sink(e)
			}
		}
	})
}

// readLines hands each line of r, of any length, to each.
func readLines(r *bufio.Reader, each func([]byte)) error {
	for {
		raw, err := r.ReadBytes('\n')
		if len(raw) > 0 {
			each(raw)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading terraform's output: %w", err)
		}
	}
}

// lookingFor is how init announces which provider it goes to look for.
var lookingFor = regexp.MustCompile(`^Finding matching versions for provider: (\S+), version_constraint: "(.*)"`)

// stream collects what a whole JSON stream said.
type stream struct {
	lines       int                 // lines of Terraform's
	garbage     int                 // other lines that were not empty
	errors      []engine.Diagnostic // error diagnostics, without repetitions
	finished    bool                // the operation said its summary
	constraints map[string]string   // provider → version constraint, of init
	planned     []*tfjson.ResourceChange
}

// add takes one line and gives its event, if it has one.
func (s *stream) add(raw []byte) (engine.Event, bool) {
	l, ok := parseLine(raw)
	if !ok {
		if len(bytes.TrimSpace(raw)) > 0 {
			s.garbage++
		}
		return engine.Event{}, false
	}
	s.lines++
	switch l.Type {
	case "change_summary":
		s.finished = true
	case "planned_change":
		if l.Change != nil {
			if c := l.Change.change(); c != nil {
				s.planned = append(s.planned, c)
			}
		}
	case "log":
		if m := lookingFor.FindStringSubmatch(l.Message); m != nil {
			if s.constraints == nil {
				s.constraints = map[string]string{}
			}
			s.constraints[m[1]] = m[2]
		}
	}
	e, ok := l.event()
	if ok && e.Diagnostic != nil && e.Diagnostic.Severity == "error" {
		s.addError(*e.Diagnostic)
	}
	return e, ok
}

func (s *stream) addError(d engine.Diagnostic) {
	for _, known := range s.errors {
		if known == d {
			return
		}
	}
	s.errors = append(s.errors, d)
}
