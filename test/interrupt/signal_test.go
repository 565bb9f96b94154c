package interrupt

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// TestSignal stops runs once, in their first of two layers. Terraform writes
// its state then, but its provider drops the requests under way; what AWS has
// made of those is found by the next run.
func TestSignal(t *testing.T) {
	t.Parallel()
	p := local(t, "root")
	for _, c := range []struct {
		name   string
		signal os.Signal
		next   []string // how the work is gone on with
	}{
		{"interrupt", os.Interrupt, []string{"apply", "local", "--auto-approve"}},
		{"terminate", syscall.SIGTERM, []string{"apply", "local", "--resume"}},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // they share a local AWS
			p := p.of(t)
			p.empty(t)
			running := p.Start("apply", "local", "--auto-approve", "--json")
			p.awaitEvents(t, running, "network", 5)
			if err := running.Cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			ended := running.Wait()
			if ended.Code != 130 || !strings.Contains(ended.Stdout, string(problem.Interrupted)) {
				t.Fatalf("want exit code 130 and %s: %s", problem.Interrupted, ended)
			}
			told := p.status()
			if told.Lease != nil || told.LastDeployment == nil || told.LastDeployment.Status != engine.Interrupted || len(told.Interrupted) == 0 {
				t.Errorf("status after the signal: %+v", told)
			}
			if p.object(t, "states/app.tfstate") != nil || strings.Contains(ended.Stderr, "app running") {
				t.Errorf("the second layer was started: %s", ended)
			}
			if p.object(t, "states/network.tfstate.tflock") != nil {
				t.Error("Terraform's lock is left")
			}
			p.Must(0, c.next...)
			p.Must(0, "plan", "local", "--detailed-exitcode")
			p.checkInventory(t)
			p.checkSettled(t)
		})
	}
}

// awaitEvents waits until a layer's Terraform has reported so many changes.
func (p *place) awaitEvents(t *testing.T, running *kit.Running, layer string, most int) {
	t.Helper()
	eventually(t, 5*time.Minute, "the layer is being changed", func() bool {
		select {
		case <-running.Done():
			t.Fatalf("it ended too early: %s", running.Wait())
		default:
		}
		stream, err := os.ReadFile(p.slice(layer, "apply.jsonl"))
		return err == nil && bytes.Count(stream, []byte(`"type":"apply_complete"`)) >= most
	})
}
