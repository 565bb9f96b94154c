// Package localaws runs the local AWS: the moto emulator behind a reverse
// proxy on loopback, as a background process of the user's that outlives the
// command that started it. Each instance lives in one directory.
package localaws

import (
	"os"
	"path/filepath"
	"time"
)

// Options are the settings of an instance. The zero value is right for the
// command line.
type Options struct {
	// Command starts the server; "--dir DIR" is appended. By default it is
	// this program with the arguments "local serve".
	Command []string
	// OwnerPID ends the instance when that process ends; 0 never does.
	OwnerPID int
	// Version is kept in the status, for example the CLI's version.
	Version string
	// Cache is where a private Python environment is created when nothing
	// else has moto; by default a folder in the user's cache directory.
	Cache string
	// Without names patches of the emulator to leave out; "all" for every
	// one. It serves the tests that prove a patch is still needed.
	Without []string
	// Routes are answered by the proxy itself instead of the emulator. They
	// are used by Serve only.
	Routes []Route
	// Notice hears of steps that take long, such as installing moto.
	Notice func(message string)
}

// notice reports a step to whoever listens.
func (o Options) notice(message string) {
	if o.Notice != nil {
		o.Notice(message)
	}
}

// command gives the arguments that start the server of dir.
func (o Options) command(dir string) ([]string, error) {
	start := o.Command
	if len(start) == 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		start = []string{self, "local", "serve"}
	}
	return append(append([]string(nil), start...), "--dir", dir), nil
}

// How long the steps of an instance's life may take.
const (
	startTimeout  = 60 * time.Second       // from start to the first answer; a cold disk needs 10 s
	stopTimeout   = 10 * time.Second       // of a server, before it is killed
	healthTimeout = 5 * time.Second        // of one health request; busy, one may take longer
	pollInterval  = 50 * time.Millisecond  // while waiting for a process or a file
	ownerInterval = 500 * time.Millisecond // between two looks at the owner
)

// The files of an instance's directory.
const (
	functionsFolder = "functions"
	statusFile      = "status.json"
	launchFile      = "launch.json"
	portFile        = "emulator.port"
	scriptFolder    = "emulator"
	emulatorLog     = "emulator.log"
	proxyLog        = "proxy.log"
	startLock       = "start.lock"  // held by Up and Down
	serverLock      = "server.lock" // held by the server while it lives
)

func path(dir, name string) string { return filepath.Join(dir, name) }
