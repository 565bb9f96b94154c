package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

//go:embed static/page.html
var pageSource string

//go:embed static/style.css
var style string

//go:embed static/page.js
var script string

// bounds say how much of a report is shown.
type bounds struct {
	changes    int // of each layer
	attributes int // of each change
	resources  int // of each layer's timeline
	risks      int
}

// narrower gives the bounds to try one after the other until a report is small enough.
func narrower() []bounds {
	return []bounds{{2000, 40, 2000, 200}, {1000, 12, 1000, 100}, {500, 6, 300, 100}, {200, 4, 100, 50}, {100, 2, 50, 30}, {40, 1, 20, 20}, {15, 0, 8, 10}}
}

// Style is the style of the reports, for pages that look like them.
func Style() string { return style }

// document is what the template is given.
type document struct {
	page
	Policy string
	Style  template.CSS
	Script template.JS
}

// Policy is the content security policy of a report: nothing is loaded, nothing is sent,
// and only its own style and script are heeded.
func Policy() string {
	return fmt.Sprintf("default-src 'none'; script-src '%s'; style-src '%s'; img-src data:; base-uri 'none'; form-action 'none'", hashed(script), hashed(style))
}

// hashed gives a text as a content security policy names it.
func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// write renders a page, with less and less of the lists until it is small enough.
func write(w io.Writer, options Options, build func(bounds) page) error {
	limit := options.Limit
	if limit <= 0 {
		limit = Limit
	}
	parsed, err := template.New("page").Parse(pageSource)
	if err != nil {
		return fmt.Errorf("read the report's template: %w", err)
	}
	var body bytes.Buffer
	for _, b := range narrower() {
		body.Reset()
		d := document{page: build(b), Policy: Policy(), Style: template.CSS(style), Script: template.JS(script)} //nolint:gosec // both are our own
		if err := parsed.Execute(&body, d); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
		if body.Len() <= limit {
			break
		}
	}
	_, err = w.Write(body.Bytes())
	return err
}
