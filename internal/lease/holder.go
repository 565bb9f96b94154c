// Package lease keeps an environment to one run at a time: an object in its
// bucket that names who holds it, is renewed while the holder lives and
// expires when it does not.
package lease

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Key is where the lease lies in the environment's bucket.
const Key = "leases/environment.json"

// Holder says who holds a lease and why.
type Holder = engine.Holder

// Here gives a Holder with what this process knows of itself: user, host, pid
// and CI run. An unknown user or host stays "unknown".
func Here(getenv func(string) string) Holder {
	holder := Holder{User: "unknown", Host: "unknown", PID: os.Getpid(), CIRun: CIRun(getenv)}
	// In CI the person who started the run says more than the runner's user.
	if actor := firstOf(getenv, "GITHUB_ACTOR", "GITLAB_USER_LOGIN"); actor != "" {
		holder.User = actor
	} else if current, err := user.Current(); err == nil && current.Username != "" {
		holder.User = current.Username
	}
	if host, err := os.Hostname(); err == nil && host != "" {
		holder.Host = host
	}
	return holder
}

// CIRun gives the URL of the CI run that the variables describe: GitHub Actions
// or GitLab; "" outside CI.
func CIRun(getenv func(string) string) string {
	server, repository, run := getenv("GITHUB_SERVER_URL"), getenv("GITHUB_REPOSITORY"), getenv("GITHUB_RUN_ID")
	if server != "" && repository != "" && run != "" {
		return strings.TrimSuffix(server, "/") + "/" + repository + "/actions/runs/" + run
	}
	return getenv("CI_JOB_URL")
}

func firstOf(getenv func(string) string, names ...string) string {
	for _, name := range names {
		if value := getenv(name); value != "" {
			return value
		}
	}
	return ""
}

// ErrLocked is what errors.Is finds in a LockedError.
var ErrLocked = errors.New("environment locked")

// LockedError says that someone else holds the lease. It unwraps to the
// problem that users see: MD0501, or MD0504 for an expired lease.
type LockedError struct {
	Holder Holder
	// Expired is set when the holder let the lease run out: its run ended
	// without releasing it, and nobody took it over.
	Expired bool
}

// Error gives the problem's line.
func (e *LockedError) Error() string { return e.problem().Error() }

// Is makes the error match ErrLocked.
func (e *LockedError) Is(target error) bool { return target == ErrLocked }

// Unwrap gives the problem.
func (e *LockedError) Unwrap() error { return e.problem() }

func (e *LockedError) problem() *problem.Error {
	if e.Expired {
		return &problem.Error{
			Code: problem.InterruptedRun,
			What: fmt.Sprintf("environment %s: the run of %s ended without giving its lease back", e.Holder.Environment, e.Holder),
			Next: fmt.Sprintf("`mandala-deploy apply %[1]s --resume` goes on with that run; `mandala-deploy unlock %[1]s --confirm %[1]s` drops its lease", e.Holder.Environment),
		}
	}
	return &problem.Error{
		Code: problem.Locked,
		What: fmt.Sprintf("environment %s is held by %s", e.Holder.Environment, e.Holder),
	}
}

func encode(holder Holder) ([]byte, error) {
	body, err := json.MarshalIndent(holder, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode lease: %w", err)
	}
	return append(body, '\n'), nil
}

func decode(body []byte) (Holder, error) {
	var holder Holder
	if err := json.Unmarshal(body, &holder); err != nil {
		return Holder{}, &problem.Error{
			Code: problem.StorageFailed,
			What: "the lease object " + Key + " is not a lease",
			Next: "look at the object; `mandala-deploy unlock ENV --confirm ENV --force` removes it",
			Err:  err,
		}
	}
	return holder, nil
}
