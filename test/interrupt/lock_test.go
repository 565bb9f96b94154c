package interrupt

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/lease"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/test/kit"
)

const networkLock = "states/network.tfstate.tflock"

// refused sees that a command ends with a code and says all these words.
func refused(t *testing.T, r kit.Result, code int, words ...string) {
	t.Helper()
	if r.Code != code {
		t.Errorf("want exit code %d: %s", code, r)
	}
	for _, word := range words {
		if !strings.Contains(r.Stdout+r.Stderr, word) {
			t.Errorf("nothing says %q: %s", word, r)
		}
	}
}

// TestTwoRuns starts runs, of the tool and of plain Terraform, while another
// one is at work.
func TestTwoRuns(t *testing.T) {
	t.Parallel()
	p := local(t, "quiet")
	other := kit.New(t, fixture("quiet"))
	other.ShareLocalAWS(p.Project)
	q := newPlace(t, other, "local")
	p.Must(0, "bootstrap", "local")
	p.set("wait_seconds = 20")

	first := p.Start("apply", "local", "--auto-approve")
	p.awaitLease(t)
	me := lease.Here(os.Getenv)
	for name, from := range map[string]*place{"the same checkout": p, "another checkout": q} {
		second := from.Run("apply", "local", "--auto-approve")
		refused(t, second, 5, string(problem.Locked), me.User, me.Host, "apply")
		second = from.Run("apply", "local", "--auto-approve", "--json")
		var told struct {
			Errors []struct{ Code problem.Code }
		}
		if err := json.Unmarshal([]byte(second.Stdout), &told); err != nil || len(told.Errors) == 0 || told.Errors[0].Code != problem.Locked {
			t.Errorf("from %s: want one document with %s (%v): %s", name, problem.Locked, err, second)
		}
	}

	// Plain Terraform on the slice meets the lock of the tool's Terraform.
	p.awaitEvents(t, first, "network", 1)
	manual := p.copySlice(t)
	plain := p.Terraform()
	variables := "-var-file=" + filepath.Join(p.Dir, "environments/local/terraform.tfvars")
	out, code := plain.Run(t, manual, []int{1}, "apply", "-auto-approve", "-json", "-input=false", variables)
	if code != 1 || !bytes.Contains(out, []byte("Error acquiring the state lock")) {
		t.Errorf("plain terraform got past the lock (%d): %s", code, out)
	}
	if ended := first.Wait(); ended.Code != 0 {
		t.Fatal(ended)
	}

	// And the tool meets the lock of a plain Terraform.
	cmd := exec.CommandContext(t.Context(), plain.Path, "apply", "-auto-approve", "-input=false", variables, "-var=wait_seconds=300",
		"-replace=module.network.terraform_data.wait[0]")
	cmd.Dir, cmd.Env = manual, plain.Env
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "plain terraform has its lock", func() bool { return p.object(t, networkLock) != nil })
	p.set("wait_seconds = 20\nrevision = 2")
	refused(t, p.Run("apply", "local", "--auto-approve"), 5, string(problem.StateLocked), me.User+"@"+me.Host)
	if p.object(t, networkLock) == nil {
		t.Error("the lock of plain terraform was taken away")
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was interrupted
}

func (p *place) awaitLease(t *testing.T) {
	t.Helper()
	eventually(t, time.Minute, "the lease is taken", func() bool { return p.object(t, lease.Key) != nil })
}

// copySlice copies the directory of layer network, so that plain Terraform can
// work beside the tool.
func (p *place) copySlice(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(filepath.Dir(p.slice("network")), "manual")
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", p.slice("network"), dir).CombinedOutput(); err != nil {
		t.Fatalf("copy the slice: %v: %s", err, out)
	}
	return dir
}

