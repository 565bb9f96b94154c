package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

func deploymentPage(d Deployment, options Options, b bounds) page {
	r := newRun(d, options.Now)
	record := r.record
	name := say(record.Environment, maxName)
	p := page{
		Kind: "Deployment", Environment: name, State: StatusState(record.Status), Written: MomentOf(options.Now),
		Heading: fmt.Sprintf("%s of %s", capital(say(string(record.Operation), maxName)), name),
		Lead:    r.lead(), Facts: r.facts(options), Failures: r.failures(d.Account.Events),
		Graph: r.drawing(), Layers: r.table(), Timeline: r.timeline(b.resources), Changes: r.changes(d, options, b),
		Checked: checkedOf(d), Release: r.release(), Functions: r.functions(), History: history(d.Account.History, record.ID, options), Costs: costsOf(d, record.Environment),
	}
	if record.Release != "" {
		p.Heading += " to " + say(record.Release, maxName)
	}
	p.Title = fmt.Sprintf("%s: %s, %s", p.Heading, p.State.Name, MomentOf(record.StartedAt).Text)
	for _, note := range record.Notes {
		p.Notes = append(p.Notes, sentence(note))
	}
	if d.Preview != nil {
		p.Beside = besideOf(d.Preview.Beside)
		for _, each := range d.Preview.Warnings {
			p.Warnings = append(p.Warnings, sentence(each))
		}
	}
	return p
}

func capital(s string) string {
	_, first := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:first]) + s[first:]
}

// outcome says in a sentence how a run ended.
func outcome(s engine.RunStatus) string {
	switch s {
	case engine.Interrupted:
		return "was interrupted"
	case engine.Pending, engine.Skipped, engine.Unchanged:
		return "was " + string(s)
	}
	return say(string(s), maxName)
}

// lead tells the outcome in a sentence or two.
func (r *run) lead() string {
	took := took(r.record.StartedAt, r.end())
	var parts []string
	switch r.record.Status {
	case engine.Running:
		parts = append(parts, "It is under way since "+took+".")
	default:
		parts = append(parts, fmt.Sprintf("It %s after %s.", outcome(r.record.Status), took))
	}
	if s := r.record.Changes; s != nil {
		if text := counts(*s, "to "); text != "" {
			parts = append(parts, capital(text)+".")
		} else {
			parts = append(parts, "No resource was to be changed.")
		}
	}
	failed := 0
	for _, layer := range r.record.Layers {
		if layer.Status == engine.Failed || layer.Status == engine.Crashed {
			failed++
		}
	}
	if failed > 0 {
		parts = append(parts, plural(failed, "layer")+" failed.")
	}
	if v := r.record.Verification; v != nil {
		if missed := len(v.Failed) + len(v.Unknown); missed > 0 {
			parts = append(parts, fmt.Sprintf("%d of %s did not pass.", missed, plural(v.Passed+missed, "check")))
		} else {
			parts = append(parts, fmt.Sprintf("All %s passed.", plural(v.Passed, "check")))
		}
	}
	return strings.Join(parts, " ")
}

func (r *run) facts(options Options) []fact {
	record := r.record
	link := func(id string) string {
		if options.Links == nil || id == "" {
			return ""
		}
		return options.Links(id)
	}
	who := record.User
	if record.Host != "" {
		who += " on " + record.Host
	}
	list := []fact{
		{Name: "By", Text: say(who, maxText)},
		{Name: "Began (UTC)", Time: MomentOf(record.StartedAt)},
		{Name: "Took", Text: took(record.StartedAt, record.EndedAt)},
		{Name: "Reason", Text: sentence(record.Reason)},
		{Name: "Changes", Text: summaryText(record.Changes)},
		{Name: "CI run", Text: say(record.CIRun, maxText), Link: webLink(record.CIRun)},
		{Name: "Takes back", Text: say(record.RollbackOf, maxName), Link: link(record.RollbackOf)},
		{Name: "Taken back by", Text: say(record.RolledBackBy, maxName), Link: link(record.RolledBackBy)},
		{Name: "Goes on with", Text: say(record.ResumedFrom, maxName), Link: link(record.ResumedFrom)},
		{Name: "Went on in", Text: say(record.ResumedBy, maxName), Link: link(record.ResumedBy)},
		{Name: "Id", Text: say(record.ID, maxName)},
	}
	return said(list)
}

// said leaves out the facts that there is nothing to.
func said(list []fact) []fact {
	return slices.DeleteFunc(list, func(f fact) bool { return f.Text == "" && f.Time.ISO == "" })
}

func summaryText(s *change.Summary) string {
	switch {
	case s == nil:
		return ""
	case *s == (change.Summary{}):
		return "no resources"
	}
	return counts(*s, "to ")
}

// failures gives what the layers, the phases and Terraform said went wrong. What
// Terraform said stands first: its words are the cause.
func (r *run) failures(events map[string][]engine.Event) []failure {
	const most = 30
	var list []failure
	for _, layer := range r.layers {
		for _, e := range events[layer.Name] {
			d := e.Diagnostic
			if e.Kind != engine.EventDiagnostic || d == nil || d.Severity != "error" {
				continue
			}
			where := say(d.Address, maxAddress)
			if d.File != "" {
				where = strings.TrimPrefix(fmt.Sprintf("%s at %s:%d", where, say(d.File, maxPath), d.Line), " at ")
			}
			each := failure{Title: fmt.Sprintf("%s: %s", say(layer.Name, maxName), sentence(d.Summary)), Where: where, Lines: prose(d.Detail)}
			if !slices.ContainsFunc(list, func(f failure) bool { return f.Title == each.Title && f.Where == each.Where }) {
				list = append(list, each)
			}
		}
	}
	if len(list) == 0 {
		for _, layer := range r.record.Layers {
			if layer.Error != "" {
				list = append(list, failure{Title: "Layer " + say(layer.Name, maxName), Lines: prose(layer.Error)})
			}
		}
	}
	for _, p := range r.record.Phases {
		if p.Error != "" {
			list = append(list, failure{Title: "Phase " + say(string(p.Name), maxName), Lines: prose(p.Error)})
		}
	}
	if len(list) > most {
		list = append(list[:most], failure{Title: fmt.Sprintf("and %d more", len(list)-most)})
	}
	return list
}

// besideOf tells what is done beside the layers.
func besideOf(b engine.Beside) []string {
	var lines []string
	for _, cluster := range b.Snapshots {
		lines = append(lines, "snapshot of database "+say(cluster, maxPath)+", first")
	}
	if len(b.Assets) > 0 {
		lines = append(lines, plural(len(b.Assets), "asset")+" of the site")
	}
	for _, m := range b.Migrations {
		lines = append(lines, "migration "+say(m.Name, maxPath)+" ("+say(string(m.Class), maxName)+")")
	}
	for _, name := range b.Aliases {
		lines = append(lines, "callers of "+say(name, maxPath)+" are led to its newest version")
	}
	for _, key := range b.Entries {
		lines = append(lines, "page "+say(key, maxPath))
	}
	for _, key := range b.Gone {
		lines = append(lines, "page "+say(key, maxPath)+" goes")
	}
	return lines
}
