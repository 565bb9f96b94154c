package report_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/release"
	"github.com/goal-mandala/mandala-deploy/internal/report"
	"github.com/goal-mandala/mandala-deploy/internal/report/reporttest"
)

// world makes deployments at random, and keeps the secrets that it put into them.
type world struct {
	*rand.Rand
	secrets []string
}

// TestNoDeploymentMakesABadReport renders deployments and plans made at random: with
// texts that try to get out of where they stand, and values that are secrets.
func TestNoDeploymentMakesABadReport(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := &world{Rand: rand.New(rand.NewPCG(seed, 7))}
			d := w.deployment()
			options := report.Options{Now: reporttest.Now(), Values: w.IntN(2) == 0}
			bodies := []string{render(t, d, options), renderPlan(t, report.Plan{Preview: d.Preview, Version: w.text(), Layers: d.Layers}, options)}
			d.Preview, d.Verification = nil, nil
			bodies = append(bodies, render(t, d, options))
			for _, body := range bodies {
				w.sound(t, body)
			}
		})
	}
}

func (w *world) sound(t *testing.T, body string) {
	t.Helper()
	slices.Sort(w.secrets)
	w.secrets = slices.Compact(w.secrets)
	for _, secret := range w.secrets {
		if at := strings.Index(body, secret); at >= 0 {
			t.Fatalf("%q is shown: %q", secret, body[max(0, at-80):at+len(secret)])
		}
	}
	if !utf8.ValidString(body) {
		at := strings.IndexRune(body, utf8.RuneError)
		for at < len(body) && body[at] != 0xff {
			at++
		}
		t.Errorf("not UTF-8: %q", body[max(0, at-80):min(len(body), at+20)])
	}
	for _, r := range "\x00\x1b\u202e\u200b" {
		if strings.ContainsRune(body, r) {
			t.Errorf("%U is in it", r)
		}
	}
	if n := strings.Count(strings.ToLower(body), "<script"); n != 1 {
		t.Errorf("%d scripts", n)
	}
	if regexp.MustCompile(`(?i)href="\s*javascript:`).MatchString(body) {
		t.Error("a link runs a script")
	}
	for _, element := range []string{"details", "table", "section", "svg", "code", "div", "ul"} {
		if begin, end := strings.Count(body, "<"+element+">")+strings.Count(body, "<"+element+" "), strings.Count(body, "</"+element+">"); begin != end {
			t.Errorf("%d of %s begin, %d end", begin, element, end)
		}
	}
	if len(body) > report.Limit {
		t.Errorf("%d bytes", len(body))
	}
}

func (w *world) deployment() report.Deployment {
	planned := &tfjson.Plan{}
	for range w.IntN(60) {
		planned.ResourceChanges = append(planned.ResourceChanges, w.resource())
	}
	p := &engine.Preview{Environment: w.text(), Release: w.text() + w.maybe(w.shaped), Changes: change.FromPlan(planned, change.Options{}).Changes,
		Approval: &change.Approval{Digest: "sha256:" + strings.Repeat("0", 64), CreatedBy: w.text()}}
	p.Guarded = change.Guarded(p.Changes, nil)
	for range w.IntN(4) {
		p.Layers = append(p.Layers, fmt.Sprintf("layer%d", w.IntN(9)))
		p.Steps = append(p.Steps, engine.Step{Layer: fmt.Sprintf("layer%d", w.IntN(9)), Stage: engine.StageApply})
		p.Warnings = append(p.Warnings, w.text()+w.shaped())
		b := &p.Beside
		b.Snapshots, b.Entries, b.Gone, b.Aliases = append(b.Snapshots, w.text()), append(b.Entries, w.text()+w.shaped()), append(b.Gone, w.text()), append(b.Aliases, w.text())
		b.Migrations = append(b.Migrations, release.Migration{Name: w.text(), Class: release.Class(w.text())})
	}
	d := report.Deployment{Preview: p, Catalogue: reporttest.Catalogue(), Account: engine.Account{Record: w.record(), Events: map[string][]engine.Event{}}}
	for i := range w.IntN(12) {
		layer := report.Layer{Name: fmt.Sprintf("layer%d", i)}
		for range w.IntN(4) {
			layer.Upstream = append(layer.Upstream, fmt.Sprintf("layer%d", w.IntN(12)))
		}
		d.Layers = append(d.Layers, layer)
		for range w.IntN(9) {
			d.Account.Events[layer.Name] = append(d.Account.Events[layer.Name], w.event())
		}
	}
	d.Account.History = []engine.Record{w.record(), d.Account.Record}
	d.Verification = &engine.Verification{Checks: []engine.CheckResult{{ID: w.text(), Area: "cost", Title: w.text(), Requirements: []string{"R1.1", w.text()}, Result: engine.CheckFailed,
		Evidence: []string{w.text() + w.shaped()}, Reason: w.text() + w.shaped(), Remedy: w.text() + w.shaped()}}}
	return d
}

