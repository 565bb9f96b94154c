package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

// DestroyRequest says which layers go; all when empty.
type DestroyRequest struct {
	Layers []string
	Show   func(*Preview)
}

// Destroy deletes layers, dependants first. While a resource has deletion
// protection it is refused, before anything is touched.
func (e *Engine) Destroy(ctx context.Context, request DestroyRequest) (*Result, error) {
	result, err := e.change(ctx, OperationDestroy, ApplyRequest{Layers: request.Layers}, func(ctx context.Context, _ *deadRun) (*Preview, error) {
		states, err := e.states(ctx)
		if err != nil {
			return nil, err
		}
		if err := e.checkProtection(states, request.Layers); err != nil {
			return nil, err
		}
		preview, err := e.Preview(ctx, PreviewRequest{Layers: request.Layers, Destroy: true})
		if err != nil {
			return nil, err
		}
		if request.Show != nil {
			request.Show(preview)
		}
		return preview, nil
	})
	if err != nil || result.Result != Succeeded {
		return result, err
	}
	// A layer may have had the bucket's policy in its care, and took it along:
	// the states in the bucket must not be without.
	done, err := e.Bootstrap(ctx)
	for _, line := range done {
		e.note("%s", line)
	}
	return result, err
}

func (e *Engine) checkProtection(states map[string]*tfstate.State, layers []string) error {
	wanted := map[string]bool{}
	for _, layer := range layers {
		wanted[layer] = true
	}
	var protected []string
	for _, layer := range sortedKeys(states) {
		if len(wanted) > 0 && !wanted[layer] {
			continue
		}
		instances, err := states[layer].Instances()
		if err != nil {
			return err
		}
		for _, i := range instances {
			if i.Protected {
				protected = append(protected, i.Address)
			}
		}
	}
	if len(protected) == 0 {
		return nil
	}
	return &problem.Error{Code: problem.DeletionProtected,
		What: fmt.Sprintf("deletion protection stands in %s: %s", e.name(), strings.Join(protected, ", ")),
		Next: fmt.Sprintf("set deletion_protection = false for it in environments/%s/terraform.tfvars, run `mandala-deploy apply %s`, then destroy", e.name(), e.name())}
}
