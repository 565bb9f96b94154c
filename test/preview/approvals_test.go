package preview_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// approvals proves that what was approved, and nothing else, is applied.
func approvals(t *testing.T, a *account) {
	s := a.open(t, "gate", "gate", "")
	first := s.approve(t)
	s.sameElsewhere(t, first)
	s.applied(t, first)
	s.settled(t)

	s.values(`mark = "second"`)
	second := s.approve(t)
	s.stale(t, second)
	s.edited(t, second)

	s.drift(t)
	// Who may not read AWS sees what is new, and that it is not all.
	if blind := s.plan(t, 2, "--detailed-exitcode", "--refresh=false"); len(blind.Warnings) != 1 || blind.Summary["create"] != 0 || blind.Summary["update"] == 0 {
		t.Errorf("without a look at AWS: %+v", blind)
	}
	if text := s.refuses(t, "MD0401", "apply", "--approval", second); !strings.Contains(text, "module.access.aws_iam_role.this: create is not part of what was approved") {
		t.Errorf("the refusal does not tell the excess: %s", text)
	}
	s.apply(t, 0) // what drifted and the second mark
	s.exceeded(t)
}

// approve plans and gives the path of the approval.
func (s *scene) approve(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "approval.json")
	s.plan(t, 2, "--detailed-exitcode", "--out", file)
	return file
}

func digestOf(t *testing.T, file string) string {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var approval struct{ Digest string }
	if err := json.Unmarshal(body, &approval); err != nil {
		t.Fatal(err)
	}
	return approval.Digest
}

// sameElsewhere wants the same preview to have the same digest, made again and
// made from another directory.
func (s *scene) sameElsewhere(t *testing.T, approval string) {
	t.Helper()
	elsewhere := s.account.open(t, "gate", s.environment, "")
	digests := []string{digestOf(t, approval), s.plan(t, 0).Digest, elsewhere.plan(t, 0).Digest}
	if digests[0] == "" || digests[1] != digests[0] || digests[2] != digests[0] {
		t.Errorf("digests of one preview made three times: %q", digests)
	}
}

// applied applies an approval, on no terminal, and compares what was done.
func (s *scene) applied(t *testing.T, approval string) {
	t.Helper()
	var result struct {
		Digest string `json:"digest"`
		Result string `json:"result"`
	}
	s.JSON(0, &result, "apply", s.environment, "--approval", approval)
	if result.Result != "succeeded" || result.Digest != digestOf(t, approval) {
		t.Errorf("result %q of digest %s; approved was %s", result.Result, result.Digest, digestOf(t, approval))
	}
}

// stale changes each input of an approval and wants it to be refused, by name
// and with nothing changed.
func (s *scene) stale(t *testing.T, approval string) {
	t.Helper()
	was := s.stateBytes(t)
	refused := func(why string, flags ...string) {
		t.Helper()
		text := s.refuses(t, "MD0401", "apply", append([]string{"--approval", approval}, flags...)...)
		if !strings.Contains(text, why) {
			t.Errorf("the refusal does not say %q: %s", why, text)
		}
	}
	for file, why := range map[string]string{
		"environments/main.tf":                                "environments/*.tf changed",
		"environments/.terraform.lock.hcl":                    ".terraform.lock.hcl changed",
		"environments/" + s.environment + "/terraform.tfvars": "a variable's value changed",
		"environments/" + s.environment + "/deploy.hcl":       "deploy.hcl changed",
		"modules/gate/notice.tftpl":                           "a module changed",
	} {
		body := s.Read(file)
		s.Write(file, body+"# another line\n")
		refused(why)
		s.Write(file, body)
	}
	s.Env = append(s.Env, "TF_VAR_mark=third")
	refused("a variable's value changed")
	s.Env = s.Env[:len(s.Env)-1]
	refused("the selection of layers changed", "--layer", "gate")

	state := s.state(t, "gate")
	s.putState(t, "gate", state)
	refused("the state of layer gate changed")
	state["serial"] = state["serial"].(float64) - 2
	s.putState(t, "gate", state)
	if diff := cmp.Diff(was, s.stateBytes(t)); diff != "" {
		t.Errorf("a refused apply changed states (-before +after):\n%s", diff)
	}
}

