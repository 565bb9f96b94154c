package lambda_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/goal-mandala/mandala-deploy/internal/localaws"
	"github.com/goal-mandala/mandala-deploy/internal/localaws/lambda"
)

func TestEventsAtTheSameTimeHaveProcessesOfTheirOwn(t *testing.T) {
	t.Parallel()
	api := deploy(t, plane(t, nil), "concurrent", nil)
	const n = 4
	var wait sync.WaitGroup
	pids := make([]int, n)
	begin := time.Now()
	for i := range n {
		wait.Go(func() {
			output, err := api.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("concurrent"), Payload: []byte(`{"do":"sleep","millis":1000}`)})
			if err != nil {
				t.Error(err)
				return
			}
			pids[i] = decode(t, output).PID
		})
	}
	wait.Wait()
	seen := map[int]bool{}
	for _, pid := range pids {
		seen[pid] = true
	}
	if len(seen) != n || time.Since(begin) > (n-1)*time.Second {
		t.Errorf("%d events ran in processes %v within %s", n, pids, time.Since(begin))
	}
	if pid := decode(t, invoke(t, api, "concurrent", "{}")).PID; !seen[pid] {
		t.Errorf("the next event started process %d, and there were %v", pid, pids)
	}
}

// A burst of short events does not start a process for each: they are done before that
// many have started, and nothing else would be done meanwhile.
func TestABurstIsServedByTheFirstProcessesThatAreReady(t *testing.T) {
	t.Parallel()
	api := deploy(t, plane(t, nil), "burst", nil)
	const n = 60
	var wait sync.WaitGroup
	pids := make([]int, n)
	for i := range n {
		wait.Go(func() {
			output, err := api.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("burst"), Payload: []byte("{}")})
			if err != nil {
				t.Error(err)
				return
			}
			pids[i] = decode(t, output).PID
		})
	}
	wait.Wait()
	slices.Sort(pids)
	if processes := len(slices.Compact(pids)); processes > n/2 {
		t.Errorf("%d events had %d processes", n, processes)
	}
}

func TestNestedInvocationsDoNotWaitInACircle(t *testing.T) {
	t.Parallel()
	api := deploy(t, plane(t, func(o *lambda.Options) { o.MaxProcesses = 3 }), "nested", nil)
	output := invoke(t, api, "nested", `{"do":"invoke","function":"nested","depth":2}`)
	if string(output.Payload) != `"end"` {
		t.Errorf("three deep: %s", output.Payload)
	}
	// One more than there may be processes: throttled, not stuck.
	output = invoke(t, api, "nested", `{"do":"invoke","function":"nested","depth":3}`)
	if !strings.Contains(string(output.Payload), "Rate Exceeded.") {
		t.Errorf("four deep: %s", output.Payload)
	}
}

func TestThrottling(t *testing.T) {
	t.Parallel()
	address := plane(t, func(o *lambda.Options) { o.MaxProcesses = 2 })
	api := deploy(t, address, "throttled", nil)
	deploy(t, address, "another", nil)
	first := decode(t, invoke(t, api, "throttled", "{}")).PID
	var wait sync.WaitGroup
	defer wait.Wait()
	busy := func(name string) {
		wait.Go(func() {
			_, err := api.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: &name, Payload: []byte(`{"do":"sleep","millis":6000}`)})
			if err != nil {
				t.Error(err)
			}
		})
	}
	busy("another")
	busy("another") // takes the place of the idle process
	gone(t, first)
	_, err := api.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("throttled")})
	var throttled *types.TooManyRequestsException
	if !errors.As(err, &throttled) || throttled.Reason != types.ThrottleReasonConcurrentInvocationLimitExceeded {
		t.Errorf("with every process busy: %v", err)
	}
}