func (w *world) record() engine.Record {
	statuses := []engine.RunStatus{engine.Pending, engine.Running, engine.Succeeded, engine.Failed, engine.Interrupted, engine.Crashed, engine.Skipped, engine.Unchanged, engine.RunStatus(w.text())}
	at := func() time.Time {
		if w.IntN(5) == 0 {
			return time.Time{}
		}
		return reporttest.Now().Add(time.Duration(w.IntN(100_000)) * time.Millisecond)
	}
	r := engine.Record{ID: w.text(), Environment: w.text(), Operation: engine.Operation(w.text()), Status: statuses[w.IntN(len(statuses))], Release: w.text(), StartedAt: at(), EndedAt: at(),
		User: w.text(), Host: w.text(), CIRun: []string{"", "https://github.example/o/r/actions/runs/1", "javascript:alert(1)", "https://x/?token=" + w.shaped()}[w.IntN(4)], Reason: w.text() + w.shaped(),
		RollbackOf: w.maybe(w.text), Snapshot: w.text(), Notes: []string{w.text() + w.shaped()},
		Aliases: []engine.AliasRecord{{Function: w.text(), To: w.text(), CodeSHA256: w.text()}}, Verification: &engine.VerificationRecord{Areas: []string{"health", w.text()}, Failed: []string{w.text()}}}
	for range w.IntN(14) {
		r.Layers = append(r.Layers, engine.LayerRecord{Name: fmt.Sprintf("layer%d", w.IntN(14)), Stage: []engine.Stage{engine.StageApply, engine.StageRelease, engine.StageDestroy}[w.IntN(3)],
			Status: statuses[w.IntN(len(statuses))], StartedAt: at(), EndedAt: at(), Error: w.maybe(func() string { return w.text() + "\n" + w.shaped() })})
		r.Phases = append(r.Phases, engine.PhaseRecord{Name: engine.Phase(w.text()), Status: statuses[w.IntN(len(statuses))], StartedAt: at(), EndedAt: at(), Note: w.text() + w.shaped(), Error: w.maybe(w.shaped)})
	}
	return r
}

func (w *world) event() engine.Event {
	e := engine.Event{Kind: []engine.EventKind{engine.ApplyStart, engine.ApplyComplete, engine.ApplyErrored, engine.EventDiagnostic}[w.IntN(4)], Time: reporttest.Now().Add(time.Duration(w.IntN(90_000)) * time.Millisecond),
		Address: fmt.Sprintf("module.layer1.aws_thing.this[%q]", w.text()+w.maybe(w.shaped)), Action: []string{"create", "update", "delete", "read", w.text()}[w.IntN(5)], IDValue: w.secret()}
	if e.Kind == engine.EventDiagnostic {
		e.Diagnostic = &engine.Diagnostic{Severity: "error", Summary: w.text() + w.shaped(), Detail: w.text() + "\n" + w.shaped() + "\n" + w.text(), Address: e.Address, File: w.text(), Line: 7}
	}
	return e
}

