package report

import (
	"fmt"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// release tells what was deployed and what stood before.
func (r *run) release() []fact {
	record := r.record
	list := []fact{
		{Name: "Release", Text: say(record.Release, maxName)},
		{Name: "Before", Text: say(record.PreviousRelease, maxName)},
		{Name: "Manifest", Text: say(record.Manifest, maxText)},
		{Name: "Plan", Text: say(record.ApprovalDigest, maxText)},
		{Name: "Database snapshot", Text: say(record.Snapshot, maxText)},
	}
	if s := record.Source; s != nil && s.Commit != "" {
		commit := say(s.Commit, maxText)
		if s.Dirty {
			commit += ", with changes that are not committed"
		}
		list = append(list, fact{Name: "Commit", Text: commit})
	}
	if record.Partial {
		list = append(list, fact{Name: "Extent", Text: "a choice of layers (--layer), not the whole environment"})
	}
	if s := record.Schema; s != nil {
		schema := fmt.Sprintf("%d → %d", s.From, s.To)
		if s.From == s.To {
			schema = fmt.Sprintf("%d, as before", s.To)
		}
		list = append(list, fact{Name: "Database schema", Text: schema})
	}
	if s := record.Site; s != nil {
		site := fmt.Sprintf("%s uploaded, %s", plural(s.Assets, "asset"), plural(len(s.Entries), "page"))
		if s.Removed > 0 {
			site += fmt.Sprintf(", %d old removed", s.Removed)
		}
		list = append(list, fact{Name: "Site", Text: site})
	}
	return said(list)
}

// functions lists where the functions' callers were led.
func (r *run) functions() *table {
	if len(r.record.Aliases) == 0 {
		return nil
	}
	t := &table{Caption: "Where the functions' callers were led", Columns: []string{"Function", "Version before", "Version now", "Code"}}
	for _, a := range r.record.Aliases {
		const shown = 12
		digest := a.CodeSHA256[:min(len(a.CodeSHA256), shown)]
		t.Rows = append(t.Rows, row{Cells: []cell{head(say(a.Function, maxName)), text(orText(say(a.From, maxName), "none")), text(say(a.To, maxName)), code(say(digest, maxName))}})
	}
	return t
}

// history lists deployments, newest first; current is the one that is told of.
func history(records []engine.Record, current string, options Options) *table {
	if len(records) == 0 {
		return nil
	}
	t := &table{Caption: "The last deployments of the environment", Columns: []string{"Began (UTC)", "What", "Release", "Who", "Result", "Took", "Verified", "Id"}}
	for _, each := range records {
		id := code(say(each.ID, maxName))
		if options.Links != nil && each.ID != current {
			id.Link = options.Links(each.ID)
		}
		t.Rows = append(t.Rows, row{Current: each.ID == current, Cells: []cell{
			timed(each.StartedAt), text(say(string(each.Operation), maxName)), text(say(each.Release, maxName)), text(say(each.User, maxName)),
			stated(StatusState(each.Status)), text(took(each.StartedAt, each.EndedAt)), verdict(each.Verification), id,
		}})
	}
	return t
}

func verdict(v *engine.VerificationRecord) cell {
	switch {
	case v == nil:
		return text("–")
	case v.Result == engine.Succeeded:
		return stated(State{fmt.Sprintf("%d passed", v.Passed), "ok", "✓"})
	}
	return stated(State{fmt.Sprintf("%d did not pass", len(v.Failed)+len(v.Unknown)), "bad", "✗"})
}
