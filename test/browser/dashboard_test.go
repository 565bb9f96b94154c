package browser

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/goal-mandala/mandala-deploy/internal/dashboard"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/report"
	"github.com/goal-mandala/mandala-deploy/internal/report/reporttest"
)

const token = "a-token-that-nobody-guesses"

// source is three environments, of which production can begin a run.
type source struct {
	mu      sync.Mutex
	running bool
}

func (s *source) Names() []string { return []string{"production", "staging", "local"} }

func (s *source) begin(running bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = running
}

func (s *source) Look(_ context.Context, name string) (*dashboard.Standing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == "local" {
		return nil, context.DeadlineExceeded
	}
	d := reporttest.Deployment(60, name == "staging")
	standing := &dashboard.Standing{Overview: engine.Overview{Environment: name, Release: d.Account.Record.Release, Standing: &d.Account.Record, Deployments: d.Account.History}}
	if name == "staging" {
		standing.Verified, standing.Release = &d.Account.History[2], "v1.2.0"
		standing.Drift = &dashboard.Drift{Environment: name, At: reporttest.Now().Add(-time.Hour), Resources: 2, Layers: []string{"api", "network"}}
		return standing, nil
	}
	standing.Verified, standing.Drift = &d.Account.Record, &dashboard.Drift{Environment: name, At: reporttest.Now().Add(-2 * time.Hour)}
	if s.running {
		record := d.Account.Record
		record.ID, record.Status, record.StartedAt, record.EndedAt, record.Release = "9f8e7d6c5b4a3f2e", engine.Running, reporttest.Now().Add(-95*time.Second), time.Time{}, "v1.4.0"
		standing.Lease = &engine.Holder{User: "hana", Host: "build-7", Operation: engine.OperationApply, AcquiredAt: record.StartedAt, DeploymentID: record.ID}
		standing.Running = &engine.Underway{Record: record, Layers: []engine.LayerUnderway{
			{Name: "network", Status: engine.Succeeded, Done: 5, Planned: 5},
			{Name: "database", Status: engine.Running, Done: 2, Planned: 7, Working: []engine.Event{{Address: "module.database.aws_rds_cluster.this", Action: "create", Time: reporttest.Now().Add(-40 * time.Second)}}},
			{Name: "functions", Status: engine.Pending, Planned: 21},
		}}
	}
	return standing, nil
}

func (s *source) Report(_ context.Context, _, id string, links func(string) string) ([]byte, error) {
	d := reporttest.Deployment(60, false)
	d.Account.Record.ID = id
	var body bytes.Buffer
	err := report.WriteDeployment(&body, d, report.Options{Now: reporttest.Now(), Links: links})
	return body.Bytes(), err
}

// serve gives the dashboard's address on loopback.
func serve(t *testing.T, s *source) string {
	t.Helper()
	server := httptest.NewServer(dashboard.New(dashboard.Options{Token: token, Source: s, Now: reporttest.Now, Refresh: 0}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL + "/" + token + "/"
}

func TestDashboard(t *testing.T) {
	t.Parallel()
	s := &source{}
	p, address := newTab(t), serve(t, s)
	p.open(address)
	if got := eval[[]string](p, `[...document.querySelectorAll(".card h2")].map((e) => e.textContent)`); strings.Join(got, " ") != "production staging local" {
		t.Errorf("environments %v", got)
	}
	for _, scheme := range []string{"light", "dark"} {
		p.media("prefers-color-scheme", scheme)
		p.accessible()
	}
	p.reached()
	p.width(320)
	p.fits()
	p.width(1280)
	p.quiet(address)
}

func TestDashboardIsLive(t *testing.T) {
	t.Parallel()
	s := &source{}
	p, address := newTab(t), serve(t, s)
	p.open(address)
	p.await(`document.querySelector("#connection").textContent.startsWith("Live")`)
	p.script(`document.querySelector("#environment-production tbody a").focus()`)
	focused := eval[string](p, `document.activeElement.getAttribute("href")`)
	s.begin(true)
	p.await(`document.querySelector("#environment-production .running") !== null`)
	if got := eval[string](p, `document.querySelector("#environment-production .running").textContent`); !strings.Contains(got, "7 of 33 resources") || !strings.Contains(got, "create aws_rds_cluster.this") {
		t.Errorf("of the run it says %s", got)
	}
	if got := eval[string](p, `document.activeElement.getAttribute("href") ?? ""`); got != focused {
		t.Errorf("the focus went from %s to %s", focused, got)
	}
	if got := eval[string](p, `document.querySelector("#told").textContent`); got != "production: apply to v1.4.0" {
		t.Errorf("who does not see it is told %q", got)
	}
	p.accessible()
	s.begin(false)
	p.await(`document.querySelector("#environment-production .running") === null`)
	// To a report, and from there to another.
	p.script(`document.querySelector("#environment-production tbody a").click()`)
	p.do(chromedp.WaitReady(chromedp.CSS("#release tbody a")))
	p.script(`document.querySelector("#release tbody a[href*='3e0b1c2d3a4b5c6d']").click()`)
	p.do(chromedp.WaitReady(chromedp.CSS("#release tbody a[href*='4f1c2d3e4a5b6c7d']")))
	p.quiet(address)
}

func TestDashboardWithoutToken(t *testing.T) {
	t.Parallel()
	address := serve(t, &source{})
	p := newTab(t)
	var status int64
	response, err := chromedp.RunResponse(p.ctx, chromedp.Navigate(strings.TrimSuffix(address, token+"/")))
	if err == nil {
		status = response.Status
	}
	if status != http.StatusNotFound {
		t.Errorf("status %d, %v", status, err)
	}
}
