package browser

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp/kb"
)

//go:embed testdata/access.js
var accessScript string

// accessible holds a page to what a reader with a keyboard, or by ear, needs: names,
// headings, tables, contrast.
func (p *tab) accessible() {
	p.t.Helper()
	for _, fault := range eval[[]string](p, accessScript) {
		p.t.Error(fault)
	}
	p.named()
}

// named wants that all that has to have a name has one, as Chromium tells it to a screen
// reader.
func (p *tab) named() {
	p.t.Helper()
	nodes := call(p, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes
	seen := map[string]int{}
	for _, node := range nodes {
		if node.Ignored || node.Role == nil {
			continue
		}
		role, name := text(node.Role), text(node.Name)
		seen[role]++
		if slices.Contains([]string{"button", "link", "searchbox", "textbox", "region", "navigation", "image", "img", "table", "heading", "progressbar", "progress", "DisclosureTriangle", "columnheader"}, role) && name == "" {
			p.t.Errorf("a %s has no name", role)
		}
	}
	for _, role := range []string{"main", "heading", "link", "contentinfo", "banner"} {
		if seen[role] == 0 {
			p.t.Errorf("there is no %s: %v", role, seen)
		}
	}
}

// text takes the quotes off a value of the accessibility tree.
func text(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	return strings.TrimSpace(strings.Trim(string(v.Value), `"`))
}

// reached wants that the Tab key comes by everything that can be used, in the order in
// which it stands, and that one sees where one is.
func (p *tab) reached() {
	p.t.Helper()
	const controls = `[...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")].filter((e) => e.checkVisibility())`
	count := eval[int](p, `(() => { const all = `+controls+`; all.forEach((e, i) => e.dataset.control = i); document.activeElement.blur(); return all.length; })()`)
	if count < 5 {
		p.t.Fatalf("%d controls: the pattern finds none", count)
	}
	where := `(() => { const e = document.activeElement; const s = getComputedStyle(e); return [e.dataset.control ?? "none", s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 ? "seen" : "unseen", e.outerHTML.slice(0, 90)]; })()`
	next := 0
	for range count + 3 {
		p.press(kb.Tab)
		at := eval[[]string](p, where)
		if at[0] == "none" {
			continue // the page itself, or the scroller that Chromium makes of an element
		}
		if at[1] == "unseen" {
			p.t.Errorf("no focus is seen on %s", at[2])
		}
		if at[0] != fmt.Sprint(next) {
			p.t.Errorf("control %d is passed over for %s: %s", next, at[0], at[2])
			return
		}
		if next++; next == count {
			return
		}
	}
	p.t.Errorf("the keyboard reaches %d of %d controls", next, count)
}

// fits wants that nothing is wider than the screen.
func (p *tab) fits() {
	p.t.Helper()
	sizes := eval[[]float64](p, `[document.documentElement.scrollWidth, innerWidth]`)
	if sizes[0] > sizes[1] {
		p.t.Errorf("%g pixels wide on a screen of %g: %s", sizes[0], sizes[1],
			eval[string](p, `[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, pre")).slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(" | ")`))
	}
}
