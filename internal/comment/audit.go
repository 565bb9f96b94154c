package comment

import (
	"fmt"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

const (
	// mostCalls bounds the operations that are listed of one actor.
	mostCalls = 25
	// mostActors bounds the actors; the JSON form has all.
	mostActors = 100
)

// Audit writes who did what to an environment in a period as a document.
func Audit(a *engine.Audit) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Audit report of %s\n\n", code(a.Environment, maxName))
	fmt.Fprintf(&b, "| | |\n| --- | --- |\n| Period | from %s to %s |\n| Account | %s |\n| Made | %s, with the credentials of %s |\n\n",
		stamp(a.From), stamp(a.To), code(a.Account, maxName), stamp(a.MadeAt), code(a.MadeBy, maxText))
	auditedDeployments(&b, a)
	auditedVerifications(&b, a)
	auditedTrail(&b, a.Trail)
	return b.String()
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func auditedDeployments(b *strings.Builder, a *engine.Audit) {
	b.WriteString("## Deployments and approvals\n\n")
	if len(a.Deployments) == 0 {
		b.WriteString("None began in this period.\n\n")
	} else {
		b.WriteString("| began | what | release | by | result | changes | planned and approved as | reason | CI run | id |\n| --- | --- | --- | --- | --- | ---: | --- | --- | --- | --- |\n")
	}
	for _, d := range a.Deployments {
		r := d.Record
		approved, changes := "not kept", "–"
		if d.Approval != nil {
			approved = fmt.Sprintf("%s, planned by %s at %s", code(shortDigest(d.Approval.Digest), maxText), code(d.Approval.PlannedBy, maxName), stamp(d.Approval.PlannedAt))
			changes = fmt.Sprint(d.Approval.Changes)
		}
		run := link("run", r.CIRun)
		if run == "" {
			run = "–"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s on %s | %s | %s | %s | %s | %s | %s |\n", stamp(r.StartedAt), text(string(r.Operation), maxName), code(r.Release, maxName),
			code(r.User, maxName), code(r.Host, maxName), text(string(r.Status), maxName), changes, approved, code(r.Reason, maxText), run, code(r.ID, maxName))
	}
	if len(a.Deployments) > 0 {
		b.WriteString("\n")
	}
	for _, key := range a.Broken {
		fmt.Fprintf(b, "- ⚠️ the record %s cannot be read: what it tells is missing here, whenever it was\n", code(key, maxText))
	}
	if len(a.Broken) > 0 {
		b.WriteString("\n")
	}
}

func shortDigest(digest string) string {
	const shown = len("sha256:") + 12
	return digest[:min(len(digest), shown)]
}

func auditedVerifications(b *strings.Builder, a *engine.Audit) {
	b.WriteString("## Verification\n\n")
	var lines []string
	without := 0
	for _, d := range a.Deployments {
		v := d.Record.Verification
		if v == nil {
			without++
			continue
		}
		lines = append(lines, fmt.Sprintf("| %s | %s | %d | %s | %s | %s |\n", code(d.Record.ID, maxName), text(string(v.Result), maxName), v.Passed,
			orNone(names(v.Failed, mostNames)), orNone(names(v.Unknown, mostNames)), orNone(names(v.Areas, mostNames))))
	}
	if len(lines) > 0 {
		b.WriteString("| deployment | result | passed | failed | unknown | areas |\n| --- | --- | ---: | --- | --- | --- |\n" + strings.Join(lines, "") + "\n")
	}
	if without > 0 || len(lines) == 0 {
		fmt.Fprintf(b, "%s without a verification.\n\n", plural(without, "deployment"))
	}
}

func orNone(of string) string {
	if of == "" {
		return "–"
	}
	return of
}

func auditedTrail(b *strings.Builder, t engine.AuditedTrail) {
	b.WriteString("## CloudTrail\n\n")
	if t.Covers != "" {
		fmt.Fprintf(b, "Looked at: %s.\n\n", t.Covers)
	}
	switch {
	case t.Unknown != "" && t.Calls == 0:
		fmt.Fprintf(b, "**Unknown**: %s\n\n", code(t.Unknown, maxText))
	case t.Unknown != "":
		fmt.Fprintf(b, "**Not to its end**: %s\n\n", code(t.Unknown, maxText))
	case t.Calls == 0:
		b.WriteString("It has no such call.\n\n")
	}
	if t.More {
		fmt.Fprintf(b, "**There were more calls** than the newest %d, which go back to %s: what was before is not told. A shorter period, or `--calls`, tells more.\n\n", t.Calls, stamp(t.Since))
	}
	for _, limit := range t.Limits {
		fmt.Fprintf(b, "- %s\n", limit)
	}
	if len(t.Limits) > 0 {
		b.WriteString("\n")
	}
	if len(t.Actors) == 0 {
		return
	}
	b.WriteString("A call is outside where no deployment was recorded to go on at its time. Those who made most of them come first.\n\n")
	b.WriteString("| who | calls | outside | failed |\n| --- | ---: | ---: | ---: |\n")
	shown := t.Actors[:min(len(t.Actors), mostActors)]
	for _, actor := range shown {
		fmt.Fprintf(b, "| %s | %d | %d | %d |\n", code(actor.Name, maxAddress), actor.Calls, actor.Outside, actor.Failed)
	}
	if more := len(t.Actors) - len(shown); more > 0 {
		fmt.Fprintf(b, "| and %d more, which `--json` names | | | |\n", more)
	}
	for _, actor := range shown {
		fmt.Fprintf(b, "\n### %s\n\n| service | call | times | outside | failed | first | last |\n| --- | --- | ---: | ---: | ---: | --- | --- |\n", code(actor.Name, maxAddress))
		for i, c := range actor.What {
			if i == mostCalls {
				fmt.Fprintf(b, "| | and %d more, which `--json` has | | | | | |\n", len(actor.What)-i)
				break
			}
			fmt.Fprintf(b, "| %s | %s | %d | %d | %d | %s | %s |\n", code(c.Service, maxName), code(c.Name, maxName), c.Count, c.Outside, c.Failed, stamp(c.First), stamp(c.Last))
		}
	}
}
