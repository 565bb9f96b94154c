package browser

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/goal-mandala/mandala-deploy/internal/report"
	"github.com/goal-mandala/mandala-deploy/internal/report/reporttest"
)

// deployment writes the report of a made-up deployment.
func deployment(t *testing.T, resources int, fails bool) string {
	t.Helper()
	var body bytes.Buffer
	if err := report.WriteDeployment(&body, reporttest.Deployment(resources, fails), report.Options{Now: reporttest.Now()}); err != nil {
		t.Fatal(err)
	}
	return file(t, body.Bytes())
}

func plan(t *testing.T, resources int) string {
	t.Helper()
	var body bytes.Buffer
	if err := report.WritePlan(&body, reporttest.Plan(resources), report.Options{Now: reporttest.Now(), Values: true}); err != nil {
		t.Fatal(err)
	}
	return file(t, body.Bytes())
}

// pages are those that are looked at, each in its own tab.
func pages(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{"deployment": deployment(t, 30, false), "failed": deployment(t, 30, true), "plan": plan(t, 40)}
}

func TestReportOf500Resources(t *testing.T) {
	t.Parallel()
	p, address := newTab(t), deployment(t, 500, true)
	p.open(address)
	if got := eval[int](p, `document.querySelectorAll("#timeline [data-item]").length`); got < 400 { // those of two layers were never begun
		t.Errorf("%d resources in the timeline", got)
	}
	if got := eval[int](p, `document.querySelectorAll("#changes [data-item]").length`); got != 500 {
		t.Errorf("%d changes", got)
	}
	if got := eval[int](p, `document.querySelectorAll("svg.graph g.node").length`); got != 12 {
		t.Errorf("%d layers are drawn", got)
	}
	overlaps := eval[int](p, `(() => { const b = [...document.querySelectorAll("g.node rect")].map((e) => e.getBoundingClientRect());
		return b.flatMap((x, i) => b.slice(i + 1).filter((y) => x.left < y.right && y.left < x.right && x.top < y.bottom && y.top < x.bottom)).length; })()`)
	if overlaps > 0 {
		t.Errorf("%d layers are drawn over others", overlaps)
	}
	if got := eval[bool](p, `[...document.querySelectorAll("g.node")].every((g) => [...g.querySelectorAll("text")].every((e) => e.getBoundingClientRect().right <= g.querySelector("rect").getBoundingClientRect().right))`); !got {
		t.Error("a text of a layer runs out of its box")
	}
	crossed := eval[int](p, `[...document.querySelectorAll("path.edge")].filter((path) => { const length = path.getTotalLength();
		return [...document.querySelectorAll("g.node rect")].some((r) => { const b = r.getBBox();
			return Array.from({ length: 200 }, (_, i) => path.getPointAtLength(length * (i + 0.5) / 200)).some((at) => at.x > b.x + 2 && at.x < b.x + b.width - 2 && at.y > b.y + 2 && at.y < b.y + b.height - 2); }); }).length`)
	if crossed > 0 {
		t.Errorf("%d lines run through a layer", crossed)
	}
	if got := eval[bool](p, `document.querySelector("#failures").textContent.includes("modules/api/stage.tf:12")`); !got {
		t.Error("it is not told where it failed")
	}
	// Riskiest first: what is deleted stands above what is replaced, and that above the rest.
	order := eval[[]string](p, `[...document.querySelector("#changes details[data-list]").querySelectorAll(":scope td:first-child > .state")].map((e) => e.textContent.trim().split(" ").pop())`)
	if text := strings.Join(order, " "); !strings.HasPrefix(text, "delete") || strings.LastIndex(text, "delete") > strings.Index(text+" update", "update") {
		t.Errorf("order of changes: %v", order)
	}
	if moved := eval[bool](p, `[...document.querySelectorAll(".gantt .bars")].every((s) => [...s.children].every((r) => parseFloat(r.getAttribute("x")) + parseFloat(r.getAttribute("width")) <= 100.3))`); !moved {
		t.Error("a bar runs out of its scale")
	}
	p.quiet(address)
}

func TestReportIsAccessible(t *testing.T) {
	t.Parallel()
	for name, address := range pages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newTab(t)
			p.open(address)
			p.script(`document.querySelectorAll("details").forEach((e) => { e.open = true; })`)
			for _, scheme := range []string{"light", "dark"} {
				p.media("prefers-color-scheme", scheme)
				if got := eval[bool](p, `matchMedia("(prefers-color-scheme: dark)").matches`); got != (scheme == "dark") {
					t.Fatalf("the scheme is not %s", scheme)
				}
				p.accessible()
			}
			p.quiet(address)
		})
	}
}

