package preview_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// orphans takes layers out of the root, one way after the other.
func orphans(t *testing.T, a *account) {
	s := a.open(t, "chain", "chain", "")
	main := "environments/main.tf"
	s.apply(t, 0)

	// A middle layer, while its dependant turns to another one, and one that
	// nobody stands on, made with an aliased provider that nothing else needs.
	s.cut(t, main, `module "middle" {`, "}\n\n")
	s.Replace(main, "module.middle.value", "module.subnet.subnet_id")
	s.cut(t, main, `module "far" {`, "\n}\n")
	s.gone(t, s.plan(t, 2, "--detailed-exitcode"), map[string]string{
		"module.far.aws_vpc.this": "delete", "module.middle.terraform_data.this": "delete", "module.last.terraform_data.this": "update",
	}, "far destroy", "last apply", "middle destroy")
	s.left(t, "network", "subnet", "last")

	// Two of which one stands on the other, and a dependant changed with them.
	s.cut(t, main, `module "network" {`, "}\n\n")
	s.cut(t, main, `module "subnet" {`, "}\n\n")
	s.Replace(main, "module.subnet.subnet_id", "var.mark")
	s.gone(t, s.plan(t, 2, "--detailed-exitcode"), map[string]string{
		"module.last.terraform_data.this": "update", "module.subnet.aws_subnet.this": "delete", "module.network.aws_vpc.this": "delete",
	}, "last apply", "subnet destroy", "network destroy")
	before(t, s.deletions(t), "module.subnet.aws_subnet.this", "module.network.aws_vpc.this")
	s.left(t, "last")
}

// gone wants a preview of these actions with these steps, and applies it; the
// JSON lists the orphans after the declared layers.
func (s *scene) gone(t *testing.T, preview plan, actions map[string]string, steps ...string) {
	t.Helper()
	if diff := cmp.Diff(actions, preview.actions()); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(steps, preview.steps()); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	status := s.do(t, 0, "status").Stdout
	for address, action := range actions {
		layer, _, _ := strings.Cut(strings.TrimPrefix(address, "module."), ".")
		if action == "delete" && !slices.ContainsFunc(strings.Split(status, "\n"), func(line string) bool {
			return strings.Contains(line, layer) && strings.Contains(line, "left the root")
		}) {
			t.Errorf("status does not say that %s left the root:\n%s", layer, status)
		}
	}
	s.apply(t, 0)
}

// left wants just these layers in status, and nothing left to do.
func (s *scene) left(t *testing.T, layers ...string) {
	t.Helper()
	got := s.layers(t)
	slices.Sort(got)
	slices.Sort(layers)
	if diff := cmp.Diff(layers, got); diff != "" {
		t.Errorf("layers in status (-want +got):\n%s", diff)
	}
	s.settled(t)
}
