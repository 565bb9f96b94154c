package aws

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// endpoint is the emulator's URL, for all tests of the package.
var endpoint string

// TestMain runs the tests against an emulator of their own. It ends when its
// standard input is closed, so also when the tests are killed.
func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "mandala-aws-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	stop, err := startEmulator(dir)
	if err != nil {
		return fail(err)
	}
	defer stop()
	return m.Run()
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func startEmulator(dir string) (stop func(), err error) {
	if out, err := exec.Command("python3", "-c", "import moto.server").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("these tests need the moto emulator: pip install 'moto[server]' (%w)\n%s", err, out)
	}
	portFile, logFile := filepath.Join(dir, "port"), filepath.Join(dir, "log")
	log, err := os.Create(logFile)
	if err != nil {
		return nil, err
	}
	command := exec.Command("python3", filepath.Join("..", "localaws", "emulator", "serve.py"), "--port", "0", "--port-file", portFile, "--end-with-stdin")
	command.Stdout, command.Stderr = log, log
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	var endedWith error
	go func() {
		endedWith = command.Wait()
		close(ended)
	}()
	stop = func() {
		_ = stdin.Close()
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			_ = command.Process.Kill()
			<-ended
		}
		_ = log.Close()
	}
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if port, err := os.ReadFile(portFile); err == nil && len(port) > 0 {
			endpoint = "http://127.0.0.1:" + strings.TrimSpace(string(port))
			return stop, nil
		}
		select {
		case <-ended:
			stop()
			text, _ := os.ReadFile(logFile)
			return nil, fmt.Errorf("the emulator ended (%w):\n%s", endedWith, text)
		default:
		}
	}
	stop()
	text, _ := os.ReadFile(logFile)
	return nil, fmt.Errorf("the emulator did not start in time:\n%s", text)
}

// client speaks to the emulator.
func client(t *testing.T, region string) *Client {
	t.Helper()
	return clientOf(t, Options{Region: region, Endpoint: endpoint, PathStyle: true, Credentials: &Static{AccessKeyID: "test", SecretAccessKey: "test"}})
}

func clientOf(t *testing.T, options Options) *Client {
	t.Helper()
	c, err := New(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const region = "ap-northeast-1"
