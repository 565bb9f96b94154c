package test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// lister gives the names or ARNs of all of a kind that an account has.
type lister func(ctx context.Context, s *stack, region aws.Config) ([]string, error)

// listers are the kinds that the stack makes. Few are paged: a copy's account
// has few of each.
func listers() map[string]lister {
	all := map[string]lister{}
	for _, some := range []map[string]lister{computeListers(), dataListers(), identityListers(), watchListers(), siteListers()} {
		maps.Copy(all, some)
	}
	return all
}

// names gives what read gives, unless the call failed.
func names[T any](_ *T, err error, read func() []string) ([]string, error) {
	if err != nil {
		return nil, err
	}
	return read(), nil
}

// claim gives the name of something that is the stack's, though its own name
// does not tell, together with the stack's.
func (s *stack) claim(ours bool, name string) string {
	if ours {
		return s.Name + ": " + name
	}
	return name
}

// standing gives what stands in the account under the copy's name, by kind, the
// tool's own bucket and its key left out.
func standing(t *testing.T, s *stack) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for kind, list := range listers() {
		for _, region := range []aws.Config{s.config, s.usEast1} {
			all, err := list(t.Context(), s, region)
			if err != nil {
				t.Errorf("list %s in %s: %v", kind, region.Region, err)
			}
			for _, name := range all {
				if strings.Contains(name, s.Name) {
					found[kind] = append(found[kind], name)
				}
			}
		}
	}
	return found
}

// checkEverythingStands keeps checkNothingLeft honest: a kind that it does not
// find while the stack stands it would not miss afterwards.
func checkEverythingStands(t *testing.T, s *stack) {
	found := standing(t, s)
	for kind := range listers() {
		if len(found[kind]) == 0 {
			t.Errorf("there are no %s of %s", kind, s.Name)
		}
	}
}

func checkNothingLeft(t *testing.T, s *stack) {
	for kind, left := range standing(t, s) {
		t.Errorf("%s left: %v", kind, left)
	}
	var status struct {
		Layers []struct {
			Name      string
			Resources int
		}
		LastDeployment struct{ Operation, Status string } `json:"last_deployment"`
		Lease          any
	}
	s.For(t).JSON(0, &status, "status", s.Environment)
	for _, layer := range status.Layers {
		if layer.Resources != 0 {
			t.Errorf("layer %s has %d resources left", layer.Name, layer.Resources)
		}
	}
	if status.Lease != nil || status.LastDeployment.Operation != "destroy" || status.LastDeployment.Status != "succeeded" {
		t.Errorf("status: %+v", status)
	}
}
