// Package mutations changes a deployed environment, one setting at a time, and holds the
// checks of `mandala-deploy verify` to what they promise: those of the setting's
// requirement turn red, no other does, and after the change is undone all are as before.
package mutations

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/verify"
	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// mutation is one deployed setting that somebody changes.
type mutation struct {
	name   string
	checks []string // ids of the checks that turn red, and no others of the area
	area   string
	// change makes the change and gives what takes it back.
	change func(t *testing.T, w *world) (undo func())
}

// mutations gives all of them, by area. They run one after the other.
func mutations() []mutation {
	return slices.Concat(
		healthMutations(),
		monitoringMutations(),
		performanceMutations(),
		costMutations(),
		securityMutations(),
		dataMutations(),
	)
}

// world is the deployed environment.
type world struct {
	config  aws.Config // for the environment's region; path style of S3 is the caller's to set
	outputs map[string]any
	name    string // what the names of the environment's resources begin with: PROJECT-ENVIRONMENT
	account string
	subject *verify.Subject
}

// inUsEast1 gives the configuration for the region of CloudFront's and billing's things.
func (w *world) inUsEast1() aws.Config {
	elsewhere := w.config.Copy()
	elsewhere.Region = "us-east-1"
	return elsewhere
}

// output gives an output of the root that is a text.
func (w *world) output(t *testing.T, name string) string {
	t.Helper()
	text, err := w.subject.Output(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// function gives the full name of a function.
func (w *world) function(t *testing.T, short string) string {
	t.Helper()
	names, _ := w.outputs["function_names"].(map[string]any)
	full, ok := names[short].(string)
	if !ok {
		t.Fatalf("the root names no function %s", short)
	}
	return full
}

func newWorld(t *testing.T, p *kit.Project, outputs map[string]any) *world {
	t.Helper()
	a := kit.NewApplication(t, p, outputs)
	settings, err := environment.Load(os.DirFS(p.Dir), "local")
	if err != nil {
		t.Fatalf("%s: %v", filepath.Join(p.Dir, environment.Dir, "local"), err)
	}
	w := &world{config: a.Config, outputs: outputs}
	w.name = strings.TrimSuffix(w.function(t, "auth"), "-auth")
	w.account = strings.Split(w.outputs["alerts_topic_arn"].(string), ":")[4]
	w.subject = &verify.Subject{
		Environment: "local", Project: strings.TrimSuffix(w.name, "-local"), Region: kit.Region, Account: w.account,
		Settings: settings.Settings, Outputs: w.outputs,
		AWS: a.Config, PathStyle: true, HTTP: &http.Client{Timeout: 20 * time.Second, Transport: kit.Client.Transport},
		API: a.API, Site: a.Site, Now: func() time.Time { return time.Now().UTC() },
	}
	return w
}

// red gives those of some checks that do not pass, with their reasons.
func (w *world) red(ctx context.Context, checks []verify.Check) map[string]string {
	found := map[string]string{}
	for _, result := range verify.Run(ctx, w.subject, checks) {
		if result.Result != engine.CheckPassed {
			found[result.ID] = string(result.Result) + ": " + result.Reason
		}
	}
	return found
}

// Prove makes each change, which has to turn exactly the checks of its area that it
// concerns red; they are green again when it is undone; when all are undone, everything is as it was.
// What is red or unknown before anything was changed, as what the local AWS cannot tell,
// is left out. The environment is local of p, with these outputs of its root.
func Prove(t *testing.T, p *kit.Project, outputs map[string]any) {
	t.Helper()
	w, before := newWorld(t, p, outputs), map[string]map[string]string{}
	for _, area := range verify.Areas() {
		before[area] = w.red(t.Context(), verify.Of([]string{area}))
	}
	for _, m := range mutations() {
		t.Run(m.area+"/"+strings.ReplaceAll(m.name, " ", "-"), func(t *testing.T) { m.prove(t, w, before[m.area]) })
	}
	for _, area := range verify.Areas() {
		if left := newlyRed(before[area], w.red(t.Context(), verify.Of([]string{area}))); len(left) > 0 {
			t.Errorf("red after every change was undone: %v", left)
		}
	}
}

func (m mutation) prove(t *testing.T, w *world, before map[string]string) {
	t.Helper()
	for _, id := range m.checks {
		if reason, red := before[id]; red {
			t.Fatalf("%s does not pass before the change: %s", id, reason)
		}
	}
	undo := sync.OnceFunc(m.change(t, w))
	defer undo()
	all := verify.Of([]string{m.area})
	got := w.red(t.Context(), all)
	if diff := cmp.Diff(sorted(m.checks), newlyRed(before, got)); diff != "" {
		t.Errorf("checks that turned red (-want +got):\n%s\n%v", diff, got)
	}
	undo()
	concerned := slices.DeleteFunc(all, func(c verify.Check) bool { return !slices.Contains(m.checks, c.ID) })
	if left := newlyRed(before, w.red(t.Context(), concerned)); len(left) > 0 {
		t.Errorf("still red after the change was undone: %v", left)
	}
}

func newlyRed(before, after map[string]string) []string {
	var ids []string
	for id := range after {
		if _, was := before[id]; !was {
			ids = append(ids, id)
		}
	}
	return sorted(ids)
}

func sorted(texts []string) []string {
	return slices.Sorted(slices.Values(texts))
}