func TestReservedConcurrency(t *testing.T) {
	t.Parallel()
	api := deploy(t, plane(t, nil), "reserved", nil)
	if _, err := api.PutFunctionConcurrency(t.Context(), &awslambda.PutFunctionConcurrencyInput{
		FunctionName: aws.String("reserved"), ReservedConcurrentExecutions: aws.Int32(1),
	}); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	defer wait.Wait()
	wait.Go(func() {
		_, err := api.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("reserved"), Payload: []byte(`{"do":"sleep","millis":1000}`)})
		if err != nil {
			t.Error(err)
		}
	})
	time.Sleep(300 * time.Millisecond)
	_, err := api.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("reserved")})
	var throttled *types.TooManyRequestsException
	if !errors.As(err, &throttled) || throttled.Reason != types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded {
		t.Errorf("a second event: %v", err)
	}
	wait.Wait()
	if _, err := api.PutFunctionConcurrency(t.Context(), &awslambda.PutFunctionConcurrencyInput{
		FunctionName: aws.String("reserved"), ReservedConcurrentExecutions: aws.Int32(0),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := api.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("reserved")}); !errors.As(err, &throttled) {
		t.Errorf("an event for a function that is stopped: %v", err)
	}
}

func TestProcessesEnd(t *testing.T) {
	t.Parallel()
	t.Run("when idle", func(t *testing.T) {
		t.Parallel()
		api := deploy(t, plane(t, func(o *lambda.Options) { o.IdleTimeout = 200 * time.Millisecond }), "idle", nil)
		gone(t, decode(t, invoke(t, api, "idle", "{}")).PID)
	})
	t.Run("with their function", func(t *testing.T) {
		t.Parallel()
		api := deploy(t, plane(t, nil), "ends", nil)
		pid := decode(t, invoke(t, api, "ends", "{}")).PID
		if _, err := api.DeleteFunction(t.Context(), &awslambda.DeleteFunctionInput{FunctionName: aws.String("ends")}); err != nil {
			t.Fatal(err)
		}
		gone(t, pid)
	})
	t.Run("between two events, unnoticed", func(t *testing.T) {
		t.Parallel()
		api := deploy(t, plane(t, nil), "dies", nil)
		pid := decode(t, invoke(t, api, "dies", "{}")).PID
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() error {
			if syscall.Kill(pid, 0) == nil {
				return fmt.Errorf("process %d is not reaped", pid)
			}
			return nil
		})
		if next := decode(t, invoke(t, api, "dies", "{}")).PID; next == pid {
			t.Errorf("a killed process answers")
		}
	})
	t.Run("with the server, killed", func(t *testing.T) {
		t.Parallel()
		plane(t, nil) // makes what the tests share
		dir := filepath.Join(t.TempDir(), "local")
		status, err := start(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = localaws.Down(context.WithoutCancel(t.Context()), dir) })
		role := makeRole(t, status.Address)
		api := deploy(t, status.Address, "served", func(in *awslambda.CreateFunctionInput) { in.Role = &role })
		pid := decode(t, invoke(t, api, "served", "{}")).PID
		log, err := os.ReadFile(filepath.Join(dir, "proxy.log"))
		if err != nil || !strings.Contains(string(log), "operation=Invoke status=200") || !strings.Contains(string(log), `operation="POST /2015-03-31/functions" status=201`) {
			t.Errorf("the log has no invocation: %v\n%s", err, log)
		}
		if err := syscall.Kill(status.Server.PID, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
		gone(t, pid)
	})
	var pids []int
	t.Run("with the plane", func(t *testing.T) {
		api := deploy(t, plane(t, nil), "closed", nil)
		pids = append(pids, decode(t, invoke(t, api, "closed", "{}")).PID)
		go func() { // in the middle of an event
			_, _ = api.Invoke(context.WithoutCancel(t.Context()), &awslambda.InvokeInput{FunctionName: aws.String("closed"), Payload: []byte(`{"do":"sleep","millis":60000}`)})
		}()
		time.Sleep(100 * time.Millisecond)
	})
	gone(t, pids[0])
}

// gone waits until no process has the pid.
func gone(t *testing.T, pid int) {
	t.Helper()
	eventually(t, func() error {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if syscall.Kill(pid, 0) != nil || err == nil && strings.Contains(string(stat), ") Z ") {
			return nil
		}
		return fmt.Errorf("process %d still lives", pid)
	})
}