func TestReportByKeyboard(t *testing.T) {
	t.Parallel()
	for name, address := range pages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newTab(t)
			p.open(address)
			p.reached()
			// The first control leads past the sections' links; a part opens by the keyboard.
			p.script(`document.querySelector(".skip").focus()`)
			p.press(kb.Enter)
			p.await(`document.activeElement.id === "main"`)
			p.script(`document.querySelector("#changes details[data-list]:not([open]) > summary").focus()`)
			p.press(kb.Enter)
			p.await(`document.activeElement.parentElement.open`)
			p.quiet(address)
		})
	}
}

func TestReportOnScreens(t *testing.T) {
	t.Parallel()
	for name, address := range pages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newTab(t)
			for _, pixels := range []int64{320, 768, 1920} {
				p.width(pixels)
				p.open(address)
				p.script(`document.querySelectorAll("details").forEach((e) => { e.open = true; })`)
				p.fits()
			}
			if got := eval[string](p, `getComputedStyle(document.documentElement).scrollBehavior`); got != "smooth" {
				t.Errorf("it scrolls %s", got)
			}
			p.media("prefers-reduced-motion", "reduce")
			if got := eval[string](p, `getComputedStyle(document.documentElement).scrollBehavior`); got != "auto" {
				t.Errorf("who wants no motion has it scroll %s", got)
			}
			p.quiet(address)
		})
	}
}

func TestReportIsFiltered(t *testing.T) {
	t.Parallel()
	p, address := newTab(t), deployment(t, 500, false)
	p.open(address)
	p.do(chromedp.SendKeys(chromedp.CSS("#filter-changes"), "aws_s3_bucket"))
	p.await(`document.querySelector("#changes .found").textContent !== ""`)
	shown := eval[int](p, `[...document.querySelectorAll("#changes [data-item]")].filter((e) => e.checkVisibility()).length`)
	if want := eval[int](p, `[...document.querySelectorAll("#changes [data-item]")].filter((e) => e.textContent.includes("aws_s3_bucket")).length`); shown != want || want == 0 {
		t.Errorf("%d are shown, %d have the word", shown, want)
	}
	if got := eval[string](p, `document.querySelector("#changes .found").textContent`); got != fmt.Sprintf("%d found", shown) {
		t.Errorf("it says %q", got)
	}
	p.script(`(() => { const f = document.querySelector("#filter-changes"); f.value = ""; f.dispatchEvent(new Event("input")); })()`)
	p.script(`[...document.querySelectorAll("#changes button")].find((e) => e.textContent === "Close all").click()`)
	if got := eval[int](p, `document.querySelectorAll("#changes details[data-list][open]").length`); got != 0 {
		t.Errorf("%d are open", got)
	}
	p.script(`[...document.querySelectorAll("#timeline button")].find((e) => e.textContent === "Open all").click()`)
	if got := eval[int](p, `document.querySelectorAll("#timeline details:not([open])").length`); got != 0 {
		t.Errorf("%d are closed", got)
	}
	// A link into a part that is closed opens it.
	p.script(`location.hash = "#changes-1"`)
	p.await(`document.querySelector("#changes-1").open`)
	p.quiet(address)
}

func TestReportOnPaper(t *testing.T) {
	t.Parallel()
	p, address := newTab(t), deployment(t, 60, false)
	p.open(address)
	paper, err := chromedp.Run(p.ctx, chromedp.PrintToPDF(chromedp.PDFPrintBackground()))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(paper, []byte("%PDF-")) || len(paper) < 20_000 {
		t.Errorf("%d bytes: %.20q", len(paper), paper)
	}
	// All is opened for the printer, and closed again.
	closed := eval[[]int](p, `(() => { const n = () => document.querySelectorAll("details:not([open])").length; const before = n(); dispatchEvent(new Event("beforeprint")); const during = n(); dispatchEvent(new Event("afterprint")); return [before, during, n()]; })()`)
	if closed[0] == 0 || closed[1] != 0 || closed[2] != closed[0] {
		t.Errorf("closed before, while and after printing: %v", closed)
	}
	p.quiet(address)
}

// TestReportWithoutScript reads the page as one does who lets no script run.
func TestReportWithoutScript(t *testing.T) {
	t.Parallel()
	var body bytes.Buffer
	if err := report.WriteDeployment(&body, reporttest.Deployment(60, false), report.Options{Now: reporttest.Now()}); err != nil {
		t.Fatal(err)
	}
	address := file(t, bytes.Replace(body.Bytes(), []byte("script-src &#39;"), []byte("script-src &#39;none&#39;; x-src &#39;"), 1))
	p := newTab(t)
	p.open(address)
	if got := eval[int](p, `[...document.querySelectorAll(".tools, button, input")].filter((e) => e.checkVisibility()).length`); got != 0 {
		t.Errorf("%d controls that do nothing", got)
	}
	if got := eval[int](p, `document.querySelectorAll("[data-item]").length`); got < 100 {
		t.Errorf("%d items", got)
	}
}
