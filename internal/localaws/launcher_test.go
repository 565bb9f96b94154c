package localaws_test

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws"
)

// Between the server and the emulator may stand a launcher such as uvx. The
// death signal reaches the launcher only; the closed standard input has to end
// the emulator.
func TestKilledServerTakesAnEmulatorBehindALauncherAlong(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("install Python 3 with moto[server]: ", err)
	}
	bin := t.TempDir()
	launcher := filepath.Join(bin, "python-launcher")
	for file, content := range map[string]string{
		launcher:                          "#!/bin/sh\n" + python + " \"$@\"\nexit $?\n",
		filepath.Join(bin, "moto_server"): "#!" + launcher + "\n",
	} {
		if err := os.WriteFile(file, []byte(content), 0o700); err != nil { //nolint:gosec // a program
			t.Fatal(err)
		}
	}
	dir := filepath.Join(t.TempDir(), "local")
	owner := exec.CommandContext(t.Context(), serveOptions().Command[0], "own", dir)
	owner.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	owner.Stderr = os.Stderr
	output, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = owner.Wait() }) // ends with the context; a killed process gives an error
	var status localaws.Status
	if err := json.NewDecoder(output).Decode(&status); err != nil {
		t.Fatal(err)
	}
	port, err := os.ReadFile(filepath.Join(dir, "emulator.port"))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(status.Server.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	gone(t, "the launcher", status.Emulator.PID)
	address := net.JoinHostPort("127.0.0.1", strings.TrimSpace(string(port)))
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		connection, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		_ = connection.Close()
		if time.Now().After(deadline) {
			t.Fatal("the emulator still listens")
		}
	}
}