// stateBytes gives the states, for a comparison.
func (s *scene) stateBytes(t *testing.T) map[string]any {
	t.Helper()
	return map[string]any{"gate": s.state(t, "gate"), "access": s.state(t, "access")}
}

// edited changes an approval file and uses it for another environment.
func (s *scene) edited(t *testing.T, approval string) {
	t.Helper()
	body, err := os.ReadFile(approval)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"another operation": strings.Replace(string(body), `"update"`, `"delete"`, 1),
		"another change":    strings.Replace(string(body), "module.gate.", "module.access.", 1),
		"more text":         string(body) + "{}",
		"half":              string(body[:len(body)/2]),
		"unknown field":     strings.Replace(string(body), "{", `{"note": 1, `, 1),
	} {
		if text == string(body) {
			t.Fatalf("%s: the approval was not edited", name)
		}
		file := filepath.Join(t.TempDir(), "edited.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s.refuses(t, "MD0403", "apply", "--approval", file)
	}
	configure(s.Project, "elsewhere", settings{})
	var f failure
	result := s.JSON(1, &f, "apply", "elsewhere", "--approval", approval)
	if len(f.Errors) != 1 || f.Errors[0].Code != "MD0402" || !strings.Contains(f.Errors[0].Message, `"gate"`) {
		t.Errorf("want MD0402 that names gate: %s", result)
	}
}

// drift deletes the role by hand.
func (s *scene) drift(t *testing.T) {
	t.Helper()
	ctx := bounded(t)
	client := iam.NewFromConfig(s.AWSConfig(ctx))
	if _, err := client.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("preview-" + s.environment)}); err != nil {
		t.Fatal(err)
	}
}

// exceeded lets the role vanish after the preview, while the layer before its
// own is at work: the later layer's plan is then more than what was approved,
// and nothing of it is applied.
func (s *scene) exceeded(t *testing.T) {
	t.Helper()
	signal := filepath.Join(t.TempDir(), "gate")
	s.values("mark = \"third\"\nwait = \"" + signal + "\"")
	approval := s.approve(t)
	running := s.Start("apply", s.environment, "--approval", approval, "--json")
	waitFor(t, signal+".begun", running)
	s.drift(t)
	before := s.state(t, "access")
	if err := os.WriteFile(signal+".go", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	result := running.Wait()
	var said struct {
		Result string `json:"result"`
		Layers []struct{ Name, Result string }
		failure
	}
	if err := json.Unmarshal([]byte(result.Stdout), &said); err != nil || result.Code != 1 {
		t.Fatalf("%v: %s", err, result)
	}
	if len(said.Errors) != 1 || said.Errors[0].Code != "MD0408" || !strings.Contains(said.Errors[0].Message, "module.access.aws_iam_role.this") {
		t.Errorf("want MD0408 that names the role: %s", result)
	}
	if diff := cmp.Diff([]struct{ Name, Result string }{{"gate", "succeeded"}, {"access", "failed"}}, said.Layers); diff != "" {
		t.Errorf("layers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, s.state(t, "access")); diff != "" {
		t.Errorf("the refused layer's state changed (-before +after):\n%s", diff)
	}
	s.apply(t, 0, "--resume")
	s.settled(t)
}

// waitFor waits until a file is there, as long as the command runs.
func waitFor(t *testing.T, file string, running *kit.Running) {
	t.Helper()
	for {
		if _, err := os.Stat(file); err == nil {
			return
		}
		select {
		case <-running.Done():
			t.Fatalf("the command ended first: %s", running.Wait())
		case <-time.After(50 * time.Millisecond):
		}
	}
}
