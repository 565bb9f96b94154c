package lambda

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// initTime is how long a process may take to ask for its first invocation
// before the function's own timeout counts.
const initTime = 10 * time.Second

// invocation is one event on its way through a process.
type invocation struct {
	id       string
	arn      string // as it was called
	payload  []byte
	trace    string // X-Amzn-Trace-Id
	context  string // the client's context, JSON
	deadline time.Time
}

// outcome is what a function made of an event.
type outcome struct {
	payload []byte
	failure string // "" for success, Handled or Unhandled
	kind    string // the error's type in the report
	status  string // in the report: success, error, timeout

	duration time.Duration // 0 where the process could not be started
}

// sandbox is a process that runs one version of a function, one event at a
// time, and the Runtime API that it talks to.
type sandbox struct {
	fn      *function
	plane   *Plane
	stream  string // log stream
	scratch string // its TMPDIR
	begun   time.Time
	command *exec.Cmd
	output  *output
	server  *http.Server

	waiting  chan struct{} // holds a token while the runtime asks for work
	work     chan *invocation
	answers  chan outcome
	refused  chan outcome  // the runtime could not start
	exited   chan struct{} // closed when the process is gone
	exitText string        // how it ended; read after exited is closed
	readied  atomic.Int64  // nanoseconds from start to the first next; 0 before

	mu      sync.Mutex
	current *invocation
	tail    *tail // of the running invocation; nil between two

	// Guarded by the pools' lock.
	used time.Time // when it became idle
	dead bool
}

// startError is why a process could not be started, in AWS's words.
type startError struct{ kind, message string }

func (e *startError) Error() string { return e.message }

// open starts the process of fn. An error that is no *startError is the
// plane's.
func (p *Plane) open(fn *function) (*sandbox, error) {
	if fn.packageType == "Image" {
		return nil, &startError{"Runtime.InvalidPackage", "the local AWS runs zips, and this function is an image"}
	}
	root, err := p.code.unpacked(fn.digest)
	if err != nil {
		return nil, &startError{"Runtime.InvalidPackage", err.Error()}
	}
	arguments, err := entrypoint(fn, root, filepath.Join(p.options.Dir, shimFile))
	if err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp(filepath.Join(p.options.Dir, scratchFolder), "")
	if err != nil {
		return nil, err
	}
	s := &sandbox{
		fn: fn, plane: p, scratch: scratch, begun: time.Now(), stream: streamName(fn, time.Now()),
		waiting: make(chan struct{}, 1), work: make(chan *invocation),
		answers: make(chan outcome, 1), refused: make(chan outcome, 1), exited: make(chan struct{}),
	}
	if err := s.run(root, arguments); err != nil {
		return nil, errors.Join(err, os.RemoveAll(scratch))
	}
	return s, nil
}

// run starts the Runtime API and the process.
func (s *sandbox) run(root string, arguments []string) error {
	var listen net.ListenConfig
	listener, err := listen.Listen(s.plane.life, "tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if s.output, err = newOutput(s.line); err != nil {
		return errors.Join(err, listener.Close())
	}
	s.command = exec.Command(arguments[0], arguments[1:]...) //nolint:noctx,gosec // kill ends it; running what was deployed is what the plane does
	s.command.Dir = root
	s.command.Env = s.environ(root, listener.Addr().String())
	s.command.Stdout, s.command.Stderr = s.output.writer, s.output.writer
	s.command.SysProcAttr = childAttributes()
	if err := s.plane.pools.spawner.start(s.plane.life, s.command); err != nil {
		s.output.close()
		if closing := listener.Close(); errors.Is(err, errClosed) {
			return errors.Join(err, closing)
		}
		return &startError{"Runtime.InvalidEntrypoint", unrooted(err, root)}
	}
	s.server = &http.Server{Handler: s.runtimeAPI(), ReadHeaderTimeout: initTime}
	var owned sync.WaitGroup
	owned.Go(func() { _ = s.server.Serve(listener) }) // ends with Close only
	owned.Go(s.output.read)
	if !s.plane.start(func() { s.wait(&owned) }) {
		s.kill()
		s.wait(&owned)
		return errClosed
	}
	return nil
}

// unrooted words the error of a start as it reads on AWS.
func unrooted(err error, root string) string {
	return strings.ReplaceAll(err.Error(), root, "/var/task")
}

// wait sees the process to its end and cleans up behind it.
func (s *sandbox) wait(owned *sync.WaitGroup) {
	err := s.command.Wait()
	s.plane.pools.gone(s)
	s.kill() // what it started itself
	switch {
	case err != nil:
		s.exitText = "Runtime exited with error: " + err.Error()
	default:
		s.exitText = "Runtime exited without providing a reason"
	}
	s.output.drain()
	close(s.exited)
	s.output.close()
	_ = s.server.Close()
	owned.Wait()
	s.plane.shipper.forget(s)
	if err := os.RemoveAll(s.scratch); err != nil {
		s.plane.options.Logger.Warn("removing a function's scratch files", "function", s.fn.name, "error", err)
	}
}

