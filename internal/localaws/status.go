package localaws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Status describes an instance. Its zero value is an instance that is not
// running.
type Status struct {
	Running   bool      `json:"running"`    // its process lives
	Healthy   bool      `json:"healthy"`    // and it answers
	Address   string    `json:"address"`    // "http://127.0.0.1:PORT"
	Server    Process   `json:"server"`     // the proxy, parent of the emulator
	Emulator  Process   `json:"emulator"`   // moto, or what launched it
	StartedAt time.Time `json:"started_at"` // UTC
	Version   string    `json:"version"`    // of the program that serves
	// Endpoints are where what is deployed answers; only Describe asks for them.
	Endpoints []Endpoint `json:"endpoints,omitempty"`
}

// Process identifies a process across reuse of its pid.
type Process struct {
	PID     int    `json:"pid"`
	Started string `json:"started"` // the system's start mark of that process
}

// alive reports whether the process, and not a later one of that pid, lives.
func (p Process) alive() bool {
	if p.PID <= 0 {
		return false
	}
	mark, ok := startMark(p.PID)
	return ok && mark == p.Started
}

// identify gives the process that has this pid now; ok is false if none has.
func identify(pid int) (Process, bool) {
	mark, ok := startMark(pid)
	return Process{PID: pid, Started: mark}, ok
}

// Inspect gives the status of the instance in dir. A directory without an
// instance, and one whose server died, are not running; neither is an error.
func Inspect(ctx context.Context, dir string) (Status, error) {
	status, err := readStatus(dir)
	if err != nil {
		return Status{}, err
	}
	if !status.Server.alive() {
		return Status{}, nil
	}
	status.Running = true
	status.Healthy = healthy(ctx, status.Address)
	return status, nil
}

// Describe gives the status of the instance in dir with the endpoints of what
// is deployed in it.
func Describe(ctx context.Context, dir string) (Status, error) {
	status, err := Inspect(ctx, dir)
	if err != nil || !status.Healthy {
		return status, err
	}
	status.Endpoints, err = askEndpoints(ctx, status.Address)
	return status, err
}

// readStatus gives what the last server of dir wrote; the zero value if it
// wrote nothing or removed it.
func readStatus(dir string) (Status, error) {
	var status Status
	err := readJSON(path(dir, statusFile), &status)
	if errors.Is(err, fs.ErrNotExist) {
		return Status{}, nil
	}
	return status, err
}

func readJSON(file string, into any) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	return nil
}

// writeJSON replaces file at once, readable by its owner only: a reader sees
// the old content or the new.
func writeJSON(file string, value any) error {
	content, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(file), ".draft-*") // created with mode 0600
	if err != nil {
		return err
	}
	_, err = draft.Write(append(content, '\n'))
	err = errors.Join(err, draft.Close())
	if err == nil {
		err = os.Rename(draft.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(draft.Name()))
	}
	return nil
}

// healthy reports whether the proxy at address answers and finds its emulator.
func healthy(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+HealthPath, nil)
	if err != nil {
		return false
	}
	response, err := direct().RoundTrip(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// direct gives a transport that no proxy of the environment diverts. It keeps
// no connections: moto's server closes each after its answer, and one that
// closes while it is used again would cost a POST, which nobody repeats.
func direct() *http.Transport {
	return &http.Transport{DisableKeepAlives: true, DisableCompression: true}
}
