package deploy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// untold are the checks that the local AWS cannot tell anything of: it has no bills, its
// databases write no log, and its distributions keep no statistics.
var untold = map[string]string{"cost.spend": "unknown", "performance.queries": "unknown", "performance.cache-hit-rate": "unknown"}

// checkVerification verifies everything by the command line, with the alarm's drill: all
// passes that the local AWS can tell.
func checkVerification(t *testing.T, p *kit.Project, a *kit.Application) {
	received := slackChannel(t, a)
	junit := filepath.Join(t.TempDir(), "verification.xml")
	var all struct {
		Checks []struct{ ID, Result, Reason string }
	}
	p.JSON(3, &all, "verify", "local", "--probe", "--drill", "alarm", "--junit", junit)
	left := map[string]string{}
	for _, check := range all.Checks {
		if check.Result != "passed" {
			left[check.ID] = check.Result
			t.Logf("%s %s: %s", check.ID, check.Result, check.Reason)
		}
	}
	if diff := cmp.Diff(untold, left); diff != "" {
		t.Errorf("what did not pass (-want +got):\n%s", diff)
	}
	if message := <-received; !strings.Contains(message, "drill of ") {
		t.Errorf("the drill told the channel: %s", message)
	}
	body, err := os.ReadFile(junit)
	if err != nil {
		t.Fatal(err)
	}
	if cases := strings.Count(string(body), "<testcase "); cases != len(all.Checks) || strings.Contains(string(body), private) {
		t.Errorf("%d cases of %d checks:\n%s", cases, len(all.Checks), body)
	}
	traced := p.Must(0, "verify", "local", "--area", "health", "--traceability").Stdout
	for _, each := range []string{"R2.1", "health.api"} {
		if !strings.Contains(traced, each) {
			t.Errorf("it does not trace %s:\n%s", each, traced)
		}
	}
}