// kill ends the process and all of its group.
func (s *sandbox) kill() {
	_ = syscall.Kill(-s.command.Process.Pid, syscall.SIGKILL) // it may be gone
}

// end kills the process and waits until it is gone.
func (s *sandbox) end() {
	s.kill()
	<-s.exited
}

// line takes a line that the process wrote.
func (s *sandbox) line(text string) { s.log(time.Now(), text) }

// log sends a line to the log stream and to the tail of the running invocation.
func (s *sandbox) log(at time.Time, text string) {
	s.mu.Lock()
	if s.tail != nil {
		s.tail.add(text)
	}
	s.mu.Unlock()
	s.plane.shipper.add(event{sandbox: s, at: at, text: text})
}

// handle runs one event, which the sandbox was acquired for. cold says whether
// the process was just started. The logs' tail is at most 4 KB. retry is true
// if the process was gone before it took the event.
func (s *sandbox) handle(ctx context.Context, inv *invocation, cold bool) (result outcome, logs []byte, retry bool) {
	s.mu.Lock()
	s.tail = &tail{}
	s.mu.Unlock()
	r := report{fn: s.fn, id: inv.id, trace: inv.trace}
	limit := time.NewTimer(initTime)
	defer limit.Stop()
	result, ready := s.ready(ctx, inv.id, limit.C)
	if cold {
		s.plane.pools.started()
		r.init = time.Duration(s.readied.Load())
	}
	if !ready && !cold && result.status == "" {
		return outcome{}, nil, true
	}
	begin := time.Now()
	r.begin = begin
	if !r.silent() {
		s.log(begin, r.startLine(begin))
	}
	if ready {
		inv.deadline = begin.Add(s.fn.timeout)
		limit.Reset(s.fn.timeout)
		result = s.process(ctx, inv, limit.C)
	}
	s.output.drain()
	r.duration = time.Since(begin)
	r.memoryMB = peakMemory(s.command.Process.Pid)
	if result.status == "timeout" {
		r.duration = s.fn.timeout
	}
	result.duration = r.duration
	r.finish(s, result)
	s.mu.Lock()
	logs = s.tail.last()
	s.tail, s.current = nil, nil
	s.mu.Unlock()
	return result, logs, false
}

// ready waits until the runtime asks for work. If it never will, it gives the
// outcome; an empty one where the process was gone.
func (s *sandbox) ready(ctx context.Context, id string, limit <-chan time.Time) (outcome, bool) {
	waiting := s.waiting
	select {
	case <-s.exited:
		waiting = nil // it asked and ended
	default:
	}
	select {
	case <-waiting:
		return outcome{}, true
	case refusal := <-s.refused:
		s.end()
		return refusal, false
	case <-limit:
		// AWS starts it again under the function's timeout; it goes on here.
		return outcome{}, true
	case <-ctx.Done():
		return failed("Runtime.Stopped", id, errClosed.Error()), false
	case <-s.exited:
	}
	select {
	case refusal := <-s.refused: // its reason came first
		return refusal, false
	default:
	}
	if s.readied.Load() != 0 {
		return outcome{}, false
	}
	return failed("Runtime.ExitError", id, s.exitText), false
}

// process hands the event over and waits for the function to be done with it.
func (s *sandbox) process(ctx context.Context, inv *invocation, limit <-chan time.Time) outcome {
	select {
	case <-s.answers: // a second answer to the event before
	default:
	}
	s.mu.Lock()
	s.current = inv
	s.mu.Unlock()
	work, answers, waiting := s.work, s.answers, (chan struct{})(nil)
	var result outcome
	for {
		select {
		case work <- inv:
			work = nil
		case result = <-answers:
			answers, waiting = nil, s.waiting // it is over when the runtime asks for more
		case <-waiting:
			select {
			case s.waiting <- struct{}{}: // whoever takes the sandbox next finds it ready
			default:
			}
			return result
		case refusal := <-s.refused:
			s.end()
			return refusal
		case <-s.exited:
			if answers == nil {
				return result
			}
			select {
			case result = <-answers: // it answered and ended
				return result
			default:
				return failed("Runtime.ExitError", inv.id, s.exitText)
			}
		case <-limit:
			s.end()
			return timedOut(inv.id, s.fn.timeout)
		case <-ctx.Done():
			s.end()
			return failed("Runtime.Stopped", inv.id, errClosed.Error())
		}
	}
}
