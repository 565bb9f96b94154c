// Package verify proves that a deployed environment is as the requirements say: a
// registry of checks, one file per area, each of which reads what is really
// deployed, through the AWS SDK or over HTTP and never from a state.
package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
)

// The areas.
const (
	Health      = "health"
	Security    = "security"
	Monitoring  = "monitoring"
	Cost        = "cost"
	Performance = "performance"
	Data        = "data"
)

// Check is one thing that must hold.
type Check struct {
	ID           string   // area.what-must-hold, for example security.trail-logging
	Area         string   // before the dot of ID
	Title        string   // what must hold, in one line
	Requirements []string // ids that it proves, for example R4.2
	Reads        []string // what it reads: SDK operations such as cloudtrail:GetTrailStatus, or GET /health
	Remedy       string   // what to do when it fails
	// Limit is how long it may take; 0 is the common one.
	Limit time.Duration
	// Run looks. It gives what it saw as evidence, and a *Failure where what must
	// hold does not; any other error means that it could not find out.
	Run func(ctx context.Context, s *Subject) (evidence []string, err error)
}

// Failure says what does not hold.
type Failure struct{ Reasons []string }

func (f *Failure) Error() string {
	text := f.Reasons[0]
	if len(f.Reasons) > 1 {
		text = fmt.Sprintf("%s; and %d more", text, len(f.Reasons)-1)
	}
	return text
}

// Subject is the environment that is looked at.
type Subject struct {
	Environment string
	Project     string // of the names: PROJECT-ENVIRONMENT-…
	Region      string
	Account     string
	Settings    environment.Settings
	Outputs     map[string]any // of the root, those that are known and not sensitive
	Release     string         // that must answer; "" takes any
	Deployment  *engine.Record // the last one; nil where there was none
	Probe       bool

	AWS       awssdk.Config // for Region
	PathStyle bool          // of S3: the endpoint has no host name per bucket
	HTTP      *http.Client
	API       string // base URL of the API's stage, no slash at the end
	Site      string // base URL of the site, no slash at the end
	Now       func() time.Time
}

// Name is what the names of the environment's resources begin with.
func (s *Subject) Name() string { return s.Project + "-" + s.Environment }

// Output gives an output of the root that is a text.
func (s *Subject) Output(name string) (string, error) {
	text, ok := s.Outputs[name].(string)
	if !ok || text == "" {
		return "", fmt.Errorf("the root has no output %s", name)
	}
	return text, nil
}

// ErrNotMeasurable says why a check could not find out; its text follows.
var ErrNotMeasurable = errors.New("cannot be told")

// Checks gives every check, by area in the order of Areas. Each area's file has its own list.
func Checks() []Check {
	var all []Check
	for _, area := range [][]Check{
		healthChecks(),
		securityChecks(),
		monitoringChecks(),
		costChecks(),
		performanceChecks(),
		dataChecks(),
	} {
		all = append(all, area...)
	}
	return all
}
