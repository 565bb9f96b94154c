package verify

import (
	"context"
	"fmt"
	"net/http"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Verifier verifies one environment. It implements the engine's port.
type Verifier struct {
	Environment string
	Settings    environment.Settings
	AWS         awssdk.Config
	PathStyle   bool
	HTTP        *http.Client
	// Addresses gives the base URLs of the API's stage and of the site where they are
	// not those that the root's outputs tell; "" takes the outputs'. It may be nil. name
	// is what the names of the environment's resources begin with.
	Addresses func(ctx context.Context, name string) (api, site string, err error)
	Account   func(ctx context.Context) (string, error)
	Now       func() time.Time
}

var _ engine.Verifier = (*Verifier)(nil)

// Verify runs the checks of the areas asked for, and the drill.
func (w *Verifier) Verify(ctx context.Context, request engine.VerifyRequest) (*engine.Verification, error) {
	if err := KnownAreas(request.Areas); err != nil {
		return nil, err
	}
	s, err := w.subject(ctx, request)
	if err != nil {
		return nil, err
	}
	areas := request.Areas
	if len(areas) == 0 {
		areas = Areas()
	}
	checks := Of(areas)
	if request.DrillAlarm {
		checks = append(checks, alarmDrill())
	}
	result := &engine.Verification{Environment: w.Environment, Release: request.Release, StartedAt: w.Now().UTC(), Areas: areas}
	result.Checks = Run(ctx, s, checks)
	result.Seconds = w.Now().Sub(result.StartedAt).Seconds()
	return result, nil
}

// subject says what is looked at, by the root's outputs.
func (w *Verifier) subject(ctx context.Context, request engine.VerifyRequest) (*Subject, error) {
	s := &Subject{
		Environment: w.Environment, Region: w.AWS.Region, Settings: w.Settings, Outputs: map[string]any{}, Release: request.Release,
		Deployment: request.Deployment, Probe: request.Probe, AWS: w.AWS, PathStyle: w.PathStyle, HTTP: w.HTTP, Now: w.Now,
	}
	for name, output := range request.Outputs {
		if output.Known && !output.Sensitive {
			s.Outputs[name] = output.Value
		}
	}
	var err error
	if s.Project, err = w.project(s); err != nil {
		return nil, err
	}
	if s.Account, err = w.Account(ctx); err != nil {
		return nil, err
	}
	if w.Addresses != nil {
		if s.API, s.Site, err = w.Addresses(ctx, s.Name()); err != nil {
			return nil, err
		}
	}
	// An address that is missing makes checks unknown, each by itself.
	if s.API == "" {
		s.API, _ = s.Output("api_url")
	}
	if s.Site == "" {
		s.Site, _ = s.Output("site_url")
	}
	s.API, s.Site = trimmed(s.API), trimmed(s.Site)
	return s, nil
}

func trimmed(address string) string {
	for len(address) > 0 && address[len(address)-1] == '/' {
		address = address[:len(address)-1]
	}
	return address
}

// project gives the first part of the environment's names.
func (w *Verifier) project(s *Subject) (string, error) {
	if project, err := s.Output("project"); err == nil {
		return project, nil
	}
	return "", &problem.Error{Code: problem.MissingOutput, What: fmt.Sprintf("environment %s cannot be verified: its root has no output project, so what belongs to it cannot be told", w.Environment)}
}
