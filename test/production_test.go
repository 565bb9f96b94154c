// Package test deploys ephemeral copies of the project's environments through
// the command line, with real Terraform and the real AWS provider, and holds
// what then stands in the account to the catalogue of requirements. The target
// is a local AWS or, with MANDALA_TEST_TARGET=aws, an account for tests.
package test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
	"github.com/gruntwork-io/terratest/modules/random"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// layers are all that production has.
var layers = []string{"api", "audit", "auth", "database", "delivery", "frontend", "functions", "monitoring", "network", "reminders", "secrets", "workflow"}

// stack is a deployed copy, as its checks see it: the account, and what the
// deployment said, but never a state.
type stack struct {
	*kit.Ephemeral
	config   aws.Config // of the environment's region
	usEast1  aws.Config
	outputs  map[string]any
	deployed string // the deployment's id
	apiID    string // of the REST API, remembered beyond its end
}

// output gives an output of the root that is a text.
func (s *stack) output(t *testing.T, name string) string {
	t.Helper()
	text, ok := s.outputs[name].(string)
	if !ok || text == "" {
		t.Fatalf("the root has no output %s", name)
	}
	return text
}

// checks hold a layer's resources to the catalogue; each works alone:
// go test ./test -run TestProduction/facts/auth.
func checks() map[string]func(*testing.T, *stack) {
	return map[string]func(*testing.T, *stack){
		"all":        checkEverythingStands,
		"network":    checkNetwork,
		"secrets":    checkSecrets,
		"database":   checkDatabase,
		"reminders":  checkReminders,
		"functions":  checkFunctions,
		"auth":       checkAuth,
		"workflow":   checkWorkflow,
		"api":        checkAPI,
		"frontend":   checkFrontend,
		"audit":      checkAudit,
		"delivery":   checkDelivery,
		"monitoring": checkMonitoring,
		"iam":        checkIAM,
		"encryption": checkEncryption,
		"tags":       checkTags,
	}
}

// counts is what a preview counts.
type counts struct{ Create, Update, Replace, Delete int }

type planned struct {
	Digest  string
	Summary counts
	Layers  []struct {
		Name    string
		Changes []struct {
			Address string
			Actions []string
		}
	}
}

type applied struct {
	DeploymentID string `json:"deployment_id"`
	Environment  string
	Result       string
	Layers       []struct {
		Name    string
		Result  string
		Seconds float64
	}
	Outputs map[string]any
}

// quick is the one value by which a copy differs from production beside its
// names: nobody waits for CloudFront's locations.
const quick = `
frontend = { wait_for_deployment = false }
`

// lifted are the values with which a copy of production can be destroyed: they
// change settings of what stands, and nothing else.
const lifted = `
audit    = { force_destroy = true }
auth     = { deletion_protection = false }
database = { deletion_protection = false, skip_final_snapshot = true }
frontend = { force_destroy = true, wait_for_deployment = false }
secrets  = { recovery_window_days = 0 }
`

// deploy makes a copy of production with an approval, as production asks for,
// and takes it away at the end, whatever becomes of the test.
func deploy(t *testing.T) *stack {
	t.Helper()
	e := kit.NewEphemeral(t, "production", random.UniqueID())
	e.Bootstrap()
	if kit.OnAWS() { // a local AWS goes as a whole
		t.Cleanup(func() { e.Discard(lifted) })
	}
	e.Set(quick)
	var first planned
	e.JSON(2, &first, "plan", e.Environment, "--detailed-exitcode", "--out", "approval.json")
	if first.Summary.Create == 0 || first.Summary != (counts{Create: first.Summary.Create}) {
		t.Errorf("the first plan is not all creations: %+v", first.Summary)
	}
	var done applied
	e.JSON(0, &done, "apply", e.Environment, "--approval", "approval.json")
	var names []string
	for _, layer := range done.Layers {
		names = append(names, layer.Name)
		if layer.Result != "succeeded" {
			t.Errorf("layer %s: %s", layer.Name, layer.Result)
		}
		t.Logf("%-12s %6.1f s", layer.Name, layer.Seconds)
	}
	if diff := cmp.Diff(layers, sorted(names)); diff != "" {
		t.Errorf("layers deployed (-want +got):\n%s", diff)
	}
	s := &stack{Ephemeral: e, config: e.Config(kit.Region), usEast1: e.Config("us-east-1"), outputs: done.Outputs, deployed: done.DeploymentID}
	s.apiID = s.restAPI(t)
	return s
}

// TestProduction takes a copy of production through its life: from nothing to
// all that the catalogue asks for, a second plan, changes in place, and the end.
func TestProduction(t *testing.T) {
	t.Parallel()
	s := deploy(t)
	s.Must(0, "plan", s.Environment, "--detailed-exitcode")
	var ran atomic.Int32 // checks: -run chooses among them
	t.Run("facts", func(t *testing.T) {
		for name, check := range checks() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				ran.Add(1)
				check(t, s)
			})
		}
	})
	if t.Failed() {
		return
	}

	// While deletion is protected, nothing is touched.
	refused := s.Must(1, "destroy", s.Environment, "--confirm", s.Environment)
	if !strings.Contains(refused.Stderr, "MD0407") {
		t.Errorf("a protected environment: %s", refused)
	}

	// Changes in place: the protections, a price class and a rate.
	s.Set(strings.Replace(lifted, "force_destroy = true, wait", `force_destroy = true, price_class = "PriceClass_200", wait`, 1) + `
api = { throttle = { rate = 500 } }
functions = { log_level = "DEBUG" }
`)
	var change planned
	s.JSON(2, &change, "plan", s.Environment, "--detailed-exitcode", "--out", "change.json")
	if change.Summary.Update < 3 || change.Summary != (counts{Update: change.Summary.Update}) {
		t.Errorf("the change is not in place: %+v", change)
	}
	s.Must(0, "apply", s.Environment, "--approval", "change.json")
	s.Must(0, "plan", s.Environment, "--detailed-exitcode")
	t.Run("changed", func(t *testing.T) {
		ran.Add(1)
		checkChanged(t, s)
	})

	s.Must(0, "destroy", s.Environment, "--confirm", s.Environment)
	t.Run("nothing left", func(t *testing.T) {
		ran.Add(1)
		checkNothingLeft(t, s)
	})
	if ran.Load() == 0 {
		t.Error("not one check ran: -run chooses one as TestProduction/facts/auth")
	}
}
