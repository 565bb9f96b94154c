package dashboard

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/report"
)

//go:embed static/page.html
var pageSource string

//go:embed static/style.css
var ownStyle string

//go:embed static/page.js
var script string

// style is the reports' and what the dashboard has beyond it.
func style() string { return report.Style() + ownStyle }

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func templates() (*template.Template, error) {
	parsed, err := template.New("page").Parse(pageSource)
	if err != nil {
		return nil, fmt.Errorf("read the dashboard's template: %w", err)
	}
	return parsed, nil
}

// page writes the dashboard.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	parsed, err := templates()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var body bytes.Buffer
	err = parsed.Execute(&body, struct {
		Style  template.CSS
		Script template.JS
		Cards  []card
		At     report.Moment
	}{template.CSS(style()), template.JS(script), s.looks.all(r.Context()), report.MomentOf(s.options.Now())}) //nolint:gosec // both are our own
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", policy())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(body.Bytes()) // who asked may be gone
}

// liveStep is how often the pages that are open are told of what changed.
const liveStep = time.Second

// live sends each card whose text changed, as server-sent events, until who listens goes.
func (s *Server) live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	sent := map[string]string{}
	ticks := time.NewTicker(liveStep)
	defer ticks.Stop()
	for silent := 0; ; {
		said := false
		for _, c := range s.looks.all(r.Context()) {
			html, err := rendered(c)
			if err != nil || r.Context().Err() != nil {
				return
			}
			if sent[c.ID] == html {
				continue
			}
			sent[c.ID], said = html, true
			body, err := json.Marshal(map[string]string{"id": c.ID, "html": html, "word": c.Word})
			if err != nil {
				return
			}
			if _, err := fmt.Fprintf(w, "event: card\ndata: %s\n\n", body); err != nil {
				return
			}
		}
		const quiet = 15 // a comment, so that a connection that is gone is noticed
		if silent++; said {
			silent = 0
		} else if silent%quiet == 0 {
			if _, err := fmt.Fprint(w, ": still here\n\n"); err != nil {
				return
			}
			said = true
		}
		if said && flush.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-ticks.C:
		}
	}
}

// report writes the report of one deployment.
func (s *Server) report(w http.ResponseWriter, r *http.Request, environment, id string) {
	if !slices.Contains(s.options.Source.Names(), environment) {
		http.Error(w, "There is no such environment.", http.StatusNotFound)
		return
	}
	var links func(string) string
	if s.options.Only == "" {
		links = func(other string) string { return "../../" + linkTo(environment, other) }
	}
	body, err := s.options.Source.Report(r.Context(), environment, id, links)
	if err != nil {
		status := http.StatusBadGateway
		if problem.Is(err, problem.UnknownDeployment) {
			status = http.StatusNotFound
		}
		http.Error(w, "The report cannot be made: "+reason(err), status)
		return
	}
	w.Header().Set("Content-Security-Policy", report.Policy()+"; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(body)
}
