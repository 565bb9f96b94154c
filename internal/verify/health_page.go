package verify

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

const (
	// entryPage is what the distribution gives for /.
	entryPage = "index.html"
	// pageTries bounds how often the page is asked for while the CDN may have the one
	// before: an invalidation takes seconds, seldom a minute.
	pageTries = 60
	// pageSettles is how long after a deployment that may be so: the pages' max-age.
	pageSettles = 5 * time.Minute
)

// page is how the site's entry page is asked for.
type page struct {
	pause time.Duration
	tries int
}

// opens looks whether the page is there, and the one that the last deployment put.
func (p page) opens(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	want := deployedPage(s.Deployment)
	answer, tries, err := p.ask(ctx, s, want)
	if err != nil {
		v.must(false, "the site does not answer: %s", oneLine(err.Error()))
		return v.give()
	}
	kind := answer.header.Get("Content-Type")
	v.saw("/: %d, %s, %d bytes, at try %d", answer.status, kind, len(answer.body), tries)
	if answer.status != http.StatusOK && s.Settings.Frontend.Source == "" {
		return v.seen, fmt.Errorf("the entry page answers %d, and deploy.hcl has no frontend whose files would be deployed: %w", answer.status, ErrNotMeasurable)
	}
	v.must(answer.status == http.StatusOK, "the entry page answers %d", answer.status)
	v.must(strings.HasPrefix(kind, "text/html"), "the entry page is %q, not HTML", kind)
	if want != nil && answer.status == http.StatusOK {
		got := release.Sum(answer.body)
		v.saw("its SHA-256 is %s", got)
		v.must(got == want.SHA256, "the entry page has SHA-256 %s, but %s of the last deployment has %s", got, entryPage, want.SHA256)
	}
	return v.give()
}

// ask asks for the page until it is the deployed one, where the CDN may still have the
// one before.
func (p page) ask(ctx context.Context, s *Subject, want *release.File) (answer fetched, tries int, err error) {
	for tries = 1; ; tries++ {
		answer, err = fetch(ctx, s, s.Site+"/")
		if err != nil || want == nil || answer.status != http.StatusOK || release.Sum(answer.body) == want.SHA256 {
			return answer, tries, err
		}
		if tries >= p.tries || !settling(s) {
			return answer, tries, nil
		}
		if err := pause(ctx, p.pause); err != nil {
			return answer, tries, err
		}
	}
}

// settling reports whether the last deployment is under way or ended just now.
func settling(s *Subject) bool {
	return s.Deployment.Status == engine.Running || s.Now().Sub(s.Deployment.EndedAt) < pageSettles
}

// deployedPage gives the entry page as the last deployment put it; nil where its record
// tells of none, or of one too large to be read whole.
func deployedPage(last *engine.Record) *release.File {
	if last == nil || last.Site == nil {
		return nil
	}
	for _, file := range last.Site.Entries {
		if file.Path == entryPage && file.Size < mostRead {
			return &file
		}
	}
	return nil
}
