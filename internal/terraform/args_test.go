package terraform

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

func TestPlanArgs(t *testing.T) {
	t.Parallel()
	base := []string{"plan", "-json", "-input=false", "-lock=false", "-out=plan.tfplan"}
	for name, test := range map[string]struct {
		options engine.PlanOptions
		want    []string
	}{
		"nothing":      {engine.PlanOptions{}, nil},
		"refresh only": {engine.PlanOptions{RefreshOnly: true}, []string{"-refresh-only"}},
		"no refresh":   {engine.PlanOptions{NoRefresh: true}, []string{"-refresh=false"}},
		"destroy":      {engine.PlanOptions{Destroy: true}, []string{"-destroy"}},
		"targets": {
			engine.PlanOptions{Targets: []string{"module.a", `module.b["x"].aws_vpc.this`}},
			[]string{"-target=module.a", `-target=module.b["x"].aws_vpc.this`},
		},
		"replace":            {engine.PlanOptions{Replace: []string{"module.a.x.y"}}, []string{"-replace=module.a.x.y"}},
		"var files in order": {engine.PlanOptions{VarFiles: []string{"/b", "/a"}}, []string{"-var-file=/b", "-var-file=/a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := append(append([]string{}, base...), test.want...)
			if diff := cmp.Diff(want, planArgs(test.options)); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
		})
	}
}

func TestShowAndApplyArgs(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"show", "-json", "plan.tfplan"}, showArgs()); diff != "" {
		t.Errorf("show (-want +got):\n%s", diff)
	}
	want := []string{"apply", "-json", "-input=false", "-lock-timeout=0s", "plan.tfplan"}
	if diff := cmp.Diff(want, applyArgs()); diff != "" {
		t.Errorf("apply (-want +got):\n%s", diff)
	}
}

func TestCleanEnv(t *testing.T) {
	t.Parallel()
	dirty := map[string]string{
		"PATH": "/bin", "HOME": "/h", "AWS_PROFILE": "p", "TF_VAR_name": "kept", "TF_PLUGIN_CACHE_DIR": "/c",
		"TF_CLI_ARGS": "x", "TF_CLI_ARGS_plan": "x", "TF_LOG": "trace", "TF_LOG_PATH": "x", "TF_INPUT": "1",
		"TF_WORKSPACE": "w", "TF_DATA_DIR": "d", "TF_REATTACH_PROVIDERS": "{}", "CHECKPOINT_DISABLE": "",
	}
	want := map[string]string{
		"PATH": "/bin", "HOME": "/h", "AWS_PROFILE": "p", "TF_VAR_name": "kept", "TF_PLUGIN_CACHE_DIR": "/c",
		"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1",
	}
	if diff := cmp.Diff(want, cleanEnv(dirty)); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	if dirty["TF_LOG"] == "" {
		t.Error("cleanEnv changed its argument")
	}
	if diff := cmp.Diff([]string{"A=1", "B=x=y"}, environList(environMap([]string{"B=x=y", "A=1", "junk"}))); diff != "" {
		t.Errorf("round trip (-want +got):\n%s", diff)
	}
}
