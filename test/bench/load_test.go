package bench

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// What the load is, and what R6 asks of the application under it.
const (
	loadRate     = 100 // requests a second
	loadSeconds  = 60
	writeEvery   = 10 // one request in so many creates a goal
	mostSlow     = 100 * time.Millisecond
	mostDatabase = 50 // connections
	mostCold     = 500 * time.Millisecond
)

// loadApplication asks a deployed application for goals, a hundred times a second
// for a minute, each at its own moment, whether or not the answers before are there:
// what a request waits until it is sent counts, too. It reports the latencies that a client sees, errors,
// the database's connections and the memory of the functions' processes.
func loadApplication(b *testing.B, p *kit.Project, outputs map[string]any) {
	b.Helper()
	a := kit.NewApplication(b, p, outputs)
	a.Invoke("migrate", struct{}{}, nil)
	cold(b, a)
	person := a.SignUp("load@example.com")
	for i := range 20 {
		person.Call(201, nil, "POST", "/goals", map[string]any{"title": fmt.Sprintf("Goal %d", i)})
	}
	person.Call(200, nil, "GET", "/goals", nil)

	watch, stop := context.WithCancel(b.Context())
	var peak peaks
	watched := peak.watch(watch, b, p, a.Output("database_endpoint"), a.Output("database_name"))
	var (
		answers  sync.WaitGroup
		mu       sync.Mutex
		took     []time.Duration
		failures atomic.Int64
	)
	first := time.Now()
	for i := range loadRate * loadSeconds {
		due := first.Add(time.Duration(i) * time.Second / loadRate)
		time.Sleep(time.Until(due))
		answers.Go(func() {
			method, body, want := "GET", any(nil), http.StatusOK
			if i%writeEvery == 0 {
				method, body, want = "POST", map[string]any{"title": fmt.Sprintf("Goal of request %d", i)}, http.StatusCreated
			}
			answer, err := person.Try(b.Context(), method, "/goals", body)
			if err != nil || answer.Status != want {
				if failures.Add(1) <= 5 {
					b.Logf("%s /goals: %d %s %v", method, answer.Status, answer.Body, err)
				}
				return
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(due))
		})
	}
	sent := time.Since(first)
	answers.Wait()
	stop()
	<-watched
	if len(took) == 0 {
		b.Fatalf("all %d requests failed", failures.Load())
	}

	slices.Sort(took)
	at := func(share float64) time.Duration { return took[min(int(share*float64(len(took))), len(took)-1)] }
	b.ReportMetric(float64(at(0.95).Microseconds())/1000, "load-p95-ms")
	b.ReportMetric(loadRate*loadSeconds/sent.Seconds(), "load-requests/s")
	b.ReportMetric(float64(failures.Load()), "load-errors")
	b.ReportMetric(float64(peak.connections), "load-connections")
	b.ReportMetric(float64(peak.memory>>20), "load-MB")
	b.Logf("%d requests a second for %d s on /goals, one in %d a POST: p50 %v, p95 %v, p99 %v, longest %v; %d errors; at most %d connections to the database; functions' processes %d MB",
		loadRate, loadSeconds, writeEvery, at(0.5), at(0.95), at(0.99), took[len(took)-1], failures.Load(), peak.connections, peak.memory>>20)
	if at(0.95) >= mostSlow || failures.Load() > 0 || peak.connections > mostDatabase {
		b.Errorf("wanted: p95 below %v, no error, at most %d connections", mostSlow, mostDatabase)
	}
}

// cold measures the first request that functions of the API ever get: process, runtime,
// connection to the database, answer.
func cold(b *testing.B, a *kit.Application) {
	b.Helper()
	person := a.SignUp("cold@example.com")
	var slowest time.Duration
	for _, path := range []string{"/goals", "/tasks", "/reflections", "/profile", "/health"} {
		begun := time.Now()
		person.Call(200, nil, "GET", path, nil)
		took := time.Since(begun)
		b.Logf("cold start of %s: %v", path, took.Round(time.Millisecond))
		slowest = max(slowest, took)
	}
	b.ReportMetric(float64(slowest.Milliseconds()), "cold-ms")
	if slowest >= mostCold {
		b.Errorf("a cold start took %v, wanted less than %v", slowest, mostCold)
	}
}

// peaks are the highest figures that were seen.
type peaks struct {
	connections int
	memory      uint64 // bytes, resident, of all functions' processes
}

// watch looks every quarter of a second until ctx is done, then closes the channel.
func (p *peaks) watch(ctx context.Context, b *testing.B, project *kit.Project, host, database string) <-chan struct{} {
	b.Helper()
	connection, err := pgx.Connect(context.WithoutCancel(ctx), fmt.Sprintf("host=%s dbname=%s user=goal_mandala_app sslmode=disable", host, database))
	if err != nil {
		b.Fatal(err)
	}
	var status struct {
		Server struct{ PID int }
	}
	project.JSON(0, &status, "local", "status")
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer connection.Close(context.WithoutCancel(ctx))
		for ctx.Err() == nil {
			var count int
			err := connection.QueryRow(context.WithoutCancel(ctx),
				"SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()", database).Scan(&count)
			if err != nil {
				b.Error(err)
				return
			}
			var memory uint64
			for pid := range descendants(status.Server.PID) {
				if program(pid) == "bootstrap" {
					memory += resident(pid)
				}
			}
			p.connections, p.memory = max(p.connections, count), max(p.memory, memory)
			time.Sleep(250 * time.Millisecond)
		}
	}()
	return done
}
