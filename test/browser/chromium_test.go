// Package browser looks at the reports and the dashboard in a real Chromium, as a reader
// does: with a keyboard, in the dark, on a narrow screen, on paper, and by ear.
package browser

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var update = flag.Bool("update", false, "make the pictures of the documents anew")

// shared is the browser of all tests; each has a tab of its own.
var shared context.Context

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	program, err := chromium()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	profile, err := os.MkdirTemp("", "mandala-browser-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(profile)
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program), chromedp.UserDataDir(profile), chromedp.Env("TMPDIR=" + profile), // it leaves files there when it is ended
		chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-extensions", true), chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", false),
		chromedp.Flag("disable-domain-reliability", true), chromedp.Flag("no-pings", true), chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("font-render-hinting", "none"),
	}
	if os.Geteuid() == 0 { // its sandbox wants another user
		options = append(options, chromedp.NoSandbox)
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	browser, end := chromedp.NewContext(allocator)
	defer end()
	if err := chromedp.Do(browser); err != nil {
		fmt.Fprintf(os.Stderr, "%s does not start: %v\n", program, err)
		return 1
	}
	shared = browser
	return m.Run()
}

// chromium finds the browser. Where there is none that is a failure, not a test less.
func chromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless_shell"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	if runtime.GOOS == "darwin" {
		for _, path := range []string{"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"} {
			if _, err := os.Stat(path); err == nil {
				return path, nil
			}
		}
	}
	return "", errors.New("there is no Chromium: `make chromium` installs it, or says how")
}

// tab is one page in the browser, with all that it asked for and complained of.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	requests []string
	faults   []string
}

// patience bounds all that one test does in its tab.
const patience = 3 * time.Minute

func newTab(t *testing.T) *tab {
	t.Helper()
	opened, closeTab := chromedp.NewContext(shared)
	if err := chromedp.Do(opened); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(opened, patience)
	t.Cleanup(func() { cancel(); closeTab() })
	p := &tab{t: t, ctx: ctx}
	err := chromedp.Listen(ctx, func(event any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			p.requests = append(p.requests, e.Request.URL)
		case *cdpruntime.EventExceptionThrown:
			p.faults = append(p.faults, fmt.Sprintf("exception: %+v", e.ExceptionDetails))
		case *cdpruntime.EventConsoleAPICalled:
			p.faults = append(p.faults, "console: "+string(e.Type))
		case *log.EventEntryAdded:
			p.faults = append(p.faults, fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	call(p, network.Enable, network.EnableParams{})
	call(p, log.Enable, cdp.Empty{})
	p.width(1280)
	return p
}

// call gives a command of the browser's protocol.
func call[P, R any](p *tab, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	result, err := chromedp.Call(p.ctx, command, params)
	if err != nil {
		p.t.Fatal(err)
	}
	return result
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// script runs a script for what it does.
func (p *tab) script(text string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](text))
}

// press presses a key.
func (p *tab) press(key string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(key))
}

// open opens an address and waits until it is loaded.
func (p *tab) open(address string) {
	p.t.Helper()
	p.do(chromedp.Navigate(address), chromedp.WaitReady(chromedp.CSS("main")))
}

// eval runs a script's expression and gives its value.
func eval[T any](p *tab, script string) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](script))
	if err != nil {
		p.t.Fatal(err)
	}
	return value
}

// await waits until an expression is true.
func (p *tab) await(script string) {
	p.t.Helper()
	p.do(chromedp.Poll[chromedp.Void](script, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(15*time.Second)))
}

// media sets what the reader prefers.
func (p *tab) media(name, value string) {
	p.t.Helper()
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: name, Value: value}}})
}

func (p *tab) width(pixels int64) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(pixels, 800))
}

// quiet wants that the page asked for nothing but addresses that begin so, and complained
// of nothing.
func (p *tab) quiet(allowed ...string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, request := range p.requests {
		if !slices.ContainsFunc(append(allowed, "data:"), func(begins string) bool { return strings.HasPrefix(request, begins) }) {
			p.t.Errorf("it asked for %s", request)
		}
	}
	if len(p.requests) == 0 {
		p.t.Error("no request was seen: this test sees none")
	}
	for _, fault := range p.faults {
		p.t.Error(fault)
	}
}

// file writes a page to a file and gives its address.
func file(t *testing.T, body []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}
