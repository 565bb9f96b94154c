package comment

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// world makes plans at random, and keeps the secrets that it put into them.
type world struct {
	*rand.Rand
	secrets []string // a few: internal/change looks for each marked one in each text
}

// TestNoPlanMakesABadComment renders plans made at random: small and huge, with
// texts that try to get out of where they stand, and values that are secrets.
func TestNoPlanMakesABadComment(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := &world{Rand: rand.New(rand.NewPCG(seed, 6))}
			var plans []Plan
			for range 1 + w.IntN(4)*w.IntN(2) {
				plans = append(plans, w.plan(len(plans)))
			}
			options := Options{Values: w.IntN(2) == 0, Limit: []int{0, 0, 12_000}[w.IntN(3)], Run: []string{"", "https://github.example/o/r/actions/runs/1", "javascript:alert(1)"}[w.IntN(3)]}
			first := Render(plans, "", options)
			for _, comment := range []string{first, Render(plans, first, options)} {
				limit := options.Limit
				if limit == 0 {
					limit = Limit
				}
				sound(t, comment, limit)
				slices.Sort(w.secrets)
				w.secrets = slices.Compact(w.secrets)
				for _, secret := range w.secrets {
					if strings.Contains(comment, secret) {
						at := strings.Index(comment, secret)
						t.Fatalf("%q is shown: %q", secret, comment[max(0, at-80):at+len(secret)])
					}
				}
				if len(plans) == 1 && plans[0].Preview != nil && len(plans[0].Preview.Changes) > 0 {
					if want := ": " + strings.Join(counts(plans[0].Preview.Summary()), ", "); !strings.Contains(comment, want) {
						t.Errorf("the counts %q are not complete", want)
					}
				}
			}
		})
	}
}

func (w *world) plan(n int) Plan {
	p := Plan{Environment: fmt.Sprint(n, w.text()), Version: []string{"", "v1.2.3", w.text()}[w.IntN(3)]}
	if w.IntN(8) == 0 {
		p.Failure = errors.New(w.secret())
		for range w.IntN(9) {
			p.Failure = errors.Join(p.Failure, &problem.Error{Code: problem.TerraformFailed, What: w.text() + w.shaped(), Next: w.text(), Err: errors.New(w.secret())})
		}
		return p
	}
	planned := &tfjson.Plan{}
	for range w.size() {
		planned.ResourceChanges = append(planned.ResourceChanges, w.resource())
	}
	changes := change.FromPlan(planned, change.Options{}).Changes
	p.Preview = preview(p.Environment, changes...)
	p.Preview.Release = w.text()
	for range w.IntN(3) * w.IntN(40) {
		p.Preview.Warnings = append(p.Preview.Warnings, w.text()+w.shaped())
		b := &p.Preview.Beside
		b.Snapshots, b.Entries, b.Gone, b.Assets = append(b.Snapshots, w.text()), append(b.Entries, w.text()), append(b.Gone, w.text()), append(b.Assets, w.text())
		b.Aliases, b.Migrations = append(b.Aliases, w.text()), append(b.Migrations, release.Migration{Name: w.text(), Class: release.Class(w.text())})
	}
	if len(changes) > 0 && w.IntN(3) == 0 {
		p.Preview.Steps = append([]engine.Step{{Layer: changes[0].Layer, Stage: engine.StageRelease, Addresses: []string{changes[0].Address}}}, p.Preview.Steps...)
	}
	return p
}

func (w *world) size() int {
	switch w.IntN(4) {
	case 0:
		return w.IntN(3)
	case 1:
		return 150 + w.IntN(300)
	}
	return w.IntN(40)
}

func (w *world) resource() *tfjson.ResourceChange {
	kind := []string{"aws_rds_cluster", "aws_s3_bucket", "aws_thing"}[w.IntN(3)]
	layer := fmt.Sprintf("module.layer%d", w.IntN(14))
	if w.IntN(20) == 0 {
		layer = "module." + strings.NewReplacer(".", "", "[", "").Replace(w.text())
	}
	actions := []tfjson.Actions{{tfjson.ActionCreate}, {tfjson.ActionUpdate}, {tfjson.ActionDelete}, {tfjson.ActionDelete, tfjson.ActionCreate}, {tfjson.ActionForget}}[w.IntN(5)]
	c := &tfjson.Change{Actions: actions, Before: w.object(), After: w.object(), BeforeSensitive: map[string]any{"marked": true}, AfterSensitive: map[string]any{"marked": true, "nested": map[string]any{"marked": true}}}
	if w.IntN(6) == 0 {
		c.Importing = &tfjson.Importing{ID: w.text() + w.shaped()}
	}
	if w.IntN(4) == 0 {
		c.ReplacePaths = []any{[]any{"tags", w.text()}}
	}
	return &tfjson.ResourceChange{Address: fmt.Sprintf("%s.%s.this[%q]", layer, kind, w.text()+w.maybe(w.shaped)), Mode: tfjson.ManagedResourceMode, Type: kind, Change: c,
		ActionReason: tfjson.ActionReason(w.maybe(w.text)), PreviousAddress: w.maybe(w.text)}
}

func (w *world) maybe(text func() string) string {
	if w.IntN(5) > 0 {
		return ""
	}
	return text()
}

// object has a value that is marked, a copy of it that is not, values that look
// like secrets, and texts.
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

// shaped gives a text of the shape of a secret; what is kept is the part that
// tells it.
func (w *world) shaped() string {
	part := fmt.Sprintf("%X", 0xF000000000000000+uint64(w.IntN(20))*0x123456789ABCD)
	w.secrets = append(w.secrets, part[:10]) // also a part of it is not shown
	return []string{"AK" + "IA" + part, "gh" + "p_" + part, "ey" + "Jhb" + part + ".e30.x", "postgres://app:" + part + "@db", "password=" + part, "xo" + "xb-" + part, "-----BEGIN " + "PRIVATE KEY-----" + part}[w.IntN(7)]
}

// text gives a text that may do harm.
func (w *world) text() string {
	pieces := []string{
		"</details>", "```", "`", "\n", "\r\n", "@octocat", "@o/team", "#12", "o/r#3", "GH-7", "https://evil.example", "www.evil.example", "<script>", "<!--", "-->", "|", "\\", "\\|", "\"", "'",
		"日本語", "🎌", "é", "\u202e", "\u200b", "\xff\xfe", "\x00", "\x1b[31m", "&lt;", "&#64;", "[a](b)", "![x](y)", "**", "~~", "_", "$x$", " ", "a@b.example", "deadbeefdeadbeef", "module.x", "[0]", "name", "~~~", "<details>", "</summary>", "    ",
	}
	var b strings.Builder
	for range w.IntN(7) {
		b.WriteString(pieces[w.IntN(len(pieces))])
	}
	if w.IntN(60) == 0 {
		return strings.Repeat(b.String(), 200)
	}
	return b.String()
}