func (w *world) resource() *tfjson.ResourceChange {
	kind := []string{"aws_rds_cluster", "aws_s3_bucket", "aws_thing"}[w.IntN(3)]
	actions := []tfjson.Actions{{tfjson.ActionCreate}, {tfjson.ActionUpdate}, {tfjson.ActionDelete}, {tfjson.ActionDelete, tfjson.ActionCreate}, {tfjson.ActionForget}}[w.IntN(5)]
	c := &tfjson.Change{Actions: actions, Before: w.object(), After: w.object(), BeforeSensitive: map[string]any{"marked": true}, AfterSensitive: map[string]any{"marked": true, "nested": map[string]any{"marked": true}}}
	if w.IntN(6) == 0 {
		c.Importing = &tfjson.Importing{ID: w.text() + w.shaped()}
	}
	if w.IntN(4) == 0 {
		c.ReplacePaths = []any{[]any{"tags", w.text()}}
	}
	return &tfjson.ResourceChange{Address: fmt.Sprintf("module.layer%d.%s.this[%q]", w.IntN(14), kind, w.text()+w.maybe(w.shaped)), Mode: tfjson.ManagedResourceMode, Type: kind, Change: c,
		ActionReason: tfjson.ActionReason(w.maybe(w.text)), PreviousAddress: w.maybe(w.text)}
}

func (w *world) maybe(text func() string) string {
	if w.IntN(5) > 0 {
		return ""
	}
	return text()
}

// object has a value that is marked, a copy of it that is not, values that look like
// secrets, and texts.
func (w *world) object() map[string]any {
	marked := w.secret()
	o := map[string]any{
		"marked": marked, "copy": "see " + marked + " there", "shaped": w.shaped(), "padded": strings.Repeat("x ", w.IntN(70)) + w.shaped(),
		"password": w.secret(), "nested": map[string]any{"marked": w.secret(), "api_key": w.secret(), w.text(): w.text()}, "text": w.text(), "count": w.IntN(9),
		"list": []any{w.text(), map[string]any{"client_secret": w.secret()}},
	}
	for range w.IntN(30) {
		o["k"+w.text()] = w.text()
	}
	return o
}

// secret gives a text that may be shown nowhere.
func (w *world) secret() string {
	s := fmt.Sprintf("confidential%x", 0xABCDEF+w.IntN(12)*0x1234567)
	w.secrets = append(w.secrets, s)
	return s
}

// shaped gives a text of the shape of a secret; what is kept is the part that tells it.
func (w *world) shaped() string {
	part := fmt.Sprintf("%X", 0xF000000000000000+uint64(w.IntN(20))*0x123456789ABCD)
	w.secrets = append(w.secrets, part[:10]) // also a part of it is not shown
	return []string{"AK" + "IA" + part, "gh" + "p_" + part, "ey" + "Jhb" + part + ".e30.x", "postgres://app:" + part + "@db", "password=" + part, "xo" + "xb-" + part, "-----BEGIN " + "PRIVATE KEY-----\n" + part}[w.IntN(7)]
}

// text gives a text that may do harm.
func (w *world) text() string {
	pieces := []string{
		"</details>", "</script>", "</style>", "</table>", "</svg>", "</title>", "\n", "\r\n", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--", "-->", "\"", "'", "javascript:alert(1)",
		"日本語", "🎌", "é", "\u202e", "\u200b", "\xff\xfe", "\x00", "\x1b[31m", "&lt;", "{{.}}", "${x}", " ", "a@b.example", "module.x", "[0]", "name", "<details>", "]]>", "\\",
	}
	var b strings.Builder
	for range w.IntN(6) {
		b.WriteString(pieces[w.IntN(len(pieces))])
	}
	if w.IntN(60) == 0 {
		return strings.Repeat(b.String(), 200)
	}
	return b.String()
}
