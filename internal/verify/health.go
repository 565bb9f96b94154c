package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// healthPause is between two tries: a function that was just replaced starts, and a
// database that rests wakes up.
const healthPause = 2 * time.Second

// healthLimit leaves time for all tries.
const healthLimit = 3 * time.Minute

func healthChecks() []Check {
	return []Check{
		{
			ID: "health.api", Area: Health, Requirements: []string{"R2.2", "R6.3"}, Limit: healthLimit,
			Title:  "the API says that it is well",
			Reads:  []string{"GET /health of the API"},
			Remedy: "read the log of function health and the alarms; after a deployment, go back: `mandala-deploy rollback`",
			Run:    apiIsWell,
		},
		{
			ID: "health.version", Area: Health, Requirements: []string{"R2.3"}, Limit: healthLimit,
			Title:  "the release that should answer answers",
			Reads:  []string{"GET /health of the API"},
			Remedy: "see where alias live of function health leads: `mandala-deploy history` tells what the last deployment switched",
			Run:    releaseAnswers,
		},
		{
			ID: "health.schema", Area: Health, Requirements: []string{"R2.2", "R2.3"}, Limit: healthLimit,
			Title:  "the database's schema is what the release needs, or newer",
			Reads:  []string{"GET /health of the API"},
			Remedy: "deploy the release again, which runs its migrations: `mandala-deploy apply ENV --version VERSION`",
			Run:    schemaIsThere,
		},
		{
			ID: "health.api-through-site", Area: Health, Requirements: []string{"R1.3", "R6.3"}, Limit: healthLimit,
			Title:  "the site leads to the API under /api",
			Reads:  []string{"GET /api/health of the site"},
			Remedy: "compare the distribution's behaviour /api/* and its origin with the layer frontend: `mandala-deploy drift ENV`",
			Run:    siteLeadsToAPI,
		},
		{
			ID: "health.site-page", Area: Health, Requirements: []string{"R1.3", "R6.3"}, Limit: healthLimit,
			Title:  "the site's entry page opens, and is the one that was deployed last",
			Reads:  []string{"GET / of the site"},
			Remedy: "deploy the site's files, and see whether its bucket has index.html and lets the distribution read it",
			Run:    page{pause: healthPause, tries: pageTries}.opens,
		},
		{
			ID: "health.two-zones", Area: Health, Requirements: []string{"R6.3"},
			Title:  "network, functions and database stand in two zones",
			Reads:  []string{"ec2:DescribeSubnets", "lambda:GetFunctionConfiguration", "rds:DescribeDBClusters", "rds:DescribeDBInstances"},
			Remedy: "set network.availability_zones and database.instance_count for two zones and apply",
			Run:    standsInTwoZones,
		},
		{
			ID: "health.deployment-recorded", Area: Health, Requirements: []string{"R2.4"},
			Title:  "the last deployment's record says who, when, what and with which result",
			Reads:  []string{"the deployment's record in the environment's bucket"},
			Remedy: "a run that was killed leaves its record open: `mandala-deploy apply ENV --resume`",
			Run:    deploymentIsRecorded,
		},
		{
			ID: "health.pipeline", Area: Health, Requirements: []string{"R2.1", "R2.2", "R2.3"},
			Title:  "pull requests may plan, and only this environment's pipeline may deploy and go back",
			Reads:  []string{"iam:GetOpenIDConnectProvider", "iam:GetRole"},
			Remedy: "apply the layer delivery; delivery.repository and delivery.branch of the environment's values name who is trusted",
			Run:    pipelineIsTrusted,
		},
	}
}

// wellness is the answer of GET /health.
type wellness struct {
	Status   string `json:"status"`
	Version  string `json:"version"`
	Database struct {
		Status        string `json:"status"`
		SchemaVersion *int64 `json:"schemaVersion"`
		SchemaTarget  int64  `json:"schemaTarget"`
	} `json:"database"`
	code  int
	tries int
}

// askHealth asks until the answer is well or the tries are used up, and gives the
// last answer. All checks of a run share it.
func askHealth(ctx context.Context, s *Subject) (wellness, error) {
	return recall(ctx, "health", func(ctx context.Context) (wellness, error) { return tryHealth(ctx, s, s.API) })
}

func tryHealth(ctx context.Context, s *Subject, base string) (wellness, error) {
	var last wellness
	attempts := max(s.Settings.Verify.Attempts, 1)
	path := "/" + strings.TrimPrefix(s.Settings.Verify.HealthPath, "/")
	for try := 1; ; try++ {
		answer, err := fetch(ctx, s, base+path)
		last = wellness{code: answer.status, tries: try}
		if err == nil {
			if decoded := json.Unmarshal(answer.body, &last); decoded != nil {
				last.Status = fmt.Sprintf("no JSON: %v", decoded)
			}
			if last.code == http.StatusOK && last.Status == "ok" && (s.Release == "" || last.Version == s.Release) {
				return last, nil
			}
		} else {
			last.Status = oneLine(err.Error())
		}
		if try >= attempts {
			return last, nil
		}
		if err := pause(ctx, healthPause); err != nil {
			return last, err
		}
	}
}

func apiIsWell(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	answer, err := askHealth(ctx, s)
	if err != nil {
		return nil, err
	}
	v.saw("%s: %d, status %q, at try %d of %d", s.Settings.Verify.HealthPath, answer.code, answer.Status, answer.tries, max(s.Settings.Verify.Attempts, 1))
	v.must(answer.code == http.StatusOK && answer.Status == "ok", "%s answers %d with status %q, also at try %d", s.Settings.Verify.HealthPath, answer.code, answer.Status, answer.tries)
	return v.give()
}

func releaseAnswers(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	answer, err := askHealth(ctx, s)
	if err != nil {
		return nil, err
	}
	v.saw("the API answers as version %q", answer.Version)
	v.must(answer.Version != "", "the API does not say its version")
	if s.Release != "" {
		v.must(answer.Version == s.Release, "version %q answers, not %q", answer.Version, s.Release)
	}
	return v.give()
}

func schemaIsThere(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	answer, err := askHealth(ctx, s)
	if err != nil {
		return nil, err
	}
	have := answer.Database.SchemaVersion
	if have == nil {
		v.must(false, "the database does not tell its schema's version: it is %q", answer.Database.Status)
		return v.give()
	}
	v.saw("schema version %d, needed %d", *have, answer.Database.SchemaTarget)
	v.must(*have >= answer.Database.SchemaTarget, "the schema is at version %d, the release needs %d", *have, answer.Database.SchemaTarget)
	return v.give()
}

func siteLeadsToAPI(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	answer, err := tryHealth(ctx, s, s.Site+"/api")
	if err != nil {
		return nil, err
	}
	v.saw("/api%s: %d, status %q", s.Settings.Verify.HealthPath, answer.code, answer.Status)
	v.must(answer.code == http.StatusOK && answer.Status == "ok", "the site's /api%s answers %d with status %q", s.Settings.Verify.HealthPath, answer.code, answer.Status)
	return v.give()
}

// fetched is what a GET brought.
type fetched struct {
	status int
	header http.Header
	body   []byte
	took   time.Duration
}

// mostRead is how many bytes of an answer are read.
const mostRead = 1 << 20

// fetch gets an address; redirects are followed.
func fetch(ctx context.Context, s *Subject, address string) (fetched, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fetched{}, err
	}
	begun := s.Now()
	response, err := s.HTTP.Do(request)
	if err != nil {
		return fetched{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, mostRead))
	return fetched{response.StatusCode, response.Header, body, s.Now().Sub(begun)}, err
}

// pause waits, but not beyond the context.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