// TestForeignLock kills a run and then puts someone else's lock where its own
// was: a resume must not take that away.
func TestForeignLock(t *testing.T) {
	t.Parallel()
	p := local(t, "quiet")
	p.Must(0, "bootstrap", "local")
	p.set("wait_seconds = 8")
	p.strike(t, strike{moment: completed("network", 5), way: both}, "apply", "local", "--auto-approve")
	own := p.object(t, networkLock)
	if own == nil {
		t.Fatal("the killed Terraform left no lock")
	}
	foreign := `{"ID":"0d5c1f2e-77aa-4d3e-9b1e-0a3c8e5f4b21","Operation":"OperationTypeApply","Info":"","Who":"hana@build-7","Version":"1.11.4","Created":"2026-01-02T03:04:05Z","Path":""}`
	p.put(t, networkLock, foreign)
	eventually(t, 15*time.Second, "the lease expires", func() bool { s := p.status(); return s.Lease != nil && s.Lease.Expired })

	refused(t, p.Run("apply", "local", "--auto-approve"), 1, string(problem.InterruptedRun), "--resume")
	refused(t, p.Run("apply", "local", "--resume"), 5, string(problem.StateLocked), "hana@build-7", "0d5c1f2e-77aa-4d3e-9b1e-0a3c8e5f4b21")
	if got := string(p.object(t, networkLock)); got != foreign {
		t.Fatalf("the foreign lock did not survive: %q", got)
	}
	// Unlocking without force does not touch it either.
	p.Run("unlock", "local", "--confirm", "local")
	if got := string(p.object(t, networkLock)); got != foreign {
		t.Fatalf("the foreign lock did not survive an unlock: %q", got)
	}
	refused(t, p.Run("apply", "local", "--auto-approve"), 1, string(problem.InterruptedRun), "--resume")

	p.put(t, networkLock, string(own)) // the run's own is taken away
	p.Must(0, "apply", "local", "--resume")
	p.Must(0, "plan", "local", "--detailed-exitcode")
	p.checkSettled(t)
}

func (p *place) put(t *testing.T, key, body string) {
	t.Helper()
	if _, err := p.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &p.bucket, Key: &key, Body: strings.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
}

// TestUnlock breaks leases: nobody's, a live one, and one of a dead run.
func TestUnlock(t *testing.T) {
	t.Parallel()
	p := local(t, "quiet")
	p.Must(0, "bootstrap", "local")
	unlock := []string{"unlock", "local", "--confirm", "local"}
	refused(t, p.Run(unlock...), 1, string(problem.LeaseNotHeld))

	p.set("wait_seconds = 20")
	running := p.Start("apply", "local", "--auto-approve")
	p.awaitEvents(t, running, "network", 1)
	refused(t, p.Run(unlock...), 1, string(problem.LeaseLive))
	p.Must(0, append(unlock, "--force")...)
	refused(t, running.Wait(), 1, string(problem.LeaseLost))
	p.checkUnlockRecorded(t, 1)

	p.strike(t, strike{moment: during("apply", "layer-network"), way: both}, "apply", "local", "--auto-approve")
	eventually(t, 15*time.Second, "the lease expires", func() bool { s := p.status(); return s.Lease != nil && s.Lease.Expired })
	p.Must(0, unlock...)
	p.checkUnlockRecorded(t, 2)
	if left := p.status(); left.Lease != nil {
		t.Errorf("the lease is left: %+v", left.Lease)
	}
	refused(t, p.Run(unlock...), 1, string(problem.LeaseNotHeld))
}

// checkUnlockRecorded counts the records of unlocks, each with a note on whose
// lease it broke.
func (p *place) checkUnlockRecorded(t *testing.T, want int) {
	t.Helper()
	found := 0
	for _, key := range p.keys(t, "deployments/") {
		if !strings.HasSuffix(key, "/record.json") {
			continue
		}
		var record engine.Record
		if err := json.Unmarshal(p.object(t, key), &record); err != nil {
			t.Fatal(err)
		}
		if record.Operation != engine.OperationUnlock {
			continue
		}
		found++
		if notes := strings.Join(record.Notes, "\n"); !strings.Contains(notes, lease.Here(os.Getenv).User) {
			t.Errorf("the record does not say whose lease was broken: %q", notes)
		}
	}
	if found != want {
		t.Errorf("%d records of unlocks, want %d", found, want)
	}
}
